import type { Check } from "./subject.ts";

/**
 * Shorter texts are most often names ("Pascal Case", "HAWK Auth Key"), which stay as they are in every language. Of 28,129
 * translations that people made of 7 open catalogs, 300 of four words and more equal their source, 299 of them in one file
 * whose untranslated entries hold the English text.
 */
const FEWEST_WORDS = 4;
const WORD = /\p{L}{2}/u;

/** A translation into another language differs from its source where that is a sentence. */
export const untranslated: Check = {
  name: "untranslated",
  severity: "warn",
  check({ given, sourceSyntax }) {
    const { source, translation, sourceLocale, targetLocale } = given;
    if (source.trim() !== translation.trim()) return undefined;
    // A source of unknown language may be in the target language already.
    if (sourceLocale === undefined || targetLocale === undefined) return undefined;
    if (languageOf(sourceLocale) === languageOf(targetLocale)) return undefined;
    return wordsOutside(sourceSyntax.spans, source) >= FEWEST_WORDS ? "it equals its source" : undefined;
  },
};

/** `sr` of `sr-Latn-RS`. */
function languageOf(locale: string): string {
  return locale.split("-", 1)[0] ?? locale;
}

/** How many words a text has beside its placeholders and tags. An address counts as one. */
function wordsOutside(spans: readonly { start: number; end: number }[], text: string): number {
  let words = "";
  let at = 0;
  for (const { start, end } of spans) {
    words += `${text.slice(at, start)} `;
    at = end;
  }
  words += text.slice(at);
  return words.split(/\s+/).filter((word) => WORD.test(word)).length;
}
