/** The questions and orders about the translation memory: one type for each method, and the checks. */
import { InvalidItemError } from "../contract/errors.ts";
import type { MemoryFilter, MemoryPair, MemoryQuery } from "../contract/memory.ts";
import { parseText } from "../rules/item.ts";
import { requireKnownKeys } from "../rules/known-names.ts";
import { canonicalLocale } from "../rules/locale.ts";
import { checkPair, LONGEST_MEMORY_TEXT_BYTES, MOST_MATCHES } from "../rules/memory-match.ts";
import { parseName } from "../rules/name.ts";
import { optionKinds as kinds, optionCheck } from "../rules/options.ts";

interface Defaults {
  project: string;
  sourceLocale: string;
}

export interface MemorySearchQuery {
  text: string;
  targetLocale: string;
  /** Default: the coordinator's. */
  sourceLocale?: string | undefined;
  /** Default: the coordinator's. */
  project?: string | undefined;
  /** Default 10, at most 100. */
  limit?: number | undefined;
}

const SEARCH_KEYS: ReadonlySet<string> = new Set(["text", "targetLocale", "sourceLocale", "project", "limit"]);
const checkLimit = optionCheck<{ limit?: number | undefined }>("searchMemory", { limit: kinds.whole(1, MOST_MATCHES) });

/**
 * @throws {InvalidItemError} Names the first field at fault.
 * @throws {SettingsError} `limit` has a bad value.
 */
export function parseMemorySearch(query: MemorySearchQuery, defaults: Defaults): MemoryQuery {
  requireKnownKeys(query, SEARCH_KEYS, "a field of searchMemory", "query");
  const { project = defaults.project, sourceLocale = defaults.sourceLocale, targetLocale, text, limit } = query;
  return {
    project: parseName(project, "project", "TH_PROJECT"),
    sourceLocale: canonicalLocale(sourceLocale, "sourceLocale", { allowUndetermined: true }),
    targetLocale: canonicalLocale(targetLocale, "targetLocale"),
    text: parseText(text, LONGEST_MEMORY_TEXT_BYTES, "text"),
    ...checkLimit({ limit }),
  };
}

export interface MemoryListQuery {
  /** Only pairs into this locale. Default: into each. */
  targetLocale?: string | undefined;
  /** Default: the coordinator's. */
  project?: string | undefined;
}

const LIST_KEYS: ReadonlySet<string> = new Set(["targetLocale", "project"]);

/** @throws {InvalidItemError} Names the first field at fault. */
export function parseMemoryList(query: MemoryListQuery, defaults: Defaults): MemoryFilter {
  requireKnownKeys(query, LIST_KEYS, "a field of listMemory", "query");
  const { project = defaults.project, targetLocale } = query;
  return {
    project: parseName(project, "project", "TH_PROJECT"),
    ...(targetLocale !== undefined && { targetLocale: canonicalLocale(targetLocale, "targetLocale") }),
  };
}

/** A pair to be imported. */
export interface MemoryPairInput extends Omit<MemoryPair, "sourceLocale"> {
  /** Default: the coordinator's. */
  sourceLocale?: string | undefined;
}

const PAIR_KEYS: ReadonlySet<string> = new Set(["source", "target", "sourceLocale", "targetLocale", "by", "at"]);

/** @throws {InvalidItemError} Names the first field at fault. */
export function parseMemoryPair(pair: MemoryPairInput, defaults: Defaults): MemoryPair {
  requireKnownKeys(pair, PAIR_KEYS, "a field of a pair", "pair");
  const { source, target, sourceLocale = defaults.sourceLocale, targetLocale, by, at } = pair;
  for (const [field, text] of Object.entries({ source, target })) {
    if (typeof text !== "string") throw new InvalidItemError("TH_ITEM_SHAPE", field, "must be a string");
  }
  if (at !== undefined && !(at instanceof Date && !Number.isNaN(at.getTime()))) {
    throw new InvalidItemError("TH_ITEM_SHAPE", "at", "must be a valid Date");
  }
  const parsed = {
    sourceLocale: canonicalLocale(sourceLocale, "sourceLocale", { allowUndetermined: true }),
    targetLocale: canonicalLocale(targetLocale, "targetLocale"),
    source,
    target,
    ...(by !== undefined && { by }),
    ...(at !== undefined && { at }),
  };
  checkPair(parsed);
  return parsed;
}

/** A pair that was not imported. */
export interface RejectedPair {
  /** The place of the pair in the caller's list, from 0. */
  index: number;
  code: string;
  message: string;
}

/** The end of an import. */
export interface MemoryReceipt {
  /** Pairs that were not there before. */
  imported: number;
  /** Pairs that were. */
  existing: number;
  rejected: RejectedPair[];
}
