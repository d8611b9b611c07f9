/**
 * Judges the translation of an ICU message by FormatJS alone: it can be read, it has exactly the plural categories of its
 * language, the exact numbers and the keys of its source, and for any number and key it shows what the source shows.
 */
import { IntlMessageFormat } from "intl-messageformat";

export interface IcuPair {
  source: string;
  translation: string;
  sourceLocale: string;
  targetLocale: string;
  /**
   * Whether an engine has mangled the words. A form that a single number takes may then leave the number out, as one that says
   * it in words does, and the numbers of two plurals may touch. Default: false.
   */
  isMangled?: boolean;
}

export const NUMBERS: readonly number[] = [0, 1, 2, 3, 5, 11, 21, 100, 1.5, 1_000_000];

/** The parts of the tree of FormatJS that are compared. */
interface Element {
  type: number;
  value: string;
  offset?: number;
  style?: unknown;
  pluralType?: "cardinal" | "ordinal";
  options?: Record<string, { value: Element[] }>;
}

const LITERAL = 0;
const ARGUMENT = 1;
const NUMBER = 2;
const SELECT = 5;
const PLURAL = 6;
const POUND = 7;

const OTHER_ARGUMENTS = "it chooses by other arguments";

type Values = Readonly<Record<string, number | string | Date>>;

/** The faults as clauses without a word of the message, at most one of a kind. Empty: none. */
export function icuFaults({ source, translation, sourceLocale, targetLocale, isMangled = false }: IcuPair): string[] {
  const expected = treeOf(source, sourceLocale);
  if (expected === undefined) return [];
  const found = treeOf(translation, targetLocale);
  if (found === undefined) return ["FormatJS cannot read it"];
  const faults = new Set<string>();
  compareKeys(expected, found, targetLocale, faults);
  // The values below are those of the source's arguments.
  if (faults.has(OTHER_ARGUMENTS)) return [...faults];
  const all = assignments(expected).map((values) => ({ values, wanted: shownBy(expected, values, sourceLocale) }));
  const anywhere = new Set(all.flatMap(({ wanted }) => wanted.others));
  for (const { values, wanted } of all) {
    const given = shownBy(found, values, targetLocale);
    const rest = [...given.others];
    for (const each of wanted.others) {
      if (!rest.includes(each)) faults.add("an argument or a tag is missing");
      else rest.splice(rest.indexOf(each), 1);
    }
    // A language with fewer forms shows in all of them what the source shows in some.
    if (!new Set(rest).isSubsetOf(anywhere)) faults.add("an argument or a tag was added");
    for (const name of wanted.numbers) {
      const number = values[name];
      if (typeof number !== "number" || (isMangled && isAlone(number, found, name, targetLocale))) continue;
      if (!given.numbers.has(name)) faults.add("it does not show a number");
      if (!holds(source, sourceLocale, values, number)) continue;
      if (!isMangled && !holds(translation, targetLocale, values, number))
        faults.add("a number is not in the formatted text");
    }
  }
  return [...faults];
}

function formatter(message: string, locale: string): IntlMessageFormat {
  return new IntlMessageFormat(message, locale, undefined, { ignoreTag: true });
}

/** Undefined: FormatJS cannot read it. */
function treeOf(message: string, locale: string): Element[] | undefined {
  try {
    return formatter(message, locale).getAst() as unknown as Element[];
  } catch {
    return undefined;
  }
}

interface Choice {
  argument: string;
  kind: "select" | "cardinal" | "ordinal";
  keys: string[];
}

function choicesOf(elements: readonly Element[]): Choice[] {
  return elements.flatMap(({ type, value, pluralType = "cardinal", options = {} }) => {
    const below = Object.values(options).flatMap((branch) => choicesOf(branch.value));
    if (type !== SELECT && type !== PLURAL) return below;
    return [{ argument: value, kind: type === SELECT ? "select" : pluralType, keys: Object.keys(options) }, ...below];
  });
}

function compareKeys(
  expected: readonly Element[],
  found: readonly Element[],
  locale: string,
  faults: Set<string>,
): void {
  const wanted = choicesOf(expected);
  const made = choicesOf(found);
  const named = (choices: readonly Choice[]) => new Set(choices.map(({ argument, kind }) => `${kind} ${argument}`));
  if (named(wanted).symmetricDifference(named(made)).size > 0) faults.add(OTHER_ARGUMENTS);
  for (const { argument, kind, keys } of made) {
    const ofSource = wanted.filter((choice) => choice.argument === argument && choice.kind === kind);
    const sourceKeys = new Set(ofSource.flatMap((choice) => choice.keys));
    const isExact = (key: string) => key.startsWith("=");
    const own = new Set(kind === "select" ? keys : keys.filter(isExact));
    const kept = new Set(kind === "select" ? sourceKeys : [...sourceKeys].filter(isExact));
    if (own.symmetricDifference(kept).size > 0) faults.add("the exact numbers or keys are others");
    if (kind === "select") continue;
    const categories = new Set(new Intl.PluralRules(locale, { type: kind }).resolvedOptions().pluralCategories);
    const given = new Set(keys.filter((key) => !isExact(key)));
    if (categories.symmetricDifference(given as Set<Intl.LDMLPluralRule>).size > 0) {
      faults.add("the plural categories are not those of the language");
    }
  }
}

