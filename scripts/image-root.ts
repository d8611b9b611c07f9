/**
 * Makes the folder that runs on a server: the command, its dependencies, and nothing else.
 *
 *     npm run image-root -- /opt/trans-hub
 *     /opt/trans-hub/bin/trans-hub --version
 *
 * `image-root.js` is its command, which an old Node can read too.
 *
 * Used by the image's `Dockerfile`, and by installations on a machine without containers. Our packages are in their
 * published form; the others are those of the lockfile, never newer. `@trans-hub/embedded` is left out: a server names
 * its database.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";

const PNPM = join(import.meta.dirname, "pnpm.js");
/** Each package by its folder in `packages/`, with its place in the result. */
const OURS = {
  cli: ".",
  core: "node_modules/@trans-hub/core",
  engines: "node_modules/@trans-hub/engines",
  formats: "node_modules/@trans-hub/formats",
  metrics: "node_modules/@trans-hub/metrics",
  server: "node_modules/@trans-hub/server",
  worker: "node_modules/@trans-hub/worker",
};

const root = resolve(import.meta.dirname, "..");

interface Manifest {
  dependencies?: Record<string, string>;
  optionalDependencies?: Record<string, string>;
  peerDependencies?: Record<string, string>;
  peerDependenciesMeta?: Record<string, { optional?: boolean }>;
}

/**
 * Makes `target`, which must not exist yet.
 *
 * @throws {Error} It exists, or a step failed.
 */
export function makeImageRoot(target: string): void {
  if (existsSync(target)) throw new Error(`${target} is there already: name a folder that is not, or remove it`);
  mkdirSync(dirname(target), { recursive: true });
  step("Building the packages");
  pnpm(root, "-r", "build");
  step("Collecting their dependencies");
  const flags = ["--prod", "--no-optional", "--config.node-linker=hoisted"];
  pnpm(root, "--filter", "@trans-hub/cli", "deploy", ...flags, target);
  putOursAsPublished(target);
  removeUnreachable(target);
  removeWhatNobodyRuns(target);
  if (existsSync(join(target, "node_modules/@trans-hub/embedded")))
    throw new Error("the embedded PostgreSQL came along");
  for (const folder of ["bin", "backup"]) {
    cpSync(join(root, "deploy", folder), join(target, folder), {
      recursive: true,
      filter: (file) => !file.endsWith(".yaml"),
    });
  }
  step(`${target}: ${megabytes(target)} MB; try ${join(target, "bin/trans-hub")} --version`);
}

/** Progress goes to stderr: stdout is the caller's. */
function step(line: string): void {
  process.stderr.write(`${line}\n`);
}

function megabytes(folder: string): number {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((file) => file.isFile());
  const bytes = files.reduce((sum, { parentPath, name }) => sum + statSync(join(parentPath, name)).size, 0);
  return Math.round(bytes / 1_000_000);
}

/** pnpm prints a line for each file of each package, so its output is shown only if it fails. */
function pnpm(cwd: string, ...args: string[]): void {
  const { status, error, stdout } = spawnSync(process.execPath, [PNPM, ...args], {
    cwd,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "inherit"],
    maxBuffer: 2 ** 28,
  });
  if (error !== undefined) throw error;
  if (status === 0) return;
  const last = stdout.trimEnd().split("\n").slice(-20).join("\n");
  throw new Error(`pnpm ${args.join(" ")} failed with exit code ${status}:\n${last}`);
}

