/**
 * The questions and orders that an application puts to a coordinator: one type for each method, and the checks that
 * bring it into the store's form.
 */
import type { CancelFilter, ForgetReference, PauseTarget } from "../contract/control.ts";
import type { DeadLetterFilter } from "../contract/dead-letter.ts";
import { type TextFormat, UNDETERMINED_LOCALE } from "../contract/engine.ts";
import { InvalidItemError } from "../contract/errors.ts";
import type { Item } from "../contract/item.ts";
import type { ListFilter } from "../contract/read.ts";
import type { Approval } from "../contract/review.ts";
import type { StoredStatus, TranslationReference } from "../contract/translation.ts";
import { normalizeContext } from "../rules/context.ts";
import { DEFAULT_PROJECT, parseFormat, parseName, parseText } from "../rules/item.ts";
import { canonicalLocale } from "../rules/locale.ts";

/** Values for the fields that a query leaves out. */
export interface ReferenceDefaults {
  project?: string | null | undefined;
  sourceLocale?: string | null | undefined;
  context?: Item["context"];
  format?: TextFormat | null | undefined;
}

/** A text as it was registered, or the business id it was registered under. If both are given, the text counts. */
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

export interface GetQuery extends TranslationName {
  targetLocale: string;
  /** See {@link GetOptions.fallback}. */
  fallback?: boolean | undefined;
}

export interface GetOptions extends ReferenceDefaults {
  /** For names that have no target locale of their own. */
  targetLocale?: string | undefined;
  /** Answer a locale without a text by the locale that it falls back to: `fr-CA`, then `fr`. Default: false. */
  fallback?: boolean | undefined;
}

/**
 * Reads the name of one translation.
 *
 * @throws {InvalidItemError} Names the first field at fault.
 */
