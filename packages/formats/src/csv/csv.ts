/**
 * Tables with a column for each locale, as spreadsheets export them: `key,en,fr`.
 *
 * The first row names the columns. The keys stand in the first one, or in that with their name. An empty cell is no value.
 */
import { CatalogError } from "@trans-hub/core/operations";
import type { CatalogSyntax, Format, Unit } from "../contract.ts";
import { detectSyntax, syntaxOf } from "../json/syntax.ts";
import { decodeFile } from "../text-file.ts";
import { CsvDocument, type CsvFacts, type Place } from "./csv-document.ts";
import { readTable, type Table } from "./table.ts";

export const csv: Format = {
  name: "csv",
  layout: "multi-locale",
  read(bytes, { file, locale, sourceLocale, syntax }): CsvDocument {
    const table = readTable(decodeFile(bytes, { file, format: "csv" }), file);
    return openTable(table, { locale, sourceLocale, syntax });
  },
};

interface OpenOptions {
  readonly locale: string | undefined;
  readonly sourceLocale: string | undefined;
  readonly syntax: CatalogSyntax | undefined;
}

function openTable(table: Table, options: OpenOptions): CsvDocument {
  const names = table.header.map(({ text }) => text.trim());
  const notes = names.flatMap((name, at) => (NOTE.test(name) ? [at] : []));
  const locales = new Map<string, number>();
  const key = keyColumn(names);
  for (const [at, name] of names.entries()) {
    const locale = at === key ? undefined : localeOf(name);
    if (locale !== undefined && !locales.has(locale)) locales.set(locale, at);
  }
  const [first] = locales.keys();
  if (first === undefined || key === -1) {
    throw new CatalogError(table.name, "has no header row with a key and locales", {
      ...table.places.at(table.header[0]?.start ?? 0),
      hint: "Name the columns in the first row, such as key,en,fr.",
    });
  }
  const given = options.sourceLocale === "und" ? undefined : options.sourceLocale;
  const locale = options.locale === undefined || options.locale === "und" ? (given ?? first) : options.locale;
  const source = columnOf(locales, given ?? first);
  if (source === undefined) {
    throw new CatalogError(table.name, `has no column ${given}`, {
      ...table.places.at(table.header[0]?.start ?? 0),
      hint: `Its locales are: ${[...locales.keys()].join(", ")}.`,
    });
  }
  const columns = { key, source, own: columnOf(locales, locale), notes };
  const syntax = options.syntax ?? detectSyntax(table.rows.map((row) => row[source]?.text ?? ""));
  const facts: Omit<CsvFacts, "places"> = {
    ...{ table, columns, locale, syntax, locales: [...locales.keys()] },
    usesUnderscore: [...locales.values()].some((at) => names[at]?.includes("_")),
    reopened: (bytes) => csv.read(bytes, { ...options, file: table.name }) as CsvDocument,
  };
  return new CsvDocument({ ...facts, places: placesOf(table, facts) });
}

const KEY = /^(?:keys?|ids?|identifiers?|names?|string[ _-]?ids?|message[ _-]?ids?)$/i;
const NOTE = /^(?:descriptions?|comments?|contexts?|notes?|developer[ _-]?comments?)$/i;

/** `id` is the language of Indonesia, too, where another column is one of keys. */
function keyColumn(names: readonly string[]): number {
  const isOther = (name: string) => localeOf(name) === undefined && !NOTE.test(name);
  const [first = ""] = names;
  if (KEY.test(first) || isOther(first)) return 0;
  const named = names.findIndex((name) => KEY.test(name));
  return named === -1 ? names.findIndex(isOther) : named;
}

/** Undefined: the name is that of no locale. `English (en)` and `fr_FR` are. */
function localeOf(name: string): string | undefined {
  const [, code = name] = /^[^()[\]]*[([]([A-Za-z0-9_-]+)[)\]]$/.exec(name) ?? [];
  if (!/^[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{2,8})*$/.test(code)) return undefined;
  try {
    const [locale = ""] = Intl.getCanonicalLocales(code.replaceAll("_", "-"));
    const [language = ""] = locale.split("-");
    // Of three letters, as many are words: `key`, `new`.
    const isKnown = language.length === 2 || Intl.DateTimeFormat.supportedLocalesOf(language).length > 0;
    return isKnown ? locale : undefined;
  } catch {
    return undefined;
  }
}

function columnOf(locales: ReadonlyMap<string, number>, locale: string): number | undefined {
  return locales.get(localeOf(locale) ?? locale);
}

function placesOf(table: Table, { columns, syntax }: Omit<CsvFacts, "places">): Place[] {
  const { key, source, own, notes } = columns;
  const lines = new Map<string, number>();
  return table.rows.flatMap((row): Place[] => {
    const id = row[key]?.text ?? "";
    const text = row[source]?.text ?? "";
    if (id === "") return [];
    const at = table.places.at(row[key]?.start ?? 0);
    const before = lines.get(id);
    if (before !== undefined) throw new CatalogError(table.name, `repeats the key of line ${before}`, at);
    lines.set(id, at.line);
    const cell = own === undefined ? undefined : row[own];
    const note = notes.flatMap((column) => row[column]?.text.trim() || []).join("\n");
    const isText = text.trim() !== "";
    const unit: Unit = {
      ...{ id, syntax: isText ? syntaxOf(text, syntax) : "auto", translate: isText },
      value: own === source || cell?.text ? (cell?.text ?? "") : undefined,
      ...(own !== source && { source: text }),
      state: own === source || cell?.text ? "translated" : "new",
      ...(note !== "" && { note }),
      ...table.places.at(cell?.start ?? row[key]?.start ?? 0),
    };
    return [{ unit, row }];
  });
}
