/** The acts of people that an application puts to a coordinator, and the checks that bring them into the store's form. */
import type { PageRequest } from "../contract/page.ts";
import { type Approval, MAX_NOTE_BYTES, MAX_REVIEW_ACTS, type ReviewAct, type ReviewKind } from "../contract/review.ts";
import type { TranslationReference } from "../contract/translation.ts";
import { parseText } from "../rules/item.ts";
import { requireKnownKeys } from "../rules/known-names.ts";
import { parseName } from "../rules/name.ts";
import { checkPage, parseReference, READ_KEYS, type ReadName, type ReferenceDefaults, wrong } from "./queries.ts";

type ActDefaults = ReferenceDefaults & { maxTextBytes: number };

export interface ApproveQuery extends ReadName {
  targetLocale: string;
  /** The reviewer's own text. Left out: the stored text is approved. */
  approvedText?: string | undefined;
  /** The revision that the reviewer read. Left out: the stored revision. */
  revision?: number | undefined;
  /** The reason, for the record. At most 4,096 bytes. */
  note?: string | undefined;
  /** The reviewer's name, for the record. */
  by?: string | undefined;
}

/** @throws {InvalidItemError} Names the first field at fault. */
export function parseApproval(query: ApproveQuery, { maxTextBytes, ...defaults }: ActDefaults): Approval {
  requireKnownKeys(query, APPROVE_KEYS, "a field of approve", "query");
  const { approvedText, ...act } = query;
  const text = approvedText === undefined ? undefined : parseText(approvedText, maxTextBytes, "approvedText");
  return { ...parseActOf(act, defaults), text };
}
const REVIEW_KEYS: ReadonlySet<string> = new Set([...READ_KEYS, "revision", "note", "by"]);
const APPROVE_KEYS: ReadonlySet<string> = new Set([...REVIEW_KEYS, "approvedText"]);

/** The translation of an act, and who takes it. */
export interface ReviewQuery extends ReadName {
  targetLocale: string;
  /** The revision that the person read. Left out: any; but `undo` expects the translation as the last act left it. */
  revision?: number | undefined;
  /** The reason. That of `reject` goes to the engine with its next tries. At most 4,096 bytes. */
  note?: string | undefined;
  /** The person's name, for the record. */
  by?: string | undefined;
}

export interface RejectQuery extends ReviewQuery {
  /** Readers get no text until another one is stored. Default: false; they get the rejected one. */
  hide?: boolean | undefined;
}

/** One act of many. */
export interface ReviewActQuery extends RejectQuery {
  kind: ReviewKind;
  /** Of `approve`: the reviewer's own text. Left out: the stored text is approved. */
  approvedText?: string | undefined;
}

/** @throws {InvalidItemError} Names the first field at fault. */
export function parseAct(query: ReviewActQuery, { maxTextBytes, ...defaults }: ActDefaults): ReviewAct {
  requireKnownKeys(query, ACT_KEYS, "a field of an act", "query");
  const { kind, approvedText, hide, ...act } = query;
  if (!REVIEW_KINDS.includes(kind)) throw wrong("kind", `must be one of ${REVIEW_KINDS.join(", ")}`);
  if (approvedText !== undefined && kind !== "approve") throw wrong("approvedText", "belongs to approve alone");
  if (hide !== undefined && kind !== "reject") throw wrong("hide", "belongs to reject alone");
  if (hide !== undefined && typeof hide !== "boolean") throw wrong("hide", "must be true or false");
  const text = approvedText === undefined ? undefined : parseText(approvedText, maxTextBytes, "approvedText");
  return { kind, ...parseActOf(act, defaults), text, hide };
}
const REVIEW_KINDS: readonly ReviewKind[] = ["approve", "reject", "reopen", "undo"];
const ACT_KEYS: ReadonlySet<string> = new Set([...APPROVE_KEYS, "kind", "hide"]);

/** @throws {InvalidItemError} It is no list, or too long a one. */
export function requireActs(acts: unknown): void {
  if (Array.isArray(acts) && acts.length <= MAX_REVIEW_ACTS) return;
  throw wrong("acts", `must be a list of at most ${MAX_REVIEW_ACTS} acts`);
}

function parseActOf({ targetLocale, revision, note, by, ...name }: ReviewQuery, defaults: ReferenceDefaults) {
  const reference = parseReference(name, targetLocale, defaults);
  if (revision !== undefined && !(Number.isSafeInteger(revision) && revision >= 0)) {
    throw wrong("revision", "must be a whole number from 0", "Pass the revision of the translation that was read.");
  }
  return {
    reference,
    revision,
    note: parseNote(note),
    by: by === undefined ? undefined : parseName(by, "by", "TH_ITEM_SHAPE"),
  };
}

function parseNote(note: unknown): string | undefined {
  if (note === undefined || note === "") return undefined;
  if (typeof note === "string" && Buffer.byteLength(note) > MAX_NOTE_BYTES) {
    throw wrong("note", `is longer than ${MAX_NOTE_BYTES} bytes`);
  }
  return parseText(note, MAX_NOTE_BYTES, "note");
}

/** A translation whose story is asked for. */
export interface WhyQuery extends ReadName {
  targetLocale: string;
}

/** @throws {InvalidItemError} Names the first field at fault. */
export function parseWhy(query: WhyQuery, defaults: ReferenceDefaults): TranslationReference {
  requireKnownKeys(query, READ_KEYS, "a field of why", "query");
  const { targetLocale, ...name } = query;
  return parseReference(name, targetLocale, defaults);
}

export interface HistoryQuery extends ReadName, PageRequest {
  targetLocale: string;
}

/**
 * @throws {InvalidItemError} Names the first field at fault.
 * @throws {SettingsError} `limit` has a bad value.
 */
export function parseHistory(
  query: HistoryQuery,
  defaults: ReferenceDefaults,
): { reference: TranslationReference; page: PageRequest } {
  requireKnownKeys(query, HISTORY_KEYS, "a field of history", "query");
  const { targetLocale, cursor, limit, ...name } = query;
  checkPage({ limit });
  if (cursor !== undefined && typeof cursor !== "string") throw wrong("cursor", "must be a string");
  return { reference: parseReference(name, targetLocale, defaults), page: { cursor, limit } };
}
const HISTORY_KEYS: ReadonlySet<string> = new Set([...READ_KEYS, "cursor", "limit"]);
