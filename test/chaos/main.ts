/**
 * The chaos suite: real workers, producers and PostgreSQL, one kind of fault after another, and a comparison of the
 * acknowledged requests with the engine's ledger and the stored rows.
 *
 *     npm run chaos                                  every cell, 60 s of load each
 *     npm run chaos -- --cells kill,crash            some
 *     npm run chaos -- --seconds 600 --seed 7        longer, with another seed
 *     npm run chaos -- --report docs/chaos           writes the report (README.md) and a picture of each cell
 *     npm run chaos -- --json                        one object on one line of stdout
 *
 * Exit code 1 when a cell found a broken promise.
 */
import { parseArgs } from "node:util";
import { CELLS } from "./cells/index.ts";
import { describeMachine, printReport, writeReport } from "./report.ts";
import { type CellReport, runCell } from "./run-cell.ts";

const USAGE = `npm run chaos -- [--cells a,b] [--seconds 60] [--seed N] [--workers N] [--rescue-after 12] [--report FOLDER] [--json]

${CELLS.map(({ name, what }) => `  ${name.padEnd(14)}${what}`).join("\n")}
`;

const { values } = parseArguments(() =>
  parseArgs({
    options: {
      help: { type: "boolean", default: false },
      cells: { type: "string" },
      seconds: { type: "string", default: "60" },
      seed: { type: "string", default: String(Date.now() % 1_000_000) },
      report: { type: "string" },
      json: { type: "boolean", default: false },
      workers: { type: "string" },
      "rescue-after": { type: "string", default: "12" },
    },
  }),
);
if (values.help) {
  process.stdout.write(USAGE);
  process.exit(0);
}

const names = values.cells?.split(",") ?? CELLS.map(({ name }) => name);
const unknown = names.filter((name) => !CELLS.some((cell) => cell.name === name));
if (unknown.length > 0) {
  process.stderr.write(`No such cell: ${unknown.join(", ")}. There are: ${CELLS.map(({ name }) => name).join(", ")}\n`);
  process.exit(2);
}
const [seconds, seed, rescueAfterSeconds] = [values.seconds, values.seed, values["rescue-after"]].map(Number) as [
  number,
  number,
  number,
];
if (![seconds, seed, rescueAfterSeconds].every((each) => Number.isFinite(each) && each >= 0) || seconds < 1) {
  process.stderr.write("--seconds, --seed and --rescue-after take numbers\n");
  process.exit(2);
}

let aborted = 0;
const reports: CellReport[] = [];
const skipped: { cell: string; why: string }[] = [];
for (const name of names) {
  const cell = CELLS.find((each) => each.name === name);
  if (cell === undefined) continue;
  const why = cell.cannotRun?.();
  if (why !== undefined) {
    process.stderr.write(`${name}: left out, ${why}\n`);
    skipped.push({ cell: name, why });
    continue;
  }
  process.stderr.write(`${name}: ${cell.what}\n`);
  const scene = values.workers === undefined ? {} : { workers: Number(values.workers) };
  try {
    const report = await runCell(cell, { seed, seconds, rescueAfterSeconds, scene });
    reports.push(report);
    process.stderr.write(printReport(report));
  } catch (error) {
    // The other cells still run.
    aborted += 1;
    process.stderr.write(`  ABORTED: ${error instanceof Error ? error.stack : error}\n\n`);
  }
}
const machine = describeMachine();
if (values.report !== undefined) writeReport(values.report, { machine, reports, skipped });
if (values.json) process.stdout.write(`${JSON.stringify({ machine, reports, skipped })}\n`);
process.exit(aborted > 0 || reports.some(({ verdict }) => verdict.violations.length > 0) ? 1 : 0);

function parseArguments<Parsed>(parse: () => Parsed): Parsed {
  try {
    return parse();
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : error}\n\n${USAGE}`);
    return process.exit(2);
  }
}
