/** How an application names the translation it wants. */

import type { ForgetReference, PauseTarget } from "../contract/control.ts";
import { type TextFormat, UNDETERMINED_LOCALE } from "../contract/engine.ts";
import { InvalidItemError } from "../contract/errors.ts";
import type { Item } from "../contract/item.ts";
import type { TranslationReference } from "../contract/translation.ts";
import { normalizeContext } from "../rules/context.ts";
import { DEFAULT_PROJECT, parseFormat, parseName, parseText } from "../rules/item.ts";
import { canonicalLocale } from "../rules/locale.ts";

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
  const project = parseProject(name, defaults);
  if (targetLocale === undefined || targetLocale === null) {
    throw new InvalidItemError("TH_ITEM_SHAPE", field, "is missing");
  }
  const target = canonicalLocale(targetLocale, field);
  if (isNone(name.text)) return { project, targetLocale: target, businessId: parseBusinessId(name) };
  return {
    project,
    targetLocale: target,
    ...parseSource(name, defaults),
    context: normalizeContext(name.context ?? defaults.context)?.canonical ?? null,
    format: parseFormat(name.format ?? defaults.format),
  };
}

/**
 * A text to be forgotten: in every context, unless a context or a format says in which.
 *
 * @throws {InvalidItemError} The first field at fault.
 */
export function parseForgetReference(name: TranslationName, defaults: ReferenceDefaults): ForgetReference {
  const project = parseProject(name, defaults);
  if (isNone(name.text)) return { project, businessId: parseBusinessId(name) };
  const source = { project, ...parseSource(name, defaults) };
  if (isNone(name.context) && isNone(name.format)) return source;
  const context = normalizeContext(name.context)?.canonical ?? null;
  return { ...source, within: { context, format: parseFormat(name.format) } };
}

/** @throws {InvalidItemError} More than one thing is named, or one that cannot be. */
export function parsePauseTarget({ engine, project, targetLocale }: PauseTarget): PauseTarget {
  if ([engine, project, targetLocale].filter((name) => name !== undefined).length > 1) {
    throw new InvalidItemError("TH_ITEM_SHAPE", "target", "names more than one of engine, project and targetLocale", {
      hint: "Pause one after the other: each is a pause of its own.",
    });
  }
  if (engine !== undefined) return { engine: parseName(engine, "engine", "TH_ITEM_SHAPE") };
  if (project !== undefined) return { project: parseName(project, "project", "TH_PROJECT") };
  return targetLocale === undefined ? {} : { targetLocale: canonicalLocale(targetLocale, "targetLocale") };
}

function isNone(value: unknown): value is null | undefined {
  return value === undefined || value === null;
}

function parseProject(name: TranslationName, defaults: ReferenceDefaults): string {
  return parseName(name.project ?? defaults.project ?? DEFAULT_PROJECT, "project", "TH_PROJECT");
}

function parseBusinessId({ businessId }: TranslationName): string {
  if (isNone(businessId)) throw new InvalidItemError("TH_ITEM_SHAPE", "text", "is missing, and so is a business id");
  return parseName(businessId, "businessId", "TH_BUSINESS_ID");
}

function parseSource(name: TranslationName, defaults: ReferenceDefaults): { text: string; sourceLocale: string } {
  const sourceLocale = name.sourceLocale ?? defaults.sourceLocale ?? UNDETERMINED_LOCALE;
  return {
    // However long: a text over the limit was never registered, or was under another.
    text: parseText(name.text, Number.POSITIVE_INFINITY),
    sourceLocale: canonicalLocale(sourceLocale, "sourceLocale", { allowUndetermined: true }),
  };
}
