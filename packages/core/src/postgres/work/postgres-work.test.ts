import { once } from "node:events";
import { setTimeout as wait } from "node:timers/promises";
import { type TranslateWork, translateBatch, type WorkObserver, type WorkOptions } from "@trans-hub/core/store";
import { scriptedEngine } from "@trans-hub/engines/testing";
import type { TestDatabase } from "@trans-hub/test-support/database";
import { expectInvariants } from "@trans-hub/test-support/invariants";
import { test as base, drain, echo, item, reference, translated, value } from "@trans-hub/test-support/store";
import pg from "pg";
import { describe, expect, inject, onTestFinished, vi } from "vitest";
import { ConnectionPool } from "../database/pool.ts";
import type { PostgresPersistenceHandler } from "../postgres-persistence-handler.ts";
import { giveBack, markStarted } from "./gather/load.sql.ts";

const items = (count: number, given = {}) => Array.from({ length: count }, (_, at) => item(`Text ${at}`, given));
const count = (db: pg.Pool, from: string) => value(db, `select count(*)::int from ${from}`);
const translatedCount = (db: pg.Pool) => count(db, "trans_hub.translation where status = 'translated'");
const lockedJobs = (db: pg.Pool) => count(db, "graphile_worker.jobs where locked_at is not null");

/** Beats and looks at short intervals; small batches, so that there are several. */
const QUICK = { heartbeatSeconds: 0.1, pollSeconds: 0.1, batchSize: 10 };

interface Member {
  /** Node ids that were given work up for. */
  rescued: string[];
  faults: Error[];
  ready: boolean[];
  /** Asks it to end and waits until it has. */
  stop(): ReturnType<PostgresPersistenceHandler["work"]>;
}

/** `startWork`: a member of the fleet that is stopped at the test's end, if not before. */
const test = base.extend("startWork", async ({ openStore: _ }, { onCleanup }) => {
  const members: Member[] = [];
  onCleanup(async () => {
    await Promise.all(members.map((member) => member.stop().catch(() => undefined)));
  });
  return (
    store: PostgresPersistenceHandler,
    translate: TranslateWork,
    options: Partial<WorkOptions> = {},
    observer: WorkObserver = {},
  ): Member => {
    const ending = new AbortController();
    const member: Member = {
      rescued: [],
      faults: [],
      ready: [],
      stop: () => {
        ending.abort();
        return summary;
      },
    };
    const summary = store.work(
      {
        until: "stopped",
        concurrency: 2,
        maxItems: 10,
        drainMs: 2_000,
        ...options,
        signal: ending.signal,
        observer: {
          rescued: (nodeId) => member.rescued.push(nodeId),
          fault: (error) => member.faults.push(error),
          ready: (isReady) => member.ready.push(isReady),
          ...observer,
        },
      },
      translate,
    );
    summary.catch(() => undefined);
    members.push(member);
    return member;
  };
});

/** Rejections that nobody heard, which would end a process. */
function unheardRejections(): unknown[] {
  const unheard: unknown[] = [];
  const onUnheard = (error: unknown) => unheard.push(error);
  process.on("unhandledRejection", onUnheard);
  onTestFinished(() => void process.off("unhandledRejection", onUnheard));
  return unheard;
}

/** Work that notes every text it is given, and what it answers. */
function noting(work: TranslateWork = echo): { texts: string[]; work: TranslateWork } {
  const texts: string[] = [];
  return {
    texts,
    work: async (batch, signal) => {
      texts.push(...batch.items.map(({ text }) => text));
      return work(batch, signal);
    },
  };
}

/** Work that waits, and is told to go on or aborted. */
function waiting(): { begun: Promise<void>; goOn: () => void; calls: () => number; work: TranslateWork } {
  let goOn: () => void = () => undefined;
  let begin: () => void = () => undefined;
  const going = new Promise<void>((resolve) => {
    goOn = resolve;
  });
  const begun = new Promise<void>((resolve) => {
    begin = resolve;
  });
  let calls = 0;
  return {
    begun,
    goOn,
    calls: () => calls,
    work: async (batch, signal) => {
      calls += 1;
      begin();
      await Promise.race([going, once(signal, "abort").then(() => Promise.reject(signal.reason))]);
      return echo(batch, signal);
    },
  };
}

