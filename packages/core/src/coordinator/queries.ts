/**
 * The questions and orders that an application puts to a coordinator: one type for each method, and the checks that
 * bring it into the store's form.
 */
import type { CancelFilter, ForgetReference, PauseTarget } from "../contract/control.ts";
import type { DeadLetterFilter, DeadLetterPageRequest } from "../contract/dead-letter.ts";
import { type TextFormat, UNDETERMINED_LOCALE } from "../contract/engine.ts";
import { InvalidItemError } from "../contract/errors.ts";
import type { Item } from "../contract/item.ts";
import type { PageRequest } from "../contract/page.ts";
import type { ExportFilter, ListFilter, ReviewFilter } from "../contract/read.ts";
import type { IdReference, Outdated, Prefer, StoredStatus, TranslationReference } from "../contract/translation.ts";
import { normalizeContext } from "../rules/context.ts";
import { DEFAULT_PROJECT, ITEM_KEYS, parseFormat, parseText } from "../rules/item.ts";
import { requireKnownKeys } from "../rules/known-names.ts";
import { canonicalLocale, localeFallbacks } from "../rules/locale.ts";
import { parseName } from "../rules/name.ts";
import { optionKinds as kinds, optionCheck } from "../rules/options.ts";
import { PREFERENCES } from "../rules/prefer.ts";
import { parseTranslationId } from "../rules/translation-id.ts";

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

/** A name, or the id of a translation. */
export interface ReadName extends TranslationName {
  /** `Translation.id`, or one of an event. If it is given, it counts alone with the project. It is no use of the text. */
  id?: string | null | undefined;
}

export interface GetQuery extends ReadName {
  targetLocale: string;
  /** See {@link GetOptions.fallback}. */
  fallback?: boolean | undefined;
  /** See {@link GetOptions.prefer}. */
  prefer?: Prefer | undefined;
  /** See {@link GetOptions.outdated}. */
  outdated?: Outdated | undefined;
}

/** A translation by its id. */
export interface IdQuery {
  id: string;
  targetLocale: string;
  /** Default: the coordinator's. */
  project?: string | null | undefined;
}

export interface GetOptions extends ReferenceDefaults {
  /** For names that have no target locale of their own. */
  targetLocale?: string | undefined;
  /** Answer a locale without a text by the locale that it falls back to: `fr-CA`, then `fr`. Default: false. */
  fallback?: boolean | undefined;
  /**
   * `approved`: a translation that no person approved counts as without a text: its `text` is null, and with `fallback` the next
   * locale is asked. Default: `approved-or-translated`.
   */
  prefer?: Prefer | undefined;
  /**
   * Of a business id whose source changed, while the new text has no translation in the locale (nor, with `fallback`, in the next
   * ones): `old` gives the translation of the text before, with `outdated: true`; its placeholders are those of the old source. Default: `none`.
   */
  outdated?: Outdated | undefined;
}

const NAME_KEYS = [
  "text",
  "businessId",
  "sourceLocale",
  "context",
  "format",
  "project",
] as const satisfies readonly (keyof TranslationName)[];

/** An item may be passed as it was requested, so that its other fields are known here too. */
export const READ_KEYS: ReadonlySet<string> = new Set([...NAME_KEYS, "id", "targetLocale", ...ITEM_KEYS]);
const GET_KEYS: ReadonlySet<string> = new Set([...READ_KEYS, "fallback", "prefer", "outdated"]);

/** @throws {InvalidItemError} It is not an object, or has an unknown key. */
export function requireGetQuery(query: unknown): void {
  requireKnownKeys(query, GET_KEYS, "a field of getTranslation", "query");
}

/** @throws {InvalidItemError} It is not an object, or has an unknown key. */
export function requireName(name: unknown): void {
  requireKnownKeys(name, READ_KEYS, "a field of a name", "name");
}

/** @throws {SettingsError} Names every option at fault. The fields of a name are checked with the names. */
export const checkGetOptions = optionCheck<GetOptions>("getTranslations", {
  targetLocale: kinds.checkedElsewhere,
  fallback: kinds.flag,
  prefer: kinds.oneOf(...PREFERENCES),
  outdated: kinds.oneOf("old", "none"),
  project: kinds.checkedElsewhere,
  sourceLocale: kinds.checkedElsewhere,
  context: kinds.checkedElsewhere,
  format: kinds.checkedElsewhere,
});

