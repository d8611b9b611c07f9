/** How an application names the translation it wants. */
import { normalizeContext } from "../context/context.ts";
import { type TextFormat, UNDETERMINED_LOCALE } from "../engine.ts";
import { InvalidItemError } from "../errors.ts";
import { DEFAULT_PROJECT, type Item, parseFormat, parseName, parseText } from "../item.ts";
import { canonicalLocale } from "../locale.ts";
import type { TranslationReference } from "../translation/translation.ts";

/** A text as it was registered, or the business id it was registered under. Of both, the text counts. */
export interface TranslationName {
  text?: string | null | undefined;
  businessId?: string | null | undefined;
  /** As registered. Default: the coordinator's. */
  sourceLocale?: string | null | undefined;
  /** As registered. Default: none. */
  context?: Item["context"];
  /** As registered. Default: `auto`. */
  format?: TextFormat | null | undefined;
  /** Default: the coordinator's. */
  project?: string | null | undefined;
}

/** What stands for fields that are left out. */
export interface ReferenceDefaults {
  project?: string | null | undefined;
  sourceLocale?: string | null | undefined;
  context?: Item["context"];
  format?: TextFormat | null | undefined;
}

/** @throws {InvalidItemError} The first field at fault. */
export function parseReference(
  name: TranslationName,
  targetLocale: unknown,
  defaults: ReferenceDefaults,
  field = "targetLocale",
): TranslationReference {
  const project = parseName(name.project ?? defaults.project ?? DEFAULT_PROJECT, "project", "TH_PROJECT");
  if (targetLocale === undefined || targetLocale === null) {
    throw new InvalidItemError("TH_ITEM_SHAPE", field, "is missing");
  }
  const target = canonicalLocale(targetLocale, field);
  if (name.text === undefined || name.text === null) {
    if (name.businessId === undefined || name.businessId === null) {
      throw new InvalidItemError("TH_ITEM_SHAPE", "text", "is missing, and so is a business id");
    }
    const businessId = parseName(name.businessId, "businessId", "TH_BUSINESS_ID");
    return { project, targetLocale: target, businessId };
  }
  const sourceLocale = name.sourceLocale ?? defaults.sourceLocale ?? UNDETERMINED_LOCALE;
  return {
    project,
    targetLocale: target,
    // However long: a text over the limit was never registered, or was under another.
    text: parseText(name.text, Number.POSITIVE_INFINITY),
    sourceLocale: canonicalLocale(sourceLocale, "sourceLocale", { allowUndetermined: true }),
    context: normalizeContext(name.context ?? defaults.context)?.canonical ?? null,
    format: parseFormat(name.format ?? defaults.format),
  };
}
