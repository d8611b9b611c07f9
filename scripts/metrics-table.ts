/**
 * Writes the table of metrics in docs/operations.md, between its two marks, from `describeMetrics`.
 *
 *     node scripts/metrics-table.ts
 *
 * test/docs/operations.test.ts fails when the page differs from this output.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { describeMetrics } from "@trans-hub/metrics";

const PAGE = new URL("../docs/operations.md", import.meta.url);
const BEGIN = "<!-- metrics: begin -->";
const END = "<!-- metrics: end -->";

/**
 * The page with an up-to-date table.
 *
 * @throws {Error} A mark is missing.
 */
export function withMetricsTable(page: string): string {
  const begin = page.indexOf(BEGIN);
  const end = page.indexOf(END);
  if (begin === -1 || end < begin) throw new Error(`${PAGE.pathname} has no ${BEGIN} … ${END}`);
  return `${page.slice(0, begin + BEGIN.length)}\n${metricsTable()}\n${page.slice(end)}`;
}

function metricsTable(): string {
  const rows = describeMetrics().map(({ name, type, labels, of, help }) => {
    const written = labels.map((label) => `\`${label}\``).join(", ");
    return `| \`${name}\` | ${type} | ${of} | ${written} | ${help} |`;
  });
  return ["| metric | type | of | labels | meaning |", "|---|---|---|---|---|", ...rows].join("\n");
}

if (import.meta.main) writeFileSync(PAGE, withMetricsTable(readFileSync(PAGE, "utf8")));