/**
 * Reads the name of one translation.
 *
 * @throws {InvalidItemError} Names the first field at fault.
 */
export function parseReference(
  name: ReadName,
  targetLocale: unknown,
  defaults: ReferenceDefaults,
  field = "targetLocale",
): TranslationReference {
  const project = parseProject(name.project ?? defaults.project);
  if (targetLocale === undefined || targetLocale === null) {
    throw new InvalidItemError("TH_ITEM_SHAPE", field, "is missing");
  }
  const target = canonicalLocale(targetLocale, field);
  if (!isNone(name.id)) return idReference(project, target, name.id);
  if (isNone(name.text)) return { project, targetLocale: target, businessId: parseBusinessId(name) };
  return {
    project,
    targetLocale: target,
    ...parseSource(name, defaults),
    context: normalizeContext(name.context ?? defaults.context)?.canonical ?? null,
    format: parseFormat(name.format ?? defaults.format),
  };
}

function idReference(project: string, targetLocale: string, id: unknown): IdReference {
  parseTranslationId(id);
  return { project, targetLocale, id: id as string };
}

/** @throws {InvalidItemError} Names the first field at fault. */
export function parseId(query: IdQuery, defaults: ReferenceDefaults): IdReference {
  requireKnownKeys(query, ID_KEYS, "a field of getTranslationById", "query");
  const project = parseProject(query.project ?? defaults.project);
  return idReference(project, canonicalLocale(query.targetLocale, "targetLocale"), query.id);
}
const ID_KEYS: ReadonlySet<string> = new Set(["id", "targetLocale", "project"]);

/**
 * Reads the names of translations of a list.
 *
 * @throws {InvalidItemError} Names the first field at fault; `index` is the place of its name.
 */
export function parseNames(
  items: readonly (ReadName | string)[],
  targetLocale: string | undefined,
  defaults: ReferenceDefaults,
): TranslationReference[] {
  if (!Array.isArray(items)) throw new InvalidItemError("TH_ITEM_SHAPE", "items", "must be an array");
  return items.map((item: ReadName | string, at) => {
    const name: ReadName & { targetLocale?: string } = typeof item === "string" ? { text: item } : item;
    try {
      requireName(name);
      return parseReference(name, name.targetLocale ?? targetLocale, defaults);
    } catch (error) {
      if (!(error instanceof InvalidItemError) || isOfDefaults(error.field, name)) throw error;
      throw error.at(at);
    }
  });
}

