/** The plural categories of a locale, each with a number that takes it. */
import type { Selector } from "./parse.ts";

/** A category of the target locale. */
export interface Category {
  name: string;
  /** A number that takes the category. */
  example: number;
  /** Every number of a fixed sample that takes it. */
  numbers: readonly number[];
  /** Only millions take it, so its words are those of `other` (`many` of French, Spanish, Italian, Portuguese). */
  asOther: boolean;
}

const MILLION = 1_000_000;
/** In the order in which an example is chosen: small whole numbers first, zero and fractions only where nothing else is. */
export const SAMPLE: readonly number[] = [
  ...Array.from({ length: 200 }, (_, index) => index + 1),
  0,
  1.5,
  0.1,
  MILLION,
];
const ORDER = ["zero", "one", "two", "few", "many", "other"];

/**
 * The plural categories of a locale in the order of CLDR, from `zero` to `other`. A locale that the runtime does not know has
 * `other` alone.
 *
 * @param except Numbers that have a branch of their own (`=0`), and so take no category.
 */
export function categoriesOf(
  locale: string,
  kind: Exclude<Selector["kind"], "select">,
  except: ReadonlySet<number> = new Set(),
): readonly Category[] {
  const id = `${kind} ${locale} ${[...except].join()}`;
  const known = knownCategories.get(id);
  if (known !== undefined) return known;
  const categories = categoriesIn(locale, kind, except);
  if (knownCategories.size > 1000) knownCategories.clear(); // locales come from callers
  knownCategories.set(id, categories);
  return categories;
}

/** A catalog asks for those of one locale once for each of its families, and a list takes 200 questions to the runtime. */
const knownCategories = new Map<string, readonly Category[]>();

function categoriesIn(
  locale: string,
  kind: Exclude<Selector["kind"], "select">,
  except: ReadonlySet<number>,
): readonly Category[] {
  const rules = pluralRules(locale, kind);
  if (rules === undefined) return [{ name: "other", example: 1, numbers: SAMPLE, asOther: false }];
  const numbers = new Map<string, number[]>(
    rules.resolvedOptions().pluralCategories.map((name): [string, number[]] => [name, []]),
  );
  for (const number of SAMPLE) numbers.get(rules.select(number))?.push(number);
  return [...numbers]
    .sort(([a], [b]) => ORDER.indexOf(a) - ORDER.indexOf(b))
    .map(([name, taking]) => {
      const asked = taking.filter((number) => !except.has(number));
      return {
        name,
        // A category whose numbers all have branches of their own is still written: formatters may demand it.
        example: asked[0] ?? taking[0] ?? MILLION,
        numbers: asked,
        asOther: name !== "other" && taking.every((number) => number === MILLION),
      };
    });
}

/** The category that a number takes in a locale. */
export function categoryOf(locale: string, kind: Exclude<Selector["kind"], "select">, number: number): string {
  return pluralRules(locale, kind)?.select(number) ?? "other";
}

/**
 * The key of the source's form for a category of the target. Two languages share the name of a category but not its numbers:
 * `one` of Russian is 1, 21, 31, so an English `one` that leaves its number out cannot serve it.
 *
 * @param leavesOut Whether a form lacks the number although `other` shows it.
 */
export function sourceKeyOf(
  { name, numbers }: Pick<Category, "name" | "numbers">,
  source: { locale: string; kind: "cardinal" | "ordinal"; has(key: string): boolean; leavesOut(key: string): boolean },
): string {
  if (!source.has(name)) return "other";
  if (areAllIn(numbers, name, source)) return name;
  return source.leavesOut(name) ? "other" : name;
}

/** Whether each of the numbers takes a category in a locale. A list of numbers serves each family of a catalog. */
function areAllIn(
  numbers: readonly number[],
  name: string,
  { locale, kind }: { locale: string; kind: "cardinal" | "ordinal" },
): boolean {
  const answers = knownAnswers.get(numbers) ?? new Map<string, boolean>();
  knownAnswers.set(numbers, answers);
  const id = `${kind} ${locale} ${name}`;
  const answer = answers.get(id) ?? numbers.every((number) => categoryOf(locale, kind, number) === name);
  if (answers.size > 1000) answers.clear(); // locales come from callers
  answers.set(id, answer);
  return answer;
}

const knownAnswers = new WeakMap<readonly number[], Map<string, boolean>>();

/** The number of an exact form: 0 for `=0`. Undefined: the key is a category. */
export function exactNumber(key: string): number | undefined {
  return /^=[0-9]{1,15}$/.test(key) ? Number(key.slice(1)) : undefined;
}

const known = new Map<string, Intl.PluralRules>();

/** A locale that is none, or of which the runtime knows nothing, has no rules; the runtime would use its own locale's. */
function pluralRules(locale: string, kind: "cardinal" | "ordinal"): Intl.PluralRules | undefined {
  const id = `${kind} ${locale}`;
  const found = known.get(id);
  if (found !== undefined) return found;
  try {
    if (Intl.PluralRules.supportedLocalesOf(locale).length === 0) return undefined;
  } catch {
    return undefined;
  }
  const rules = new Intl.PluralRules(locale, { type: kind });
  if (known.size > 1000) known.clear(); // locales come from callers
  known.set(id, rules);
  return rules;
}
