/** Gives lost batches a job. */
import type { ConnectionPool } from "../../database/pool.ts";
import { rows, run } from "../../database/statement.ts";
import { lockReconciling, reconcile } from "./reconcile.sql.ts";

/** Gives a job to each batch without a live one. Returns how many there were. */
export function reconcileBatches(pool: ConnectionPool): Promise<number> {
  return pool.transaction(async (db) => {
    await run(db, lockReconciling);
    const [receipt] = await rows(db, reconcile);
    return receipt?.reconciled ?? 0;
  });
}
