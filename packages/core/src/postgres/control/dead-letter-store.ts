/** The dead letters on PostgreSQL. */

import type { BestTry, DeadLetter, DeadLetterFilter, DeadLetterPageRequest } from "../../contract/dead-letter.ts";
import { InvalidItemError } from "../../contract/errors.ts";
import type { Page } from "../../contract/page.ts";
import { decodeCursor, nextCursor, pageLimit } from "../../rules/cursor.ts";
import type { ConnectionPool } from "../database/pool.ts";
import { rows } from "../database/statement.ts";
import type { Voice } from "../settle/voice.ts";
import {
  countDeadLetters as countStatement,
  listDeadLetters as listStatement,
  purgeDeadLetters as purgeStatement,
  replayDeadLetters as replayStatement,
} from "./dead-letter.sql.ts";

export async function listDeadLetters(
  pool: ConnectionPool,
  filter: DeadLetterFilter,
  page: DeadLetterPageRequest = {},
): Promise<Page<DeadLetter>> {
  const [after] = decodeCursor(page.cursor, 1) ?? ["0"];
  const limit = pageLimit(page);
  const { withBestTry = false } = page;
  const found = await rows(pool, listStatement, [...filterValues(filter), after, limit, withBestTry]);
  return {
    items: found.map((row) => ({
      id: row.id,
      project: row.project,
      sourceLocale: row.source_locale,
      targetLocale: row.target_locale,
      sourceText: row.source_text,
      context: row.canonical === null ? null : JSON.parse(row.canonical),
      code: row.code,
      message: row.message,
      engine: row.engine,
      failedAt: row.failed_at,
      attempts: row.history,
      ...(withBestTry && { bestTry: bestTryOf(row) }),
    })),
    nextCursor: nextCursor(found, limit, ({ id }) => [id]),
  };
}

function bestTryOf(row: { best_try: string | null; best_try_failed: string[] | null }): BestTry | null {
  return row.best_try === null ? null : { text: row.best_try, failedChecks: row.best_try_failed ?? [] };
}

/** The open dead letters that a replay or a purge would take. */
export async function countDeadLetters(pool: ConnectionPool, filter: DeadLetterFilter): Promise<number> {
  const [result] = await rows(pool, countStatement, filterValues(filter));
  return result?.letters ?? 0;
}

/** Puts open dead letters back to work, in one commit. Returns how many. */
export async function replayDeadLetters(
  pool: ConnectionPool,
  voice: Voice,
  filter: DeadLetterFilter,
  batchSize: number,
  batchBytes: number,
): Promise<number> {
  const values = [...filterValues(filter), batchSize, batchBytes];
  const [result] = await pool.unhurried((db) => rows(db, replayStatement, values));
  const count = result?.replayed ?? 0;
  voice.changed({ kind: "replayed", project: filter.project, targetLocale: filter.targetLocale, count });
  return count;
}

/** Removes open dead letters and their failed rows, in one commit. Returns how many. */
export async function purgeDeadLetters(pool: ConnectionPool, voice: Voice, filter: DeadLetterFilter): Promise<number> {
  const values = filterValues(filter);
  const [result] = await pool.unhurried((db) => rows(db, purgeStatement, values));
  const count = result?.purged ?? 0;
  voice.changed({ kind: "purged", project: filter.project, targetLocale: filter.targetLocale, count });
  return count;
}

function filterValues(filter: DeadLetterFilter): unknown[] {
  if (filter.id !== undefined && !/^\d{1,18}$/.test(filter.id)) {
    throw new InvalidItemError("TH_ITEM_SHAPE", "id", "is not the id of a dead letter");
  }
  return [
    filter.project ?? null,
    filter.id ?? null,
    filter.engine ?? null,
    filter.targetLocale ?? null,
    filter.code ?? null,
    filter.since ?? null,
  ];
}
