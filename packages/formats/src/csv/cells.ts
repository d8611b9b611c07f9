/** Tables that are no catalogs: a glossary of a spreadsheet. */
import { readTable } from "./table.ts";

/** A row of a CSV or TSV file: its cells' texts, and its line from 1. */
export interface CsvRow {
  readonly cells: readonly string[];
  readonly line: number;
}

/**
 * The rows of a CSV or TSV file, the header first. Blank lines are no rows.
 *
 * @throws {CatalogError} It has no row, or a quote without an end.
 */
export function cellsOfCsv(text: string, name: string): CsvRow[] {
  const hasMark = text.startsWith("\ufeff");
  const file = { text: hasMark ? text.slice(1) : text, encoding: "utf-8" as const, hasMark, lineEnd: "\n" };
  const { header, rows, places } = readTable(file, name);
  return [header, ...rows].map((row) => ({
    cells: row.map((cell) => cell.text),
    line: places.at(row[0]?.start ?? 0).line,
  }));
}

/** CSV of rows of cells. A cell that a spreadsheet would read as a formula stays as it is: the file is to be read back. */
export function csvOf(rows: readonly (readonly string[])[]): string {
  return rows.map((row) => `${row.map(quoted).join(",")}\n`).join("");
}

function quoted(cell: string): string {
  return /[",;\t\r\n]|^\s|\s$/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
}