export function parseReference(
  name: TranslationName,
  targetLocale: unknown,
  defaults: ReferenceDefaults,
  field = "targetLocale",
): TranslationReference {
  const project = parseProject(name.project ?? defaults.project);
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

export interface ListQuery {
  targetLocale: string;
  /** Default: every status. */
  status?: StoredStatus | undefined;
  /** Only texts with a business id that begins so. */
  businessIdPrefix?: string | undefined;
  /** Default: the coordinator's. */
  project?: string | undefined;
}

/** @throws {InvalidItemError} Names the first field at fault. */
export function parseList(query: ListQuery, defaults: ReferenceDefaults): ListFilter {
  return {
    project: parseProject(query.project ?? defaults.project),
    targetLocale: canonicalLocale(query.targetLocale, "targetLocale"),
    status: query.status,
    businessIdPrefix: query.businessIdPrefix,
  };
}

export interface WaitQuery extends TranslationName {
  targetLocales: readonly string[];
  /** Milliseconds. Default 30,000. */
  timeoutMs?: number | undefined;
  /** Aborting it ends the wait with `CancelledError`. */
  signal?: AbortSignal | undefined;
}

/**
 * Reads one reference for each target locale, in their order.
 *
 * @throws {InvalidItemError} Names the first field at fault.
 */
export function parseWait(
  { targetLocales, ...name }: Omit<WaitQuery, "timeoutMs" | "signal">,
  defaults: ReferenceDefaults,
): TranslationReference[] {
  if (!Array.isArray(targetLocales)) {
    throw new InvalidItemError("TH_ITEM_SHAPE", "targetLocales", "must be an array");
  }
  return targetLocales.map((locale: unknown, at) => parseReference(name, locale, defaults, `targetLocales[${at}]`));
}

export interface ApproveQuery extends TranslationName {
  targetLocale: string;
  /** The reviewer's own text. Left out: the stored text is approved. */
  approvedText?: string | undefined;
  /** The revision that the reviewer read. Left out: the stored revision. */
  revision?: number | undefined;
  /** The reviewer's name, for the record. */
  by?: string | undefined;
}

/** @throws {InvalidItemError} Names the first field at fault. */
export function parseApproval(
  { targetLocale, approvedText, revision, by, ...name }: ApproveQuery,
  { maxTextBytes, ...defaults }: ReferenceDefaults & { maxTextBytes: number },
): Approval {
  const reference = parseReference(name, targetLocale, defaults);
  const text = approvedText === undefined ? undefined : parseText(approvedText, maxTextBytes);
  return { reference, text, revision, by };
}

/**
 * The text to forget. Its translations in every context are forgotten, unless `context` or `format` names one
 * (`format: "auto"` alone: the one without a context). A business id stands for every text ever registered under it.
 */
export interface ForgetQuery extends TranslationName {
  /** Instead of a text or a business id: every id that begins so, literally. Not empty. */
  businessIdPrefix?: string | null | undefined;
  /** Counts, and removes nothing. Default: false. */
  dryRun?: boolean | undefined;
}

/** @throws {InvalidItemError} Also for an unknown field: without it, the rest would forget more than was meant. */
export function parseForget(query: ForgetQuery, defaults: ReferenceDefaults): ForgetReference {
  const { businessIdPrefix, dryRun, ...name } = query;
  const { text, businessId, sourceLocale: _sourceLocale, context, format, project: given, ...unknown } = name;
  const [first] = Object.keys(unknown);
  if (first !== undefined) throw new InvalidItemError("TH_ITEM_SHAPE", first, "is not a field of forget");
  if (dryRun !== undefined && typeof dryRun !== "boolean") {
    throw new InvalidItemError("TH_ITEM_SHAPE", "dryRun", "must be true or false");
  }
  const project = parseProject(given ?? defaults.project);
  const isInContext = !isNone(context) || !isNone(format);
  if (!isNone(businessIdPrefix)) {
    if (!isNone(text) || !isNone(businessId) || isInContext) {
      throw new InvalidItemError("TH_ITEM_SHAPE", "businessIdPrefix", "stands alone: it names texts by their ids");
    }
    return { project, businessIdPrefix: parseName(businessIdPrefix, "businessIdPrefix", "TH_BUSINESS_ID") };
  }
  if (isNone(text)) return { project, businessId: parseBusinessId(name) };
  const source = { project, ...parseSource(name, defaults) };
  if (!isInContext) return source;
  return { ...source, within: { context: normalizeContext(context)?.canonical ?? null, format: parseFormat(format) } };
}

export interface CancelQuery {
  /** Default: the coordinator's. */
  project?: string | undefined;
  /** Default: every locale. */
  targetLocale?: string | undefined;
  /** Only texts whose business ids in the project all begin so. Not empty. */
  businessIdPrefix?: string | undefined;
}

/** @throws {InvalidItemError} Also for an unknown field: without it, the rest would cancel more than was meant. */
export function parseCancel(query: CancelQuery, defaults: ReferenceDefaults): CancelFilter {
  const { project, targetLocale, businessIdPrefix, ...unknown } = query;
  const [first] = Object.keys(unknown);
  if (first !== undefined) {
    throw new InvalidItemError("TH_ITEM_SHAPE", first, "is not a filter of cancel", {
      hint: "The filters are project, targetLocale and businessIdPrefix. Use forget to remove a single text.",
    });
  }
  return {
    project: parseProject(project ?? defaults.project),
    ...(targetLocale !== undefined && { targetLocale: canonicalLocale(targetLocale, "targetLocale") }),
    ...(businessIdPrefix !== undefined && {
      businessIdPrefix: parseName(businessIdPrefix, "businessIdPrefix", "TH_BUSINESS_ID"),
    }),
  };
}

/** @throws {InvalidItemError} The target names more than one thing, or a name is not valid. */
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

/** @throws {InvalidItemError} The target locale is not valid. */
export function parseDeadLetters(filter: DeadLetterFilter, defaults: { project: string }): DeadLetterFilter {
  const { project = defaults.project, targetLocale } = filter;
  return {
    ...filter,
    project,
    ...(targetLocale !== undefined && { targetLocale: canonicalLocale(targetLocale, "targetLocale") }),
  };
}

function isNone(value: unknown): value is null | undefined {
  return value === undefined || value === null;
}

function parseProject(project: string | null | undefined): string {
  return parseName(project ?? DEFAULT_PROJECT, "project", "TH_PROJECT");
}

function parseBusinessId({ businessId }: TranslationName): string {
  if (isNone(businessId)) throw new InvalidItemError("TH_ITEM_SHAPE", "text", "is missing, and so is a business id");
  return parseName(businessId, "businessId", "TH_BUSINESS_ID");
}

function parseSource(name: TranslationName, defaults: ReferenceDefaults): { text: string; sourceLocale: string } {
  const sourceLocale = name.sourceLocale ?? defaults.sourceLocale ?? UNDETERMINED_LOCALE;
  return {
    // Any length: the text may have been registered under another limit.
    text: parseText(name.text, Number.POSITIVE_INFINITY),
    sourceLocale: canonicalLocale(sourceLocale, "sourceLocale", { allowUndetermined: true }),
  };
}
