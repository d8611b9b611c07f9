/** Cancelling what waits on PostgreSQL: in bounded steps, each its own transaction, so that it holds up nobody. */
import type { ConnectionPool } from "../database/pool.ts";
import { rows } from "../database/statement.ts";
import type { CancelFilter } from "../persistence-handler.ts";
import { registerInbox } from "../register/inbox.ts";
import { cancelBatches, listCancellable } from "./control.sql.ts";
import { whenFree } from "./when-free.ts";

/** Some 5,000 texts, which takes some 100 ms. */
const BATCHES_A_STEP = 100;

export async function cancel(pool: ConnectionPool, filter: CancelFilter): Promise<number> {
  // What was requested inside a transaction was requested.
  await registerInbox(pool);
  let cancelled = 0;
  let at: string | null = null;
  // A worker that hands over during one look has its successors found by the next.
  for (;;) {
    const before = cancelled;
    const found: { batch_id: string; at: string }[] = await rows(pool, listCancellable, [
      filter.project,
      filter.targetLocale ?? null,
      at,
    ]);
    at ??= found[0]?.at ?? null;
    for (let from = 0; from < found.length; from += BATCHES_A_STEP) {
      const ids = found.slice(from, from + BATCHES_A_STEP).map(({ batch_id }) => batch_id);
      const [step] = await whenFree(() => rows(pool, cancelBatches, [ids, filter.businessIdPrefix ?? null]));
      cancelled += step?.cancelled ?? 0;
    }
    if (cancelled === before) return cancelled;
  }
}
