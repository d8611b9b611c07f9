/** Registers the items that were requested inside callers' transactions, after their commits. */
import { errorCode } from "../database/database-error.ts";
import type { ConnectionPool } from "../database/pool.ts";
import { rows, run } from "../database/statement.ts";
import { listInbox, nextInboxRow, putOffInboxRows, registerInboxRows } from "./register.sql.ts";
import { isContended, isUnstorable } from "./register-store.ts";

/** The most rows, items and (compressed) bytes that one registration takes; a single larger row goes alone. */
const ROWS = 500;
const ITEMS = 2_000;
const BYTES = 16_777_216;

/**
 * Registers every row of the inbox that is due now. A row behind a stranger's lock is put off, a row that the database refuses
 * is put aside; neither holds up another row.
 *
 * @throws {DatabaseUnavailableError}
 */
export async function registerInbox(pool: ConnectionPool): Promise<void> {
  // Rows that are put off become due again before the end, where many are behind locks: a run takes each of them once.
  let at: string | null = null;
  for (;;) {
    const due: { id: string; at: string }[] = await rows(pool, listInbox, [ROWS, ITEMS, BYTES, at]);
    at ??= due[0]?.at ?? null;
    const ids = due.map(({ id }) => id);
    if (ids.length === 0) return;
    let taken = 0;
    try {
      taken = await registerRows(pool, ids);
    } catch (error) {
      if (!isContended(error) && !isUnstorable(error)) throw error;
      taken = await registerOneByOne(pool, ids);
    }
    // Another worker has locked the rest.
    if (taken === 0) return;
  }
}

async function registerOneByOne(pool: ConnectionPool, ids: readonly string[]): Promise<number> {
  const locked: string[] = [];
  let taken = 0;
  for (const id of ids) {
    try {
      taken += await registerRows(pool, [id]);
    } catch (error) {
      if (isContended(error)) locked.push(id);
      else if (isUnstorable(error)) await run(pool, putOffInboxRows, [[id], errorCode(error)]);
      else throw error;
      taken += 1;
    }
  }
  // Together: each commit waits for the disk, and the free rows behind hundreds of locked ones wait with it.
  if (locked.length > 0) await run(pool, putOffInboxRows, [locked, null]);
  return taken;
}

/**
 * Milliseconds until the first row that was put off is due; undefined: no row is due within a minute.
 *
 * @throws {DatabaseUnavailableError}
 */
export async function untilNextInboxRow(pool: ConnectionPool): Promise<number | undefined> {
  const [next] = await rows(pool, nextInboxRow);
  return next?.due_in_ms ?? undefined;
}

async function registerRows(pool: ConnectionPool, ids: readonly string[]): Promise<number> {
  const [result] = await rows(pool, registerInboxRows, [ids]);
  return result?.taken ?? 0;
}