/** `deploy` copies a package as it is in the repository; only `pack` turns its entries from sources to `dist`. */
function putOursAsPublished(target: string): void {
  const packed = mkdtempSync(join(tmpdir(), "trans-hub-image-"));
  try {
    const filters = Object.keys(OURS).map((name) => `--filter=@trans-hub/${name}`);
    pnpm(root, ...filters, "pack", "--pack-destination", packed);
    for (const tarball of readdirSync(packed)) {
      const [, name] = /^trans-hub-([a-z]+)-/.exec(tarball) ?? [];
      const place = OURS[name as keyof typeof OURS];
      const folder = join(target, place);
      for (const file of readdirSync(folder)) {
        if (file !== "node_modules") rmSync(join(folder, file), { recursive: true });
      }
      execFileSync("tar", ["-xzf", join(packed, tarball), "--strip-components=1", "-C", folder]);
    }
  } finally {
    rmSync(packed, { recursive: true, force: true });
  }
}

/** The test runner is installed as an optional peer of one of our packages, with all its dependencies. */
function removeUnreachable(target: string): void {
  const kept = new Set<string>();
  const visit = (folder: string) => {
    if (kept.has(folder)) return;
    kept.add(folder);
    for (const name of needs(readManifest(folder))) {
      const found = findPackage(folder, name, target);
      if (found !== undefined) visit(found);
    }
  };
  visit(target);
  for (const folder of packagesUnder(join(target, "node_modules"))) {
    if (!kept.has(folder)) rmSync(folder, { recursive: true, force: true });
  }
}

function readManifest(folder: string): Manifest {
  return JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
}

/** Packages with types only hold no code. */
function needs({ dependencies, optionalDependencies, peerDependencies, peerDependenciesMeta }: Manifest): string[] {
  const peers = Object.keys(peerDependencies ?? {}).filter((name) => !peerDependenciesMeta?.[name]?.optional);
  return [...Object.keys({ ...dependencies, ...optionalDependencies }), ...peers].filter(
    (name) => !name.startsWith("@types/"),
  );
}

/** Searches upwards, like Node. */
function findPackage(from: string, name: string, target: string): string | undefined {
  for (let folder = from; ; folder = dirname(folder)) {
    const found = join(folder, "node_modules", name);
    if (existsSync(join(found, "package.json"))) return found;
    if (folder === target || folder === dirname(folder)) return undefined;
  }
}

function packagesUnder(modules: string): string[] {
  if (!existsSync(modules)) return [];
  return readdirSync(modules)
    .filter((name) => !name.startsWith("."))
    .flatMap((name) => (name.startsWith("@") ? readdirSync(join(modules, name)).map((sub) => join(name, sub)) : [name]))
    .map((name) => join(modules, name))
    .flatMap((folder) => [folder, ...packagesUnder(join(folder, "node_modules"))]);
}

/** Folders at the top of a package that its own tests and readers use. */
const UNUSED_FOLDERS = ["test", "tests", "docs", "examples", "benchmark", "benchmarks", ".github"];

/** pnpm's notes, scopes without a package, tests, builds for bundlers, sources, types, source maps: more than half of the size. Licences stay. */
function removeWhatNobodyRuns(target: string): void {
  const modules = join(target, "node_modules");
  for (const name of readdirSync(modules)) {
    const folder = join(modules, name);
    if (name.startsWith(".") || readdirSync(folder).length === 0) rmSync(folder, { recursive: true });
  }
  // OpenTelemetry's packages hold their code three times; Node loads that of `main`.
  for (const folder of packagesUnder(modules)) {
    if (!folder.includes("/@opentelemetry/")) continue;
    for (const copy of ["esm", "esnext"]) rmSync(join(folder, "build", copy), { recursive: true, force: true });
  }
  for (const folder of packagesUnder(modules)) {
    if (folder.includes("/@trans-hub/")) continue;
    for (const name of UNUSED_FOLDERS) rmSync(join(folder, name), { recursive: true, force: true });
  }
  for (const file of readdirSync(target, { recursive: true, encoding: "utf8" })) {
    // The second: names of attributes that no package here reads, 2.6 MB.
    if (/\.([mc]?ts|map|tsbuildinfo)$|semantic-conventions\/dist\/(experimental_|index-incubating)/.test(file))
      rmSync(join(target, file), { force: true });
  }
}
