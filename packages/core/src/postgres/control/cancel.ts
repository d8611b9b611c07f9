/** Cancelling waiting work on PostgreSQL: in bounded steps, each its own transaction, so that it delays no other session. */
import type { CancelFilter } from "../../contract/control.ts";
import type { ConnectionPool } from "../database/pool.ts";
import { rows } from "../database/statement.ts";
import { registerInbox } from "../register/inbox.ts";
import type { Voice } from "../settle/voice.ts";
import { cancelBatches, cancelInInbox, listCancellable } from "./control.sql.ts";
import { whenFree } from "./when-free.ts";

/** About 5,000 texts, which take about 100 ms. */
const BATCHES_A_STEP = 100;

export async function cancel(pool: ConnectionPool, voice: Voice, filter: CancelFilter): Promise<number> {
  // Items that wait in the inbox were requested too. Those that stay there are behind a lock.
  await registerInbox(pool);
  let cancelled = 0;
  const { project, targetLocale, businessIdPrefix } = filter;
  const waiting = [project, targetLocale ?? null, businessIdPrefix ?? null];
  const [taken] = await whenFree(() => rows(pool, cancelInInbox, waiting));
  cancelled += taken?.cancelled ?? 0;
  voice.changed({ kind: "cancelled", project, targetLocale, count: cancelled });
  let at: string | null = null;
  let seen: string | undefined;
  // A worker may hand texts over between a look and its steps; the successors have ids of their own, and the next look finds
  // them. So it ends when a look cancels nothing and the next look finds the same batches.
  for (;;) {
    const found: { batch_id: string; at: string }[] = await rows(pool, listCancellable, [
      project,
      targetLocale ?? null,
      at,
    ]);
    at ??= found[0]?.at ?? null;
    const ids = found.map(({ batch_id }) => batch_id);
    if (ids.length === 0 || ids.join() === seen) return cancelled;
    let step = 0;
    for (let from = 0; from < ids.length; from += BATCHES_A_STEP) {
      const some = ids.slice(from, from + BATCHES_A_STEP);
      const [result] = await whenFree(() => rows(pool, cancelBatches, [some, businessIdPrefix ?? null]));
      const count = result?.cancelled ?? 0;
      voice.changed({ kind: "cancelled", project, targetLocale, count });
      step += count;
    }
    cancelled += step;
    seen = step === 0 ? ids.join() : undefined;
  }
}
