/** The published packages: packed, installed by npm into an empty folder, and used there as in a new project. */
import { execFile, spawnSync } from "node:child_process";
import { cp, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join, resolve } from "node:path";
import { promisify } from "node:util";
import { createTestDatabase, testOnSharedDatabase as test } from "@trans-hub/test-support/database";
import { afterAll, beforeAll, describe, expect } from "vitest";
import { ownManifest, PUBLISHED, packPackages, tarballFaults } from "../../scripts/packages.ts";

const call = promisify(execFile);
const root = resolve(import.meta.dirname, "../..");

/** Types that a consumer in TypeScript has of its own, at the versions that the repository has. */
const CONSUMER_TYPES = ["@types/node", "@types/pg", "pg", "prom-client"];

/** The first Node below 22 that the PATH names. */
function oldNode(): { path: string; version: string } | undefined {
  for (const folder of [...(process.env.PATH ?? "").split(delimiter), "/usr/bin"]) {
    const path = join(folder, "node");
    const { stdout = "" } = spawnSync(path, ["--version"], { encoding: "utf8" });
    const version = /^v((\d+)\.\d+\.\d+)/.exec(stdout ?? "");
    if (version?.[1] !== undefined && Number(version[2]) < 22) return { path, version: version[1] };
  }
  return undefined;
}

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

  test("hold the numbered migrations", async () => {
    const files = async (folder: string) => (await readdir(folder, { recursive: true })).sort();
    const packed = await files(join(app, "node_modules/@trans-hub/core/dist/migrations"));
    // The functions are in the numbered files, which alone are applied.
    expect(packed).toEqual((await files(join(root, "migrations"))).filter((file) => /^\d{4}_[^/]*\.sql$/.test(file)));
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

  describe("give a program without the driver's types all of theirs, every library's types checked,", () => {
    const away = () => join(app, "node_modules/@types/pg");
    beforeAll(() => rename(away(), join(folder, "pg-types")));
    afterAll(() => rename(join(folder, "pg-types"), away()));

    test.for([
      { compiler: "typescript-5.6", module: "commonjs", moduleResolution: "node10", type: "commonjs" },
      { compiler: "typescript-5.6", module: "esnext", moduleResolution: "bundler", type: "module" },
      { compiler: "typescript-5.6", module: "nodenext", moduleResolution: "nodenext", type: "module" },
      { compiler: "typescript", module: "nodenext", moduleResolution: "nodenext", type: "commonjs" },
      { compiler: "typescript", module: "nodenext", moduleResolution: "nodenext", type: "module" },
    ])(
      "by $compiler, resolution $moduleResolution, as $type",
      { timeout: 240_000 },
      async ({ compiler, type, ...resolution }) => {
        // Within the application, so that its packages are found; the manifest makes the program's format.
        const own = join(app, `${compiler}-${resolution.moduleResolution}-${type}`);
        await mkdir(own);
        await writeFile(join(own, "package.json"), JSON.stringify({ type }));
        await cp(join(root, "test/acceptance/consumer/plain.ts"), join(own, "plain.ts"));
        const types = { types: ["node"], typeRoots: ["../node_modules/@types"] };
        // The types of pino and of zod ask for `esModuleInterop` where modules become CommonJS.
        const strict = {
          esModuleInterop: true,
          strict: true,
          exactOptionalPropertyTypes: true,
          skipLibCheck: false,
          noEmit: true,
        };
        const compilerOptions = { ...resolution, ...types, ...strict, target: "es2022", lib: ["es2022"] };
        await writeFile(join(own, "tsconfig.json"), JSON.stringify({ compilerOptions, files: ["plain.ts"] }));
        const tsc = join(root, "node_modules", compiler, "bin/tsc");
        const { stdout } = await call(process.execPath, [tsc, "-p", own], { cwd: own }).catch((error) => error);
        expect(stdout).toBe("");
      },
    );
  });

  /** Every door of every package, as it is imported. `testing` needs vitest. */
  const doors = PUBLISHED.flatMap((name) =>
    Object.keys(ownManifest(name).exports ?? {})
      .filter((door) => door !== "./testing")
      .map((door) => join("@trans-hub", name, door)),
  );

  test("can be required by CommonJS", async () => {
    await writeFile(
      join(app, "required.cjs"),
      `for (const door of ${JSON.stringify(doors)}) console.log(Object.keys(require(door)).length > 0);`,
    );
    const { stdout } = await call(process.execPath, ["--no-warnings", "required.cjs"], { cwd: app });
    expect(stdout.trim().split("\n")).toEqual(doors.map(() => "true"));
  });

  describe("on a Node that is too old", () => {
    const sentence = (version: string) => ({
      code: "TH_NODE_VERSION",
      message: `Node ${version} is too old`,
      hint: "Trans-Hub needs Node 22.18 or newer.",
    });

    async function errorsOf(node: string, ...flags: string[]): Promise<unknown[]> {
      await writeFile(
        join(app, "too-old.mjs"),
        `for (const door of ${JSON.stringify(doors)}) {
          const { name, code, message, hint } = await import(door).catch((error) => error);
          console.log(JSON.stringify({ name, code, message, hint }));
        }`,
      );
      const { stdout } = await call(node, ["--no-warnings", ...flags, "too-old.mjs"], { cwd: app });
      return stdout
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line));
    }

    const OLD = `Object.defineProperty(process, "versions", { value: { ...process.versions, node: "22.17.9" } });`;
    const asOld = ["--import", `data:text/javascript,${encodeURIComponent(OLD)}`];

    test("each import says which Node is needed, as the command does", async () => {
      const expected = { name: "UnsupportedNodeError", ...sentence("22.17.9") };
      expect(await errorsOf(process.execPath, ...asOld)).toEqual(doors.map(() => expected));
      const bin = join(app, "node_modules/@trans-hub/cli/dist/bin.js");
      const { stderr } = await call(process.execPath, [...asOld, bin, "--help"]).catch((error) => error);
      expect(stderr).toBe(`error: ${expected.message}\nhint: ${expected.hint}\n`);
    });

    // A Node that lacks functions of ours may fail before any of our code runs, which only a real one shows.
    const real = oldNode();
    test.runIf(real !== undefined)("each import says so on the machine's own Node too", async () => {
      const { path = "", version = "" } = real ?? {};
      expect(await errorsOf(path)).toEqual(doors.map(() => ({ name: "UnsupportedNodeError", ...sentence(version) })));
    });
  });

  test("bring the command", async () => {
    const { stdout } = await call(process.execPath, ["node_modules/@trans-hub/cli/dist/bin.js", "--help"], {
      cwd: app,
    });
    expect(stdout).toContain("request");
  });
});
