/** Tables of CSV and TSV, with the places of their cells. */
import { CatalogError } from "@trans-hub/core/operations";
import { Places } from "../places.ts";
import type { TextFile } from "../text-file.ts";

export interface Cell {
  readonly start: number;
  readonly end: number;
  readonly text: string;
  readonly isQuoted: boolean;
}

/** Never empty. Blank lines are no rows. */
export type Row = readonly Cell[];

export interface Table {
  readonly file: TextFile;
  readonly name: string;
  readonly delimiter: string;
  readonly header: Row;
  readonly rows: readonly Row[];
  readonly places: Places;
}

const DELIMITERS = [",", ";", "\t"];

/** @throws {CatalogError} The file has no row, or a quote without an end. */
export function readTable(file: TextFile, name: string): Table {
  const { text } = file;
  const places = new Places(text);
  const delimiter = delimiterOf(text);
  const [header, ...rows] = rowsOf(text, delimiter, (problem, at) => {
    throw new CatalogError(name, problem, places.at(at));
  });
  if (header === undefined) throw new CatalogError(name, "has no header row", { line: 1, column: 1 });
  return { file, name, delimiter, header, rows, places };
}

/** The one that stands most often in the first line, outside quotes. */
function delimiterOf(text: string): string {
  const [header = ""] = /^[\r\n]*(?:"(?:[^"]|"")*"|[^"\r\n]+|")*/.exec(text.slice(0, MAX_HEADER)) ?? [];
  const bare = header.replace(/"(?:[^"]|"")*"/g, "");
  const counts = DELIMITERS.map((delimiter) => ({ delimiter, count: bare.split(delimiter).length }));
  return counts.reduce((best, each) => (each.count > best.count ? each : best)).delimiter;
}

const MAX_HEADER = 65_536;

function rowsOf(text: string, delimiter: string, refuse: (problem: string, at: number) => never): Row[] {
  const rows: Row[] = [];
  const bare = delimiter === "\t" ? /[^\t\r\n]*/y : new RegExp(`[^${delimiter}\r\n]*`, "y");
  let row: Cell[] = [];
  let at = 0;
  while (at < text.length) {
    const start = at;
    const isQuoted = text[at] === '"';
    if (isQuoted) {
      const end = closingQuote(text, at);
      if (end === -1) refuse("has a quote without an end", at);
      at = end + 1;
    } else {
      bare.lastIndex = at;
      bare.test(text);
      at = bare.lastIndex;
    }
    const own = isQuoted ? text.slice(start + 1, at - 1).replaceAll('""', '"') : text.slice(start, at);
    row.push({ start, end: at, text: own, isQuoted });
    const next = text[at];
    if (next === delimiter) {
      at += 1;
      // A delimiter at the end of the file has an empty cell behind it.
      if (at === text.length) row.push({ start: at, end: at, text: "", isQuoted: false });
      continue;
    }
    if (next !== undefined && next !== "\r" && next !== "\n") refuse("has text behind a closing quote", at);
    if (row.length > 1 || isQuoted || own !== "") rows.push(row);
    row = [];
    at += text.startsWith("\r\n", at) ? 2 : 1;
  }
  if (row.length > 0) rows.push(row);
  return rows;
}

function closingQuote(text: string, open: number): number {
  for (let at = text.indexOf('"', open + 1); at !== -1; at = text.indexOf('"', at + 2)) {
    if (text[at + 1] !== '"') return at;
  }
  return -1;
}

/** A text as a cell. It has quotes where it needs them, or where its model has. */
export function cellOf(text: string, delimiter: string, isQuoted: boolean): string {
  const needsQuotes = text.includes(delimiter) || /["\r\n]/.test(text) || text.trim() !== text;
  return isQuoted || needsQuotes ? `"${text.replaceAll('"', '""')}"` : text;
}
