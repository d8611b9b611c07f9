/** Registers the items that were requested inside callers' transactions, after their commits. */
import { errorCode } from "../database/database-error.ts";
import type { ConnectionPool } from "../database/pool.ts";
import { rows, run } from "../database/statement.ts";
import { listInbox, putOffInboxRow, registerInboxRows } from "./register.sql.ts";
import { isContended, isUnstorable } from "./register-store.ts";

/** The most rows, items and (compressed) bytes that one registration takes; a single larger row goes alone. */
const ROWS = 500;
const ITEMS = 2_000;
const BYTES = 16_777_216;

/**
 * Registers every row of the inbox that is due. A row behind a stranger's lock is put off, a row that the database refuses
 * is put aside; neither holds up another row.
 *
 * @throws {DatabaseUnavailableError}
 */
export async function registerInbox(pool: ConnectionPool): Promise<void> {
  for (;;) {
    const ids = (await rows(pool, listInbox, [ROWS, ITEMS, BYTES])).map(({ id }) => id);
    if (ids.length === 0) return;
    let taken = 0;
    try {
      taken = await registerRows(pool, ids);
    } catch (error) {
      if (!isContended(error) && !isUnstorable(error)) throw error;
      for (const id of ids) taken += await registerRow(pool, id);
    }
    // Another worker has locked the rest.
    if (taken === 0) return;
  }
}

async function registerRow(pool: ConnectionPool, id: string): Promise<number> {
  try {
    return await registerRows(pool, [id]);
  } catch (error) {
    if (!isContended(error) && !isUnstorable(error)) throw error;
    await run(pool, putOffInboxRow, [id, isContended(error) ? null : errorCode(error)]);
    return 1;
  }
}

async function registerRows(pool: ConnectionPool, ids: string[]): Promise<number> {
  const [result] = await rows(pool, registerInboxRows, [ids]);
  return result?.taken ?? 0;
}
