/** Keeps docs/operations.md in step with the code: settings, metrics, events and checks. */
import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { expect, test } from "vitest";
import { CHECKS } from "../../packages/cli/src/doctor/check.ts";
import { withMetricsTable } from "../../scripts/metrics-table.ts";
import { withSettingsTable } from "../../scripts/settings-table.ts";

const root = resolve(import.meta.dirname, "../..");
const page = readFileSync(join(root, "docs/operations.md"), "utf8");

test("the table of settings is the generated one (node scripts/settings-table.ts writes it)", () => {
  expect(page).toBe(withSettingsTable(page));
});

test("the table of metrics is the generated one (node scripts/metrics-table.ts writes it)", () => {
  expect(page).toBe(withMetricsTable(page));
});

test("every logged event has its row, and no row is without an event", () => {
  const rows = [...page.matchAll(/^\| `([a-z]+\.[a-z_]+)` \| [a-z, ]+ \|/gm)].map(([, event]) => event);
  expect(rows.length).toBe(new Set(rows).size);
  expect(rows.sort()).toEqual([...loggedEvents()].sort());
});

test("the table of checks lists the doctor's checks", () => {
  const [, table = ""] = /<!-- checks: begin -->\n([\s\S]*?)<!-- checks: end -->/.exec(page) ?? [];
  const rows = Object.entries(CHECKS).map(([name, looksAt]) => `| \`${name}\` | ${looksAt} |\n`);
  expect(table).toBe(`| check | looks at |\n|---|---|\n${rows.join("")}`);
});

/** The literals that look like an event, in files that log. */
function loggedEvents(): Set<string> {
  const events = new Set<string>();
  for (const name of ["core", "engines", "worker", "server", "embedded", "cli"]) {
    const folder = join(root, "packages", name, "src");
    for (const file of readdirSync(folder, { recursive: true, encoding: "utf8" })) {
      if (!file.endsWith(".ts") || file.endsWith(".test.ts") || file.includes("testing")) continue;
      const source = readFileSync(join(folder, file), "utf8");
      if (!/\blogger[.[]/.test(source)) continue;
      for (const [, event = ""] of source.matchAll(/"([a-z]+\.[a-z_]+)"/g)) events.add(event);
    }
  }
  return events;
}
