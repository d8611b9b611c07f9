import { charactersOf } from "./characters.ts";
import { hasBranches } from "./prose.ts";
import type { Check } from "./subject.ts";

/**
 * A translation may be three times as long as its source, or a third of it, and the slack beyond that, which spares short
 * labels ("OK" as "Einverstanden").
 *
 * Of 28,129 translations that people made of 7 open catalogs (English into ar, de, es, fr, he, ja, zh), 8 are flagged, and
 * the meaning of each of them differs from that of its source. At twice the length, 23 are flagged.
 */
const MOST_TIMES = 3;
const SLACK_CHARACTERS = 30;

const SENTENCE = /\p{L}{2}[^\p{L}]+\p{L}{2}/u;
const LETTER = /\p{L}/u;

/**
 * A translation is about as long as its source: far more is an answer with an explanation or another text in it, far less
 * is a summary or half of the text.
 */
export const length: Check = {
  name: "length",
  severity: "retry",
  check({ given: { source, translation }, sourceSyntax, sourceProse }) {
    if (SENTENCE.test(sourceProse) && !LETTER.test(translation)) return "it has no words";
    // The branches of an ICU message multiply its words: Arabic has six plural forms where English has two.
    if (hasBranches(sourceSyntax)) return undefined;
    const expected = charactersOf(source);
    const actual = charactersOf(translation);
    if (actual > MOST_TIMES * expected + SLACK_CHARACTERS) return "it is far longer than its source";
    if (expected > MOST_TIMES * actual + SLACK_CHARACTERS) return "it is far shorter than its source";
    return undefined;
  },
};
