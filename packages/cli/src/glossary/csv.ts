/**
 * A glossary as a table: one row a term, one column a locale.
 *
 *     en,de,fr,kind,case,note
 *     board|boards,Brett|Bretter,plateau,translate,any,of a game
 *     Trans-Hub,,,keep,exact,
 *
 * The first column is the source locale. `|` stands between a term and its other forms.
 */
import {
  canonicalLocale,
  type GlossaryTerm,
  type GlossaryTermInput,
  type TermCase,
  type TermKind,
} from "@trans-hub/core";
import { CatalogError } from "@trans-hub/core/operations";
import { cellsOfCsv, csvOf } from "@trans-hub/formats/csv";

const KINDS: readonly string[] = ["translate", "keep", "forbid"] satisfies TermKind[];
const CASES: readonly string[] = ["any", "exact", "first"] satisfies TermCase[];
const COLUMNS: readonly string[] = ["kind", "case", "note"];

/** @throws {CatalogError} A heading is no locale and no column, a cell is none, or a term stands there twice. */
export function termsOfCsv(text: string, file: string): GlossaryTermInput[] {
  const [header, ...rows] = cellsOfCsv(text, file);
  const headings = (header?.cells ?? []).map((cell) => headingOf(cell.trim(), file));
  const [sourceLocale] = headings;
  if (sourceLocale === undefined || COLUMNS.includes(sourceLocale)) {
    throw new CatalogError(file, "must have the source locale, such as en, as its first heading", {
      line: 1,
      column: 1,
    });
  }
  const lines = new Map<string, number>();
  return rows.map(({ cells, line }) => {
    const cell = (heading: string) => cells[headings.indexOf(heading)]?.trim() ?? "";
    const refuse = (problem: string): never => {
      throw new CatalogError(file, problem, { line, column: 1 });
    };
    const [term = "", ...forms] = formsOf(cells[0] ?? "");
    const kind = cell("kind") || "translate";
    const letterCase = cell("case") || "any";
    if (term === "") refuse("has no term in its first column");
    if (!KINDS.includes(kind)) refuse("must have translate, keep or forbid as its kind");
    if (!CASES.includes(letterCase)) refuse("must have any, exact or first as its case");
    const first = lines.get(`${kind} ${term}`);
    if (first !== undefined) refuse(`has the term of line ${first} again`);
    lines.set(`${kind} ${term}`, line);
    const targets = headings.slice(1).flatMap((locale, at) => {
      const [as = "", ...others] = COLUMNS.includes(locale) ? [] : formsOf(cells[at + 1] ?? "");
      return as === "" ? [] : [[locale, { as, forms: others }] as const];
    });
    if (targets.length === 0 && kind !== "keep") refuse(`has no word for a term of the kind ${kind}`);
    const note = cell("note");
    return {
      ...{ term, sourceLocale, forms, targets: Object.fromEntries(targets) },
      ...{ kind: kind as TermKind, case: letterCase as TermCase, ...(note !== "" && { note }) },
    };
  });
}

/** The terms of one source locale. Terms of others need a file of their own. */
export function csvOfTerms(terms: readonly GlossaryTerm[], sourceLocale: string): string {
  const own = terms.filter((term) => term.sourceLocale === sourceLocale);
  const locales = [...new Set(own.flatMap(({ targets }) => Object.keys(targets)))].sort();
  const rows = own.map(({ term, forms, targets, kind, case: letterCase, note }) => [
    [term, ...forms].join("|"),
    ...locales.map((locale) => {
      const target = targets[locale];
      return target === undefined ? "" : [target.as, ...target.forms].join("|");
    }),
    ...[kind, letterCase, note ?? ""],
  ]);
  return csvOf([[sourceLocale, ...locales, ...COLUMNS], ...rows]);
}

function headingOf(cell: string, file: string): string {
  if (COLUMNS.includes(cell.toLowerCase())) return cell.toLowerCase();
  try {
    return canonicalLocale(cell);
  } catch {
    const problem = `has the heading ${JSON.stringify(cell.slice(0, 40))}, which is no locale and none of ${COLUMNS.join(", ")}`;
    throw new CatalogError(file, problem, { line: 1, column: 1 });
  }
}

function formsOf(cell: string): string[] {
  return cell
    .split("|")
    .map((form) => form.trim())
    .filter((form) => form !== "");
}
