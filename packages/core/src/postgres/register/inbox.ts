/** Registers the items that were requested inside callers' transactions, after their commits. */
import { TransHubError } from "../../contract/errors.ts";
import type { RefusedInboxItem } from "../../contract/work.ts";
import { errorCode } from "../database/database-error.ts";
import type { ConnectionPool } from "../database/pool.ts";
import { rows } from "../database/statement.ts";
import { listInbox, nextInboxRow, putOffInboxRows, registerInboxRows } from "./register.sql.ts";
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
 * Registers every row of the inbox that is due now. A row behind a stranger's lock is put off, a row that the database refuses
 * is put aside; neither holds up another row, and each refusal goes to the observer.
 *
 * @throws {DatabaseUnavailableError}
 */
export async function registerInbox(pool: ConnectionPool, observer: InboxObserver = {}): Promise<void> {
  // Rows that are put off become due again before the end, where many are behind locks: a run takes each of them once.
  let at: string | null = null;
  for (;;) {
    const due: { id: string; at: string }[] = await rows(pool, listInbox, [ROWS, ITEMS, BYTES, at]);
    at ??= due[0]?.at ?? null;
    const ids = due.map(({ id }) => id);
    if (ids.length === 0) return;
    let taken = 0;
    try {
      taken = await registerRows(pool, ids, observer);
    } catch (error) {
      if (isOfDatabase(error)) throw error;
      taken = await registerOneByOne(pool, ids, observer);
    }
    // Another worker has locked the rest.
    if (taken === 0) return;
  }
}

async function registerOneByOne(
  pool: ConnectionPool,
  ids: readonly string[],
  observer: InboxObserver,
): Promise<number> {
  const locked: string[] = [];
  let taken = 0;
  for (const id of ids) {
    try {
      taken += await registerRows(pool, [id], observer);
    } catch (error) {
      if (isOfDatabase(error)) throw error;
      taken += 1;
      if (isContended(error)) {
        locked.push(id);
        continue;
      }
      // An error of an unknown kind may be the row's own, so it must not keep the row in the way of its neighbours.
      if (!isUnstorable(error)) observer.fault?.(error as Error);
      const state = isUnstorable(error) ? errorCode(error) : null;
      tell(observer, await rows(pool, putOffInboxRows, [[id], state, false]));
    }
  }
  // Together: each commit waits for the disk, and the free rows behind hundreds of locked ones wait with it.
  if (locked.length > 0) await rows(pool, putOffInboxRows, [locked, null, true]);
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

async function registerRows(pool: ConnectionPool, ids: readonly string[], observer: InboxObserver): Promise<number> {
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
