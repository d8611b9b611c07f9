/** The document of a table, with the values of one of its locales. */
import type { CatalogDocument, CatalogSyntax, Change, RefusedChange, Unit, WrittenDocument } from "../contract.ts";
import { anchors, type Splice, spliced } from "../splice.ts";
import { encodeFile } from "../text-file.ts";
import { cellOf, type Row, type Table } from "./table.ts";

export interface Place {
  readonly unit: Unit;
  readonly row: Row;
}

export interface CsvFacts {
  readonly table: Table;
  /** By index. */
  readonly columns: {
    readonly key: number;
    readonly source: number;
    /** That of the locale; undefined: the table has none. */
    readonly own: number | undefined;
    readonly notes: readonly number[];
  };
  readonly locale: string;
  readonly locales: readonly string[];
  readonly usesUnderscore: boolean;
  readonly syntax: CatalogSyntax;
  readonly places: readonly Place[];
  /** The file again, after a change. */
  reopened(bytes: Uint8Array): CsvDocument;
}

export class CsvDocument implements CatalogDocument {
  readonly isBilingual = false;
  readonly keepsUntranslatable = false;
  readonly units: readonly Unit[];
  readonly #facts: CsvFacts;
  readonly #places: ReadonlyMap<string, Place>;

  constructor(facts: CsvFacts) {
    this.#facts = facts;
    this.units = facts.places.map(({ unit }) => unit);
    this.#places = new Map(facts.places.map((place) => [place.unit.id, place]));
  }

  get locale(): string {
    return this.#facts.locale;
  }

  get locales(): readonly string[] {
    return this.#facts.locales;
  }

  get syntax(): CatalogSyntax {
    return this.#facts.syntax;
  }

  write(changes: readonly Change[]): WrittenDocument {
    const { table, columns } = this.#facts;
    const rows = this.#withSources(changes);
    if (rows !== undefined) return this.#facts.reopened(rows).write(changes.map(asSet));
    const refused: RefusedChange[] = [];
    const values = new Map<Row, string>();
    for (const change of changes) {
      const { id, kind } = change;
      const place = this.#places.get(id);
      const value = kind === "remove" ? "" : change.value;
      if (place === undefined) refused.push({ id, reason: "the file has no such text" });
      else if (typeof value !== "string") refused.push({ id, reason: "the format has no plural forms" });
      else if (value !== (place.unit.value ?? "")) {
        if (place.unit.translate) values.set(place.row, value);
        else refused.push({ id, reason: "the text is not to be translated" });
      }
    }
    const column = columns.own ?? table.header.length;
    const splices: Splice[] = [];
    if (columns.own === undefined && values.size > 0) {
      // Each row gets the cell, so that the table stays one.
      const { locale, usesUnderscore } = this.#facts;
      splices.push(this.#cell(table.header, column, usesUnderscore ? locale.replaceAll("-", "_") : locale));
      for (const row of table.rows) splices.push(this.#cell(row, column, values.get(row) ?? ""));
    } else for (const [row, value] of values) splices.push(this.#cell(row, column, value));
    return { bytes: encodeFile(table.file, spliced(table.file.text, splices)), refused };
  }

  /** Gives a row a cell, with those that it lacks before it. */
  #cell(row: Row, column: number, value: string): Splice {
    const { table, columns } = this.#facts;
    const present = row[column];
    const last = row.at(-1) as Row[number];
    // An empty cell shows no habit: its neighbours do.
    const model = present !== undefined && present.end > present.start ? present : (row[columns.source] ?? last);
    const isBare = value === "" && (present === undefined || !present.isQuoted);
    const text = isBare ? "" : cellOf(value, table.delimiter, model.isQuoted);
    if (present !== undefined) return { start: present.start, end: present.end, text };
    const missing = table.delimiter.repeat(column - row.length + 1);
    return { start: last.end, end: last.end, text: `${missing}${text}` };
  }

  /** The bytes with the rows and the source texts of another file. Undefined: it has them all. */
  #withSources(changes: readonly Change[]): Uint8Array | undefined {
    const { table, columns } = this.#facts;
    const splices: Splice[] = [];
    const adds = changes.filter((change) => change.kind === "add");
    const anchorOf = anchors(adds, (id) => this.#places.has(id));
    for (const change of changes) {
      if (change.kind === "remove" || !(change.from instanceof CsvDocument)) continue;
      const { from, id } = change;
      if (from.#facts.table.name === table.name) continue;
      const theirs = from.#places.get(id);
      const text = theirs?.row[from.#facts.columns.source]?.text;
      if (theirs === undefined || text === undefined) continue;
      const own = this.#places.get(id)?.row;
      if (own !== undefined) {
        if (own[columns.source]?.text !== text) splices.push(this.#cell(own, columns.source, text));
      } else if (change.kind === "add") splices.push(this.#row(from, theirs.row, anchorOf(change.after)));
    }
    return splices.length === 0 ? undefined : encodeFile(table.file, spliced(table.file.text, splices));
  }

  /** A row of another table, with the columns of this one. */
  #row(from: CsvDocument, theirs: Row, after: string | undefined): Splice {
    const { table, columns } = this.#facts;
    const { text, lineEnd } = table.file;
    const { table: other, columns: others } = from.#facts;
    const names = other.header.map(({ text }) => text.trim());
    const cells = table.header.map(({ text: name }, at) => {
      const cell = at === columns.key ? theirs[others.key] : theirs[names.indexOf(name.trim())];
      return cell === undefined ? "" : cellOf(cell.text, table.delimiter, cell.isQuoted);
    });
    const anchor = (after === undefined ? undefined : this.#places.get(after)?.row) ?? table.header;
    const { end } = anchor.at(-1) as Row[number];
    return { start: end, end, text: `${/[\r\n]/.test(text) ? lineEnd : "\n"}${cells.join(table.delimiter)}` };
  }
}

function asSet(change: Change): Change {
  return change.kind === "add" ? { kind: "set", id: change.id, value: change.value } : change;
}
