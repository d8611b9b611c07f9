/** Checks one text to be translated: from the application's form into the store's form. */

import { TEXT_FORMATS, type TextFormat, UNDETERMINED_LOCALE } from "../contract/engine.ts";
import { InvalidItemError } from "../contract/errors.ts";
import type { Item, ItemDefaults, PriorityClass, RegisterItem } from "../contract/item.ts";
import { isLonger } from "../contract/text-size.ts";
import type { Priority } from "../contract/translation.ts";
import { isVerbatim } from "../text/verbatim.ts";
import { normalizeContext } from "./context.ts";
import { parseHint } from "./hint.ts";
import { shownKey, unknownKey, unknownKeyProblem } from "./known-names.ts";
import { canonicalLocale } from "./locale.ts";
import { isStorable, NOT_STORABLE, parseName } from "./name.ts";

export interface ItemLimits {
  /** Largest size of a text in bytes of UTF-8. */
  maxTextBytes: number;
}

/** Every key that an item may have. An item with another is refused: a misspelled field would be lost without a word. */
export const ITEM_KEYS = [
  "text",
  "sourceLocale",
  "targetLocales",
  "businessId",
  "context",
  "hint",
  "project",
  "priority",
  "format",
  "force",
  "expiresAfterSeconds",
  "tag",
] as const satisfies readonly (keyof Item)[];

const KNOWN_KEYS: ReadonlySet<string> = new Set(ITEM_KEYS);

export const DEFAULT_PROJECT = "default";
/** The greatest integer of PostgreSQL, some 68 years. */
export const MAX_EXPIRY_SECONDS = 2_147_483_647;

const PRIORITIES: ReadonlyMap<unknown, PriorityClass> = new Map([
  ["interactive", -1],
  ["normal", 0],
  ["bulk", 1],
] as const);

/** The level as applications name it. */
export function priorityOf(level: PriorityClass): Priority {
  return level < 0 ? "interactive" : level > 0 ? "bulk" : "normal";
}
const FORMATS: ReadonlySet<unknown> = new Set(TEXT_FORMATS);

/**
 * Checks an item and brings it into its one form.
 *
 * Written by hand instead of with a schema: this runs for every item of every request, and a schema takes several times
 * as long.
 *
 * @param item From the application or a line of JSON: may hold anything.
 * @throws {InvalidItemError} The first fault of the item. The message never holds the text.
 */
export function parseItem(item: unknown, defaults: ItemDefaults, limits: ItemLimits): RegisterItem {
  if (typeof item !== "object" || item === null || Array.isArray(item)) {
    throw new InvalidItemError("TH_ITEM_SHAPE", "item", "must be an object", {
      hint: 'Such as { "text": "Add to cart", "targetLocales": ["fr"] }.',
    });
  }
  const unknown = unknownKey(item, KNOWN_KEYS);
  if (unknown !== undefined) {
    const problem = unknownKeyProblem(unknown, ITEM_KEYS, "a field of an item");
    throw new InvalidItemError("TH_ITEM_SHAPE", shownKey(unknown), problem, {
      hint: `The fields are: ${ITEM_KEYS.join(", ")}.`,
    });
  }
  const given = item as Record<keyof Item, unknown>;
  const text = parseText(given.text, limits.maxTextBytes);
  const hint = parseHint(given.hint ?? defaults.hint);
  return {
    project: parseName(given.project ?? defaults.project ?? DEFAULT_PROJECT, "project", "TH_PROJECT"),
    businessId: parseBusinessId(given.businessId ?? defaults.businessId),
    sourceLocale: parseSourceLocale(given.sourceLocale ?? defaults.sourceLocale),
    targetLocales: parseTargetLocales(given.targetLocales ?? defaults.targetLocales),
    text,
    context: normalizeContext(given.context ?? defaults.context)?.canonical ?? null,
    format: parseFormat(given.format ?? defaults.format),
    verbatim: isVerbatim(text),
    priority: parsePriority(given.priority ?? defaults.priority),
    force: parseForce(given.force ?? defaults.force),
    expiresAfterSeconds: parseExpiry(given.expiresAfterSeconds ?? defaults.expiresAfterSeconds),
    ...(hint !== undefined && { hint }),
  };
}

