/** The chaos suite's report: on the terminal, and as a page with pictures. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { cpus, totalmem } from "node:os";
import { join } from "node:path";
import type { CellReport } from "./run-cell.ts";
import { drawTimeline, sketchTimeline } from "./timeline.ts";

export interface SuiteReport {
  machine: string;
  reports: readonly CellReport[];
  skipped: readonly { cell: string; why: string }[];
}

export function describeMachine(): string {
  const [cpu] = cpus();
  const version = JSON.parse(
    readFileSync(new URL("../../packages/core/package.json", import.meta.url), "utf8"),
  ).version;
  return [
    `${cpus().length} × ${cpu?.model.trim() ?? "unknown"}`,
    `${Math.round(totalmem() / 2 ** 30)} GiB`,
    `Node ${process.versions.node}`,
    `Trans-Hub ${version}`,
  ].join(", ");
}

function distribution(recoveries: readonly number[]): string {
  if (recoveries.length === 0) return "–";
  const sorted = [...recoveries].sort((one, other) => one - other);
  const at = (share: number) =>
    ((sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0) / 1_000).toFixed(1);
  return `${at(0.5)} / ${at(0.9)} / ${at(1)}`;
}

function counts(record: Readonly<Record<string, number>>): string {
  const entries = Object.entries(record);
  return entries.length === 0 ? "none" : entries.map(([code, number]) => `${code} ${number}`).join(", ");
}

export function printReport(report: CellReport): string {
  const { verdict, timeline, notes } = report;
  const lines = [
    sketchTimeline(timeline),
    `acknowledged ${verdict.acknowledged}, translated ${verdict.translated}, dead letters: ${counts(verdict.failed)}`,
    `lost ${verdict.lost}${verdict.destroyed > 0 ? ` (beside ${verdict.destroyed} that only the dead server knew)` : ""}, stored twice ${verdict.storedTwice}, wrong ${verdict.wrong}, pending ${verdict.pending}`,
    `sent again ${verdict.sentAgain} (in flight at a fault ${verdict.inFlight}, without excuse ${verdict.unexcused})`,
    `${verdict.recoveries.length} faults, taken up again after s (p50 / p90 / most): ${distribution(verdict.recoveries)}`,
    `requests made again: ${counts(report.refused)}; settled ${report.settledAfter.toFixed(1)} s after the load`,
    `longest stall of a worker ${(verdict.longestStall / 1_000).toFixed(1)} s; declared dead because of the load: ${verdict.declaredDead}`,
    ...notes,
    ...verdict.violations.map((violation) => `BROKEN: ${violation}`),
  ];
  return `${lines.map((line) => line.replace(/^/gm, "  ")).join("\n")}\n\n`;
}

/** `README.md` with a table and, beside it, an SVG for each cell. */
export function writeReport(folder: string, { machine, reports, skipped }: SuiteReport): void {
  mkdirSync(folder, { recursive: true });
  for (const { cell, timeline } of reports) writeFileSync(join(folder, `${cell}.svg`), drawTimeline(cell, timeline));
  const rows = reports.map(({ cell, seconds, verdict, settledAfter }) => {
    const failed = Object.values(verdict.failed).reduce((sum, each) => sum + each, 0);
    return `| [${cell}](#${cell}) | ${seconds} | ${verdict.recoveries.length} | ${verdict.acknowledged} | ${verdict.lost} | ${verdict.storedTwice} | ${verdict.wrong} | ${verdict.translated} | ${failed} | ${verdict.sentAgain} of ${verdict.inFlight} | ${distribution(verdict.recoveries)} | ${settledAfter.toFixed(0)} |`;
  });
  const cells = reports.map(({ cell, what, seed, verdict, refused, notes }) =>
    [
      `### ${cell}`,
      "",
      `${what[0]?.toUpperCase()}${what.slice(1)}. Seed ${seed}.`,
      "",
      `![Throughput over time](${cell}.svg)`,
      "",
      `- Dead letters: ${counts(verdict.failed)}.`,
      `- Failed requests that the producers repeated: ${counts(refused)}.`,
      ...(verdict.destroyed > 0
        ? [`- Acknowledged rows that only the dead server knew, and that are lost: ${verdict.destroyed}.`]
        : []),
      `- Longest stall of a worker: ${(verdict.longestStall / 1_000).toFixed(1)} s. Workers declared dead because of the load: ${verdict.declaredDead}.`,
      ...notes.map((note) => `- ${note[0]?.toUpperCase()}${note.slice(1)}.`),
      ...verdict.violations.map((violation) => `- **Broken**: ${violation}`),
      "",
    ].join("\n"),
  );
  writeFileSync(
    join(folder, "README.md"),
    page(machine, [...new Set(reports.map(({ server }) => server))].join(", "), rows, cells, skipped),
  );
}

function page(
  machine: string,
  servers: string,
  rows: string[],
  cells: string[],
  skipped: SuiteReport["skipped"],
): string {
  return `# Chaos

Written by \`npm run chaos -- --report\`. Conditions: ${machine}, PostgreSQL ${servers}, fsync off: the
operating system itself never fails here.

In every cell, real producer processes request texts and real \`trans-hub worker\` processes translate them, while one kind of fault
is injected. The engine is a local server of Chat Completions that records every item in a ledger. At the end, the suite compares
the acknowledgements of the producers, the ledger and the tables. The engine always answers one text in 200 wrongly: it must end
in the dead letters.

- **lost**: acknowledged, and now neither translated nor in the dead letters. **twice**: stored more than once. **wrong**: another text
  than the engine's right answer.
- **sent again**: rows that the engine was sent again though it had answered or was answering, of those that were in flight
  when a fault struck, or when the fleet declared a worker dead that the machine had kept from beating. More, or without such a
  cause, breaks the run. The suite measures the stalls of each worker and the answers of the server; it assumes no delay.
- **taken up**: seconds until everything that waited when a fault began was with an engine again or stored; from the fault's
  beginning where single workers were struck, from its end where the database or the engine was. p50 / p90 / most. The time for
  which the machine stalled a worker does not count. Over 30 s breaks the run.
- **settled**: seconds from the end of the load until nothing waited any more, retries of unanswerable texts included.

| cell | load, s | faults | acknowledged rows | lost | twice | wrong | translated | dead letters | sent again | taken up, s | settled, s |
|---|---|---|---|---|---|---|---|---|---|---|---|
${rows.join("\n")}

${skipped.length === 0 ? "" : `Left out: ${skipped.map(({ cell, why }) => `${cell} (${why})`).join("; ")}.\n`}
${cells.join("\n")}`;
}
