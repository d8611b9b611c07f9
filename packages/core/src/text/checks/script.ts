import { scriptOf } from "./language.ts";
import type { Check } from "./subject.ts";

/** Fewer foreign letters are an abbreviation ("API"), a unit or a key of the keyboard. */
const FEWEST_LETTERS = 4;
/** A name of this share stands in a sentence of its own script: one Chinese character says as much as three letters. */
const MOST_TIMES = 3;
const LETTERS = /\p{L}/gu;
const WORD = /\p{L}[\p{L}\p{M}]*/gu;

/**
 * A translation is written in the script of its locale. Words that the source has as well are names, and stay in their own
 * script.
 */
export const script: Check = {
  name: "script",
  severity: "retry",
  check(subject) {
    const { targetLocale } = subject.given;
    if (targetLocale === undefined) return undefined;
    const scripts = scriptOf(targetLocale);
    if (scripts === undefined) return undefined;
    const prose = subject.translationProse;
    const foreign = prose.match(scripts.foreignWord);
    if (foreign === null) return undefined;
    const names = new Set(subject.sourceProse.toLowerCase().match(WORD));
    let foreignCount = 0;
    for (const word of foreign) if (!names.has(word.toLowerCase())) foreignCount += word.length;
    if (foreignCount < FEWEST_LETTERS) return undefined;
    const ownCount = (prose.match(LETTERS)?.length ?? 0) - foreign.reduce((sum, { length }) => sum + length, 0);
    return foreignCount > MOST_TIMES * ownCount ? "it is not written in the script of its locale" : undefined;
  },
};
