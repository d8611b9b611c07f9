/** Cancelling what waits on PostgreSQL: in bounded steps, each its own transaction, so that it holds up nobody. */

import type { CancelFilter } from "../../contract/control.ts";
import type { ConnectionPool } from "../database/pool.ts";
import { rows } from "../database/statement.ts";
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
  let seen: string | undefined;
  // A worker may hand over between a look and its steps: its successors, which have ids of their own, are found by the
  // next look. So it ends when a look finds nothing to cancel, and the next the very same batches.
  for (;;) {
    const found: { batch_id: string; at: string }[] = await rows(pool, listCancellable, [
      filter.project,
      filter.targetLocale ?? null,
      at,
    ]);
    at ??= found[0]?.at ?? null;
    const ids = found.map(({ batch_id }) => batch_id);
    if (ids.length === 0 || ids.join() === seen) return cancelled;
    let step = 0;
    for (let from = 0; from < ids.length; from += BATCHES_A_STEP) {
      const some = ids.slice(from, from + BATCHES_A_STEP);
      const [result] = await whenFree(() => rows(pool, cancelBatches, [some, filter.businessIdPrefix ?? null]));
      step += result?.cancelled ?? 0;
    }
    cancelled += step;
    seen = step === 0 ? ids.join() : undefined;
  }
}
