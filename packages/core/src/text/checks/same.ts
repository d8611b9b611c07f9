import { languageOf } from "./language.ts";
import { wordCount } from "./prose.ts";
import type { Check } from "./subject.ts";

/**
 * Shorter texts, and those of three words with capitals, are most often names ("GitHub", "Visual Studio Code"), which stay as
 * they are in every language.
 */
const FEWEST_WORDS = 3;
const MOST_NAME_WORDS = 3;
const LOWER_CASE_WORD = /(?:^|\s)\P{L}*\p{Ll}/u;

/** A translation into another language differs from its source where that is a sentence. */
export const same: Check = {
  name: "same",
  severity: "retry",
  check(subject) {
    const { source, translation, sourceLocale, targetLocale } = subject.given;
    if (source.trim() !== translation.trim()) return undefined;
    // A source of unknown language may be in the target language already.
    if (sourceLocale === undefined || targetLocale === undefined) return undefined;
    if (languageOf(sourceLocale) === languageOf(targetLocale)) return undefined;
    const words = wordCount(subject.sourceProse);
    if (words < FEWEST_WORDS) return undefined;
    if (words <= MOST_NAME_WORDS && !LOWER_CASE_WORD.test(subject.sourceProse)) return undefined;
    return "it equals its source";
  },
};