/** Sends everybody away and lets nobody in while `act` runs: an outage, seen from the outside. */
async function awayWhile(database: TestDatabase, act: () => Promise<void>): Promise<void> {
  const server = new pg.Client({ connectionString: inject("testServer").url });
  await server.connect();
  const name = new URL(database.url).pathname.slice(1);
  try {
    await server.query(`alter database "${name}" with allow_connections false`);
    await server.query("select pg_terminate_backend(pid) from pg_stat_activity where datname = $1", [name]);
    await act();
  } finally {
    await server.query(`alter database "${name}" with allow_connections true`);
    await server.end();
  }
}

test("two members share the work, and nothing is done twice", async ({ db, openStore, startWork }) => {
  const producer = await openStore(QUICK);
  await producer.register(items(400, { targetLocales: ["fr", "de"] }));
  const engines = [scriptedEngine({ call: async () => void (await wait(2)) }), scriptedEngine()];
  const members = [];
  for (const engine of engines) {
    const work = translateBatch({ engines: [engine], maxAttempts: 3, engineTimeoutMs: 5_000 });
    members.push(startWork(await openStore(QUICK), work));
  }
  await expect.poll(() => translatedCount(db), { timeout: 20_000 }).toBe(800);
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
    await producer.register(items(300));
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
    const unheard = unheardRejections();
    const member = startWork(store, seen.work);
    await expect.poll(() => translatedCount(db), { timeout: 30_000 }).toBe(300);
    expect(cuts).toBe(3);
    // An answer in hand is stored when the database is back; it is not bought again.
    expect(new Set(seen.texts).size).toBe(300);
    expect(seen.texts.length).toBeLessThanOrEqual(300 + 3 * 2 * 10);
    await expect.poll(() => member.ready.at(-1), { timeout: 10_000 }).toBe(true);
    await member.stop();
    expect(await lockedJobs(db)).toBe(0);
    expect(unheard).toEqual([]);
    await expectInvariants(db);
  });

  test("an outage, and goes on with what it finds afterwards", async ({ db, database, openStore, startWork }) => {
    const producer = await openStore(QUICK);
    const store = await openStore({ ...QUICK, applicationName: "worker", connectTimeoutMs: 1_000 });
    const member = startWork(store, echo);
    await expect.poll(() => member.ready.at(-1)).toBe(true);
    await awayWhile(database, async () => {
      await expect.poll(() => member.ready.at(-1), { timeout: 10_000 }).toBe(false);
    });
    await producer.register(items(50));
    await expect.poll(() => translatedCount(db), { timeout: 20_000 }).toBe(50);
    expect(member.ready).toContain(false);
    expect(member.faults.length).toBeGreaterThan(0);
    await member.stop();
    expect(await lockedJobs(db)).toBe(0);
    await expectInvariants(db);
  });

  test("being given up for dead: it leaves its work to the others and starts afresh under another name", async ({
    db,
    openStore,
    startWork,
  }) => {
    const store = await openStore(QUICK);
    await store.register(items(30));
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
    await expect.poll(() => translatedCount(db), { timeout: 20_000 }).toBe(30);
    expect(await value<string>(db, "select node_id from trans_hub.worker_node")).not.toBe(before);
    expect(member.faults.map(({ message }) => message)).toEqual([expect.stringContaining("gave this node up")]);
    held.goOn();
    expect(await member.stop()).toMatchObject({ translated: 30 });
    expect(await count(db, "graphile_worker.jobs")).toBe(0);
    await expectInvariants(db);
  });

  test("being given up for dead while a call of its goes on: what comes back to it meanwhile is worked anew", async ({
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
      // The first one is deaf.
      return calls === 1 ? held.work(batch, new AbortController().signal) : echo(batch, signal);
    });
    await held.begun;
    await db.query(`
      with gone as (delete from trans_hub.worker_node returning node_id)
      select graphile_worker.force_unlock_workers(array_agg(node_id)) from gone`);
    // The first call heard of no abort, and has not come back.
    await expect.poll(() => translatedCount(db), { timeout: 20_000 }).toBe(1);
    held.goOn();
    expect(await member.stop()).toMatchObject({ translated: 1 });
    expect(calls).toBe(2);
    await expectInvariants(db);
  });
});

