import type { ProtectedToken } from "../syntax.ts";
import { counted } from "./counted.ts";

/** The tokens of one kind that only one of the two texts has. */
export interface TokenDifference {
  kind: ProtectedToken["kind"];
  /** Such as `1 tag missing, 2 tags added`. */
  message: string;
}

const NOUNS = {
  argument: "ICU argument",
  placeholder: "placeholder",
  markup: "tag",
} as const satisfies Record<ProtectedToken["kind"], string>;

/**
 * Compares the tokens of a source with those of its translation, in any order.
 *
 * @returns one difference a kind, in the order of {@link NOUNS}.
 */
export function compareTokens(
  expected: readonly ProtectedToken[],
  actual: readonly ProtectedToken[],
  { each, spelling, count, isCountedOnce = false, mayBeAdded, argument }: Comparison,
): TokenDifference[] {
  const weigh = (entry: Tally | undefined) => (entry === undefined ? 0 : each === "once" ? 1 : entry.count);
  const missing = { argument: argument?.missing ?? 0, placeholder: 0, markup: 0 };
  const added = { argument: argument?.added ?? 0, placeholder: 0, markup: 0 };
  const wanted = tallyOf(expected, spelling);
  const found = tallyOf(actual, spelling);
  const isDoubled = (canonical: string, entry: Tally | undefined) =>
    isCountedOnce && weigh(found.get(canonical)) > Math.max(1, weigh(entry));
  for (const [canonical, entry] of wanted) {
    if (argument !== undefined && entry.token.kind === "argument") continue;
    if (count === canonical && !isDoubled(canonical, entry)) continue;
    const difference = weigh(entry) - weigh(found.get(canonical));
    if (difference > 0) missing[entry.token.kind] += difference;
    else if (!mayBeAdded?.has(canonical)) added[entry.token.kind] -= difference;
  }
  for (const [canonical, entry] of found) {
    // A stretch that only may be a placeholder, and was none in the source, is words of the target language.
    if (argument !== undefined && entry.token.kind === "argument") continue;
    if ((count === canonical && !isDoubled(canonical, undefined)) || mayBeAdded?.has(canonical)) continue;
    if (!wanted.has(canonical) && !entry.token.maybe) added[entry.token.kind] += weigh(entry);
  }
  return (Object.keys(NOUNS) as ProtectedToken["kind"][]).flatMap((kind) => {
    const parts: string[] = [];
    if (missing[kind] > 0) parts.push(`${counted(missing[kind], NOUNS[kind])} missing`);
    if (added[kind] > 0) parts.push(`${counted(added[kind], NOUNS[kind])} added`);
    return parts.length === 0 ? [] : [{ kind, message: parts.join(", ") }];
  });
}

/**
 * The clause of a check that looks for one kind of token: the differences of every kind, so that an engine's next try
 * avoids them all at once. Undefined where this kind shows no difference.
 */
export function differencesWith(
  kind: ProtectedToken["kind"],
  differences: readonly TokenDifference[],
): string | undefined {
  if (!differences.some((difference) => difference.kind === kind)) return undefined;
  return differences.map(({ message }) => message).join("; ");
}

export interface Comparison {
  /** Whether a token must come `as often` as in the source, or at least `once`. */
  each: "as often" | "once";
  /** The spelling in which two tokens are the same: `lenient` for people's translations. */
  spelling: "canonical" | "lenient";
  /** The `canonical` of the placeholder that may be missing or added: the number of a plural form that names it in words. */
  count?: string | undefined;
  /** Whether {@link count} may come no more often than in the source, or once where that has none. Default: false. */
  isCountedOnce?: boolean;
  /** The `canonical` of each placeholder that may come more often than in the source. Absent: none. */
  mayBeAdded?: ReadonlySet<string> | undefined;
  /** The difference between the arguments of two ICU messages. Absent: they are compared like other tokens. */
  argument?: { missing: number; added: number } | undefined;
}

interface Tally {
  token: ProtectedToken;
  count: number;
}

function tallyOf(tokens: readonly ProtectedToken[], spelling: "canonical" | "lenient"): Map<string, Tally> {
  const tally = new Map<string, Tally>();
  for (const token of tokens) {
    const name = spelling === "canonical" ? token.canonical : (token.lenient ?? token.canonical);
    if (name === "") continue;
    const entry = tally.get(name);
    if (entry === undefined) tally.set(name, { token, count: 1 });
    else entry.count += 1;
  }
  return tally;
}
