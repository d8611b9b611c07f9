/** The packages that are published: made into tarballs, and the tarballs looked through as a registry's users would. */
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";

const call = promisify(execFile);
const root = resolve(import.meta.dirname, "..");
const pnpm = join(import.meta.dirname, "pnpm.js");

/** Their folders in `packages/`, each behind those it depends on: a registry never has one without its dependencies. */
export const PUBLISHED = ["core", "engines", "formats", "metrics", "worker", "server", "embedded", "cli"] as const;

interface Manifest {
  name: string;
  version: string;
  bin?: object;
  exports?: object;
  [field: string]: unknown;
}

/** The manifest of one of our packages, as the repository has it. */
export function ownManifest(name: string): Manifest {
  return JSON.parse(readFileSync(join(root, "packages", name, "package.json"), "utf8"));
}

/**
 * Builds and packs every published package into `folder`.
 *
 * @returns The tarballs' paths, in the order of `PUBLISHED`.
 */
export async function packPackages(folder: string): Promise<string[]> {
  await call(process.execPath, [pnpm, "-r", "build"], { cwd: root });
  const filters = PUBLISHED.map((name) => `--filter=@trans-hub/${name}`);
  await call(process.execPath, [pnpm, ...filters, "pack", "--pack-destination", folder], { cwd: root });
  return PUBLISHED.map((name) => join(folder, `trans-hub-${name}-${ownManifest(name).version}.tgz`));
}

/** The reasons why a tarball must not be published, as sentences. Empty: it may be. */
export async function tarballFaults(tarball: string): Promise<string[]> {
  const folder = await mkdtemp(join(tmpdir(), "trans-hub-tarball-"));
  try {
    await call("tar", ["-xzf", tarball, "--strip-components=1", "-C", folder]);
    const files = await readdir(folder, { recursive: true });
    const manifest: Manifest = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
    const faults = [...fileFaults(files), ...manifestFaults(manifest)];
    faults.push(...(await toolFaults("publint", ["run", tarball, "--strict"])));
    // Without `exports` there is nothing to import, and attw takes that for a fault. Node 10's resolution and `require`
    // are left out: the packages are ESM only. The tests of the packages show that both work, as the page of the library says.
    if (manifest.exports !== undefined) {
      faults.push(...(await toolFaults("attw", [tarball, "--profile", "esm-only", "--no-emoji", "--no-color"])));
    }
    return faults.map((fault) => `${manifest.name}: ${fault}`);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function fileFaults(files: readonly string[]): string[] {
  const missing = ["LICENSE", "README.md"].filter((file) => !files.includes(file));
  const surplus = files.filter((file) => /\.test\.|^src\/|\.tsbuildinfo$/.test(file));
  return [...missing.map((file) => `${file} is missing`), ...surplus.map((file) => `${file} must not be published`)];
}

function manifestFaults(manifest: Manifest): string[] {
  const wanted = ["description", "keywords", "homepage", "bugs", "repository", "license", "engines"];
  const faults = wanted.filter((field) => manifest[field] === undefined).map((field) => `package.json has no ${field}`);
  if (JSON.stringify(manifest).includes("workspace:")) faults.push("package.json names a version as workspace:");
  if (JSON.stringify([manifest.exports, manifest.bin]).includes("src/")) faults.push("package.json leads to src/");
  return faults;
}

async function toolFaults(tool: string, args: readonly string[]): Promise<string[]> {
  try {
    await call(join(root, "node_modules/.bin", tool), args);
    return [];
  } catch (error) {
    const { stdout = "", stderr = "" } = error as { stdout?: string; stderr?: string };
    return [`${tool} refuses it:\n${stdout}${stderr}`];
  }
}
