/** The rules of a glossary: a person's edit is checked, and applied to the terms that are there. */
import { FORMALITIES, TERM_KINDS, type TermKind, UNDETERMINED_LOCALE } from "../contract/engine.ts";
import { SettingsError } from "../contract/errors.ts";
import {
  type Glossary,
  type GlossaryEdit,
  type GlossaryTerm,
  type GlossaryTermInput,
  MAX_TERM_BYTES,
  MAX_TERM_FORMS,
  MAX_TERMS,
  type Style,
  type StyleInput,
  TERM_CASES,
  type TermName,
} from "../contract/glossary.ts";
import { MAX_INSTRUCTION_BYTES } from "./instructions.ts";
import { canonicalLocale } from "./locale.ts";
import { isStorable, parseName } from "./name.ts";

const MAX_TERM_NOTE_BYTES = 1_000;

/** A term by its name. */
export interface CheckedName extends TermName {
  readonly kind: TermKind;
}

type CheckedTerm = Omit<GlossaryTerm, "revision" | "by" | "at">;

export interface CheckedEdit {
  readonly project: string;
  readonly set: readonly CheckedTerm[];
  readonly remove: readonly CheckedName[];
  readonly replace: boolean;
  readonly revision: number | undefined;
  readonly by: string | null;
}

/** One term before and after an edit. */
export interface TermChange {
  readonly name: CheckedName;
  readonly before: GlossaryTerm | undefined;
  readonly after: GlossaryTerm | undefined;
  /** The target locales whose translations it makes stale. Null: each. Empty: none. */
  readonly targetLocales: readonly string[] | null;
}

/** @throws {SettingsError} A part is missing or not valid, or a term is named twice. */
export function checkGlossaryEdit(given: GlossaryEdit): CheckedEdit {
  const problems: Problem[] = [];
  const set = (given.set ?? []).map((term, at) => checkTerm(term, `set[${at}]`, problems));
  const remove = (given.remove ?? []).map((name, at) => checkName(name, `remove[${at}]`, problems));
  const names = new Set<string>();
  for (const name of [...set, ...remove]) {
    const key = nameOf(name);
    if (names.has(key))
      problems.push({ key: "set", problem: `names a term twice in one edit: ${JSON.stringify(name.term)}` });
    names.add(key);
  }
  if (set.length + remove.length > MAX_TERMS)
    problems.push({ key: "set", problem: `must be at most ${MAX_TERMS} terms` });
  problems.push(...byProblems(given.by));
  if (problems.length > 0)
    throw new SettingsError(problems.slice(0, 10), { hint: "docs/terms.md says what a term is." });
  const project = parseName(given.project, "project", "TH_PROJECT");
  return { project, set, remove, replace: given.replace === true, revision: given.revision, by: given.by ?? null };
}

/**
 * Applies an edit to all terms of a project.
 *
 * @throws {SettingsError} There would be too many terms.
 */
export function changesOf(
  terms: readonly GlossaryTerm[],
  edit: CheckedEdit,
  revision: number,
  at: Date,
): { changes: TermChange[]; terms: GlossaryTerm[] } {
  const present = new Map(terms.map((term) => [nameOf(term), term]));
  const next = edit.replace ? new Map<string, GlossaryTerm>() : new Map(present);
  for (const name of edit.remove) next.delete(nameOf(name));
  for (const term of edit.set) {
    const before = present.get(nameOf(term));
    const targets = edit.replace ? term.targets : { ...before?.targets, ...term.targets };
    const after = { ...term, targets: ordered(targets), revision, by: edit.by, at };
    next.set(nameOf(term), before !== undefined && isSame(before, after) ? before : after);
  }
  if (next.size > MAX_TERMS) {
    throw new SettingsError([
      { key: "set", problem: `would make ${next.size} terms; a project has at most ${MAX_TERMS}` },
    ]);
  }
  const changes = [...new Set([...present.keys(), ...next.keys()])].flatMap((key): TermChange[] => {
    const [before, after] = [present.get(key), next.get(key)];
    const some = after ?? before;
    if (before === after || some === undefined) return [];
    const { term, sourceLocale, kind } = some;
    return [{ name: { term, sourceLocale, kind }, before, after, targetLocales: touched(before, after) }];
  });
  return { changes, terms: sortedTerms([...next.values()]) };
}

/** In the order of their names, by code units. */
export function sortedTerms(terms: GlossaryTerm[]): GlossaryTerm[] {
  return terms.sort(
    (a, b) =>
      compare(a.sourceLocale, b.sourceLocale) ||
      compare(a.term, b.term) ||
      TERM_KINDS.indexOf(a.kind) - TERM_KINDS.indexOf(b.kind),
  );
}

/** @throws {SettingsError} A part is not valid. */
export function checkStyle(given: StyleInput): Omit<Style, "revision" | "at"> & { project: string } {
  const problems: Problem[] = [];
  const { instructions = null, formality = null } = given;
  const targetLocale = given.targetLocale === null ? null : localeOf(given.targetLocale, "targetLocale", problems);
  const also = given.also == null ? null : localeOf(given.also, "also", problems);
  if (instructions !== null && !isText(instructions, MAX_INSTRUCTION_BYTES)) {
    problems.push({ key: "instructions", problem: "must be a text of at most 4,096 bytes without U+0000" });
  }
  if (formality !== null && !FORMALITIES.includes(formality)) {
    problems.push({ key: "formality", problem: "must be more or less" });
  }
  problems.push(...byProblems(given.by));
  if (problems.length > 0) throw new SettingsError(problems);
  const project = parseName(given.project, "project", "TH_PROJECT");
  const words = instructions?.trim() ?? "";
  return { project, targetLocale, instructions: words === "" ? null : words, formality, also, by: given.by ?? null };
}

