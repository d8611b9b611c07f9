/** The checks, for the engine or the application that has a translation of its own. */
import { TEXT_FORMATS } from "../contract/engine.ts";
import { type CheckReport, judgeByAll } from "../text/checks/judge.ts";
import { SourceFacts, type TranslationToCheck } from "../text/checks/subject.ts";
import { LONGEST_MAX_LENGTH } from "./max-length.ts";
import { optionKinds as kinds, optionCheck } from "./options.ts";

export type { CheckFailure, CheckWarning } from "../text/checks/judge.ts";

const checkGiven = optionCheck<TranslationToCheck>("checkTranslation", {
  source: kinds.required(kinds.anyText),
  translation: kinds.required(kinds.anyText),
  format: kinds.oneOf(...TEXT_FORMATS),
  sourceLocale: kinds.anyText,
  targetLocale: kinds.anyText,
  pluralCategory: kinds.anyText,
  maxLength: kinds.whole(1, LONGEST_MAX_LENGTH),
  by: kinds.oneOf("person", "machine"),
  warnings: kinds.flag,
});

/**
 * Judges one translation, a machine's or a person's, by every check. No machine's translation that a blocking check fails is
 * stored; a warning is stored beside it.
 *
 * The blocking checks look at form alone: size, placeholders, tags and their nesting, ICU messages, addresses, code, and what an
 * engine leaves in an answer (a mark of a mask, JSON, entities). docs/operations.md lists them. A person's text (`by`, the default)
 * may take liberties that break no program; a machine's is held to the bytes of its source.
 *
 * @returns the failed checks in their order, each with one clause that holds counts and kinds and never a word of either
 *   text. Two empty lists: the translation is in order.
 * @throws {SettingsError} A field is missing, unknown, or has a bad value.
 */
export function checkTranslation(given: TranslationToCheck): CheckReport {
  return judgeByAll(checkGiven(given));
}

/**
 * {@link checkTranslation} for many translations of one source, which is read once. For callers whose fields are known to be good:
 * they are not looked at.
 */
export function translationCheckOf({
  source,
  format,
}: Pick<TranslationToCheck, "source" | "format">): (
  given: Omit<TranslationToCheck, "source" | "format">,
) => CheckReport {
  const facts = new SourceFacts({ source, format });
  return (given) => judgeByAll({ ...given, source, format }, facts);
}
