import Table from "cli-table3";
import { type Output, printable } from "./output.ts";

/** Rows for people: a table on a terminal, tab-separated lines where it is a pipe. */
export function tableOf(output: Output, head: string[], rows: readonly (readonly (string | number)[])[]): string {
  const cells = rows.map((row) => row.map((cell) => printable(String(cell)).replaceAll(/[\t\n]+/g, " ")));
  if (!output.isTerminal) return [head, ...cells].map((row) => row.join("\t")).join("\n");
  const table = new Table({
    head: head.map((title) => output.colors.bold(title)),
    style: { head: [], border: [] },
    wordWrap: true,
    colWidths: widths([head, ...cells], output.columns),
  });
  table.push(...cells);
  return table.toString();
}

/** As wide as needed; where that is more than the terminal, the widest columns give way. */
function widths(rows: readonly (readonly string[])[], available: number): number[] {
  const columns = rows[0]?.length ?? 0;
  const needed = Array.from({ length: columns }, (_, at) => Math.max(...rows.map((row) => width(row[at] ?? ""))) + 2);
  let excess = needed.reduce((sum, each) => sum + each + 1, 1) - available;
  while (excess > 0) {
    const widest = Math.max(...needed);
    if (widest <= 12) break;
    needed[needed.indexOf(widest)] = widest - 1;
    excess -= 1;
  }
  return needed;
}

/** Han, kana, Hangul and most emoji take two cells. */
function width(text: string): number {
  return (
    text.length +
    (text.match(/[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60]/g)?.length ?? 0)
  );
}