test("the work of a member that fell silent is taken up by another, charged to what it had begun", async ({
  db,
  openStore,
  startWork,
}) => {
  const silentStore = await openStore({ ...QUICK, heartbeatSeconds: 3_600 });
  await silentStore.register(items(40));
  const held = waiting();
  startWork(silentStore, held.work, { concurrency: 1, drainMs: 0 });
  await held.begun;
  const silent = await value<string>(db, "select node_id from trans_hub.worker_node");
  expect(await lockedJobs(db)).toBe(4);
  const other = startWork(await openStore({ ...QUICK, rescueAfterSeconds: 0.5 }), echo);
  await expect.poll(() => translatedCount(db), { timeout: 20_000 }).toBe(40);
  // More than once, as it may: silent it still claims what it is handed back.
  expect(new Set(other.rescued)).toEqual(new Set([silent]));
  // It answers at last; its answers are nobody's any more.
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
  // Each is there for three beats, of which ten make a rescue.
  for (let lives = 0; lives < 100 && !(await isGone()); lives += 1) {
    const store = await openStore({ heartbeatSeconds: 0.1, rescueAfterSeconds: 1 });
    const ending = new AbortController();
    const working = store.work({ until: "stopped", concurrency: 1, maxItems: 10, signal: ending.signal }, echo);
    await expect
      .poll(async () => (await isGone()) || (await beats()) >= 3, { timeout: 10_000, interval: 20 })
      .toBe(true);
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
  await busyStore.register(items(10));
  const held = waiting();
  const busy = startWork(busyStore, held.work, { locales: ["fr"] });
  await held.begun;
  const other = startWork(await openStore({ ...QUICK, rescueAfterSeconds: 0.4 }), echo, { locales: ["fr"] });
  const beats = () => value<string>(db, "select sum(beat)::text from trans_hub.worker_node");
  const first = Number(await beats());
  await expect.poll(async () => Number(await beats()), { timeout: 10_000 }).toBeGreaterThan(first + 20);
  expect(other.rescued).toEqual([]);
  held.goOn();
  await expect.poll(() => translatedCount(db)).toBe(10);
  expect(held.calls()).toBe(1);
  expect(await busy.stop()).toMatchObject({ translated: 10 });
  await other.stop();
  await expectInvariants(db);
});

describe("a stop", () => {
  test("lets what runs finish, gives back what waits as it was, and leaves no job locked", async ({
    db,
    openStore,
    startWork,
  }) => {
    const store = await openStore(QUICK);
    await store.register(items(200));
    const held = waiting();
    const member = startWork(store, held.work, { concurrency: 1 });
    await held.begun;
    await expect.poll(() => lockedJobs(db)).toBeGreaterThan(1);
    const stopped = member.stop();
    await expect.poll(() => lockedJobs(db), { timeout: 10_000 }).toBeLessThanOrEqual(1);
    held.goOn();
    expect(await stopped).toEqual({ translated: 10, failed: 0, retrying: 0 });
    expect(await translatedCount(db)).toBe(10);
    expect(await lockedJobs(db)).toBe(0);
    expect(await count(db, "trans_hub.worker_node")).toBe(0);
    expect(await value(db, "select max(attempt)::int + max(crashes)::int from trans_hub.batch")).toBe(0);
    expect(await count(db, "trans_hub.batch where run_at > now() or started_by is not null")).toBe(0);
    await expectInvariants(db);
    expect((await drain(store)).translated).toBe(190);
    await expectInvariants(db);
  });

  test("aborts what does not end in time, and hands it back without an attempt", async ({
    db,
    openStore,
    startWork,
  }) => {
    const store = await openStore(QUICK);
    await store.register(items(20));
    const held = waiting();
    const member = startWork(store, held.work, { drainMs: 300 });
    await held.begun;
    const startedAt = performance.now();
    expect(await member.stop()).toEqual({ translated: 0, failed: 0, retrying: 0 });
    expect(performance.now() - startedAt).toBeLessThan(3_000);
    expect(await lockedJobs(db)).toBe(0);
    expect(await value(db, "select max(attempt)::int + max(crashes)::int from trans_hub.batch")).toBe(0);
    await expectInvariants(db);
    expect((await drain(store)).translated).toBe(20);
  });

  test("while the database is away ends all the same, and the fleet takes the work up", async ({
    db,
    database,
    openStore,
    startWork,
  }) => {
    const producer = await openStore(QUICK);
    await producer.register(items(20));
    const store = await openStore({ ...QUICK, applicationName: "worker", connectTimeoutMs: 500 });
    const held = waiting();
    const member = startWork(store, held.work, { drainMs: 300 });
    await held.begun;
    await awayWhile(database, async () => {
      const startedAt = performance.now();
      await member.stop();
      expect(performance.now() - startedAt).toBeLessThan(10_000);
    });
    const rescuer = startWork(await openStore({ ...QUICK, rescueAfterSeconds: 0.5 }), echo);
    await expect.poll(() => translatedCount(db), { timeout: 20_000 }).toBe(20);
    await rescuer.stop();
    await expectInvariants(db);
  });

  test("before anything began ends at once", async ({ store }) => {
    await store.register(items(3));
    const summary = await store.work(
      { until: "stopped", concurrency: 1, maxItems: 10, signal: AbortSignal.abort() },
      async () => {
        throw new Error("it was told not to");
      },
    );
    expect(summary).toEqual({ translated: 0, failed: 0, retrying: 0 });
  });
});

describe("locales", () => {
  test("that were not asked for are left alone", async ({ db, openStore }) => {
    const store = await openStore(QUICK);
    await store.register(items(30, { targetLocales: ["fr", "de", "ja"] }));
    const before = await value<string>(
      db,
      "select string_agg(j::text, ',' order by id) from graphile_worker.jobs j where task_identifier <> 'translate:de'",
    );
    const summary = await store.work({ until: "empty", concurrency: 2, maxItems: 10, locales: ["de"] }, echo);
    expect(summary).toEqual({ translated: 30, failed: 0, retrying: 0 });
    expect(await value<string>(db, "select string_agg(j::text, ',' order by id) from graphile_worker.jobs j")).toBe(
      before,
    );
    await expectInvariants(db);
  });

  test("that are new are learned by whoever works on all of them", async ({ db, openStore, startWork }) => {
    const store = await openStore(QUICK);
    await store.register(items(3));
    const member = startWork(await openStore(QUICK), echo);
    await expect.poll(() => translatedCount(db)).toBe(3);
    await store.register(items(3, { targetLocales: ["pt-BR"] }));
    await expect.poll(() => translatedCount(db), { timeout: 5_000 }).toBe(6);
    await db.query(
      `select trans_hub.request('[{"text": "SQL"}]', '{"sourceLocale": "en", "targetLocales": ["sw"]}'),
         trans_hub.enqueue('[{"text": "SQL"}]', '{"sourceLocale": "en", "targetLocales": ["cy"]}')`,
    );
    await expect.poll(() => translatedCount(db), { timeout: 5_000 }).toBe(8);
    expect(member.faults).toEqual([]);
    await member.stop();
    await expectInvariants(db);
  });
});

describe("work for one project", () => {
  /** All there is of the other project's work, to be compared. */
  const theirs = (db: pg.Pool) =>
    value<string>(
      db,
      `select (select string_agg(t::text, '|' order by t.content_no) from trans_hub.translation t where project = 'theirs') ||
         (select string_agg(b::text, '|' order by b.batch_id) from trans_hub.batch b where project = 'theirs') ||
         (select string_agg(row(j.key, j.priority, j.run_at)::text, '|' order by j.key) from graphile_worker.jobs j
          join trans_hub.batch b on b.batch_id::text = j.key and b.project = 'theirs' where j.locked_at is null)`,
    );

  test("passes over what others have waiting in the same locale, and leaves it as it is", async ({ db, openStore }) => {
    const store = await openStore(QUICK);
    await store.register(items(300, { project: "theirs" }));
    await store.register(items(30, { project: "ours", priority: "bulk" }));
    const before = await theirs(db);
    const summary = await store.work({ until: "ready", project: "ours", concurrency: 2, maxItems: 10 }, echo);
    expect(summary).toEqual({ translated: 30, failed: 0, retrying: 0 });
    expect(await theirs(db)).toBe(before);
    await expectInvariants(db);
  });

  test("gives back at once and untouched what it claims all the same, each project's once", async ({
    db,
    openStore,
    startWork,
  }) => {
    const store = await openStore(QUICK);
    await store.register([item("Known", { project: "ours" })]);
    // A job as an earlier release made it: nothing tells whose it is.
    await store.register(items(20, { project: "theirs" }));
    await db.query("update graphile_worker._private_jobs set flags = null");
    const before = await theirs(db);
    const member = startWork(store, echo, { project: "ours" });
    const flagged = `graphile_worker.jobs j join trans_hub.batch b on b.batch_id::text = j.key
      where j.flags is not null and j.locked_at is null`;
    await expect.poll(() => count(db, flagged), { timeout: 10_000 }).toBe(2);
    expect(await theirs(db)).toBe(before);
    // And a project that appears while it works.
    await store.register(items(20, { project: "others" }));
    await store.register([item("New", { project: "ours", priority: "bulk" })]);
    await expect.poll(() => translatedCount(db), { timeout: 10_000 }).toBe(2);
    await member.stop();
    expect(member.faults).toEqual([]);
    expect(await theirs(db)).toBe(before);
    await expectInvariants(db);
    await drain(store);
    expect(await translatedCount(db)).toBe(42);
  });
});

describe("upkeep", () => {
  test("registers what was enqueued, however it comes, and soon", async ({ db, openStore, startWork }) => {
    const store = await openStore(QUICK);
    startWork(store, echo, { locales: ["de"] });
    const client = await db.connect();
    try {
      await client.query("begin");
      await store.enqueue(client, items(20, { targetLocales: ["de", "fr"] }));
      await client.query("commit");
    } finally {
      client.release();
    }
    await expect.poll(() => translatedCount(db), { timeout: 5_000 }).toBe(20);
    // Its job is only a call; a lost one is noticed by the beat.
    await db.query(
      `insert into trans_hub.inbox (items, defaults) values ('[{"text": "Lost", "targetLocales": ["de"]}]', '{}')`,
    );
    await expect.poll(() => count(db, "trans_hub.inbox"), { timeout: 5_000 }).toBe(0);
    await expect.poll(() => translatedCount(db), { timeout: 5_000 }).toBe(21);
  });

  test("gives a batch whose job was deleted a new one", async ({ db, openStore }) => {
    const store = await openStore(QUICK);
    await store.register(items(30));
    await db.query(
      "delete from graphile_worker._private_jobs where key in (select batch_id::text from trans_hub.batch limit 2)",
    );
    expect(await drain(store)).toEqual({ translated: 30, failed: 0, retrying: 0 });
    await expectInvariants(db);
  });

  test("collects garbage by the crontab, with the retention it was given", async ({ db, openStore, startWork }) => {
    const store = await openStore(QUICK);
    await store.register(items(5));
    await drain(store);
    await db.query("update trans_hub.source set last_seen_at = now() - interval '10 days'");
    const reports: unknown[] = [];
    const upkeep = { gcCron: "30 3 * * *", retentionDays: 30 };
    const member = startWork(store, echo, { upkeep }, { collected: (report) => reports.push(report) });
    await expect
      .poll(async () =>
        (await db.query("select identifier from graphile_worker._private_known_crontabs order by 1")).rows.map(
          ({ identifier }) => identifier,
        ),
      )
      .toEqual(["collect_garbage", "fold_counts"]);
    // As the crontab adds it, with whatever else graphile-worker puts there.
    const collect = (payload: object) =>
      db.query("select graphile_worker.add_job('collect_garbage', $1)", [JSON.stringify(payload)]);
    await collect({ retentionDays: 30, _cron: { ts: new Date().toISOString(), backfilled: false } });
    await expect
      .poll(() => reports)
      .toEqual([{ dryRun: false, sources: 0, translations: 0, contents: 0, contexts: 0 }]);
    await collect({ retentionDays: 9 });
    await expect.poll(() => reports).toHaveLength(2);
    expect(reports[1]).toMatchObject({ sources: 5, translations: 5, contents: 5 });
    expect((await store.status()).lastCollectionAt).toBeInstanceOf(Date);
    await db.query("select graphile_worker.add_job('fold_counts')");
    await expect.poll(() => count(db, "trans_hub.count_delta")).toBe(0);
    expect(await member.stop()).toMatchObject({ translated: 0 });
    expect(member.faults).toEqual([]);
    await expectInvariants(db);
  });

  test("refuses a crontab that is none, before anything begins", async ({ store }) => {
    await expect(
      store.work(
        { until: "stopped", concurrency: 1, maxItems: 10, upkeep: { gcCron: "every day", retentionDays: 90 } },
        echo,
      ),
    ).rejects.toThrow(/every day/);
  });
});

test.for([
  ["at once", 0, 4],
  ["after a while", 30, 1],
] as const)(
  "what a slot begins together, with an engine that answers %s",
  async ([, engineMs, together], { openStore }) => {
    const store = await openStore({ batchSize: 2 });
    await store.register(items(100));
    const asked = vi.spyOn(ConnectionPool.prototype, "query");
    onTestFinished(() => asked.mockRestore());
    const calls: number[] = [];
    await store.work({ until: "ready", concurrency: 1, maxItems: 2 }, async (batch, signal) => {
      calls.push(batch.items.length);
      if (engineMs > 0) await wait(engineMs);
      return echo(batch, signal);
    });
    const marked = asked.mock.calls.filter(([{ name }]) => name === markStarted.name);
    expect(Math.max(...marked.map(([{ values }]) => values?.[0].length))).toBe(together);
    // However many batches a slot takes, a call is never given more than a call may be.
    expect(calls).toEqual(Array.from({ length: 50 }, () => 2));
  },
);

test("however much a slot takes of short calls, a limit is passed by less than one call", async ({ openStore }) => {
  const store = await openStore({ batchSize: 5 });
  await store.register(items(200, { targetLocales: ["fr", "de"] }));
  const { translated } = await store.work({ until: "ready", concurrency: 4, maxItems: 5, limit: 201 }, echo);
  expect(translated).toBe(205);
});

test("a fast engine that grows slow has what is too much of its work given back, untouched", async ({
  db,
  openStore,
}) => {
  const store = await openStore({ batchSize: 2 });
  await store.register(items(400));
  const asked = vi.spyOn(ConnectionPool.prototype, "query");
  onTestFinished(() => asked.mockRestore());
  const sent: string[] = [];
  let calls = 0;
  await store.work({ until: "ready", concurrency: 1, maxItems: 2 }, async (batch, signal) => {
    calls += 1;
    sent.push(...batch.items.map(({ text }) => text));
    if (calls === 60) await wait(300);
    return echo(batch, signal);
  });
  expect(asked.mock.calls.filter(([{ name }]) => name === giveBack.name).length).toBeGreaterThan(0);
  expect(sent.toSorted()).toEqual(
    items(400)
      .map(({ text }) => text)
      .toSorted(),
  );
  expect(await translatedCount(db)).toBe(400);
  await expectInvariants(db);
});

test("a job says which batch, and nothing of anybody's", async ({ db, store }) => {
  await store.register([item("A secret text", { businessId: "secret.id", context: "secret" })]);
  const client = await db.connect();
  await client.query("begin");
  await store.enqueue(client, [item("Another secret", { project: "secret" })]);
  await client.query("commit");
  client.release();
  const { rows } = await db.query<{ job: string; keys: string[] }>(
    "select p::text as job, array(select json_object_keys(p.payload)) as keys from graphile_worker._private_jobs p order by id",
  );
  expect(rows.map(({ keys }) => keys)).toEqual([["batch"], ["inbox"]]);
  expect(rows.map(({ job }) => job).join()).not.toMatch(/secret/i);
  await expectInvariants(db);
});

test("an answer that PostgreSQL cannot store ends that text alone", async ({ db, openStore }) => {
  const store = await openStore(QUICK);
  await store.register(items(25));
  const summary = await store.work({ until: "empty", concurrency: 2, maxItems: 25 }, async (batch) => ({
    outcomes: batch.items.map(({ text }) => translated(text === "Text 7" ? "NUL\0" : `[fr] ${text}`)),
    calls: [],
  }));
  expect(summary.failed + summary.translated).toBeGreaterThanOrEqual(24);
  expect(await translatedCount(db)).toBe(24);
  expect((await store.listDeadLetters({})).items).toMatchObject([
    { sourceText: "Text 7", code: "TH_TRANSLATION_BLOCKED" },
  ]);
  expect(await store.read([reference("Text 7")])).toMatchObject([{ status: "failed", text: null }]);
  await expectInvariants(db);
});
