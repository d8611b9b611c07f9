/** Members of one fleet: they share the work, outlive faults, and rescue each other. */
import { setTimeout as wait } from "node:timers/promises";
import { translateBatch } from "@trans-hub/core/store";
import { scriptedEngine } from "@trans-hub/engines/testing";
import {
  count,
  lockedJobs,
  noting,
  outageWhile,
  QUICK,
  test,
  texts,
  translatedCount,
  unhandledRejections,
  waiting,
} from "@trans-hub/test-support/fleet";
import { expectInvariants } from "@trans-hub/test-support/invariants";
import { echo, item, value } from "@trans-hub/test-support/store";
import { describe, expect } from "vitest";

test("two members share the work, and nothing is done twice", async ({ db, openStore, startWork }) => {
  const producer = await openStore(QUICK);
  await producer.register(texts(400, { targetLocales: ["fr", "de"] }));
  const engines = [scriptedEngine({ call: async () => void (await wait(2)) }), scriptedEngine()];
  const members = [];
  for (const engine of engines) {
    const work = translateBatch({ engines: [engine], maxAttempts: 3, engineTimeoutMs: 5_000 });
    members.push(startWork(await openStore(QUICK), work));
  }
  await expect.poll(() => translatedCount(db)).toBe(800);
  const summaries = await Promise.all(members.map((member) => member.stop()));
  expect(summaries.reduce((sum, summary) => sum + summary.translated, 0)).toBe(800);
  expect(Math.min(...summaries.map((summary) => summary.translated))).toBeGreaterThan(0);
  const asked = engines.flatMap(({ calls }) =>
    calls.flatMap(({ batch }) => batch.items.map(({ text }) => batch.targetLocale + text)),
  );
  expect(asked).toHaveLength(800);
  expect(new Set(asked).size).toBe(800);
  expect(await value(db, "select sum(items)::int from trans_hub.usage")).toBe(800);
  expect(await count(db, "graphile_worker.jobs")).toBe(0);
  expect(await count(db, "trans_hub.worker_node")).toBe(0);
  expect(members.flatMap(({ faults }) => faults)).toEqual([]);
  await expectInvariants(db);
});

describe("a member of the fleet outlives", () => {
  test("the end of all its connections in the middle of work", async ({ db, openStore, startWork }) => {
    const producer = await openStore(QUICK);
    await producer.register(texts(300));
    let cuts = 0;
    const cutEverybody = () =>
      db.query(
        "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid() and application_name = 'worker'",
      );
    const seen = noting(async (batch, signal) => {
      if (cuts < 3 && seen.texts.length >= cuts * 80) {
        cuts += 1;
        await cutEverybody();
      }
      return echo(batch, signal);
    });
    const store = await openStore({ ...QUICK, applicationName: "worker" });
    const unhandled = unhandledRejections();
    const member = startWork(store, seen.work);
    await expect.poll(() => translatedCount(db)).toBe(300);
    expect(cuts).toBe(3);
    // An answer that a worker holds is stored when the database is back; it is not bought again.
    expect(new Set(seen.texts).size).toBe(300);
    expect(seen.texts.length).toBeLessThanOrEqual(300 + 3 * 2 * 10);
    await expect.poll(() => member.ready.at(-1)).toBe(true);
    await member.stop();
    expect(await lockedJobs(db)).toBe(0);
    expect(unhandled).toEqual([]);
    await expectInvariants(db);
  });

  test("an outage, and then goes on with the work that is there", async ({ db, database, openStore, startWork }) => {
    const producer = await openStore(QUICK);
    const store = await openStore({ ...QUICK, applicationName: "worker", connectTimeoutMs: 1_000 });
    const member = startWork(store, echo);
    await expect.poll(() => member.ready.at(-1)).toBe(true);
    await outageWhile(database, async () => {
      await expect.poll(() => member.ready.at(-1)).toBe(false);
    });
    await producer.register(texts(50));
    await expect.poll(() => translatedCount(db)).toBe(50);
    expect(member.ready).toContain(false);
    expect(member.faults.length).toBeGreaterThan(0);
    await member.stop();
    expect(await lockedJobs(db)).toBe(0);
    await expectInvariants(db);
  });

  test("being declared dead: it leaves its work to the others and starts afresh under another name", async ({
    db,
    openStore,
    startWork,
  }) => {
    const store = await openStore(QUICK);
    await store.register(texts(30));
    const held = waiting();
    let isFirst = true;
    const member = startWork(store, async (batch, signal) => {
      if (!isFirst) return echo(batch, signal);
      return held.work(batch, signal);
    });
    await held.begun;
    const before = await value<string>(db, "select node_id from trans_hub.worker_node");
    isFirst = false;
    await db.query("delete from trans_hub.worker_node");
    await db.query("select graphile_worker.force_unlock_workers($1)", [[before]]);
    await expect.poll(() => translatedCount(db)).toBe(30);
    expect(await value<string>(db, "select node_id from trans_hub.worker_node")).not.toBe(before);
    expect(member.faults.map(({ message }) => message)).toEqual([expect.stringContaining("declared this node dead")]);
    held.goOn();
    expect(await member.stop()).toMatchObject({ translated: 30 });
    expect(await count(db, "graphile_worker.jobs")).toBe(0);
    await expectInvariants(db);
  });

  test("being declared dead during a call: a batch that comes back to it meanwhile is new work", async ({
    db,
    openStore,
    startWork,
  }) => {
    const store = await openStore(QUICK);
    await store.register([item("Save")]);
    const held = waiting();
    let calls = 0;
    const member = startWork(store, async (batch, signal) => {
      calls += 1;
      // The first call ignores its signal.
      return calls === 1 ? held.work(batch, new AbortController().signal) : echo(batch, signal);
    });
    await held.begun;
    await db.query(`
      with gone as (delete from trans_hub.worker_node returning node_id)
      select graphile_worker.force_unlock_workers(array_agg(node_id)) from gone`);
    // The first call ignored the abort, and has not come back.
    await expect.poll(() => translatedCount(db)).toBe(1);
    held.goOn();
    expect(await member.stop()).toMatchObject({ translated: 1 });
    expect(calls).toBe(2);
    await expectInvariants(db);
  });
});

