import type { TextFormat } from "../contract/engine.ts";
import type { ApprovalWarning } from "../contract/review.ts";
import type { Translation } from "../contract/translation.ts";
import { checkTranslation } from "../rules/check-translation.ts";
import { pluralFormOf } from "../rules/plural-context.ts";

/**
 * The reasons why a machine's text like this one would not be stored. A person's text is stored, and the
 * person gets these warnings.
 *
 * @param format As the text was registered. Another one may find placeholders that are none.
 */
export function approvalWarnings(
  { sourceText, text, sourceLocale, targetLocale, context }: Translation,
  format: TextFormat,
): ApprovalWarning[] {
  if (text === null) return [];
  const { blocked } = checkTranslation({
    ...{ source: sourceText, translation: text, format, sourceLocale, targetLocale },
    pluralCategory: pluralFormOf(context)?.category,
  });
  // One clause says what is lost of every kind, placeholders and tags: a person reads it once.
  return blocked.filter(({ message }, at) => blocked.findIndex((other) => other.message === message) === at);
}
