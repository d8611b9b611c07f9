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
 * @param each Whether a token must come `as often` as in the source, or at least `once`.
 * @returns one difference a kind, in the order of {@link NOUNS}.
 */
export function compareTokens(
  expected: readonly ProtectedToken[],
  actual: readonly ProtectedToken[],
  each: "as often" | "once",
): TokenDifference[] {
  const weigh = (entry: Tally | undefined) => (entry === undefined ? 0 : each === "once" ? 1 : entry.count);
  const missing = { argument: 0, placeholder: 0, markup: 0 };
  const added = { argument: 0, placeholder: 0, markup: 0 };
  const wanted = tallyOf(expected);
  const found = tallyOf(actual);
  for (const [canonical, entry] of wanted) {
    const difference = weigh(entry) - weigh(found.get(canonical));
    if (difference > 0) missing[entry.token.kind] += difference;
    else added[entry.token.kind] -= difference;
  }
  for (const [canonical, entry] of found) {
    // A stretch that only may be a placeholder, and was none in the source, is words of the target language.
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

interface Tally {
  token: ProtectedToken;
  count: number;
}

function tallyOf(tokens: readonly ProtectedToken[]): Map<string, Tally> {
  const tally = new Map<string, Tally>();
  for (const token of tokens) {
    const entry = tally.get(token.canonical);
    if (entry === undefined) tally.set(token.canonical, { token, count: 1 });
    else entry.count += 1;
  }
  return tally;
}
