/** Batches as a worker holds them: loaded and settled by core's own functions, without a worker. */
import { randomUUID } from "node:crypto";
import type { EngineCall, WorkOutcome } from "@trans-hub/core/store";
import type pg from "pg";
import { expect } from "vitest";
import { ConnectionPool } from "../../core/src/postgres/database/pool.ts";
import { type LoadedBatch, loadBatchesById } from "../../core/src/postgres/queue/load-batches.ts";
import { settleBatches } from "../../core/src/postgres/settle/settle-batches.ts";
import { test as base, item, value } from "./store.ts";

/** `test` with `pool`: connections as a worker has them. */
export const test = base.extend("pool", async ({ database }, { onCleanup }): Promise<ConnectionPool> => {
  const pool = new ConnectionPool({ databaseUrl: database.url });
  onCleanup(() => pool.end());
  return pool;
});

/** Registers `Text 0` and so on. */
export const registerTexts = (
  store: { register(items: ReturnType<typeof item>[]): Promise<unknown> },
  count: number,
): Promise<unknown> => store.register(Array.from({ length: count }, (_, at) => item(`Text ${at}`)));

/** Loads every batch that has work left, in the order of their texts. */
export async function loadAll(pool: ConnectionPool): Promise<LoadedBatch[]> {
  const { rows: ids } = await pool.raw.query<{ batch_id: string }>("select batch_id::text from trans_hub.batch");
  const loaded = await loadBatchesById(
    pool,
    ids.map(({ batch_id }) => batch_id),
  );
  return [...loaded.values()]
    .filter(({ items }) => items.length > 0)
    .sort((a, b) => textsOf(a).localeCompare(textsOf(b)));
}

const textsOf = (batch: LoadedBatch) =>
  batch.items
    .map(({ text }) => text)
    .sort()
    .join();

/** Loads the only batch. */
export async function loadOne(pool: ConnectionPool): Promise<LoadedBatch> {
  const [batch, ...others] = await loadAll(pool);
  expect(others).toEqual([]);
  return batch as LoadedBatch;
}

/** Settles with an outcome for each text; `number` is 3 for `Text 3`. */
export const settle = (
  pool: ConnectionPool,
  batch: LoadedBatch,
  outcome: (number: number, text: string) => WorkOutcome,
  calls: EngineCall[] = [],
) =>
  settleBatches(
    pool,
    [{ batch, outcomes: batch.items.map(({ text }) => outcome(Number(text.replace("Text ", "")), text)) }],
    calls.map((call) => ({ ...call, batch })),
  );

export const retry = (message = "Later", given: { delayMs?: number; split?: boolean } = {}): WorkOutcome => ({
  kind: "retry",
  error: { at: new Date().toISOString(), engine: "test", code: "TH_ENGINE_TRANSIENT", message },
  delayMs: 0,
  split: false,
  ...given,
});

export const engineCall = (callId = randomUUID()): EngineCall => ({
  ...{ callId, engine: "test", model: "m", items: 1, inputTokens: 10, outputTokens: 5, cachedTokens: 2 },
  ...{ latencyMs: 12.4, outcome: "ok" },
});

/** Status, text and revision of the row of a text. */
export const rowOf = (db: pg.Pool, text: string) =>
  value<Record<string, unknown>>(
    db,
    `select jsonb_build_object('status', t.status, 'text', t.text, 'revision', t.revision)
     from trans_hub.translation t join trans_hub.content c using (content_no) where c.text = $1`,
    [text],
  );

/** Waits until one session waits for a lock. */
export const sessionWaits = (db: pg.Pool) =>
  expect
    .poll(() =>
      value(
        db,
        `select count(*)::int from pg_stat_activity
         where datname = current_database() and wait_event_type = 'Lock'`,
      ),
    )
    .toBe(1);
