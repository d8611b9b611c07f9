/** The sections of CHANGELOG.md: `## Unreleased` first, then one for each version, newest first. */

const UNRELEASED = "## Unreleased\n";

/** The text below `## <version>`, up to the next section. Undefined: there is no such section. */
export function sectionOf(changelog: string, version: string): string | undefined {
  return changelog
    .split(/^## /m)
    .find((section) => section.startsWith(`${version} `) || section.startsWith(`${version}\n`))
    ?.replace(/^.*\n/, "")
    .trim();
}

/**
 * The changelog with everything below Unreleased moved under the version, and an empty Unreleased above it.
 *
 * @param date As `2026-01-31`.
 * @throws {Error} Nothing stands below Unreleased, or the version has a section already.
 */
export function releaseSection(changelog: string, version: string, date: string): string {
  if (sectionOf(changelog, version) !== undefined) throw new Error(`CHANGELOG.md has a section for ${version} already`);
  if (!sectionOf(changelog, "Unreleased")) throw new Error("CHANGELOG.md has nothing below Unreleased");
  return changelog.replace(UNRELEASED, `${UNRELEASED}\n## ${version} (${date})\n`);
}
