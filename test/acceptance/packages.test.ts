/** The published packages: packed, installed by npm into an empty folder, and used there as in a new project. */
import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { createTestDatabase, testOnSharedDatabase as test } from "@trans-hub/test-support/database";
import { afterAll, beforeAll, describe, expect } from "vitest";
import { PUBLISHED, packPackages, tarballFaults } from "../../scripts/packages.ts";

const call = promisify(execFile);
const root = resolve(import.meta.dirname, "../..");

/** Types that a consumer in TypeScript has of its own, at the versions that the repository has. */
const CONSUMER_TYPES = ["@types/node", "pg", "prom-client"];

describe("the published packages", () => {
  let folder: string;
  let app: string;
  let tarballs: string[];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "trans-hub-packed-"));
    const packed = join(folder, "tarballs");
    await mkdir(packed);
    tarballs = await packPackages(packed);
    app = join(folder, "app");
    await mkdir(app);
    const { devDependencies } = JSON.parse(await readFile(join(root, "package.json"), "utf8"));
    const dependencies = Object.fromEntries(CONSUMER_TYPES.map((name) => [name, devDependencies[name]]));
    const manifest = { name: "app", private: true, type: "module", dependencies };
    await writeFile(join(app, "package.json"), JSON.stringify(manifest));
    // graphile-worker 0.18 ends the process when it finds this file while it is imported.
    await writeFile(join(app, ".graphile-workerrc.json"), JSON.stringify({ schema: "somewhere_else", maxPoolSize: 1 }));
    const flags = ["--no-audit", "--no-fund", "--ignore-scripts", "--prefer-offline"];
    await call("npm", ["install", ...flags, ...tarballs], { cwd: app });
  }, 300_000);

  afterAll(() => rm(folder, { recursive: true, force: true }));

  test("pass publint and attw, and hold a licence, a README and all metadata", async () => {
    expect((await Promise.all(tarballs.map(tarballFaults))).flat()).toEqual([]);
  });

  test("hold every numbered migration, and not the files that functions are made from", async () => {
    const files = async (folder: string) => (await readdir(folder, { recursive: true })).sort();
    const packed = await files(join(app, "node_modules/@trans-hub/core/dist/migrations"));
    expect(packed).toEqual((await files(join(root, "migrations"))).filter((file) => /^\d+_.*\.sql$/.test(file)));
  });

  test("run the README's example beside a hostile graphile-worker configuration", async () => {
    const database = await createTestDatabase({ migrated: false });
    await writeProgram(join(root, "README.md"), "readme.ts");
    const env = { ...process.env, TH_DATABASE_URL: database.url };
    const { stdout } = await call(process.execPath, ["--no-warnings", "readme.ts"], { cwd: app, env });
    await database.drop();
    expect(stdout).toMatch(/^translated \[.*\]$/m);
    expect(stdout).toContain("businessIds: [ 'shop.cart.add' ]");
  });

  /** The first program in TypeScript of a page, as a file of the application; gives its name, or none where the page has none. */
  async function writeProgram(page: string, file: string): Promise<string[]> {
    const [, program] = /^```ts\n([\s\S]*?)^```$/m.exec(await readFile(page, "utf8")) ?? [];
    if (program === undefined) return [];
    await writeFile(join(app, file), program);
    return [file];
  }

  test.for([
    { module: "nodenext", moduleResolution: "nodenext" },
    { module: "esnext", moduleResolution: "bundler" },
  ])(
    "give a strict program, and those of their READMEs, all their types by the resolution $moduleResolution",
    async (resolution) => {
      await cp(join(root, "test/acceptance/consumer/consumer.ts"), join(app, "consumer.ts"));
      const readmes = await Promise.all([
        writeProgram(join(root, "README.md"), "readme.ts"),
        ...PUBLISHED.map((name) => writeProgram(join(root, "packages", name, "README.md"), `readme-${name}.ts`)),
      ]);
      const file = `tsconfig.${resolution.moduleResolution}.json`;
      const compilerOptions = { ...resolution, target: "es2024", strict: true, noEmit: true, types: ["node"] };
      await writeFile(join(app, file), JSON.stringify({ compilerOptions, files: ["consumer.ts", ...readmes.flat()] }));
      const tsc = join(root, "node_modules/typescript/bin/tsc");
      const { stdout } = await call(process.execPath, [tsc, "-p", file], { cwd: app }).catch((error) => error);
      expect(stdout).toBe("");
    },
  );

  test("bring the command", async () => {
    const { stdout } = await call(process.execPath, ["node_modules/@trans-hub/cli/dist/bin.js", "--help"], {
      cwd: app,
    });
    expect(stdout).toContain("request");
  });
});
