import { hasBranches } from "./prose.ts";
import type { Check } from "./subject.ts";

/**
 * A translation has at most the characters that its producer allows. Characters are those that a reader counts: an accent and
 * its letter are one, and so is an emoji. A placeholder counts as it is written, as its value is not known.
 *
 * It blocks nothing: a text that is a little too long is better than none, and most machine translators know no limit.
 */
export const maxLength: Check = {
  name: "max-length",
  severity: "retry",
  check({ given: { maxLength: most, translation }, translationSyntax }) {
    if (most === undefined || translation.length <= most) return undefined;
    // A reader sees one sentence of the message. Each was judged when it was asked for.
    if (hasBranches(translationSyntax)) return undefined;
    const count = readersLength(translation.trim(), most);
    return count > most
      ? `it has ${count === Infinity ? "far more than" : `${count} characters, and may have`} ${most}`
      : undefined;
  },
};

/** More than that many times the limit is not counted to the end. */
const MOST_TIMES = 10;

function readersLength(text: string, most: number): number {
  // A character of a reader has seldom more than ten units.
  if (text.length > 10 * MOST_TIMES * most) return Infinity;
  let count = 0;
  for (const _ of SEGMENTS.segment(text)) count += 1;
  return count;
}

const SEGMENTS = new Intl.Segmenter("und", { granularity: "grapheme" });
