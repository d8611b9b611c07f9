import { isLonger, MAX_STORED_TEXT_BYTES } from "../../contract/text-size.ts";
import { charactersOf } from "./characters.ts";
import type { Check } from "./subject.ts";

/**
 * Of 50,403 translations that people made of 14 open catalogs, none has more than 3 times the characters of its source and 89
 * more; read the other way, into English, none has more than 4 times and 694 more. Beyond this room nobody's translation
 * was found.
 */
const MOST_TIMES = 4;
const ROOM_CHARACTERS = 1_000;

/** Languages have up to six plural forms where English has two, once for each plural within another. */
const MOST_TIMES_ICU = 30;

/**
 * A translation of any length is stored, paid for by every reader, and kept for ever: one far beyond its source is a model that
 * did not stop, or a server that answers anything.
 */
export const oversized: Check = {
  name: "oversized",
  severity: "block",
  check({ given: { source, translation }, sourceSyntax }) {
    // Most translations need no weighing: no character counts for less than one.
    if (translation.length <= MOST_TIMES * source.length + ROOM_CHARACTERS) {
      return isLonger(translation, MAX_STORED_TEXT_BYTES) ? "it is longer than any text may be" : undefined;
    }
    const times = sourceSyntax.isIcu ? MOST_TIMES_ICU : MOST_TIMES;
    if (translation.length > times * charactersOf(source) + ROOM_CHARACTERS)
      return "it is many times as long as its source";
    return isLonger(translation, MAX_STORED_TEXT_BYTES) ? "it is longer than any text may be" : undefined;
  },
};
