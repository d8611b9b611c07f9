import Table from "cli-table3";
import { type Output, printable } from "./output.ts";

/** Rows for people: a table on a terminal, tab-separated lines in a pipe. */
export function tableOf(output: Output, head: string[], rows: readonly (readonly (string | number)[])[]): string {
  const cells = rows.map((row) => row.map((cell) => printable(String(cell)).replaceAll(/[\t\n]+/g, " ")));
  if (!output.isTerminal) return [head, ...cells].map((row) => row.join("\t")).join("\n");
  const needed = widthsNeeded([head, ...cells]);
  const isTight = total(needed) > output.columns;
  const table = new Table({
    head: head.map((title) => output.colors.bold(title)),
    // Lines between rows are worth their space only where a row takes several lines.
    ...(!isTight && { chars: { mid: "", "left-mid": "", "mid-mid": "", "right-mid": "" } }),
    style: { head: [], border: [] },
    wordWrap: true,
    colWidths: fitted(needed, output.columns),
  });
  table.push(...cells);
  return table.toString();
}

/** The columns' widths, with a space on both sides. */
function widthsNeeded(rows: readonly (readonly string[])[]): number[] {
  const columns = rows[0]?.length ?? 0;
  return Array.from({ length: columns }, (_, at) => Math.max(...rows.map((row) => width(row[at] ?? ""))) + 2);
}

/** Total width, with the lines between columns. */
function total(widths: readonly number[]): number {
  return widths.reduce((sum, each) => sum + each + 1, 1);
}

/** On a narrower terminal the widest columns shrink. */
function fitted(needed: readonly number[], available: number): number[] {
  const widths = [...needed];
  for (let excess = total(widths) - available; excess > 0; excess -= 1) {
    const widest = Math.max(...widths);
    if (widest <= NARROWEST) break;
    widths[widths.indexOf(widest)] = widest - 1;
  }
  return widths;
}

const NARROWEST = 12;

/** Han, kana, Hangul and most emoji take two cells. */
function width(text: string): number {
  return (
    text.length +
    (text.match(/[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60]/g)?.length ?? 0)
  );
}