export function emptyGlossary(project: string): Glossary {
  return { project, revision: 0, terms: [], styles: [] };
}

interface Problem {
  key: string;
  problem: string;
}

function checkTerm(given: GlossaryTermInput, key: string, problems: Problem[]): CheckedTerm {
  const { note = null, forms = [], targets = {}, case: letterCase = "any" } = given;
  const name = checkName(given, key, problems);
  if (!TERM_CASES.includes(letterCase)) problems.push({ key: `${key}.case`, problem: "must be any, exact or first" });
  if (note !== null && !isText(note, MAX_TERM_NOTE_BYTES)) {
    problems.push({ key: `${key}.note`, problem: "must be a text of at most 1,000 bytes" });
  }
  formProblems(forms, `${key}.forms`, problems);
  const checked: Record<string, { as: string; forms: readonly string[] }> = {};
  for (const [locale, target] of Object.entries(targets)) {
    const { as, forms: others = [] } = target;
    if (!isTerm(as)) problems.push({ key: `${key}.targets.${locale}`, problem: TERM_PROBLEM });
    formProblems(others, `${key}.targets.${locale}.forms`, problems);
    checked[localeOf(locale, `${key}.targets`, problems)] = { as: String(as).trim(), forms: others };
  }
  if (name.kind !== "keep" && Object.keys(targets).length === 0) {
    problems.push({ key: `${key}.targets`, problem: `must name a target locale, as the kind is ${name.kind}` });
  }
  return { ...name, case: letterCase, note: note === "" ? null : note, forms, targets: ordered(checked) };
}

function checkName(
  { term, sourceLocale, kind = "translate" }: TermName,
  key: string,
  problems: Problem[],
): CheckedName {
  if (!isTerm(term)) problems.push({ key: `${key}.term`, problem: TERM_PROBLEM });
  if (!TERM_KINDS.includes(kind)) problems.push({ key: `${key}.kind`, problem: "must be translate, keep or forbid" });
  const locale = localeOf(sourceLocale, `${key}.sourceLocale`, problems);
  if (locale === UNDETERMINED_LOCALE) problems.push({ key: `${key}.sourceLocale`, problem: "must be a language" });
  return { term: String(term).trim(), sourceLocale: locale, kind };
}

const TERM_PROBLEM = `must be a text of at most ${MAX_TERM_BYTES} bytes with a letter or a digit, and without a line break and "|", which stands between forms`;

function isTerm(value: unknown): boolean {
  return isText(value, MAX_TERM_BYTES) && /[\p{L}\p{N}]/u.test(value) && !/[\r\n|]/.test(value);
}

function isText(value: unknown, bytes: number): value is string {
  return typeof value === "string" && isStorable(value) && Buffer.byteLength(value) <= bytes;
}

function formProblems(forms: readonly string[], key: string, problems: Problem[]): void {
  const isList = Array.isArray(forms) && forms.length <= MAX_TERM_FORMS && forms.every(isTerm);
  if (!isList) problems.push({ key, problem: `must be at most ${MAX_TERM_FORMS} forms; each ${TERM_PROBLEM}` });
}

function localeOf(given: unknown, key: string, problems: Problem[]): string {
  try {
    return canonicalLocale(given as string);
  } catch {
    problems.push({ key, problem: "must be a locale such as de or pt-BR" });
    return "";
  }
}

function byProblems(by: unknown): Problem[] {
  if (by === undefined || (isText(by, 255) && by !== "")) return [];
  return [{ key: "by", problem: "must be a name of at most 255 bytes" }];
}

export function nameOf({ sourceLocale, term, kind }: TermName): string {
  return JSON.stringify([sourceLocale, term, kind]);
}

function ordered<Value>(byLocale: Readonly<Record<string, Value>>): Record<string, Value> {
  return Object.fromEntries(Object.entries(byLocale).sort(([a], [b]) => compare(a, b)));
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function isSame(one: GlossaryTerm, other: GlossaryTerm): boolean {
  return partsOf(one) === partsOf(other) && one.note === other.note;
}

function partsOf({ case: letterCase, forms, targets }: GlossaryTerm): string {
  return JSON.stringify([
    letterCase,
    forms,
    Object.entries(targets).map(([locale, { as, forms: own }]) => [locale, as, own]),
  ]);
}

function touched(before: GlossaryTerm | undefined, after: GlossaryTerm | undefined): readonly string[] | null {
  const isFound = before !== undefined && after !== undefined;
  if (isFound && partsOf(before) === partsOf(after)) return [];
  const both = [before, after].filter((term): term is GlossaryTerm => term !== undefined);
  if (both.some(({ kind, targets }) => kind === ("keep" satisfies TermKind) && Object.keys(targets).length === 0))
    return null;
  const isFoundElsewhere =
    isFound && JSON.stringify([before.case, before.forms]) !== JSON.stringify([after.case, after.forms]);
  const locales = [...new Set(both.flatMap(({ targets }) => Object.keys(targets)))].sort();
  if (!isFound || isFoundElsewhere) return locales;
  return locales.filter((locale) => JSON.stringify(before.targets[locale]) !== JSON.stringify(after.targets[locale]));
}
