/**
 * Measures the checks on the catalogs of a folder, and prints the tables of docs/quality.md.
 *
 *     npm run quality                 # the tables
 *     npm run quality -- --json       # the figures as one JSON object
 *     npm run quality -- --write      # writes the tables into docs/quality.md
 *
 * The folder is TH_QUALITY_DATA, else ../shared/data/catalogs beside the checkout.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { breakage, falseAlarms } from "./measure.ts";
import { readPairs } from "./pairs.ts";
import { breakageTable, falseAlarmTable, summaryOf, warningTable, writeSections } from "./report.ts";

const root = join(import.meta.dirname, "../..");
const folder =
  process.env.TH_QUALITY_DATA ??
  [join(root, "../shared/data/catalogs"), join(root, "../../shared/data/catalogs")].find((path) => existsSync(path));
if (folder === undefined || !existsSync(folder)) {
  process.stderr.write("There is no folder of catalogs: name one in TH_QUALITY_DATA\n");
  process.exit(2);
}

const startedAt = performance.now();
const pairs = readPairs(folder);
const alarms = falseAlarms(pairs);
const broken = breakage(pairs);
const sections: Readonly<Record<string, string>> = {
  summary: summaryOf(alarms, broken),
  "false-alarms": falseAlarmTable(alarms),
  warnings: warningTable(alarms),
  breakage: breakageTable(broken),
};

if (process.argv.includes("--json")) {
  process.stdout.write(`${JSON.stringify({ falseAlarms: alarms, breakage: broken })}\n`);
} else {
  process.stdout.write(`${Object.values(sections).join("\n\n")}\n`);
}
if (process.argv.includes("--write")) writeSections(sections);
process.stderr.write(`${((performance.now() - startedAt) / 1000).toFixed(0)} s\n`);
