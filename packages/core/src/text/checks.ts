/**
 * The checks that a machine's translation must pass before it is stored.
 *
 * They judge form only: what breaks a program, a page or the database. Whether a translation is good is no business of
 * theirs. `truncated` is not found here: only the engine knows that its answer was cut.
 */
import type { TextFormat } from "../contract/engine.ts";
import type { BlockedBy } from "../contract/errors.ts";
import { type IcuArgument, parseIcu } from "./icu.ts";
import { type ProtectedToken, readSyntax } from "./syntax.ts";

export interface TranslationToCheck {
  source: string;
  translation: string;
  /** How the source was declared. Default `auto`. */
  format?: TextFormat | undefined;
}

export interface CheckFailure {
  blockedBy: BlockedBy;
  /** One clause for the dead letter and for the engine's next try: counts and kinds, never a word of either text. */
  message: string;
}

/** Nothing a reader would see. Zero-width characters are not white space to `\s`. */
const INVISIBLE = /^[\s\u200b-\u200d\u2060\ufeff]*$/u;

/**
 * Judges one translation.
 *
 * - `nul`: holds what PostgreSQL cannot store, U+0000 or half a surrogate pair.
 * - `empty`: nothing visible, for a source that has something.
 * - `icu`: in an ICU message the braces must balance, arguments (name, type, style) and the options of each select be
 *   the same set, and plural forms be ones that CLDR knows, `other` among them. How many branches a plural has is the
 *   target language's affair.
 * - `placeholders`, `markup`: the same placeholders and tags, each as often, in any order. In ICU messages each at
 *   least once: branches multiply them.
 *
 * @returns the first failure in that order; undefined when the translation may be stored.
 */
export function checkTranslation({ source, translation, format }: TranslationToCheck): CheckFailure | undefined {
  if (translation.includes("\0")) return { blockedBy: "nul", message: "it holds a NUL character" };
  if (!translation.isWellFormed()) return { blockedBy: "nul", message: "it holds half a surrogate pair" };
  if (INVISIBLE.test(translation) && !INVISIBLE.test(source)) {
    return { blockedBy: "empty", message: "it is empty" };
  }
  const expected = readSyntax(source, format);
  if (!expected.isIcu) return compareTokens(expected.tokens, readSyntax(translation, format).tokens, countOf);

  const actual = readSyntax(translation, "icu");
  if (!actual.isIcu) return { blockedBy: "icu", message: "its braces do not balance or hold no ICU argument" };
  return (
    compareTokens(expected.tokens, actual.tokens, () => 1) ??
    compareBranches(parseIcu(source)?.arguments ?? [], parseIcu(translation)?.arguments ?? [])
  );
}

type Counted = Map<string, { token: ProtectedToken; count: number }>;

function countTokens(tokens: readonly ProtectedToken[]): Counted {
  const counted: Counted = new Map();
  for (const token of tokens) {
    const entry = counted.get(token.canonical);
    if (entry === undefined) counted.set(token.canonical, { token, count: 1 });
    else entry.count += 1;
  }
  return counted;
}

const countOf = (entry: { count: number }) => entry.count;

const KINDS = {
  argument: { blockedBy: "icu", noun: "ICU argument" },
  placeholder: { blockedBy: "placeholders", noun: "placeholder" },
  markup: { blockedBy: "markup", noun: "tag" },
} as const satisfies Record<ProtectedToken["kind"], { blockedBy: BlockedBy; noun: string }>;

function compareTokens(
  expected: readonly ProtectedToken[],
  actual: readonly ProtectedToken[],
  weigh: (entry: { count: number }) => number,
): CheckFailure | undefined {
  const tally = {
    argument: { missing: 0, added: 0 },
    placeholder: { missing: 0, added: 0 },
    markup: { missing: 0, added: 0 },
  };
  const wanted = countTokens(expected);
  const given = countTokens(actual);
  for (const [canonical, entry] of wanted) {
    const found = given.get(canonical);
    const difference = weigh(entry) - (found === undefined ? 0 : weigh(found));
    if (difference > 0) tally[entry.token.kind].missing += difference;
    else tally[entry.token.kind].added -= difference;
  }
  for (const [canonical, entry] of given) {
    // Looks like a placeholder and was none in the source: words of the target language.
    if (!wanted.has(canonical) && !entry.token.maybe) tally[entry.token.kind].added += weigh(entry);
  }

  const failures = (["argument", "placeholder", "markup"] as const).flatMap((kind) => {
    const { missing, added } = tally[kind];
    const { blockedBy, noun } = KINDS[kind];
    if (missing === 0 && added === 0) return [];
    const parts = [missing > 0 && `${count(missing, noun)} missing`, added > 0 && `${count(added, noun)} added`];
    return [{ blockedBy, message: parts.filter((part) => part !== false).join(", ") }];
  });
  const [first] = failures;
  return first && { blockedBy: first.blockedBy, message: failures.map((failure) => failure.message).join("; ") };
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}

const PLURAL_FORM = /^(?:zero|one|two|few|many|other|=[0-9]+)$/;

/** A select's options are identifiers of the program; a plural's forms belong to the language. */
function compareBranches(expected: readonly IcuArgument[], actual: readonly IcuArgument[]): CheckFailure | undefined {
  const options = optionsOf(expected);
  const given = optionsOf(actual);
  const changed = [...options].filter((option) => !given.has(option)).length;
  const added = [...given].filter((option) => !options.has(option)).length;
  if (changed > 0 || added > 0) {
    return { blockedBy: "icu", message: `${count(changed, "select option")} missing, ${added} added` };
  }
  const plurals = actual.filter(isPlural);
  if (plurals.some(({ selectors }) => selectors.some((selector) => !PLURAL_FORM.test(selector)))) {
    return { blockedBy: "icu", message: "a plural form is none of zero, one, two, few, many, other" };
  }
  const hasOther = ({ selectors }: IcuArgument) => selectors.includes("other");
  if (expected.filter(isPlural).every(hasOther) && !plurals.every(hasOther)) {
    return { blockedBy: "icu", message: "a plural lost its form other" };
  }
  return undefined;
}

function optionsOf(message: readonly IcuArgument[]): Set<string> {
  const selects = message.filter(({ type }) => type === "select");
  return new Set(selects.flatMap(({ name, selectors }) => selectors.map((selector) => `${name},${selector}`)));
}

function isPlural({ type }: IcuArgument): boolean {
  return type === "plural" || type === "selectordinal";
}
