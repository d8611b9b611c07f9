import { hasSpaces, languageOf } from "./language.ts";
import type { Check } from "./subject.ts";

const GLUED_BEFORE = /[\p{L}\p{N}]<(?!br\b)[A-Za-z][^<>/]*>/giu;
const GLUED_AFTER = /<\/(?!br\b)[A-Za-z][^<>]*>[\p{L}\p{N}]/giu;

/** Languages that write a preposition or an ending without a space at the word, and so at its tag. */
const AFFIXING = new Set(["ar", "he", "iw", "fa", "ur", "ko", "tr", "fi", "hu", "et", "az", "kk", "uz", "eu"]);

/** Where space stands between a word and a tag in the source, the translation does not glue them together. */
export const tagEdge: Check = {
  name: "tag-edge",
  severity: "warn",
  check({ given: { source, translation, targetLocale } }) {
    if (!source.includes("<") || !translation.includes("<")) return undefined;
    if (targetLocale !== undefined && (!hasSpaces(targetLocale) || AFFIXING.has(languageOf(targetLocale))))
      return undefined;
    const isGlued = [GLUED_BEFORE, GLUED_AFTER].some(
      (edge) => (translation.match(edge)?.length ?? 0) > (source.match(edge)?.length ?? 0),
    );
    return isGlued ? "a tag lost the space beside it" : undefined;
  },
};
