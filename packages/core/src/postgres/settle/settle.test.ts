import { randomUUID } from "node:crypto";
import { gateOn } from "@trans-hub/test-support/gate";
import { expectInvariants } from "@trans-hub/test-support/invariants";
import {
  test as base,
  drain,
  echo,
  failed,
  item,
  reference,
  revisionOf,
  translated,
  value,
  workOf,
} from "@trans-hub/test-support/store";
import type pg from "pg";
import { describe, expect } from "vitest";
import type { EngineCall, WorkOutcome } from "../../contract/work.ts";
import { ConnectionPool } from "../database/pool.ts";
import { rows, type StatementConfig } from "../database/statement.ts";
import { beat, giveUpNode, listSilent } from "../work/fleet/node.sql.ts";
import { type LoadedBatch, loadBatchesById, markBatchesStarted } from "../work/gather/load-batches.ts";
import { reconcileBatches } from "../work/upkeep/reconcile.ts";
import { buryExpiredTexts, settleBatches } from "./settle-batches.ts";

/** `pool`: connections as a worker has them. */
const test = base.extend("pool", async ({ database }, { onCleanup }): Promise<ConnectionPool> => {
  const pool = new ConnectionPool({ databaseUrl: database.url });
  onCleanup(() => pool.end());
  return pool;
});