/** Whether the value at fault came from the call's defaults, and not from the name. */
function isOfDefaults(field: string, name: unknown): boolean {
  const [key = ""] = field.split(/[.[]/, 1);
  if (!["targetLocale", "project", "sourceLocale", "context", "format"].includes(key)) return false;
  return typeof name === "object" && name !== null && isNone((name as Record<string, unknown>)[key]);
}

export interface ListQuery {
  targetLocale: string;
  /** Default: every status. */
  status?: StoredStatus | undefined;
  /** Only texts that were stored with this warning, such as `length`; it is the name of a check. Default: all. */
  flag?: string | undefined;
  /** Only texts with a business id that begins so. */
  businessIdPrefix?: string | undefined;
  /** `approved`: a translation that no person approved is listed without its text. Default: `approved-or-translated`. */
  prefer?: Prefer | undefined;
  /** Default: the coordinator's. */
  project?: string | undefined;
}

/** @throws {InvalidItemError} Names the first field at fault. */
export function parseList(query: ListQuery, defaults: ReferenceDefaults): ListFilter {
  requireKnownKeys(query, LIST_KEYS, "a filter of listTranslations", "query");
  const { project = defaults.project, targetLocale, status, flag, businessIdPrefix } = query;
  parsePrefer(query.prefer);
  if (status !== undefined && !STATUSES.includes(status)) {
    throw new InvalidItemError("TH_ITEM_SHAPE", "status", `must be one of ${STATUSES.join(", ")}`);
  }
  return {
    project: parseName(project, "project", "TH_PROJECT"),
    targetLocale: canonicalLocale(targetLocale, "targetLocale"),
    status,
    ...(flag !== undefined && { flag: parseName(flag, "flag", "TH_ITEM_SHAPE") }),
    businessIdPrefix: parsePrefix(businessIdPrefix),
  };
}
export interface ExportQuery {
  targetLocale: string;
  /** Only texts with a business id that begins so. */
  businessIdPrefix?: string | undefined;
  /** As in `getTranslations`. Default: `approved-or-translated`. */
  prefer?: Prefer | undefined;
  /** As in `getTranslations`. Default: false. */
  fallback?: boolean | undefined;
  /** Default: the coordinator's. */
  project?: string | undefined;
}

/** @throws {InvalidItemError} Names the first field at fault. */
export function parseExport(query: ExportQuery, defaults: ReferenceDefaults): ExportFilter {
  requireKnownKeys(query, EXPORT_KEYS, "a filter of exportTexts", "query");
  const { project = defaults.project, businessIdPrefix, prefer, fallback } = query;
  if (fallback !== undefined && typeof fallback !== "boolean") throw wrong("fallback", "must be true or false");
  const targetLocale = canonicalLocale(query.targetLocale, "targetLocale");
  return {
    project: parseName(project, "project", "TH_PROJECT"),
    targetLocales: fallback === true ? localeFallbacks(targetLocale) : [targetLocale],
    prefer: parsePrefer(prefer),
    businessIdPrefix: parsePrefix(businessIdPrefix) || undefined,
  };
}
const EXPORT_KEYS: ReadonlySet<string> = new Set(["targetLocale", "businessIdPrefix", "prefer", "fallback", "project"]);

function parsePrefer(prefer: Prefer | undefined): Prefer {
  if (prefer !== undefined && !PREFERENCES.includes(prefer)) {
    throw wrong("prefer", `must be one of ${PREFERENCES.join(", ")}`);
  }
  return prefer ?? "approved-or-translated";
}

const LIST_KEYS: ReadonlySet<string> = new Set([
  "targetLocale",
  "status",
  "flag",
  "businessIdPrefix",
  "prefer",
  "project",
]);
const REVIEW_LIST_KEYS: ReadonlySet<string> = new Set([
  ...LIST_KEYS,
  "engine",
  "search",
  "changedSince",
  "queue",
  "sample",
  "cursor",
  "limit",
]);
const STATUSES: readonly StoredStatus[] = ["pending", "translated", "failed", "approved"];

export interface ReviewListQuery extends ListQuery, PageRequest {
  /** Only texts of this engine; `human`: of a person. */
  engine?: string | undefined;
  /** Only texts with these words in the source or in the translation, whatever their case. */
  search?: string | undefined;
  /** Only rows that were made or changed at this time or later. */
  changedSince?: Date | undefined;
  /**
   * Only texts that a person has to look at, each with its `reason`: those with a warning first, then those that changed since a
   * decision, then a sample of the rest. A text leaves the queue by an act of a person. Default: false.
   */
  queue?: boolean | undefined;
  /** The sample of the queue, in percent of the rest. It is the same at each call. Default: 10. */
  sample?: number | undefined;
}

/** Percent. */
const DEFAULT_SAMPLE = 10;

/**
 * @throws {InvalidItemError} Names the first field at fault.
 * @throws {SettingsError} `limit` has a bad value.
 */
export function parseReviewList(
  query: ReviewListQuery,
  defaults: ReferenceDefaults,
): { filter: ReviewFilter; page: PageRequest } {
  requireKnownKeys(query, REVIEW_LIST_KEYS, "a filter of listForReview", "query");
  const { cursor, limit, engine, search, changedSince, queue, sample, ...list } = query;
  checkPage({ limit });
  if (cursor !== undefined && typeof cursor !== "string") throw wrong("cursor", "must be a string");
  if (changedSince !== undefined && !(changedSince instanceof Date && !Number.isNaN(changedSince.getTime()))) {
    throw wrong("changedSince", "must be a valid Date");
  }
  if (queue !== undefined && typeof queue !== "boolean") throw wrong("queue", "must be true or false");
  if (sample !== undefined && !(typeof sample === "number" && sample >= 0 && sample <= 100)) {
    throw wrong("sample", "must be a number of percent from 0 to 100");
  }
  if (sample !== undefined && queue !== true) throw wrong("sample", "belongs to the queue", "Set queue to true.");
  return {
    filter: {
      ...parseList(list, defaults),
      ...(engine !== undefined && { engine: parseName(engine, "engine", "TH_ITEM_SHAPE") }),
      ...(search !== undefined && { search: parseText(search, MAX_SEARCH_BYTES, "search") }),
      changedSince,
      ...(queue === true && { queue: { sample: sample ?? DEFAULT_SAMPLE } }),
    },
    page: { cursor, limit },
  };
}
const MAX_SEARCH_BYTES = 4_096;

function parsePrefix(prefix: unknown): string | undefined {
  if (prefix === undefined || prefix === "") return prefix;
  return parseName(prefix, "businessIdPrefix", "TH_ITEM_SHAPE");
}

export interface WaitOptions extends Omit<GetOptions, "fallback" | "prefer" | "outdated"> {
  /** Milliseconds. Default 30,000. */
  timeoutMs?: number | undefined;
  /** Aborting it ends the wait like its time. */
  signal?: AbortSignal | undefined;
}

/** @throws {SettingsError} Names every option at fault. The fields of a name are checked with the names. */
export const checkWaitOptions = optionCheck<WaitOptions>("waitForTranslations", {
  targetLocale: kinds.checkedElsewhere,
  timeoutMs: kinds.millisecondsOrNone,
  signal: kinds.signal,
  project: kinds.checkedElsewhere,
  sourceLocale: kinds.checkedElsewhere,
  context: kinds.checkedElsewhere,
  format: kinds.checkedElsewhere,
});

export interface WaitQuery extends TranslationName {
  targetLocales: readonly string[];
  /** Milliseconds. Default 30,000. */
  timeoutMs?: number | undefined;
  /** Aborting it ends the wait with `CancelledError`. */
  signal?: AbortSignal | undefined;
}

/** A query of `waitFor` in the store's form. */
export interface Wait {
  /** One for each target locale, in their order. */
  references: TranslationReference[];
  timeoutMs: number;
  signal: AbortSignal | undefined;
}

/**
 * @throws {InvalidItemError} Names the first field at fault.
 * @throws {SettingsError} `timeoutMs` or `signal` has a bad value.
 */
export function parseWait(query: WaitQuery, defaults: ReferenceDefaults): Wait {
  requireKnownKeys(query, WAIT_KEYS, "a field of waitFor", "query");
  const { targetLocales, timeoutMs, signal, ...name } = query;
  checkWaitTime({ timeoutMs, signal });
  if (!Array.isArray(targetLocales)) {
    throw new InvalidItemError("TH_ITEM_SHAPE", "targetLocales", "must be an array");
  }
  const references = targetLocales.map((locale: unknown, at) =>
    parseReference(name, locale, defaults, `targetLocales[${at}]`),
  );
  return { references, timeoutMs: timeoutMs ?? 30_000, signal };
}
const WAIT_KEYS: ReadonlySet<string> = new Set([...NAME_KEYS, "timeoutMs", "signal", ...ITEM_KEYS]);
const checkWaitTime = optionCheck<Pick<WaitQuery, "timeoutMs" | "signal">>("waitFor", {
  timeoutMs: kinds.millisecondsOrNone,
  signal: kinds.signal,
});

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
  requireKnownKeys(query, FORGET_KEYS, "a field of forget", "query");
  const { businessIdPrefix, dryRun, text, businessId, context, format } = query;
  if (dryRun !== undefined && typeof dryRun !== "boolean") {
    throw new InvalidItemError("TH_ITEM_SHAPE", "dryRun", "must be true or false");
  }
  const project = parseProject(query.project ?? defaults.project);
  const isInContext = !isNone(context) || !isNone(format);
  if (!isNone(businessIdPrefix)) {
    if (!isNone(text) || !isNone(businessId) || isInContext) {
      throw new InvalidItemError("TH_ITEM_SHAPE", "businessIdPrefix", "stands alone: it names texts by their ids");
    }
    return { project, businessIdPrefix: parseName(businessIdPrefix, "businessIdPrefix", "TH_BUSINESS_ID") };
  }
  if (isNone(text)) return { project, businessId: parseBusinessId(query) };
  const source = { project, ...parseSource(query, defaults) };
  if (!isInContext) return source;
  return { ...source, within: { context: normalizeContext(context)?.canonical ?? null, format: parseFormat(format) } };
}

