/** The benchmark's report: on the terminal, and as a page with pictures. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { capacityPlan } from "./capacity.ts";
import { significant, type Verdict } from "./figures.ts";
import { drawCurve, drawReaches } from "./plots.ts";
import type { Curve } from "./stage.ts";

export interface BenchReport {
  machine: Record<string, unknown>;
  cells: readonly Verdict[];
  facts: Readonly<Record<string, number>>;
  curves: readonly Curve[];
  skipped: readonly { cell: string; why: string }[];
}

/** The table for a terminal. */
export function printTable({ machine, cells, facts, skipped }: Omit<BenchReport, "curves">): string {
  const lines = [JSON.stringify(machine, null, 2), ""];
  let last = "";
  for (const verdict of cells) {
    if (verdict.cell !== last) lines.push(verdict.cell);
    last = verdict.cell;
    lines.push(`  ${mark(verdict)} ${verdict.against}: ${ratioText(verdict)}${reachText(verdict)}`);
    const theirs =
      verdict.theirs === null ? "" : `, theirs ${figureText(verdict.theirs, verdict.theirsMin, verdict.theirsMax)}`;
    lines.push(
      `      ours ${figureText(verdict.ours, verdict.oursMin, verdict.oursMax)}${theirs} ${verdict.unit}` +
        ` (${[verdict.phase, verdict.note].filter(Boolean).join("; ")})`,
    );
  }
  for (const [name, value] of Object.entries(facts)) lines.push(`${name}: ${significant(value)}`);
  for (const { cell, why } of skipped) lines.push(`left out: ${cell}, ${why}`);
  return `${lines.join("\n")}\n`;
}

/** `README.md` with the table and the plan, and the plots beside it. */
export function writeReport(folder: string, report: BenchReport): void {
  mkdirSync(folder, { recursive: true });
  const { cells, curves } = report;
  writeFileSync(join(folder, "reaches.svg"), drawReaches(cells));
  for (const curve of curves) writeFileSync(join(folder, `${curve.name}.svg`), drawCurve(curve));
  writeFileSync(join(folder, "README.md"), page(report));
}

function page({ machine, cells, facts, curves, skipped }: BenchReport): string {
  const { server, ...rest } = machine;
  const list = (record: object) =>
    Object.entries(record)
      .map(([name, value]) => `${name} ${value}`)
      .join(", ");
  const notes = [
    ...new Set(cells.map(({ cell, phase, note }) => `- ${cell}: ${[phase, note].filter(Boolean).join("; ")}.`)),
  ];
  return `# Benchmark results

Written by \`npm run bench -- --report\`; [the method, and the bottleneck of each cell](../performance.md). Figures are medians of the
rounds, with the lowest and the highest round in parentheses. The ratio is ours divided by theirs.

- Machine: ${list(rest)}.
- PostgreSQL: ${list(server as object)}. Cells with other settings list them.

| cell | against | ours | theirs | unit | ratio | reach | reached |
|---|---|---|---|---|---|---|---|
${cells.map(tableRow).join("\n")}

A target ("reach") with ≤ is an upper bound. "Yes" in the last column: the target is met. A dash: no target, for information.

![Results, as a share of their targets](reaches.svg)

${curves.map(({ name, title }) => `![${title}](${name}.svg)\n`).join("\n")}
## Conditions of each cell

${notes.join("\n")}
${skipped.map(({ cell, why }) => `- Left out: ${cell} (${why}).`).join("\n")}

${capacityPlan(cells, facts)}`;
}

function tableRow(verdict: Verdict): string {
  const { cell, against, unit, ours, oursMin, oursMax, theirs, theirsMin, theirsMax, ratio, reached } = verdict;
  const reach = reachOf(verdict);
  const columns = [
    cell,
    against,
    figureText(ours, oursMin, oursMax),
    theirs === null ? "–" : figureText(theirs, theirsMin, theirsMax),
    unit,
    ratio === null ? "–" : String(ratio),
    reach ?? "–",
    reached === null ? "–" : reached ? "yes" : "**no**",
  ];
  return `| ${columns.join(" | ")} |`;
}

function mark({ reached }: Verdict): string {
  return reached === null ? "·" : reached ? "✓" : "✗";
}

function ratioText({ ratio, ours, unit }: Verdict): string {
  return ratio === null ? `${ours} ${unit}` : `${ratio} ×`;
}

function reachText(verdict: Verdict): string {
  const reach = reachOf(verdict);
  return reach === undefined ? "" : `, should be ${reach}`;
}

function reachOf({ reach, bound, better, unit }: Verdict): string | undefined {
  if (reach === null) return undefined;
  return `${better === "less" ? "≤ " : "≥ "}${reach}${bound === "ours" ? ` ${unit}` : ""}`;
}

function figureText(figure: number, min: number | null, max: number | null): string {
  const text = (value: number | null) => (value === null ? "" : value.toLocaleString("en"));
  return min === max ? text(figure) : `${text(figure)} (${text(min)} to ${text(max)})`;
}