/** Every batch there is that has work left, as a worker loads it, in the order of their texts. */
async function load(pool: ConnectionPool): Promise<LoadedBatch[]> {
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

async function loadOne(pool: ConnectionPool): Promise<LoadedBatch> {
  const [batch, ...others] = await load(pool);
  expect(others).toEqual([]);
  return batch as LoadedBatch;
}

/** Settles with an outcome for each text; the number of `Text 3` is 3. */
const settle = (
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

const retry = (message = "Later", given: { delayMs?: number; split?: boolean } = {}): WorkOutcome => ({
  kind: "retry",
  error: { at: new Date().toISOString(), engine: "test", code: "TH_ENGINE_TRANSIENT", message },
  delayMs: 0,
  split: false,
  ...given,
});

const call = (callId = randomUUID()): EngineCall => ({
  ...{ callId, engine: "test", model: "m", items: 1, inputTokens: 10, outputTokens: 5, cachedTokens: 2 },
  ...{ latencyMs: 12.4, outcome: "ok" },
});

const register = (store: { register(items: ReturnType<typeof item>[]): Promise<unknown> }, count: number) =>
  store.register(Array.from({ length: count }, (_, at) => item(`Text ${at}`)));

const one = (db: pg.Pool, text: string) =>
  value<Record<string, unknown>>(
    db,
    `select jsonb_build_object('status', t.status, 'text', t.text, 'revision', t.revision)
     from trans_hub.translation t join trans_hub.content c using (content_no) where c.text = $1`,
    [text],
  );

/** For a lock. */
const somebodyWaits = (db: pg.Pool) =>
  expect
    .poll(() =>
      value(
        db,
        `select count(*)::int from pg_stat_activity
         where datname = current_database() and wait_event_type = 'Lock'`,
      ),
    )
    .toBe(1);

describe("a settlement", () => {
  test("stores also what somebody changes at this very moment and leaves its own", async ({ db, pool, store }) => {
    await register(store, 3);
    const batch = await loadOne(pool);
    // Enough rows that the server looks a row up by its place, as it does in every real table.
    await db.query(
      `insert into trans_hub.translation (content_no, target_locale, context_no, project, status, text, engine)
       select -n, 'de', 0, 'filler', 'translated', 'x', 'none' from generate_series(1, 3000) as n`,
    );
    const stranger = await db.connect();
    try {
      await stranger.query("begin");
      // The first is still the batch's, the second is not.
      const change = (set: string, number: number) =>
        stranger.query(
          `update trans_hub.translation as t set ${set} from trans_hub.content as c
           where c.content_no = t.content_no and c.text = $1`,
          [`Text ${number}`],
        );
      await change("expires_at = now() + interval '1 day'", 0);
      await change("revision = revision + 1", 1);
      const settling = settle(pool, batch, (at) => translated(`fr ${at}`), [call()]);
      await somebodyWaits(db);
      await stranger.query("commit");
      await settling;
    } finally {
      stranger.release(true);
    }
    expect(await one(db, "Text 0")).toMatchObject({ status: "translated", text: "fr 0" });
    expect(await one(db, "Text 1")).toMatchObject({ status: "pending", text: null });
    expect(await one(db, "Text 2")).toMatchObject({ status: "translated", text: "fr 2" });
    expect(await value(db, "select sum(delta)::int from trans_hub.count_delta")).toBe(2);
    expect(await value(db, "select count(*)::int from trans_hub.usage")).toBe(1);
    expect(await value(db, "select count(*)::int from trans_hub.batch")).toBe(0);
  });

  test("loses no text that is prolonged once more while what was left out is stored", async ({
    db,
    database,
    pool,
    store,
  }) => {
    await register(store, 2);
    const batch = await loadOne(pool);
    const stranger = await db.connect();
    const prolong = () =>
      stranger.query(
        `update trans_hub.translation as t set expires_at = now() + interval '1 day' from trans_hub.content as c
         where c.content_no = t.content_no and c.text = 'Text 0'`,
      );
    const prolongedAgain = Promise.withResolvers<void>();
    class Interrupted extends ConnectionPool {
      override async query<Row extends pg.QueryResultRow>(config: StatementConfig): Promise<pg.QueryResult<Row>> {
        const result = await super.query<Row>(config);
        await stranger.query("begin");
        await prolong();
        prolongedAgain.resolve();
        return result;
      }
    }
    const interrupted = new Interrupted({ databaseUrl: database.url });
    try {
      await stranger.query("begin");
      await prolong();
      const settling = settle(interrupted, batch, (at) => translated(`fr ${at}`));
      await somebodyWaits(db);
      await stranger.query("commit");
      await prolongedAgain.promise;
      await somebodyWaits(db);
      await stranger.query("commit");
      await settling;
    } finally {
      stranger.release(true);
      await interrupted.end();
    }
    expect(await one(db, "Text 0")).toMatchObject({ status: "translated", text: "fr 0" });
    expect(await value(db, "select sum(delta)::int from trans_hub.count_delta")).toBe(2);
    expect(await value(db, "select count(*)::int from trans_hub.batch")).toBe(0);
  });

  test("run twice changes nothing the second time", async ({ db, pool, store }) => {
    await register(store, 5);
    const batch = await loadOne(pool);
    const outcomes: WorkOutcome[] = [
      translated("one"),
      retry(),
      failed(),
      { kind: "released" },
      { kind: "postponed", delayMs: 60_000 },
    ];
    const calls = [call()];
    await settle(pool, batch, (at) => outcomes[at] as WorkOutcome, calls);
    await expectInvariants(db);
    const state = () =>
      value<string>(
        db,
        `select (select string_agg(t::text, '|' order by content_no) from trans_hub.translation t) ||
           (select string_agg(b::text, '|' order by batch_id) from trans_hub.batch b) ||
           (select string_agg(d::text, '|' order by id) from trans_hub.dead_letter d) ||
           (select string_agg(u::text, '|') from trans_hub.usage u) ||
           (select count(*) from graphile_worker.jobs)`,
      );
    const before = await state();
    await settle(pool, batch, (at) => outcomes[at] as WorkOutcome, calls);
    await settle(pool, batch, () => translated("too late"), calls);
    await settle(pool, batch, () => failed(), calls);
    expect(await state()).toBe(before);
    expect(await value(db, "select count(*)::int from trans_hub.usage")).toBe(1);
    await expectInvariants(db);
  });

  test("keeps attempts and history for who is tried again, and starts no attempt for who was not tried", async ({
    db,
    pool,
    store,
  }) => {
    await register(store, 3);
    const next = (await revisionOf(store, "Text 0")) + 1;
    const outcomes: WorkOutcome[] = [retry("First"), { kind: "released" }, { kind: "postponed", delayMs: 0 }];
    await settle(pool, await loadOne(pool), (at) => outcomes[at] as WorkOutcome);
    const items = (await load(pool)).flatMap((batch) => batch.items);
    expect(
      items.map(({ text, attempt, previousFailure, revision }) => [text, attempt, previousFailure, revision]),
    ).toEqual([
      ["Text 0", 2, "First", next],
      ["Text 1", 1, undefined, next],
      ["Text 2", 1, undefined, next],
    ]);
    for (const batch of await load(pool)) await settle(pool, batch, () => retry("Second"));
    for (const batch of await load(pool)) await settle(pool, batch, () => failed("Third"));
    const { items: letters } = await store.listDeadLetters({});
    expect(letters.map(({ attempts }) => attempts.map(({ message }) => message))).toEqual([
      ["First", "Second", "Third"],
      ["Second", "Third"],
      ["Second", "Third"],
    ]);
    await expectInvariants(db);
  });

  test("splits what is to be tried with fewer neighbours, and waits as long as the most patient asks", async ({
    db,
    pool,
    store,
  }) => {
    await register(store, 5);
    await settle(pool, await loadOne(pool), (at) => retry("Later", { split: true, delayMs: at * 10_000 }));
    const parts = await load(pool);
    expect(parts.map(({ items }) => items.length)).toEqual([3, 2]);
    expect(
      await value(
        db,
        "select count(*)::int from trans_hub.batch where run_at between now() + '35 s' and now() + '45 s'",
      ),
    ).toBe(2);
    await expectInvariants(db);
  });

  test("that comes late, after a hand-over, a force, an approval or a hastening, changes nothing", async ({
    db,
    pool,
    store,
  }) => {
    await store.register([item("Handed over"), item("Forced"), item("Approved"), item("Hastened")]);
    const late = await loadOne(pool);
    // The same batch was given to somebody else meanwhile.
    await settle(pool, late, (_, text) => (text === "Handed over" ? retry() : { kind: "released" }));
    await drain(
      store,
      workOf(({ text }) => (text === "Forced" ? failed() : translated(`first ${text}`))),
    );
    await store.register([item("Forced", { force: true })]);
    await store.approve({ reference: reference("Approved"), text: "Mine" });
    await store.register([item("Hastened", { force: true, priority: "bulk" })]);
    const hastened = await load(pool);
    await store.register([item("Hastened", { priority: "interactive" })]);
    await expectInvariants(db);

    const state = async () =>
      Promise.all(["Handed over", "Forced", "Approved", "Hastened"].map((text) => one(db, text)));
    const before = await state();
    for (const outcome of [translated("late"), retry(), failed(), { kind: "released" } as const]) {
      await settle(pool, late, () => outcome);
      for (const batch of hastened) {
        if (batch.items.some(({ text }) => text === "Hastened")) await settle(pool, batch, () => outcome);
      }
    }
    expect(await state()).toEqual(before);
    expect(before).toMatchObject([
      { status: "translated", text: "first Handed over" },
      { status: "pending", text: null },
      { status: "approved", text: "Mine" },
      { status: "pending", text: "first Hastened" },
    ]);
    await drain(store);
    expect(await state()).toMatchObject([{}, { text: "[fr] Forced" }, { text: "Mine" }, { text: "[fr] Hastened" }]);
    await expectInvariants(db);
  });

  test("is not undone by a collection in between", async ({ db, pool, store }) => {
    await register(store, 3);
    const batch = await loadOne(pool);
    await store.collect({ retentionDays: 0 });
    await settle(pool, batch, (at) => (at === 0 ? translated("late") : at === 1 ? retry() : failed()));
    expect(await value(db, "select count(*)::int from trans_hub.translation")).toBe(0);
    expect(await value(db, "select count(*)::int from trans_hub.batch")).toBe(0);
    expect(await value(db, "select count(*)::int from trans_hub.dead_letter")).toBe(0);
    await expectInvariants(db);
  });

  test("of a text that was taken back and requested anew meanwhile changes nothing", async ({ db, pool, store }) => {
    // What stays the same is that others use the text, so that it is not a new one itself.
    const again = (project: string) => item("Pay", { project });
    const others = { cancel: "one", collect: "two", forget: "three", purge: "four" };
    for (const project of Object.values(others)) {
      await store.register([again(project), item("Pay", { project: "other" })]);
    }
    const late = await load(pool);
    await store.cancel({ project: others.cancel });
    await store.collect({ project: others.collect, retentionDays: 0 });
    await store.forget({ project: others.forget, text: "Pay", sourceLocale: "en" });
    for (const batch of late) {
      if (batch.project === others.purge) await settle(pool, batch, () => failed());
    }
    await store.purgeDeadLetters({ project: others.purge });
    await store.register(Object.values(others).map(again));
    await expectInvariants(db);
    for (const outcome of [retry(), failed(), translated("late")]) {
      for (const batch of late) if (batch.project !== "other") await settle(pool, batch, () => outcome);
    }
    const found = await store.read(Object.values(others).map((project) => reference("Pay", "fr", project)));
    expect(found.map((each) => [each?.status, each?.text])).toEqual(Object.values(others).map(() => ["pending", null]));
    await expectInvariants(db);
    const given: string[] = [];
    await drain(
      store,
      workOf(({ key }) => {
        given.push(key.project);
        return translated("in time");
      }),
    );
    expect(given.toSorted()).toEqual([...Object.values(others), "other"].toSorted());
    await expectInvariants(db);
  });

  test("of what was parked meanwhile leaves no job that waits for ever", async ({ db, pool, store }) => {
    await store.register([item("Pay")]);
    const late = await loadOne(pool);
    await store.pause({});
    await settle(pool, late, () => translated("late"));
    await store.resume({});
    expect(await one(db, "Pay")).toMatchObject({ status: "translated", text: "late" });
    expect(await value(db, "select count(*)::int from graphile_worker.jobs")).toBe(0);
    await expectInvariants(db);
  });

  test("books a call once, whoever settles it and with whatever batch", async ({ db, pool, store }) => {
    await register(store, 2);
    const batch = await loadOne(pool);
    const calls = [call(), call()];
    await Promise.all([1, 2, 3, 4].map(() => settle(pool, batch, () => translated("x"), calls)));
    const { rows: booked } = await db.query(
      "select engine, items, input_tokens, latency_ms, outcome from trans_hub.usage",
    );
    expect(booked).toEqual(
      [1, 2].map(() => ({ engine: "test", items: 1, input_tokens: 10, latency_ms: 12, outcome: "ok" })),
    );
    await expectInvariants(db);
  });
});

test("what is asked for again between the look at its expiry and its burial is not buried", async ({
  db,
  pool,
  store,
}) => {
  const late = { expiresAfterSeconds: 3_600 };
  await store.register([item("Text 1", late), item("Text 2", late), item("Text 3")]);
  await db.query(
    "update trans_hub.translation set expires_at = now() - interval '1 minute' where expires_at is not null",
  );
  const batch = await loadOne(pool);
  const textsIn = (items: LoadedBatch["items"]) => items.map(({ text }) => text).sort();
  expect(textsIn(batch.items.filter(({ isExpired }) => isExpired))).toEqual(["Text 1", "Text 2"]);
  await store.register([item("Text 2", late)]);
  const error = { at: new Date().toISOString(), engine: null, code: "TH_EXPIRED", message: "Expired" };
  expect(textsIn(await buryExpiredTexts(pool, batch, error))).toEqual(["Text 1"]);
  // Run twice, it finds nothing of its own.
  expect(await buryExpiredTexts(pool, batch, error)).toEqual([]);
  expect(textsIn((await loadOne(pool)).items)).toEqual(["Text 2", "Text 3"]);
  expect((await drain(store)).translated).toBe(2);
  expect(await value(db, "select count(*)::int from trans_hub.dead_letter where code = 'TH_EXPIRED'")).toBe(1);
  await expectInvariants(db);
});

test("two workers that settle the same texts in opposite orders never meet in a deadlock", async ({
  db,
  pool,
  openStore,
}) => {
  const small = await openStore({ batchSize: 5 });
  await small.register(Array.from({ length: 200 }, (_, at) => item(`Text ${at}`)));
  const settleAll = (order: LoadedBatch[], outcome: (number: number) => WorkOutcome) =>
    settleBatches(
      pool,
      order.map((batch) => ({
        batch,
        outcomes: batch.items.map(({ text }) => outcome(Number(text.replace("Text ", "")))),
      })),
      [],
    );
  const outcomes: [here: (number: number) => WorkOutcome, there: (number: number) => WorkOutcome][] = [
    [() => retry(), () => ({ kind: "released" })],
    [() => retry(), () => retry()],
    // The one hands over, or buries, what the other stores.
    [(number) => (number % 2 ? translated("x") : retry()), (number) => (number % 2 ? retry() : translated("x"))],
    [(number) => (number % 3 ? failed() : translated("x")), (number) => (number % 3 ? translated("x") : failed())],
    [() => translated("x"), () => translated("x")],
  ];
  for (let round = 0; round < 15; round += 1) {
    const [here, there] = outcomes[round % outcomes.length] as (typeof outcomes)[number];
    const batches = await load(pool);
    await Promise.all([
      settleAll(batches, here),
      settleAll(batches.toReversed(), there),
      settleAll(batches.slice(20), here),
    ]);
    await expectInvariants(db);
    await small.register(Array.from({ length: 200 }, (_, at) => item(`Text ${at}`, { force: true })));
  }
});

test("a person and a replay at once, over the same dead letters, never meet in a deadlock", async ({ db, store }) => {
  await store.register(Array.from({ length: 60 }, (_, at) => item(`Text ${at}`)));
  for (let round = 0; round < 6; round += 1) {
    await drain(
      store,
      workOf(() => failed()),
    );
    const again = Array.from({ length: 60 }, (_, at) => item(`Text ${at}`, { force: true }));
    await Promise.all([
      store.replayDeadLetters({}),
      store.register(again),
      store.replayDeadLetters({}),
      ...[0, 1, 2, 3].map((at) => store.approve({ reference: reference(`Text ${59 - at - round * 4}`), text: "Mine" })),
      store.purgeDeadLetters({ code: "TH_NONE" }),
    ]);
    await expectInvariants(db);
  }
  await drain(store);
  expect((await store.status()).translations).toEqual({ pending: 0, translated: 36, failed: 0, approved: 24 });
  await expectInvariants(db);
});

describe("a crash", () => {
  /** Marks these batches as begun by a pool that then dies, and has the fleet notice. */
  async function crash(pool: ConnectionPool, batches: readonly LoadedBatch[]): Promise<void> {
    const node = `worker-${randomUUID()}`;
    await markBatchesStarted(
      pool,
      batches.map(({ id }) => id),
      node,
    );
    await rows(pool, giveUpNode, [node, null, true]);
  }

  test("is charged to what the dead pool had begun, and to nothing it had only claimed", async ({
    db,
    pool,
    openStore,
  }) => {
    const store = await openStore({ batchSize: 2 });
    await register(store, 6);
    const [begun, ...claimed] = await load(pool);
    await crash(pool, [begun as LoadedBatch]);
    const { rows: charged } = await db.query("select crashes, started_by from trans_hub.batch order by crashes desc");
    expect(charged).toEqual([
      { crashes: 1, started_by: null },
      ...claimed.map(() => ({ crashes: 0, started_by: null })),
    ]);
    // A pool that ends in order is charged with nothing.
    await markBatchesStarted(pool, [claimed[0]?.id as string], "in order");
    await rows(pool, giveUpNode, ["in order", null, false]);
    expect(await value(db, "select sum(crashes)::int from trans_hub.batch")).toBe(1);
    expect(await value(db, "select count(started_by)::int from trans_hub.batch")).toBe(0);
  });

  test("is declared once, however many noticed, and not at all when the node beat meanwhile", async ({ db, pool }) => {
    await db.query(
      "insert into trans_hub.worker_node (node_id, host, pid, version, concurrency, beat) values ('dead', 'h', 1, '1', 1, 7)",
    );
    expect(await rows(pool, giveUpNode, ["dead", "6", true])).toEqual([{ is_gone: false }]);
    const all = await Promise.all([1, 2, 3, 4].map(() => rows(pool, giveUpNode, ["dead", "7", true])));
    expect(all.flat().filter(({ is_gone }) => is_gone)).toHaveLength(1);
  });

  test("puts what the dead pool held ahead of what waits", async ({ db, pool, openStore }) => {
    const store = await openStore({ batchSize: 2 });
    await register(store, 6);
    const lock = "update graphile_worker._private_jobs set locked_by = 'dead', locked_at = now() where key = $1";
    const batches = await load(pool);
    await db.query(lock, [batches.at(-1)?.id]);
    expect(await rows(pool, giveUpNode, ["dead", null, true])).toEqual([{ is_gone: true }]);
    const queue = "select key from graphile_worker.jobs where locked_at is null order by priority, run_at limit 1";
    expect(await value(db, queue)).toBe(batches.at(-1)?.id);
  });

  test("is told after half the time where the connection of the last beat is gone too", async ({ db, pool }) => {
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
    await expect.poll(() => value(db, isGone, [pid]), { timeout: 10_000 }).toBe(true);
    expect(await silent(2_000)).toEqual(["gone"]);
    expect(await silent(2_002)).toEqual([]);
    // A server that was started since took everybody's connections.
    await db.query("update trans_hub.worker_node set beat_at = pg_postmaster_start_time() - interval '1 second'");
    expect(await silent(2_000)).toEqual([]);
  });

  test("in the middle of a settlement is declared without waiting for that to end, and holds up nobody's beat", async ({
    db,
    pool,
    openStore,
  }) => {
    const store = await openStore({ batchSize: 2 });
    await register(store, 4);
    const [settled, begun] = await load(pool);
    await db.query(`
      insert into trans_hub.worker_node (node_id, host, pid, version, concurrency)
      values ('cut off', 'h', 1, '1', 1), ('alive', 'h', 2, '1', 1)`);
    await markBatchesStarted(pool, [settled?.id as string, begun?.id as string], "cut off");
    const wire = await db.connect();
    try {
      // What a worker has done when the wire is cut between two statements of its settlement.
      await wire.query("begin");
      await wire.query("delete from trans_hub.batch where batch_id = $1", [settled?.id]);
      expect(await rows(pool, giveUpNode, ["cut off", "0", true])).toEqual([{ is_gone: true }]);
      // Nobody's beat waits for another node that is being given up.
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
    await register(store, 16);
    const deadly = (batch: LoadedBatch) => batch.items.some(({ text }) => text === "Text 13");
    for (const _ of [1, 2, 3]) await crash(pool, (await load(pool)).filter(deadly));
    // The pool that begins it now is given up for dead as well, and starts afresh.
    const tried: number[] = [];
    await store.work({ until: "ready", concurrency: 2, maxItems: 50 }, async (batch, signal) => {
      if (!batch.items.some(({ text }) => text === "Text 13")) return echo(batch, signal);
      tried.push(batch.items.length);
      const nodeId = await value<string>(
        db,
        "select started_by from trans_hub.batch where crashes >= 3 and started_by is not null",
      );
      await rows(pool, giveUpNode, [nodeId, null, true]);
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

describe("dead letters", () => {
  test("are replayed once, however often it is asked at once", async ({ db, store }) => {
    await register(store, 100);
    await drain(
      store,
      workOf(() => failed()),
    );
    expect((await store.status()).translations).toMatchObject({ failed: 100, pending: 0 });
    const replayed = await Promise.all([1, 2, 3, 4].map(() => store.replayDeadLetters({ code: "TH_ENGINE_REFUSED" })));
    expect(replayed.reduce((sum, n) => sum + n, 0)).toBe(100);
    expect(await value(db, "select count(*)::int from trans_hub.batch")).toBe(2);
    await expectInvariants(db);
    expect((await drain(store)).translated).toBe(100);
    expect(await store.replayDeadLetters({})).toBe(0);
    expect((await store.status()).translations).toEqual({ pending: 0, translated: 100, failed: 0, approved: 0 });
    await expectInvariants(db);
  });

  test("are purged after who registers their texts at that moment, not between his looks at them", async ({
    db,
    pool,
    store,
  }) => {
    await store.register([item("Save")]);
    await drain(
      store,
      workOf(() => failed()),
    );
    const isHeld = Promise.withResolvers<void>();
    const purgeWaits = Promise.withResolvers<void>();
    // As far as registering has come when it has not looked at the row yet.
    const registering = pool.transaction(async (producer) => {
      await producer.query({ text: "select from trans_hub.content for key share" });
      isHeld.resolve();
      await purgeWaits.promise;
    });
    await isHeld.promise;
    const purging = store.purgeDeadLetters({});
    try {
      const waiting = `select count(*)::int from pg_stat_activity
        where datname = current_database() and wait_event_type = 'Lock'`;
      await expect.poll(() => value(db, waiting)).toBe(1);
    } finally {
      purgeWaits.resolve();
      await registering;
    }
    expect(await purging).toBe(1);
    await expectInvariants(db);
  });

  test("are chosen by project, id, engine, locale, code and age", async ({ db, store }) => {
    await store.register([
      item("Pay", { targetLocales: ["fr", "de"] }),
      item("Pay", { project: "shop" }),
      item("Other"),
    ]);
    await drain(
      store,
      workOf(({ text }) => ({
        kind: "failed",
        error: {
          at: new Date().toISOString(),
          engine: text === "Pay" ? "test" : null,
          code: text === "Pay" ? "TH_A" : "TH_B",
          message: "No",
        },
      })),
    );
    const filters = {
      project: { project: "shop" },
      locale: { targetLocale: "de" },
      code: { code: "TH_B" },
      engine: { engine: "test" },
      since: { since: new Date(Date.now() + 60_000) },
      both: { engine: "test", targetLocale: "fr", project: "default" },
    };
    const found: Record<string, number> = {};
    for (const [name, filter] of Object.entries(filters))
      found[name] = (await store.listDeadLetters(filter)).items.length;
    expect(found).toEqual({ project: 1, locale: 1, code: 1, engine: 3, since: 0, both: 1 });
    const [letter] = (await store.listDeadLetters({ code: "TH_B" })).items;
    expect(await store.purgeDeadLetters({ id: letter?.id as string })).toBe(1);
    expect(await store.read([reference("Other")])).toEqual([undefined]);
    expect(await store.replayDeadLetters({ project: "shop" })).toBe(1);
    expect((await store.status()).translations).toMatchObject({ failed: 2, pending: 1 });
    await expectInvariants(db);
    // Purged, it is as if it had never been asked for.
    expect(await store.register([item("Other")])).toEqual([{ registered: 1, existing: 0, failed: 0 }]);
    await expectInvariants(db);
  });

  test("of a text that kept its old one are purged without it", async ({ db, store }) => {
    await store.register([item("Pay")]);
    await drain(store);
    await store.register([item("Pay", { force: true })]);
    await drain(
      store,
      workOf(() => failed()),
    );
    expect(await store.purgeDeadLetters({})).toBe(1);
    expect(await store.read([reference("Pay")])).toMatchObject([{ status: "translated", text: "[fr] Pay" }]);
    await expectInvariants(db);
  });

  test("are closed by an approval", async ({ db, store }) => {
    await store.register([item("Pay")]);
    await drain(
      store,
      workOf(() => failed()),
    );
    await store.approve({ reference: reference("Pay"), text: "Payer", by: "me" });
    expect((await store.listDeadLetters({})).items).toEqual([]);
    expect(await store.replayDeadLetters({})).toBe(0);
    expect((await store.status()).translations).toEqual({ pending: 0, translated: 0, failed: 0, approved: 1 });
    await expectInvariants(db);
  });

  test("of what the reviewer read before it was taken back and requested anew is refused", async ({ store }) => {
    await store.register([item("Pay")]);
    await drain(store);
    const read = await revisionOf(store, "Pay");
    await store.forget({ project: "default", text: "Pay", sourceLocale: "en" });
    await store.register([item("Pay")]);
    await drain(
      store,
      workOf(() => translated("Another text")),
    );
    const approving = store.approve({ reference: reference("Pay"), revision: read });
    await expect(approving).rejects.toMatchObject({ code: "TH_REVISION_CHANGED" });
  });
});

test("a text that fails anew after its dead letter was purged gets another one", async ({ db, store }) => {
  const fail = () =>
    drain(
      store,
      workOf(() => failed()),
    );
  await store.register([item("Pay")]);
  await fail();
  // The first letter stays in the books, closed.
  await store.replayDeadLetters({});
  await fail();
  expect(await store.purgeDeadLetters({})).toBe(1);
  expect(await store.register([item("Pay")])).toMatchObject([{ registered: 1 }]);
  await fail();
  expect((await store.listDeadLetters({})).items).toHaveLength(1);
  await expectInvariants(db);
});

describe("an approval", () => {
  test("is never overwritten, though the text's batch is in flight", async ({ db, store }) => {
    await store.register([item("Pay"), item("Back")]);
    const first = await revisionOf(store, "Pay");
    const summary = await drain(store, async (batch, signal) => {
      await store.approve({ reference: reference("Pay"), text: "Mine", by: "me" });
      return echo(batch, signal);
    });
    expect(summary.failed).toBe(0);
    expect(await store.read([reference("Pay"), reference("Back")])).toMatchObject([
      { status: "approved", text: "Mine", engine: "human", revision: first + 1 },
      { status: "translated", text: "[fr] Back" },
    ]);
    expect((await store.status()).translations).toEqual({ pending: 0, translated: 1, failed: 0, approved: 1 });
    await expectInvariants(db);
  });

  test("of another revision than the reviewer read is refused, and so is one of nothing", async ({ db, store }) => {
    await store.register([item("Pay")]);
    await expect(store.approve({ reference: reference("Pay") })).rejects.toMatchObject({ code: "TH_NOT_FOUND" });
    await expect(store.approve({ reference: reference("None"), text: "x" })).rejects.toMatchObject({
      code: "TH_NOT_FOUND",
    });
    await drain(store);
    const first = await revisionOf(store, "Pay");
    await store.register([item("Pay", { force: true })]);
    await expect(store.approve({ reference: reference("Pay"), revision: first })).rejects.toMatchObject({
      code: "TH_REVISION_CHANGED",
      expected: first,
      actual: first + 1,
    });
    // Approving the text that readers have ends the work on a new one.
    expect(await store.approve({ reference: reference("Pay"), revision: first + 1 })).toMatchObject({
      status: "approved",
      text: "[fr] Pay",
      engine: "test",
      revision: first + 2,
    });
    await drain(
      store,
      workOf(() => translated("new")),
    );
    await store.approve({ reference: reference("Pay"), text: "Twice" });
    expect(await store.read([reference("Pay")])).toMatchObject([{ text: "Twice", revision: first + 3 }]);
    expect((await store.status()).translations).toEqual({ pending: 0, translated: 0, failed: 0, approved: 1 });
    await expectInvariants(db);
  });
});

test("a batch without a live job is given one", async ({ db, pool, openStore }) => {
  const store = await openStore({ batchSize: 1 });
  await register(store, 4);
  const { rows: jobs } = await db.query<{ id: string }>("select id::text from graphile_worker.jobs order by id");
  await db.query("select graphile_worker.complete_jobs($1)", [[jobs[0]?.id]]);
  await db.query("select graphile_worker.permanently_fail_jobs($1)", [[jobs[1]?.id]]);
  await db.query("delete from graphile_worker._private_jobs where id = $1", [jobs[2]?.id]);
  expect(await reconcileBatches(pool)).toBe(3);
  expect(await reconcileBatches(pool)).toBe(0);
  await expectInvariants(db);
});

test("members that look at once give a batch without a job one and no more", async ({ db, pool, store }) => {
  await register(store, 3);
  await db.query("delete from graphile_worker._private_jobs");
  const gate = await gateOn(db, "graphile_worker._private_jobs");
  const first = reconcileBatches(pool);
  await gate.reached();
  const second = reconcileBatches(pool);
  // The one at the gate, and the other behind it: not at the gate as well.
  const waiting =
    "select count(*)::int from pg_stat_activity where datname = current_database() and wait_event = 'advisory'";
  await expect.poll(() => value(db, waiting)).toBe(2);
  await gate.open();
  expect([await first, await second]).toEqual([1, 0]);
});