/**
 * A text to translate.
 *
 * @throws {InvalidItemError} `TH_ITEM_SHAPE`, `TH_TEXT_EMPTY`, `TH_TEXT_TOO_LONG` or `TH_TEXT_CHARACTERS`.
 */
export function parseText(text: unknown, maxTextBytes: number, field = "text"): string {
  if (typeof text !== "string") throw new InvalidItemError("TH_ITEM_SHAPE", field, "must be a string");
  if (text === "") throw new InvalidItemError("TH_TEXT_EMPTY", field, "must not be empty");
  if (isLonger(text, maxTextBytes)) {
    throw new InvalidItemError("TH_TEXT_TOO_LONG", field, `is longer than ${maxTextBytes} bytes`, {
      hint: "Split it into paragraphs, or raise TH_MAX_TEXT_BYTES.",
    });
  }
  if (!isStorable(text)) throw new InvalidItemError("TH_TEXT_CHARACTERS", field, NOT_STORABLE);
  return text;
}

/** @throws {InvalidItemError} `TH_FORMAT`. */
export function parseFormat(format: unknown): TextFormat {
  if (format === undefined || format === null) return "auto";
  if (!FORMATS.has(format)) {
    throw new InvalidItemError("TH_FORMAT", "format", `must be one of ${TEXT_FORMATS.join(", ")}`);
  }
  return format as TextFormat;
}

function parseBusinessId(businessId: unknown): string {
  if (businessId === undefined || businessId === null) return "";
  return parseName(businessId, "businessId", "TH_BUSINESS_ID");
}

function parseSourceLocale(locale: unknown): string {
  if (locale === undefined || locale === null) return UNDETERMINED_LOCALE;
  return canonicalLocale(locale, "sourceLocale", SOURCE);
}
const SOURCE = { allowUndetermined: true };

function parseTargetLocales(locales: unknown): string[] {
  if (locales === undefined || locales === null) {
    throw new InvalidItemError("TH_ITEM_SHAPE", "targetLocales", "is missing", {
      hint: "Say into which locales, with the item or for all of them.",
    });
  }
  if (!Array.isArray(locales)) throw new InvalidItemError("TH_ITEM_SHAPE", "targetLocales", "must be an array");
  if (locales.length === 0) throw new InvalidItemError("TH_ITEM_SHAPE", "targetLocales", "must not be empty");
  const canonical: string[] = [];
  for (let at = 0; at < locales.length; at++) {
    const locale = canonicalLocale(locales[at], `targetLocales[${at}]`);
    if (!canonical.includes(locale)) canonical.push(locale);
  }
  return canonical;
}

function parsePriority(priority: unknown): PriorityClass {
  if (priority === undefined || priority === null) return 0;
  const level = PRIORITIES.get(priority);
  if (level === undefined) {
    throw new InvalidItemError("TH_PRIORITY", "priority", "must be interactive, normal or bulk");
  }
  return level;
}

function parseForce(force: unknown): boolean {
  if (force === undefined || force === null) return false;
  if (typeof force !== "boolean") throw new InvalidItemError("TH_ITEM_SHAPE", "force", "must be true or false");
  return force;
}

function parseExpiry(seconds: unknown): number | null {
  if (seconds === undefined || seconds === null) return null;
  if (!Number.isInteger(seconds) || (seconds as number) < 1 || (seconds as number) > MAX_EXPIRY_SECONDS) {
    const message = `must be a whole number from 1 to ${MAX_EXPIRY_SECONDS}`;
    throw new InvalidItemError("TH_ITEM_SHAPE", "expiresAfterSeconds", message);
  }
  return seconds as number;
}
