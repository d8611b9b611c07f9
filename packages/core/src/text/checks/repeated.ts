import { hasBranches } from "./prose.ts";
import type { Check } from "./subject.ts";

/** A whole text that comes twice has at least this many characters: "bye bye" is language. */
const TWICE_CHARACTERS = 8;
/** The end of a text that repeats itself: so often, and so many characters in all. */
const MOST_TIMES = 4;
const LOOP_CHARACTERS = 16;
const LETTERS = /\p{L}.*\p{L}/su;

/** A translation does not say the same over and over: a model that does not stop repeats its last words. */
export const repeated: Check = {
  name: "repeated",
  severity: "retry",
  check(subject) {
    const { translationProse, sourceProse, translationSyntax } = subject;
    if (hasBranches(translationSyntax) || translationProse.length < LOOP_CHARACTERS) return undefined;
    return isRepeated(translationProse) && !isRepeated(sourceProse) ? "it repeats itself" : undefined;
  },
};

function isRepeated(prose: string): boolean {
  // Without white space at all, one and the same separator stands between the copies.
  const text = prose.replace(/\s+/g, "");
  const { length } = text;
  if (length < LOOP_CHARACTERS) return false;
  // The length of the end that, read backwards, is a prefix of itself: a loop is at the end of the text.
  const overlap = new Uint32Array(length);
  let longest = 0;
  let matched = 0;
  for (let at = 1; at < length; at += 1) {
    const character = text.charCodeAt(length - 1 - at);
    while (matched > 0 && character !== text.charCodeAt(length - 1 - matched)) matched = overlap[matched - 1] ?? 0;
    if (character === text.charCodeAt(length - 1 - matched)) matched += 1;
    overlap[at] = matched;
    const read = at + 1;
    const period = read - matched;
    if (read >= LOOP_CHARACTERS && read >= MOST_TIMES * period) longest = period;
    if (longest > 0) break;
    if (read === length && read === 2 * period && period >= TWICE_CHARACTERS) longest = period;
  }
  return longest > 1 && LETTERS.test(text.slice(length - longest));
}
