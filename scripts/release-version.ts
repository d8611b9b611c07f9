/**
 * Makes the repository ready for a release: raises the version as the changesets say, moves Unreleased of CHANGELOG.md under
 * it, names it where an image's tag is written, and marks all migrations as released. Commits nothing.
 *
 *     npm run release:version
 *
 * Without a changeset the version stays, for the first release of all. Exit code 1 when there is nothing to release.
 */
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { releaseSection } from "./changelog.ts";
import { markReleased } from "./function-migration.ts";

/** Where the version stands as an image's tag, a chart's version or a tag of the repository, beside the packages. */
export const IMAGE_TAGS = [
  "deploy/compose/compose.yaml",
  "deploy/docker/Dockerfile",
  "deploy/helm/trans-hub/Chart.yaml",
  "deploy/kubernetes/overlays/production/kustomization.yaml",
  "deploy/kubernetes/overlays/scale-to-zero/kustomization.yaml",
  "deploy/kubernetes/overlays/small/kustomization.yaml",
  "docs/deploy.md",
];

/**
 * Changes the files of the repository at `root`.
 *
 * @returns The version to release.
 * @throws {Error} Nothing stands below Unreleased, or a file does not name the version.
 */
export function makeReleaseReady(root: string, date: string): string {
  const before = versionAt(root);
  const changesets = readdirSync(join(root, ".changeset")).filter((file) => /(?<!README)\.md$/.test(file));
  if (changesets.length > 0) {
    const changeset = resolve(import.meta.dirname, "../node_modules/.bin/changeset");
    execFileSync(changeset, ["version"], { cwd: root, stdio: ["ignore", 2, 2] });
  }
  const version = versionAt(root);
  edit(join(root, "CHANGELOG.md"), (text) => releaseSection(text, version, date));
  for (const file of IMAGE_TAGS) {
    edit(join(root, file), (text) => {
      // Only in these places: another product of the file may have the same version.
      const places = "trans-hub:|newTag: |\\?ref=v|^version: |^appVersion: ";
      const tag = new RegExp(`(${places})${before.replaceAll(".", "\\.")}\\b`, "gm");
      if (!tag.test(text)) throw new Error(`${file} does not name the version ${before}`);
      return text.replaceAll(tag, `$1${version}`);
    });
  }
  markReleased(join(root, "migrations"));
  return version;
}

function versionAt(root: string): string {
  return JSON.parse(readFileSync(join(root, "packages/core/package.json"), "utf8")).version;
}

function edit(file: string, change: (text: string) => string): void {
  writeFileSync(file, change(readFileSync(file, "utf8")));
}

if (import.meta.main) {
  try {
    const version = makeReleaseReady(resolve(import.meta.dirname, ".."), new Date().toISOString().slice(0, 10));
    console.log(`Ready for ${version}: review, commit, then tag the commit v${version} and push the tag.`);
  } catch (error) {
    console.error(`error: ${(error as Error).message}`);
    process.exitCode = 1;
  }
}