/** Strict: a field such as `targetLocale` would seem to limit what is removed. */
const FORGET_KEYS: ReadonlySet<string> = new Set([...NAME_KEYS, "businessIdPrefix", "dryRun"]);

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
  requireKnownKeys(query, CANCEL_KEYS, "a filter of cancel", "query");
  const { project = defaults.project, targetLocale, businessIdPrefix } = query;
  return {
    project: parseName(project, "project", "TH_PROJECT"),
    ...(targetLocale !== undefined && { targetLocale: canonicalLocale(targetLocale, "targetLocale") }),
    ...(businessIdPrefix !== undefined && {
      businessIdPrefix: parseName(businessIdPrefix, "businessIdPrefix", "TH_BUSINESS_ID"),
    }),
  };
}
const CANCEL_KEYS: ReadonlySet<string> = new Set(["project", "targetLocale", "businessIdPrefix"]);

/**
 * @throws {InvalidItemError} The target names more than one thing, a name is not valid, or a key is unknown: without it,
 *   everything would be paused.
 */
export function parsePauseTarget(target: PauseTarget): PauseTarget {
  requireKnownKeys(target, PAUSE_KEYS, "a target of a pause", "target");
  const { engine, project, targetLocale } = target;
  if ([engine, project, targetLocale].filter((name) => name !== undefined).length > 1) {
    throw new InvalidItemError("TH_ITEM_SHAPE", "target", "names more than one of engine, project and targetLocale", {
      hint: "Pause one after the other: each is a pause of its own.",
    });
  }
  if (engine !== undefined) return { engine: parseName(engine, "engine", "TH_ITEM_SHAPE") };
  if (project !== undefined) return { project: parseName(project, "project", "TH_PROJECT") };
  return targetLocale === undefined ? {} : { targetLocale: canonicalLocale(targetLocale, "targetLocale") };
}

