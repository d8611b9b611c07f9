/**
 * Writes the table of settings in docs/operations.md, between its two marks, from `describeSettings`.
 *
 *     node scripts/settings-table.ts
 *
 * test/docs/operations.test.ts fails when the page differs from this output.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { describeSettings } from "../packages/cli/src/settings/settings.ts";

const PAGE = new URL("../docs/operations.md", import.meta.url);
const BEGIN = "<!-- settings: begin -->";
const END = "<!-- settings: end -->";

/**
 * The page with an up-to-date table.
 *
 * @throws {Error} A mark is missing.
 */
export function withSettingsTable(page: string): string {
  const begin = page.indexOf(BEGIN);
  const end = page.indexOf(END);
  if (begin === -1 || end < begin) throw new Error(`${PAGE.pathname} has no ${BEGIN} … ${END}`);
  return `${page.slice(0, begin + BEGIN.length)}\n${settingsTable()}\n${page.slice(end)}`;
}

function settingsTable(): string {
  const rows = describeSettings().map(({ key, description, default: value }) => {
    const written = value === undefined ? "" : `\`${value}\``;
    return `| \`${key}\` | ${written} | ${description} |`;
  });
  return ["| setting | default | meaning |", "|---|---|---|", ...rows].join("\n");
}

if (import.meta.main) writeFileSync(PAGE, withSettingsTable(readFileSync(PAGE, "utf8")));
