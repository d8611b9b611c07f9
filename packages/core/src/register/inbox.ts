/** Registers what was requested inside callers' transactions, after their commits. */
import { errorCode } from "../database/database-error.ts";
import type { ConnectionPool } from "../database/pool.ts";
import { rows } from "../database/statement.ts";
import { listInbox, registerInboxRows } from "./register.sql.ts";

/** Rows that one registration takes. */
const ROWS = 500;

/** A stranger's lock, or two of us crossed: later. */
const CONTENDED = /^(55P03|40P01|40001)$/;

/**
 * Takes the inbox through. A row behind a stranger's lock is left for the next look and holds up no other.
 *
 * @throws What is not contention; the rows stay.
 */
export async function registerInbox(pool: ConnectionPool): Promise<void> {
  for (;;) {
    const ids = (await rows(pool, listInbox, [ROWS])).map(({ id }) => id);
    if (ids.length === 0) return;
    if (!(await tryRows(pool, ids))) {
      for (const id of ids) await tryRows(pool, [id]);
      return;
    }
    if (ids.length < ROWS) return;
  }
}

async function tryRows(pool: ConnectionPool, ids: string[]): Promise<boolean> {
  try {
    await rows(pool, registerInboxRows, [ids]);
    return true;
  } catch (error) {
    if (CONTENDED.test(errorCode(error) ?? "")) return false;
    if (ids.length > 1) return false;
    throw error;
  }
}
