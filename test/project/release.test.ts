/** How a release is made ready, tried on a copy of the files that it changes. */
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { test as base, describe, expect } from "vitest";
import { releaseSection, sectionOf } from "../../scripts/changelog.ts";
import { ownManifest, PUBLISHED } from "../../scripts/packages.ts";
import { IMAGE_TAGS, makeReleaseReady } from "../../scripts/release-version.ts";

const root = resolve(import.meta.dirname, "../..");
const packages = readdirSync(join(root, "packages"));

const test = base.extend(
  "copy",
  // biome-ignore lint/correctness/noEmptyPattern: vitest reads a fixture's needs from the pattern; this one has none
  async ({}, { onCleanup }): Promise<string> => {
    const folder = mkdtempSync(join(tmpdir(), "trans-hub-release-"));
    onCleanup(() => rmSync(folder, { recursive: true, force: true }));
    const manifests = packages.map((name) => `packages/${name}/package.json`);
    const files = [
      "package.json",
      "pnpm-workspace.yaml",
      ".changeset",
      "CHANGELOG.md",
      "migrations",
      ...IMAGE_TAGS,
      ...manifests,
    ];
    for (const file of files) {
      mkdirSync(dirname(join(folder, file)), { recursive: true });
      cpSync(join(root, file), join(folder, file), { recursive: true });
    }
    // The repository's own changesets must not take part.
    for (const file of readdirSync(join(folder, ".changeset"))) {
      if (/(?<!README)\.md$/.test(file)) rmSync(join(folder, ".changeset", file));
    }
    const changelog = "# Changes\n\n## Unreleased\n\n### Added\n\n- A thing.\n";
    writeFileSync(join(folder, "CHANGELOG.md"), changelog);
    execFileSync("git", ["init", "--quiet", "--initial-branch=main"], { cwd: folder });
    return folder;
  },
);

function versions(folder: string): Record<string, string> {
  return Object.fromEntries(
    packages.map((name) => [
      name,
      JSON.parse(readFileSync(join(folder, "packages", name, "package.json"), "utf8")).version,
    ]),
  );
}

describe("a release", () => {
  test("raises every published package to one version, by a changeset that names one of them", ({ copy }) => {
    const before = ownManifest("core").version;
    const [major = "0", minor = "0"] = before.split(".");
    const next = `${major}.${Number(minor) + 1}.0`;
    const changeset = '---\n"@trans-hub/engines": minor\n---\n\nAn engine more.\n';
    writeFileSync(join(copy, ".changeset", "one-engine-more.md"), changeset);

    expect(makeReleaseReady(copy, "2026-01-31")).toBe(next);

    const published = Object.fromEntries(PUBLISHED.map((name) => [name, next]));
    expect(versions(copy)).toEqual({ "test-support": before, ...published });
    expect(readFileSync(join(copy, "CHANGELOG.md"), "utf8")).toBe(
      `# Changes\n\n## Unreleased\n\n## ${next} (2026-01-31)\n\n### Added\n\n- A thing.\n`,
    );
    // From now on no byte of a migration may change.
    const migrations = readdirSync(join(copy, "migrations")).filter((file) => file.endsWith(".sql"));
    const held = readFileSync(join(copy, "migrations/released.sha256"), "utf8");
    expect(held.match(/\S+\.sql$/gm)).toEqual(migrations.sort());
    for (const file of IMAGE_TAGS) {
      const text = readFileSync(join(copy, file), "utf8");
      expect(text).toContain(next);
      expect(text).not.toContain(before);
    }
    expect(readdirSync(join(copy, ".changeset")).sort()).toEqual(["README.md", "config.json"]);
  });

  test("without a changeset is one of the version that stands there", ({ copy }) => {
    const before = versions(copy);
    expect(makeReleaseReady(copy, "2026-01-31")).toBe(ownManifest("core").version);
    expect(versions(copy)).toEqual(before);
  });

  test("is refused when Unreleased is empty, or the version has its section", ({ copy }) => {
    makeReleaseReady(copy, "2026-01-31");
    expect(() => makeReleaseReady(copy, "2026-02-01")).toThrow("has a section for");
    expect(() => releaseSection("# Changes\n\n## Unreleased\n", "1.0.0", "2026-01-31")).toThrow("nothing below");
  });

  test("finds the section of a version, and none of another that begins alike", () => {
    const changelog = "# Changes\n\n## Unreleased\n\n## 1.2.0 (2026-01-31)\n\n- A thing.\n\n## 1.1.0 (2026-01-01)\n";
    expect(sectionOf(changelog, "1.2.0")).toBe("- A thing.");
    expect(sectionOf(changelog, "1.1.0")).toBe("");
    expect(sectionOf(changelog, "1.2")).toBeUndefined();
  });
});

test("the packages that are published, and no other, are in the list and in the changesets' fixed group", () => {
  const open = packages.filter((name) => ownManifest(name).private !== true);
  expect([...PUBLISHED].sort()).toEqual(open.sort());
  const { fixed } = JSON.parse(readFileSync(join(root, ".changeset/config.json"), "utf8"));
  expect(fixed).toEqual([[...PUBLISHED].sort().map((name) => `@trans-hub/${name}`)]);
  expect(new Set(PUBLISHED.map((name) => ownManifest(name).version)).size).toBe(1);
});
