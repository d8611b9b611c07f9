/** The work of one member: how it stops, and which work it takes. */

import { randomUUID } from "node:crypto";
import { Coordinator } from "@trans-hub/core";
import { scriptedEngine } from "@trans-hub/engines/testing";
import {
  count,
  lockedJobs,
  outageWhile,
  QUICK,
  test,
  texts,
  translatedCount,
  waiting,
} from "@trans-hub/test-support/fleet";
import { expectInvariants } from "@trans-hub/test-support/invariants";
import { expectWithin, within } from "@trans-hub/test-support/load";
import { drain, echo, item, reference, translated, value } from "@trans-hub/test-support/store";
import type pg from "pg";
import { describe, expect } from "vitest";

describe("a stop", () => {
  test("lets running calls finish, gives waiting batches back as they were, and leaves no job locked", async ({
    db,
    openStore,
    startWork,
  }) => {
    const store = await openStore(QUICK);
    await store.register(texts(200));
    const held = waiting();
    const member = startWork(store, held.work, { concurrency: 1 });
    await held.begun;
    await expect.poll(() => lockedJobs(db)).toBeGreaterThan(1);
    const stopped = member.stop();
    await expect.poll(() => lockedJobs(db)).toBeLessThanOrEqual(1);
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

  test("aborts calls that do not end in time, and hands their texts back without an attempt", async ({
    db,
    openStore,
    startWork,
  }) => {
    const store = await openStore(QUICK);
    await store.register(texts(20));
    const held = waiting();
    const member = startWork(store, held.work, { drainMs: 300 });
    await held.begun;
    const startedAt = performance.now();
    expect(await member.stop()).toEqual({ translated: 0, failed: 0, retrying: 0 });
    expectWithin(performance.now() - startedAt, 3_000);
    expect(await lockedJobs(db)).toBe(0);
    expect(await value(db, "select max(attempt)::int + max(crashes)::int from trans_hub.batch")).toBe(0);
    await expectInvariants(db);
    expect((await drain(store)).translated).toBe(20);
  });

  test("during an outage of the database ends too, and the fleet takes the work over", async ({
    db,
    database,
    openStore,
    startWork,
  }) => {
    const producer = await openStore(QUICK);
    await producer.register(texts(20));
    const store = await openStore({ ...QUICK, applicationName: "worker", connectTimeoutMs: 500 });
    const held = waiting();
    const member = startWork(store, held.work, { drainMs: 300 });
    await held.begun;
    await outageWhile(database, async () => {
      const startedAt = performance.now();
      await member.stop();
      expectWithin(performance.now() - startedAt, 10_000);
    });
    const rescuer = startWork(await openStore({ ...QUICK, rescueAfterSeconds: 0.5 }), echo);
    await expect.poll(() => translatedCount(db)).toBe(20);
    await rescuer.stop();
    await expectInvariants(db);
  });

  test("before any work began ends at once", async ({ store }) => {
    await store.register(texts(3));
    const summary = await store.work(
      { until: "stopped", concurrency: 1, maxItems: 10, signal: AbortSignal.abort() },
      async () => {
        throw new Error("it was asked not to");
      },
    );
    expect(summary).toEqual({ translated: 0, failed: 0, retrying: 0 });
  });
});

describe("locales", () => {
  test("outside the selection are left alone", async ({ db, openStore }) => {
    const store = await openStore(QUICK);
    await store.register(texts(30, { targetLocales: ["fr", "de", "ja"] }));
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

  test("that are new are learned by a worker for all locales", async ({ db, openStore, startWork }) => {
    const store = await openStore(QUICK);
    await store.register(texts(3));
    const member = startWork(await openStore(QUICK), echo);
    await expect.poll(() => translatedCount(db)).toBe(3);
    await store.register(texts(3, { targetLocales: ["pt-BR"] }));
    await within(5_000, () => expect.poll(() => translatedCount(db)).toBe(6));
    await db.query(
      `select trans_hub.request('[{"text": "SQL"}]', '{"sourceLocale": "en", "targetLocales": ["sw"]}'),
         trans_hub.enqueue('[{"text": "SQL"}]', '{"sourceLocale": "en", "targetLocales": ["cy"]}')`,
    );
    await within(5_000, () => expect.poll(() => translatedCount(db)).toBe(8));
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

  test("passes over the batches of other projects in the same locale, and leaves them as they are", async ({
    db,
    openStore,
  }) => {
    const store = await openStore(QUICK);
    await store.register(texts(300, { project: "theirs" }));
    await store.register(texts(30, { project: "ours", priority: "bulk" }));
    const before = await theirs(db);
    const summary = await store.work({ until: "ready", project: "ours", concurrency: 2, maxItems: 10 }, echo);
    expect(summary).toEqual({ translated: 30, failed: 0, retrying: 0 });
    expect(await theirs(db)).toBe(before);
    await expectInvariants(db);
  });

  test("gives a claimed batch of another project back at once and untouched, once for each project", async ({
    db,
    openStore,
    startWork,
  }) => {
    const store = await openStore(QUICK);
    await store.register([item("Known", { project: "ours" })]);
    // A job as an earlier release made it: it names no project.
    await store.register(texts(20, { project: "theirs" }));
    await db.query("update graphile_worker._private_jobs set flags = null");
    const before = await theirs(db);
    const member = startWork(store, echo, { project: "ours" });
    const flagged = `graphile_worker.jobs j join trans_hub.batch b on b.batch_id::text = j.key
      where j.flags is not null and j.locked_at is null`;
    await expect.poll(() => count(db, flagged)).toBe(2);
    expect(await theirs(db)).toBe(before);
    // And a project that appears while it works.
    await store.register(texts(20, { project: "others" }));
    await store.register([item("New", { project: "ours", priority: "bulk" })]);
    await expect.poll(() => translatedCount(db)).toBe(2);
    await member.stop();
    expect(member.faults).toEqual([]);
    expect(await theirs(db)).toBe(before);
    await expectInvariants(db);
    await drain(store);
    expect(await translatedCount(db)).toBe(42);
  });
});

test("a job names its batch, and holds no text, id or project", async ({ db, store }) => {
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

test("a translation that PostgreSQL cannot store ends that text alone", async ({ db, openStore }) => {
  const store = await openStore(QUICK);
  await store.register(texts(25));
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

test("every engine call is booked, also one whose answer PostgreSQL cannot store", async ({ db, openStore }) => {
  const store = await openStore(QUICK);
  await store.register(texts(4));
  const made: string[] = [];
  await store.work({ until: "empty", concurrency: 1, maxItems: 4 }, async ({ items }) => {
    const callId = randomUUID();
    made.push(callId);
    const counts = { items: items.length, inputTokens: 7, outputTokens: 5, cachedTokens: 0, latencyMs: 1 };
    return {
      outcomes: items.map(({ text }) => translated(text === "Text 2" ? "NUL\0" : `[fr] ${text}`)),
      calls: [{ callId, engine: "test", model: null, ...counts, outcome: "ok" }],
    };
  });
  const { rows } = await db.query<{ call_id: string }>("select call_id from trans_hub.usage");
  expect(rows.map(({ call_id }) => call_id).sort()).toEqual(made.sort());
  expect(made.length).toBeGreaterThan(1);
});

test("a text whose workers all died is yielded by processPendingTranslations, as failed", async ({ db, store }) => {
  await store.register([item("Deadly")]);
  await db.query("update trans_hub.batch set crashes = 6");
  const engines = [scriptedEngine()];
  const hub = await Coordinator.connect({ handler: store, sourceLocale: "en", engines });
  const yielded = await Array.fromAsync(hub.processPendingTranslations("fr"));
  expect(yielded).toMatchObject([
    { sourceText: "Deadly", status: "failed", text: null, error: { code: "TH_WORKER_CRASHED" } },
  ]);
  await hub.close();
});
