/** Holds up requests with an idempotency key before they commit. */
import type pg from "pg";
import { expect } from "vitest";

export interface HeldKeys {
  /** Resolves when a request has begun and waits. */
  running(): Promise<void>;
  /** Lets it go on, and all others. */
  release(): Promise<void>;
}

/** From now on no such request ends until `release`. */
export async function holdKeys(db: pg.Pool): Promise<HeldKeys> {
  const holder = await db.connect();
  await holder.query("begin; lock table trans_hub.request_key in exclusive mode");
  const waiting = `select count(*)::int as waiting from pg_locks
    where relation = 'trans_hub.request_key'::regclass and mode = 'RowExclusiveLock' and not granted`;
  return {
    async running() {
      await expect.poll(async () => (await holder.query<{ waiting: number }>(waiting)).rows[0]?.waiting).toBe(1);
    },
    async release() {
      await holder.query("rollback");
      holder.release();
    },
  };
}
