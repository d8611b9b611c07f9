/** The acts of people on PostgreSQL, and their history. */
import {
  DatabaseRefusedError,
  InvalidItemError,
  NotApprovedError,
  NothingToUndoError,
  RevisionChangedError,
  TransHubError,
  TranslationNotFoundError,
} from "../../contract/errors.ts";
import type { Page, PageRequest } from "../../contract/page.ts";
import {
  type Approval,
  type HistoryEntry,
  MAX_REVIEW_ACTS,
  NOT_FOUND_HINT,
  type ReviewAct,
  type ReviewKind,
  type ReviewResult,
} from "../../contract/review.ts";
import type { Translation, TranslationKey, TranslationReference } from "../../contract/translation.ts";
import { decodeCursor, nextCursor, pageLimit } from "../../rules/cursor.ts";
import { assertWithinSize } from "../../rules/within-size.ts";
import { whenFree } from "../control/when-free.ts";
import type { ConnectionPool } from "../database/pool.ts";
import { rows, textArray } from "../database/statement.ts";
import { keyNewTexts } from "../memory/key-texts.ts";
import { keyOf, partsOf, readTranslationsByKey } from "../read/read-store.ts";
import type { RegisterSettings } from "../register/register-store.ts";
import type { ChangeKind, Voice } from "../settle/voice.ts";
import { findRows, listHistory, reviewRows } from "./review.sql.ts";

/** An act whose row is known, and its place in the caller's list. */
interface Placed {
  at: number;
  act: ReviewAct;
  key: TranslationKey;
}

interface Outcome {
  problem: string | null;
  /** Of the row after the act. Null: there is no row. */
  revision: number | null;
}

type ReviewSettings = Pick<RegisterSettings, "batchSize" | "batchBytes">;

/** No row has it: revisions begin below 10^9. */
const MAX_INTEGER = 2_147_483_647;

/** Takes acts in one commit, and gives a result for each. */
export async function review(
  pool: ConnectionPool,
  voice: Voice,
  settings: ReviewSettings,
  acts: readonly ReviewAct[],
): Promise<ReviewResult[]> {
  if (acts.length > MAX_REVIEW_ACTS) {
    throw new InvalidItemError("TH_ITEM_SHAPE", "acts", `must be at most ${MAX_REVIEW_ACTS}`);
  }
  const results: ReviewResult[] = acts.map(() => ({ error: notFound() }));
  const fit = acts.flatMap((act, at) => {
    const error = oversized(act);
    if (error !== undefined) results[at] = { error };
    return error === undefined ? [{ at, act }] : [];
  });
  const keys = await keysOf(
    pool,
    fit.map(({ act }) => act.reference),
  );
  const placed = fit.flatMap(({ at, act }, place): Placed[] => {
    const key = keys[place];
    return key === undefined ? [] : [{ at, act, key }];
  });
  if (placed.length === 0) return results;
  const outcomes = await whenFree(() => takeActs(pool, settings, placed));
  tell(voice, placed, outcomes);
  await keyNewTexts(pool);
  const found = await readTranslationsByKey(
    pool,
    placed.map(({ key }) => key),
  );
  const byKey = new Map(found.map((translation) => [nameOf(translation.id, translation), translation]));
  for (const [place, { at, act, key }] of placed.entries()) {
    const outcome = outcomes[place] ?? { problem: "missing", revision: null };
    results[at] = resultOf(act, outcome, byKey.get(nameOf(`${key.contentNo}-${key.contextNo}`, key)));
  }
  return results;
}

/**
 * Approves the stored text, or a person's own.
 *
 * @throws {InvalidItemError} The given text is over 16 MiB.
 * @throws {TranslationNotFoundError} No such row, or none with a text and none given.
 * @throws {RevisionChangedError} The row is not at the revision the reviewer read.
 */
export async function approve(
  pool: ConnectionPool,
  voice: Voice,
  settings: ReviewSettings,
  approval: Approval,
): Promise<Translation> {
  const [result] = await review(pool, voice, settings, [{ ...approval, kind: "approve" }]);
  if (result?.translation === undefined) throw result?.error ?? notFound();
  return result.translation;
}

function oversized({ text }: ReviewAct): TransHubError | undefined {
  try {
    assertWithinSize(text);
    return undefined;
  } catch (error) {
    if (error instanceof TransHubError) return error;
    throw error;
  }
}

async function keysOf(
  pool: ConnectionPool,
  references: readonly TranslationReference[],
): Promise<(TranslationKey | undefined)[]> {
  const keys = references.map((reference) => ("id" in reference ? keyOf(reference) : undefined));
  const named = references.flatMap((reference, at) => ("id" in reference ? [] : [{ at, reference }]));
  if (named.length === 0) return keys;
  const parts = named.map(({ reference }) => partsOf(reference));
  const found = await rows(pool, findRows, [
    parts.map(({ project }) => project),
    parts.map(({ businessId }) => businessId),
    parts.map(({ sourceLocale }) => sourceLocale),
    textArray(parts.map(({ text }) => text)),
    parts.map(({ context }) => context),
    parts.map(({ format }) => format),
  ]);
  for (const { ord, content_no: contentNo, context_no: contextNo } of found) {
    const { at, reference } = named[ord - 1] ?? {};
    if (at === undefined || reference === undefined || contentNo === null || contextNo === null) continue;
    keys[at] = { contentNo, contextNo, targetLocale: reference.targetLocale, project: reference.project };
  }
  return keys;
}

