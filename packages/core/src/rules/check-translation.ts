/** The checks, for the engine or the application that has a translation of its own. */
import { TEXT_FORMATS } from "../contract/engine.ts";
import { type CheckReport, judgeByAll } from "../text/checks/judge.ts";
import type { TranslationToCheck } from "../text/checks/subject.ts";
import { optionKinds as kinds, optionCheck } from "./options.ts";

const checkGiven = optionCheck<TranslationToCheck>("checkTranslation", {
  source: kinds.required(kinds.anyText),
  translation: kinds.required(kinds.anyText),
  format: kinds.oneOf(...TEXT_FORMATS),
  sourceLocale: kinds.anyText,
  targetLocale: kinds.anyText,
  pluralCategory: kinds.anyText,
  by: kinds.oneOf("person", "machine"),
});

/**
 * Judges one translation, a machine's or a person's, by every check. No machine's translation that a blocking check fails is
 * stored; a warning is stored beside it.
 *
 * The blocking checks:
 *
 * - `oversized`: it is many times as long as its source, or longer than any stored text may be.
 * - `nul`: it holds U+0000 or half a surrogate pair, which PostgreSQL cannot store.
 * - `empty`: it shows nothing, and its source shows something.
 * - `icu`: in an ICU message the braces must balance, the arguments (name, type, style) and the options of each select must be
 *   those of the source, and plural forms must be ones that CLDR knows, `other` among them. The number of a plural's
 *   branches is free.
 * - `placeholders`, `markup`: the placeholders and tags must be those of the source, each as often, in any order. In ICU
 *   messages each at least once: branches multiply them.
 *
 * @returns the failed checks in their order, each with one clause that holds counts and kinds and never a word of either
 *   text. Two empty lists: the translation is in order.
 * @throws {SettingsError} A field is missing, unknown, or has a bad value.
 */
export function checkTranslation(given: TranslationToCheck): CheckReport {
  return judgeByAll(checkGiven(given));
}
