/**
 * The benchmark: Trans-Hub and its rivals in turn, in one run, on one PostgreSQL 18 with durable commits, on the same
 * texts. Ratios are the results; absolute figures hold only for this machine, in these minutes.
 *
 *     npm run bench                          everything: about half an hour on two cores
 *     npm run bench -- --quick               the cells that need no grown tables, under two minutes
 *     npm run bench -- --cells drain,read    some
 *     npm run bench -- --json                {machine, cells: [{cell, against, ours, theirs, ratio, reach, reached}]} on one line
 *     npm run bench -- --report DIR          also writes the table, the capacity plan and the plots
 *
 * Progress is on stderr. The table shows a missed goal; the exit code is 1 only when a cell could not be measured.
 */
import { parseArgs } from "node:util";
import { FAMILIES } from "./cells/index.ts";
import { judge } from "./figures.ts";
import { bullmqIsMissing } from "./peers/bullmq.ts";
import { printTable, writeReport } from "./report.ts";
import { Stage } from "./stage.ts";

const USAGE = `npm run bench -- [--quick] [--cells a,b] [--json] [--report FOLDER] [--rounds N] [--stored 5000000] [--bullmq] [--profile]

${FAMILIES.map(({ name, what, isQuick }) => `  ${name.padEnd(10)}${what}${isQuick ? "" : " (not with --quick)"}`).join("\n")}
`;

const { values } = parseArguments(() =>
  parseArgs({
    options: {
      help: { type: "boolean", default: false },
      quick: { type: "boolean", default: false },
      cells: { type: "string" },
      json: { type: "boolean", default: false },
      report: { type: "string" },
      rounds: { type: "string" },
      stored: { type: "string", default: "5000000" },
      bullmq: { type: "boolean", default: false },
      profile: { type: "boolean", default: false },
    },
  }),
);
if (values.help) {
  process.stdout.write(USAGE);
  process.exit(0);
}
const isQuick = values.quick;
const rounds = Number(values.rounds ?? (isQuick ? 3 : 5));
const stored = Number(values.stored);
if (!(Number.isInteger(rounds) && rounds >= 1 && Number.isInteger(stored) && stored >= 10_000)) {
  refuse("--rounds takes a whole number from 1, --stored one from 10000");
}
const names =
  values.cells?.split(",") ?? FAMILIES.filter((family) => family.isQuick || !isQuick).map(({ name }) => name);
const unknown = names.filter((name) => !FAMILIES.some((family) => family.name === name));
if (unknown.length > 0) {
  refuse(`No such cell: ${unknown.join(", ")}. There are: ${FAMILIES.map(({ name }) => name).join(", ")}`);
}
const bullmqMissing = values.bullmq ? await bullmqIsMissing() : undefined;

// Ends the started processes too: see `openFleet`.
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(130));
const stage = await Stage.open({
  isQuick,
  rounds,
  stored,
  isProfiled: values.profile,
  withBullmq: values.bullmq && bullmqMissing === undefined,
});
if (bullmqMissing !== undefined) skip("BullMQ", bullmqMissing);
const startedAt = performance.now();
let failures = 0;
try {
  // In the order of the list: some families change the tables that others use.
  for (const family of FAMILIES.filter(({ name }) => names.includes(name))) {
    const why = family.cannotRun?.(stage);
    if (why !== undefined) {
      skip(family.name, why);
      continue;
    }
    stage.progress(`${family.name}: ${family.what}`);
    try {
      await family.measure(stage);
    } catch (error) {
      // The other families are still measured.
      failures += 1;
      stage.progress(`  could not be measured: ${error instanceof Error ? error.stack : error}`);
      stage.skipped.push({
        cell: family.name,
        why: `could not be measured: ${error instanceof Error ? error.message : error}`,
      });
    }
  }
  const machine = { ...(await stage.machine()), minutes: Math.round((performance.now() - startedAt) / 6_000) / 10 };
  const cells = stage.rows.map(judge);
  const { facts, curves, skipped } = stage;
  if (values.report !== undefined) writeReport(values.report, { machine, cells, facts, curves, skipped });
  process.stdout.write(
    values.json
      ? `${JSON.stringify({ machine, cells, facts, skipped })}\n`
      : printTable({ machine, cells, facts, skipped }),
  );
} finally {
  await stage.close();
}
process.exit(failures > 0 ? 1 : 0);

function skip(cell: string, why: string): void {
  stage.progress(`${cell}: left out, ${why}`);
  stage.skipped.push({ cell, why });
}

function refuse(problem: string): never {
  process.stderr.write(`${problem}\n`);
  return process.exit(2);
}

function parseArguments<Parsed>(parse: () => Parsed): Parsed {
  try {
    return parse();
  } catch (error) {
    return refuse(`${error instanceof Error ? error.message : error}\n\n${USAGE}`);
  }
}
