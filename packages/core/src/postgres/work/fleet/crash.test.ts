/** The death of a node: its batches, its jobs, and the text that kills workers. */
import { randomUUID } from "node:crypto";
import { loadAll, registerTexts, test } from "@trans-hub/test-support/batches";
import { expectInvariants } from "@trans-hub/test-support/invariants";
import { echo, value } from "@trans-hub/test-support/store";
import { describe, expect } from "vitest";
import type { ConnectionPool } from "../../database/pool.ts";
import { rows } from "../../database/statement.ts";
import { type LoadedBatch, markBatchesStarted } from "../../queue/load-batches.ts";
import { beat, listSilent, releaseNode } from "../../work/fleet/node.sql.ts";

describe("a crash", () => {
  /** Marks these batches as begun by a pool that then dies, and has the fleet notice. */
  async function crash(pool: ConnectionPool, batches: readonly LoadedBatch[]): Promise<void> {
    const node = `worker-${randomUUID()}`;
    await markBatchesStarted(
      pool,
      batches.map(({ id }) => id),
      node,
    );
    await rows(pool, releaseNode, [node, null, true]);
  }

  test("is charged to the batches that the dead pool had begun, and not to those it had only claimed", async ({
    db,
    pool,
    openStore,
  }) => {
    const store = await openStore({ batchSize: 2 });
    await registerTexts(store, 6);
    const [begun, ...claimed] = await loadAll(pool);
    await crash(pool, [begun as LoadedBatch]);
    const { rows: charged } = await db.query("select crashes, started_by from trans_hub.batch order by crashes desc");
    expect(charged).toEqual([
      { crashes: 1, started_by: null },
      ...claimed.map(() => ({ crashes: 0, started_by: null })),
    ]);
    // A pool that ends in order is charged with nothing.
    await markBatchesStarted(pool, [claimed[0]?.id as string], "in order");
    await rows(pool, releaseNode, ["in order", null, false]);
    expect(await value(db, "select sum(crashes)::int from trans_hub.batch")).toBe(1);
    expect(await value(db, "select count(started_by)::int from trans_hub.batch")).toBe(0);
  });

  test("is declared once, however many members notice it, and not at all if the node beat meanwhile", async ({
    db,
    pool,
  }) => {
    await db.query(
      "insert into trans_hub.worker_node (node_id, host, pid, version, concurrency, beat) values ('dead', 'h', 1, '1', 1, 7)",
    );
    expect(await rows(pool, releaseNode, ["dead", "6", true])).toEqual([{ is_gone: false }]);
    const all = await Promise.all([1, 2, 3, 4].map(() => rows(pool, releaseNode, ["dead", "7", true])));
    expect(all.flat().filter(({ is_gone }) => is_gone)).toHaveLength(1);
  });

  test("puts the jobs of the dead pool ahead of those that wait", async ({ db, pool, openStore }) => {
    const store = await openStore({ batchSize: 2 });
    await registerTexts(store, 6);
    const lock = "update graphile_worker._private_jobs set locked_by = 'dead', locked_at = now() where key = $1";
    const batches = await loadAll(pool);
    await db.query(lock, [batches.at(-1)?.id]);
    expect(await rows(pool, releaseNode, ["dead", null, true])).toEqual([{ is_gone: true }]);
    const queue = "select key from graphile_worker.jobs where locked_at is null order by priority, run_at limit 1";
    expect(await value(db, queue)).toBe(batches.at(-1)?.id);
  });

  test("is noticed after half the time if the connection of the last beat is gone too", async ({ db, pool }) => {
    const client = await db.connect();
    const pid = await value<number>(client, "select pg_backend_pid()");
    await db.query(
      `insert into trans_hub.worker_node (node_id, host, pid, version, concurrency, beat_pid, beat_ms)
       values ('gone', 'h', 1, '1', 1, $1, 0), ('young', 'h', 1, '1', 1, $1, 501)`,
      [pid],
    );
    await db.query("update trans_hub.fleet_clock set ms = 1000");
    const silent = async (forMs: number) => (await rows(pool, listSilent, ["me", forMs])).map((node) => node.node_id);
    expect(await silent(1_000)).toEqual(["gone"]);
    expect(await silent(1_001)).toEqual([]);
    client.release(true);
    const isGone = "select not exists (select from pg_stat_activity where pid = $1)";
    await expect.poll(() => value(db, isGone, [pid])).toBe(true);
    expect(await silent(2_000)).toEqual(["gone"]);
    expect(await silent(2_002)).toEqual([]);
    // A restart of the server ended all connections.
    await db.query("update trans_hub.worker_node set beat_at = pg_postmaster_start_time() - interval '1 second'");
    expect(await silent(2_000)).toEqual([]);
  });

  test("in the middle of a settlement is declared without waiting for its end, and delays no beat", async ({
    db,
    pool,
    openStore,
  }) => {
    const store = await openStore({ batchSize: 2 });
    await registerTexts(store, 4);
    const [settled, begun] = await loadAll(pool);
    await db.query(`
      insert into trans_hub.worker_node (node_id, host, pid, version, concurrency)
      values ('cut off', 'h', 1, '1', 1), ('alive', 'h', 2, '1', 1)`);
    await markBatchesStarted(pool, [settled?.id as string, begun?.id as string], "cut off");
    const wire = await db.connect();
    try {
      // The state of a worker whose connection is cut between two statements of its settlement.
      await wire.query("begin");
      await wire.query("delete from trans_hub.batch where batch_id = $1", [settled?.id]);
      expect(await rows(pool, releaseNode, ["cut off", "0", true])).toEqual([{ is_gone: true }]);
      // No beat waits for another node that is being declared dead.
      await wire.query("select from trans_hub.worker_node where node_id = 'alive' for update");
      const held = rows(pool, beat, ["alive", 1_000]);
      await db.query(
        "insert into trans_hub.worker_node (node_id, host, pid, version, concurrency) values ('x', 'h', 3, '1', 1)",
      );
      expect(await rows(pool, beat, ["x", 1_000])).toHaveLength(1);
      await wire.query("rollback");
      expect(await held).toHaveLength(1);
    } finally {
      wire.release(true);
    }
    expect(await value(db, "select sum(crashes)::int from trans_hub.batch")).toBe(1);
  });

  test("again and again over one text of a batch ends with that text alone in the dead letters", async ({
    db,
    pool,
    openStore,
  }) => {
    const store = await openStore({ heartbeatSeconds: 0.1 });
    await registerTexts(store, 16);
    const deadly = (batch: LoadedBatch) => batch.items.some(({ text }) => text === "Text 13");
    for (const _ of [1, 2, 3]) await crash(pool, (await loadAll(pool)).filter(deadly));
    // The pool that begins it now is declared dead as well, and starts afresh.
    const tried: number[] = [];
    await store.work({ until: "ready", concurrency: 2, maxItems: 50 }, async (batch, signal) => {
      if (!batch.items.some(({ text }) => text === "Text 13")) return echo(batch, signal);
      tried.push(batch.items.length);
      const nodeId = await value<string>(
        db,
        "select started_by from trans_hub.batch where crashes >= 3 and started_by is not null",
      );
      await rows(pool, releaseNode, [nodeId, null, true]);
      return new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
    });
    expect(tried).toEqual([8, 1, 1]);
    expect(await value(db, "select count(*)::int from trans_hub.translation where status = 'translated'")).toBe(15);
    expect((await store.listDeadLetters({})).items).toMatchObject([
      { sourceText: "Text 13", code: "TH_WORKER_CRASHED" },
    ]);
    await expectInvariants(db);
  });
});