const PAUSE_KEYS: ReadonlySet<string> = new Set(["engine", "project", "targetLocale"]);

/** A filter of dead letters, and the page that is asked for. */
export interface Letters {
  filter: DeadLetterFilter;
  page: DeadLetterPageRequest;
}

/**
 * @throws {InvalidItemError} A field is not valid, or a key is unknown: the rest would name more letters than was meant.
 * @throws {SettingsError} `limit` or `withBestTry` has a bad value.
 */
export function parseDeadLetters(
  query: DeadLetterFilter & DeadLetterPageRequest,
  defaults: { project: string },
  keys: ReadonlySet<string> = LETTER_KEYS,
): Letters {
  requireKnownKeys(query, keys, "a filter of dead letters", "filter");
  const { cursor, limit, withBestTry, ...given } = query;
  const { project = defaults.project, id, engine, targetLocale, code, since } = given;
  checkPage({ limit, withBestTry });
  if (cursor !== undefined && typeof cursor !== "string") throw wrong("cursor", "must be a string");
  if (id !== undefined && !(typeof id === "string" && /^\d{1,18}$/.test(id))) {
    throw wrong("id", "is not the id of a dead letter");
  }
  if (since !== undefined && !(since instanceof Date && !Number.isNaN(since.getTime()))) {
    throw wrong("since", "must be a valid Date");
  }
  return {
    filter: {
      ...given,
      project: parseName(project, "project", "TH_PROJECT"),
      ...(engine !== undefined && { engine: parseName(engine, "engine", "TH_ITEM_SHAPE") }),
      ...(code !== undefined && { code: parseName(code, "code", "TH_ITEM_SHAPE") }),
      ...(targetLocale !== undefined && { targetLocale: canonicalLocale(targetLocale, "targetLocale") }),
    },
    page: { cursor, limit, ...(withBestTry === true && { withBestTry }) },
  };
}
const LETTER_KEYS: ReadonlySet<string> = new Set(["project", "id", "engine", "targetLocale", "code", "since"]);
/** Of the letters that are listed: the other calls act on all of them. */
export const LISTED_LETTER_KEYS: ReadonlySet<string> = new Set([...LETTER_KEYS, "cursor", "limit", "withBestTry"]);
export const checkPage = optionCheck<Pick<DeadLetterPageRequest, "limit" | "withBestTry">>("listDeadLetters", {
  withBestTry: kinds.flag,
  limit: kinds.whole(1, Number.MAX_SAFE_INTEGER),
});

export function wrong(field: string, problem: string, hint?: string): InvalidItemError {
  return new InvalidItemError("TH_ITEM_SHAPE", field, problem, { hint });
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
