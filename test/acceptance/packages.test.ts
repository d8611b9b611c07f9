/** What is published: packed, installed by npm into an empty folder, and used there as a stranger would. */
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { createTestDatabase, testOnSharedDatabase as test } from "@trans-hub/test-support/database";
import { afterAll, beforeAll, describe, expect } from "vitest";

const call = promisify(execFile);
const root = resolve(import.meta.dirname, "../..");
const PNPM = ["--yes", "--prefer-offline", "pnpm@12.21.0"];
const PACKAGES = ["core", "engines", "metrics", "worker", "embedded", "cli"];

describe("the published packages", () => {
  let folder: string;
  let tarballs: string[];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "trans-hub-packed-"));
    const packed = join(folder, "tarballs");
    await mkdir(packed);
    await call("npx", [...PNPM, "-r", "build"], { cwd: root });
    for (const name of PACKAGES) {
      await call("npx", [...PNPM, "pack", "--pack-destination", packed], { cwd: join(root, "packages", name) });
    }
    tarballs = (await readdir(packed)).map((file) => join(packed, file));
    const app = join(folder, "app");
    await mkdir(app);
    await writeFile(join(app, "package.json"), JSON.stringify({ name: "app", private: true, type: "module" }));
    // graphile-worker 0.18 ends the process when it finds this while it is imported.
    await writeFile(join(app, ".graphile-workerrc.json"), JSON.stringify({ schema: "somewhere_else", maxPoolSize: 1 }));
    await call("npm", ["install", "--no-audit", "--no-fund", "--ignore-scripts", ...tarballs], { cwd: app });
  }, 300_000);

  afterAll(() => rm(folder, { recursive: true, force: true }));

  test("hold the numbered migrations, and no source, test or sample of ours", async () => {
    const core = tarballs.find((file) => file.includes("trans-hub-core"));
    const { stdout } = await call("tar", ["-tzf", core ?? ""]);
    const files = stdout.trim().split("\n");
    const migrations = (await readdir(join(root, "migrations"))).filter((file) => file.endsWith(".sql"));
    expect(files.filter((file) => file.includes("/migrations/")).sort()).toEqual(
      migrations.map((file) => `package/dist/migrations/${file}`).sort(),
    );
    expect(files).toContain("package/dist/index.d.ts");
    expect(files.filter((file) => /\.test\.|\/src\//.test(file))).toEqual([]);
  });

  test("migrate, register and translate beside a hostile graphile-worker configuration", async () => {
    const database = await createTestDatabase({ migrated: false });
    const script = `
      import { applyMigrations, Coordinator } from "@trans-hub/core";
      import { pseudo } from "@trans-hub/engines";
      const databaseUrl = process.argv[2];
      const { applied } = await applyMigrations({ databaseUrl });
      const hub = await Coordinator.connect({ databaseUrl, sourceLocale: "en", engines: [pseudo()] });
      try {
        const receipt = await hub.request({ text: "Add to cart", targetLocales: ["fr"], businessId: "shop.cart.add" });
        const done = [];
        for await (const translation of hub.processPendingTranslations("fr")) done.push(translation.status);
        const { text } = await hub.getTranslation({ businessId: "shop.cart.add", targetLocale: "fr" });
        console.log(JSON.stringify({ applied: applied.length, receipt, done, hasText: text.length > 0 }));
      } finally {
        await hub.close();
      }`;
    const app = join(folder, "app");
    await writeFile(join(app, "main.js"), script);
    const { stdout } = await call(process.execPath, ["main.js", database.url], { cwd: app });
    await database.drop();
    expect(JSON.parse(stdout)).toEqual({
      applied: (await readdir(join(root, "migrations"))).filter((file) => file.endsWith(".sql")).length,
      receipt: { registered: 1, existing: 0, failed: 0, rejected: [] },
      done: ["translated"],
      hasText: true,
    });
  });

  test("bring the command", async () => {
    const { stdout } = await call(process.execPath, ["node_modules/@trans-hub/cli/dist/bin.js", "--help"], {
      cwd: join(folder, "app"),
    });
    expect(stdout).toContain("request");
  });
});