async function takeActs(
  pool: ConnectionPool,
  { batchSize, batchBytes }: ReviewSettings,
  placed: readonly Placed[],
): Promise<Outcome[]> {
  const [taken] = await rows(pool, reviewRows, [
    placed.map(({ act }) => act.kind),
    placed.map(({ key }) => key.project),
    placed.map(({ key }) => key.targetLocale),
    placed.map(({ key }) => key.contentNo),
    placed.map(({ key }) => key.contextNo),
    // Above PostgreSQL's integers there is no row's revision, and one act must not fail the others.
    placed.map(({ act }) => (act.revision === undefined ? null : Math.min(act.revision, MAX_INTEGER))),
    textArray(placed.map(({ act }) => (act.kind === "approve" ? (act.text ?? null) : null))),
    textArray(placed.map(({ act }) => act.note ?? null)),
    placed.map(({ act }) => act.by ?? null),
    placed.map(({ act }) => act.hide ?? false),
    batchSize,
    batchBytes,
  ]);
  return placed.map((_, at) => ({
    problem: taken?.problems[at] ?? null,
    revision: taken?.present_revisions?.[at] ?? null,
  }));
}

const CHANGES: Readonly<Record<ReviewKind, ChangeKind>> = {
  approve: "approved",
  reject: "rejected",
  reopen: "reopened",
  undo: "undone",
};

function tell(voice: Voice, placed: readonly Placed[], outcomes: readonly Outcome[]): void {
  for (const [at, { act, key }] of placed.entries()) {
    if (outcomes[at]?.problem !== null) continue;
    const { project, targetLocale } = key;
    voice.changed({ kind: CHANGES[act.kind], project, targetLocale, count: 1, keys: [key] });
  }
}

function resultOf(act: ReviewAct, { problem, revision }: Outcome, current: Translation | undefined): ReviewResult {
  if (problem !== null) return { error: errorOf(act, problem, revision), current };
  if (current !== undefined) return { translation: current };
  return { error: new TranslationNotFoundError("The translation was removed after the act") };
}

function errorOf(
  { kind, revision: seen, reference }: ReviewAct,
  problem: string,
  revision: number | null,
): TransHubError {
  switch (problem) {
    case "revision":
      return new RevisionChangedError(seen, revision ?? 0);
    case "no_text":
      return new TranslationNotFoundError(`The translation has no text yet to ${kind}`, {
        hint: kind === "approve" ? "Wait until it is translated, or give the text." : "Wait until it is translated.",
      });
    case "not_approved":
      return new NotApprovedError();
    case "nothing_to_undo":
      return new NothingToUndoError();
    case "locale":
      return new DatabaseRefusedError(`The database role may not review translations into ${reference.targetLocale}`, {
        hint: "The owner of the schema adds the locale to trans_hub.reviewer_locale.",
      });
    default:
      return notFound();
  }
}

function notFound(): TranslationNotFoundError {
  return new TranslationNotFoundError("There is no such translation to review", { hint: NOT_FOUND_HINT });
}

function nameOf(
  id: string | null,
  { targetLocale, project }: Pick<TranslationKey, "targetLocale" | "project">,
): string {
  return `${id}/${targetLocale}/${project}`;
}

/** A page of a translation's history, latest entry first. */
export async function history(
  pool: ConnectionPool,
  reference: TranslationReference,
  page: PageRequest = {},
): Promise<Page<HistoryEntry>> {
  const [before = null] = decodeCursor(page.cursor, 1) ?? [];
  const limit = pageLimit(page);
  const [key] = await keysOf(pool, [reference]);
  if (key === undefined) return { items: [], nextCursor: null };
  const { contentNo, targetLocale, contextNo, project } = key;
  const found = await rows(pool, listHistory, [contentNo, targetLocale, contextNo, project, before, limit]);
  return {
    items: found.map((row) => ({
      actId: row.act_no,
      at: row.acted_at,
      action: row.action,
      by: row.acted_by,
      note: row.note,
      revisionBefore: row.revision_before,
      revisionAfter: row.revision_after,
      statusBefore: row.status_before,
      statusAfter: row.status_after,
      textBefore: row.text_before,
      textAfter: row.text_after,
      engine: row.engine_after,
      model: row.model_after,
      undoes: row.undoes,
      undoneBy: row.undone_by,
    })),
    nextCursor: nextCursor(found, limit, ({ act_no: no }) => [no]),
  };
}