test("the work of a silent member is taken over by another, and the crash is charged to the batches it had begun", async ({
  db,
  openStore,
  startWork,
}) => {
  const silentStore = await openStore({ ...QUICK, heartbeatSeconds: 3_600 });
  await silentStore.register(texts(40));
  const held = waiting();
  startWork(silentStore, held.work, { concurrency: 1, drainMs: 0 });
  await held.begun;
  const silent = await value<string>(db, "select node_id from trans_hub.worker_node");
  expect(await lockedJobs(db)).toBe(4);
  const other = startWork(await openStore({ ...QUICK, rescueAfterSeconds: 0.5 }), echo);
  await expect.poll(() => translatedCount(db)).toBe(40);
  // It may be rescued more than once: a silent member still claims the jobs that went back.
  expect(new Set(other.rescued)).toEqual(new Set([silent]));
  // It answers at last; its answers change nothing any more.
  held.goOn();
  await other.stop();
  expect(await value(db, "select sum(delta)::int from trans_hub.count_delta")).toBe(40);
  await expectInvariants(db);
});

test("a death is noticed by a fleet whose members all die before they have watched for long enough", async ({
  db,
  openStore,
}) => {
  await db.query(
    "insert into trans_hub.worker_node (node_id, host, pid, version, concurrency) values ('dead', 'h', 1, '1', 1)",
  );
  const beats = () => value<number>(db, "select coalesce(sum(beat), 0)::int from trans_hub.worker_node");
  const isGone = async () => (await count(db, "trans_hub.worker_node where node_id = 'dead'")) === 0;
  // Each lives for three beats, of which ten make a rescue.
  for (let lives = 0; lives < 100 && !(await isGone()); lives += 1) {
    const store = await openStore({ heartbeatSeconds: 0.1, rescueAfterSeconds: 1 });
    const ending = new AbortController();
    const working = store.work({ until: "stopped", concurrency: 1, maxItems: 10, signal: ending.signal }, echo);
    await expect.poll(async () => (await isGone()) || (await beats()) >= 3, { interval: 20 }).toBe(true);
    ending.abort();
    await working;
  }
  expect(await isGone()).toBe(true);
});

test("a member whose beats go through is left alone, however long its work takes", async ({
  db,
  openStore,
  startWork,
}) => {
  const busyStore = await openStore(QUICK);
  await busyStore.register(texts(10));
  const held = waiting();
  const busy = startWork(busyStore, held.work, { locales: ["fr"] });
  await held.begun;
  const other = startWork(await openStore({ ...QUICK, rescueAfterSeconds: 0.4 }), echo, { locales: ["fr"] });
  const beats = () => value<string>(db, "select sum(beat)::text from trans_hub.worker_node");
  const first = Number(await beats());
  await expect.poll(async () => Number(await beats())).toBeGreaterThan(first + 20);
  expect(other.rescued).toEqual([]);
  held.goOn();
  await expect.poll(() => translatedCount(db)).toBe(10);
  expect(held.calls()).toBe(1);
  expect(await busy.stop()).toMatchObject({ translated: 10 });
  await other.stop();
  await expectInvariants(db);
});
