/** Values that are their source text. */
import { isVerbatim } from "@trans-hub/core/engine";
import { languageOf } from "../config/locale-spelling.ts";

/** A text without such a word is a number, a unit or an abbreviation, which many languages share. */
const WORD = /\p{L}{4}/u;

/** Whether a value was most likely never translated: it is the source text, and has words to translate. */
export function isUntranslated(
  { text, value }: { text: string; value: string },
  { sourceLocale, targetLocale }: { sourceLocale: string; targetLocale: string },
): boolean {
  if (value !== text || !WORD.test(value) || languageOf(sourceLocale) === languageOf(targetLocale)) return false;
  return !isVerbatim(value);
}
