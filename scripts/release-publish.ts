/**
 * Publishes every package at the version that the repository has, after a look through each tarball.
 *
 *     npm run release:publish -- --dry-run          # everything but the upload
 *     npm run release:publish -- --tag v1.2.0       # refuses when the tag is not the packages' version
 *
 * Exit code 1 when a package may not be published. A version that the registry has already is left out, so that a run that
 * broke off is repeated. `.github/workflows/release.yml` runs it at a tag; npm then trusts the workflow and no token exists.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { sectionOf } from "./changelog.ts";
import { ownManifest, PUBLISHED, packPackages, tarballFaults } from "./packages.ts";

const { values } = parseArgs({ options: { "dry-run": { type: "boolean", default: false }, tag: { type: "string" } } });
const isDry = values["dry-run"];
const folder = mkdtempSync(join(tmpdir(), "trans-hub-release-"));
try {
  await publish();
} catch (error) {
  console.error(`error: ${(error as Error).message}`);
  process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}

async function publish(): Promise<void> {
  const { version } = ownManifest("core");
  if (values.tag !== undefined && values.tag !== `v${version}`) {
    throw new Error(`The tag ${values.tag} is not v${version}, the version of the packages`);
  }
  const changelog = readFileSync(join(import.meta.dirname, "../CHANGELOG.md"), "utf8");
  if (!isDry && sectionOf(changelog, version) === undefined) {
    throw new Error(`CHANGELOG.md has no section for ${version}: npm run release:version`);
  }
  const tarballs = await packPackages(folder);
  const faults = (await Promise.all(tarballs.map(tarballFaults))).flat();
  if (faults.length > 0) throw new Error(faults.join("\n"));
  for (const [index, name] of PUBLISHED.entries()) {
    if (!isDry && isPublished(`@trans-hub/${name}@${version}`)) continue;
    const flags = ["--access", "public", "--provenance", "--loglevel", "error", ...(isDry ? ["--dry-run"] : [])];
    // From the empty folder: the repository's own package.json must not take part.
    execFileSync("npm", ["publish", tarballs[index] ?? "", ...flags], { cwd: folder, stdio: "inherit" });
  }
}

function isPublished(specifier: string): boolean {
  try {
    return execFileSync("npm", ["view", specifier, "version"], { stdio: ["ignore", "pipe", "ignore"] }).length > 0;
  } catch {
    return false;
  }
}
