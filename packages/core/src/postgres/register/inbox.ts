/** Registers the items that were requested inside callers' transactions, after their commits. */
import { TransHubError } from "../../contract/errors.ts";
import type { RefusedInboxItem } from "../../contract/work.ts";
import { errorCode } from "../database/database-error.ts";
import type { ConnectionPool } from "../database/pool.ts";
import { rows } from "../database/statement.ts";
import { listInbox, putOffInboxRow, registerInboxRows } from "./register.sql.ts";
import { isContended, isUnstorable } from "./register-store.ts";

/** The most rows, items and (compressed) bytes that one registration takes; a single larger row goes alone. */
const ROWS = 500;
const ITEMS = 2_000;
const BYTES = 16_777_216;

/** Hears of the rows that are not registered; must not throw. */
export interface InboxObserver {
  /** An item is refused for good. It stays in the inbox, for a person to look at. */
  refused?(item: RefusedInboxItem): void;
  /** A row failed for a reason that is not its own to all appearance. It is put off, and tried again. */
  fault?(error: Error): void;
}

/**
 * Registers every row of the inbox that is due. A row behind a stranger's lock is put off, a row that the database refuses
 * is put aside; neither holds up another row, and each refusal goes to the observer.
 *
 * @throws {DatabaseUnavailableError}
 */
export async function registerInbox(pool: ConnectionPool, observer: InboxObserver = {}): Promise<void> {
  for (;;) {
    const ids = (await rows(pool, listInbox, [ROWS, ITEMS, BYTES])).map(({ id }) => id);
    if (ids.length === 0) return;
    let taken = 0;
    try {
      taken = await registerRows(pool, ids, observer);
    } catch (error) {
      if (isOfDatabase(error)) throw error;
      for (const id of ids) taken += await registerRow(pool, id, observer);
    }
    // Another worker has locked the rest.
    if (taken === 0) return;
  }
}

async function registerRow(pool: ConnectionPool, id: string, observer: InboxObserver): Promise<number> {
  try {
    return await registerRows(pool, [id], observer);
  } catch (error) {
    if (isOfDatabase(error)) throw error;
    // An error of an unknown kind may be the row's own, so it must not keep the row in the way of its neighbours.
    if (!isContended(error) && !isUnstorable(error)) observer.fault?.(error as Error);
    const state = isUnstorable(error) ? errorCode(error) : null;
    tell(observer, await rows(pool, putOffInboxRow, [id, state]));
    return 1;
  }
}

async function registerRows(pool: ConnectionPool, ids: string[], observer: InboxObserver): Promise<number> {
  const registered = await rows(pool, registerInboxRows, [ids]);
  tell(observer, registered);
  return registered[0]?.taken ?? 0;
}

/** Whether no row could be registered now. A statement that took too long (57014) may be too long because of its rows. */
function isOfDatabase(error: unknown): boolean {
  return error instanceof TransHubError && errorCode(error) !== "57014";
}

function tell(observer: InboxObserver, answers: readonly { refused: readonly RefusedInboxItem[] }[]): void {
  for (const { refused } of answers) for (const item of refused) observer.refused?.(item);
}
