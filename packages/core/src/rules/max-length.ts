import type { WorkItem } from "../contract/work.ts";

/** Contexts of more are words of a producer's own. */
export const LONGEST_MAX_LENGTH = 1_000_000;

/** The most characters of a text's translation, by its context and its hint. Of two the lesser counts. */
export function maxLengthOfText({ context, hint }: Pick<WorkItem, "context" | "hint">): number | undefined {
  const [first, second] = [maxLengthOf(context), maxLengthOf(hint)];
  return first === undefined || second === undefined ? (first ?? second) : Math.min(first, second);
}

/**
 * The most characters of a text's translation, as its producer says it: under the key `maxLength` of the text's context.
 * Undefined: none, or `maxLength` is a word of the producer's own.
 */
export function maxLengthOf(context: Readonly<Record<string, unknown>> | null | undefined): number | undefined {
  const most = context?.maxLength;
  if (typeof most !== "number" || !Number.isInteger(most) || most < 1 || most > LONGEST_MAX_LENGTH) return undefined;
  return most;
}