/** Values for every argument: each number for all plurals at once and for each alone, with each key of each select. */
function assignments(message: readonly Element[]): Values[] {
  const choices = choicesOf(message);
  const selects = Map.groupBy(
    choices.filter(({ kind }) => kind === "select"),
    ({ argument }) => argument,
  );
  const plurals = [...new Set(choices.flatMap(({ argument, kind }) => (kind === "select" ? [] : [argument])))];
  const exact = choices.flatMap(({ keys }) =>
    keys.filter((key) => /^=\d+$/.test(key)).map((key) => Number(key.slice(1))),
  );
  const numbers = [...new Set([...NUMBERS, ...exact])];
  let selected: Record<string, string>[] = [{}];
  for (const [argument, found] of selects) {
    const keys = new Set(found.flatMap((choice) => choice.keys));
    selected = selected.flatMap((values) => [...keys].map((key) => ({ ...values, [argument]: key }))).slice(0, 100);
  }
  const counted = plurals.length === 0 ? [{}] : numbers.map((number) => valuesOf(plurals, number));
  if (plurals.length > 1) {
    for (const plural of plurals) {
      for (const number of numbers) counted.push({ ...valuesOf(plurals, 1), [plural]: number });
    }
  }
  const rest = restOf(message);
  return selected.flatMap((keys) => counted.map((numbersOf) => ({ ...rest, ...numbersOf, ...keys })));
}

function valuesOf(names: readonly string[], value: number): Record<string, number> {
  return Object.fromEntries(names.map((name) => [name, value]));
}

/** Values for the arguments that nothing is chosen by. */
function restOf(elements: readonly Element[]): Record<string, number | string | Date> {
  const values: Record<string, number | string | Date> = {};
  for (const { type, value, options = {} } of elements) {
    if (type === ARGUMENT) values[value] ??= `<${value}>`;
    else if (type === NUMBER) values[value] = 777;
    else if (type !== LITERAL && type !== POUND && type !== SELECT && type !== PLURAL) values[value] = new Date(0);
    for (const branch of Object.values(options)) Object.assign(values, restOf(branch.value));
  }
  return values;
}

/** The numbers of plurals that a message shows for these values, and all other syntax, sorted. */
function shownBy(
  elements: readonly Element[],
  values: Values,
  locale: string,
): { numbers: Set<string>; others: string[] } {
  const numbers = new Set<string>();
  const others: string[] = [];
  const counts = new Set(choicesOf(elements).flatMap(({ argument, kind }) => (kind === "select" ? [] : [argument])));
  let literals = "";
  const walk = (parts: readonly Element[], plural: string | undefined): void => {
    for (const { type, value, style, offset = 0, options = {}, pluralType = "cardinal" } of parts) {
      if (type === LITERAL) literals += value;
      else if (type === POUND) numbers.add(plural ?? "");
      else if (type === SELECT) walk((options[String(values[value])] ?? options.other)?.value ?? [], plural);
      else if (type === PLURAL) {
        const number = Number(values[value]);
        const category = new Intl.PluralRules(locale, { type: pluralType }).select(number - offset);
        walk((options[`=${number}`] ?? options[category] ?? options.other)?.value ?? [], value);
      } else if ((type === ARGUMENT || type === NUMBER) && counts.has(value) && isPlainNumber(style))
        numbers.add(value);
      else others.push(`${type} ${value} ${JSON.stringify(style ?? null)}`);
      if (type !== LITERAL) literals += "\u0000";
    }
  };
  walk(elements, undefined);
  others.push(...(literals.match(/<\/?[A-Za-z0-9][^<>]*>/g) ?? []));
  return { numbers, others: others.sort() };
}

/** The number of a plural is printed as `#`, as `{n}` or as `{n, number}`. */
function isPlainNumber(style: unknown): boolean {
  return style === undefined || style === null || style === "integer";
}

/** Whether no other number takes the form of the plurals of an argument that this one takes. */
function isAlone(number: number, elements: readonly Element[], argument: string, locale: string): boolean {
  return choicesOf(elements)
    .filter((choice) => choice.argument === argument && choice.kind !== "select")
    .every(({ kind, keys }) => {
      if (keys.includes(`=${number}`)) return true;
      const rules = new Intl.PluralRules(locale, { type: kind === "ordinal" ? "ordinal" : "cardinal" });
      return SAMPLE.filter((other) => rules.select(other) === rules.select(number)).length === 1;
    });
}

const SAMPLE = [...Array.from({ length: 200 }, (_, index) => index), 0.1, 1.5, 1_000_000];

/** Whether the formatted message holds a number, as `#` or as a bare argument writes it. */
function holds(message: string, locale: string, values: Values, number: number): boolean {
  const formatted = String(formatter(message, locale).format({ ...values }));
  const spellings = [String(number), new Intl.NumberFormat(locale).format(number)];
  const numbers = formatted.match(/[-\u061c\u200e]*[\p{Nd}]+(?:[.,٬٫\u00a0\u202f][\p{Nd}]+)*/gu) ?? [];
  return numbers.some((found) => spellings.includes(found));
}
