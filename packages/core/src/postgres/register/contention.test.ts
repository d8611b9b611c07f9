/** Producers that register the same texts at once, and a stranger's open transaction over some of them. */

import type { ItemReceipt } from "@trans-hub/core/store";
import { expectInvariants } from "@trans-hub/test-support/invariants";
import { expectWithin } from "@trans-hub/test-support/load";
import { count, items, sum } from "@trans-hub/test-support/register";
import { drain, echo, item, reference, test, value } from "@trans-hub/test-support/store";
import { describe, expect, onTestFinished, vi } from "vitest";
import { ConnectionPool } from "../database/pool.ts";

describe("producers at once", () => {
  test("register the same texts in different orders, each row once, and none fails", async ({ db, openStore }) => {
    const catalog = Array.from({ length: 2_000 }, (_, at) =>
      item(`Text ${at}`, { targetLocales: ["fr", "de"], ...(at % 3 === 0 && { context: { group: at % 50 } }) }),
    );
    const orders = [
      catalog,
      catalog.toReversed(),
      catalog.toSorted((a, b) => a.text.localeCompare(b.text)),
      [...catalog.slice(1_000), ...catalog.slice(0, 1_000)],
    ];
    const receipts = await Promise.all(
      orders.map(async (order) => {
        const store = await openStore({ maxConnections: 2 });
        const all: ItemReceipt[] = [];
        for (let at = 0; at < order.length; at += 500) all.push(...(await store.register(order.slice(at, at + 500))));
        return sum(all);
      }),
    );
    // Whoever met another's lock for long left those texts to the inbox.
    const [first] = await Promise.all([openStore()]);
    await drain(first, echo);
    expect(receipts.every(({ registered, existing, queued }) => registered + existing + queued === 4_000)).toBe(true);
    expect(await count(db, "trans_hub.translation")).toBe(4_000);
    expect(await count(db, "trans_hub.inbox")).toBe(0);
    const registered = receipts.reduce((total, receipt) => total + receipt.registered, 0);
    const queued = receipts.reduce((total, receipt) => total + receipt.queued, 0);
    expect(registered).toBeLessThanOrEqual(4_000);
    expect(registered + queued).toBeGreaterThanOrEqual(4_000);
    await expectInvariants(db);
  });
});

describe("a stranger's open transaction", () => {
  for (const end of ["commit", "rollback"]) {
    test(`over one text delays the others little and loses nothing when it ends with ${end}`, async ({
      db,
      openStore,
    }) => {
      const store = await openStore({ heartbeatSeconds: 0.2 });
      const stranger = await db.connect();
      try {
        await stranger.query("begin");
        await stranger.query(
          `select trans_hub.request('{"text": "Text 0", "sourceLocale": "en", "targetLocales": ["fr"]}')`,
        );
        let othersMs = 0;
        const startedAt = performance.now();
        const registering = store.register(items(1_000));
        await expect.poll(() => count(db, "trans_hub.translation"), { interval: 20 }).toBeGreaterThanOrEqual(999);
        othersMs = performance.now() - startedAt;
        const receipts = await registering;
        expectWithin(performance.now() - startedAt, 5_000);
        expectWithin(othersMs, 4_000);
        expect(sum(receipts.slice(1))).toEqual({ registered: 999, existing: 0, queued: 0, failed: 0 });
        expect(receipts[0]).toEqual({ registered: 0, existing: 0, queued: 1, failed: 0 });
        expect(await store.read([reference("Text 0")])).toMatchObject([{ status: "queued", text: null }]);
        // What is ready is worked on while the stranger dawdles, and the work ends.
        expect((await drain(store)).translated).toBe(999);
        expect(await count(db, "trans_hub.inbox")).toBe(1);
        await stranger.query(end);
      } finally {
        stranger.release(true);
      }
      const summary = await store.work({ until: "empty", concurrency: 2, maxItems: 50 }, echo);
      expect(summary).toMatchObject({ failed: 0, retrying: 0 });
      expect(await store.read([reference("Text 0")])).toMatchObject([{ status: "translated", text: "[fr] Text 0" }]);
      expect(await value(db, "select count(*)::int from trans_hub.translation where status = 'translated'")).toBe(
        1_000,
      );
      expect(await count(db, "trans_hub.inbox")).toBe(0);
      await expectInvariants(db);
    });
  }

  test("over a locale's very first text delays nobody's", async ({ db, store }) => {
    const stranger = await db.connect();
    try {
      await stranger.query("begin");
      await stranger.query(`select trans_hub.request('{"text": "A", "sourceLocale": "en", "targetLocales": ["fr"]}')`);
      const startedAt = performance.now();
      expect(sum(await store.register([item("B"), item("C")]))).toEqual({
        registered: 2,
        existing: 0,
        queued: 0,
        failed: 0,
      });
      expectWithin(performance.now() - startedAt, 1_000);
      expect((await drain(store)).translated).toBe(2);
      await stranger.query("commit");
    } finally {
      stranger.release(true);
    }
    expect((await drain(store)).translated).toBe(1);
    await expectInvariants(db);
  });

  test("in which a new locale's lane is opened leaves no batch of a request made meanwhile without a job", async ({
    db,
    store,
  }) => {
    const stranger = await db.connect();
    try {
      await stranger.query("begin");
      await stranger.query("lock table graphile_worker._private_jobs in share row exclusive mode");
      // Has seen that there is no lane yet, and waits to make jobs.
      const requesting = db.query(
        `select trans_hub.request('{"text": "A", "sourceLocale": "en", "targetLocales": ["fr"]}')`,
      );
      requesting.catch(() => undefined);
      const waiting =
        "select count(*)::int from pg_locks where not granted and relation = 'graphile_worker._private_jobs'::regclass";
      await expect.poll(() => value(db, waiting)).toBe(1);
      await stranger.query("select trans_hub.open_lanes(array['fr'])");
      await stranger.query("commit");
      await requesting;
    } finally {
      stranger.release(true);
    }
    // Its own, or that of the task which gives one to each batch that has none.
    const jobs = `select count(*)::int from graphile_worker.jobs
      where task_identifier = 'open_lanes' or key in (select batch_id::text from trans_hub.batch)`;
    expect(await value(db, jobs)).toBe(1);
    expect(await drain(store)).toMatchObject({ translated: 1 });
    await expectInvariants(db);
  });

  test("over every text of a chunk is waited for not much longer than over one", async ({ db, openStore }) => {
    const store = await openStore({ heartbeatSeconds: 0.2 });
    const all = JSON.stringify(Array.from({ length: 300 }, (_, at) => ({ text: `Text ${at}` })));
    const stranger = await db.connect();
    try {
      await stranger.query("begin");
      await stranger.query(`select trans_hub.request($1, '{"sourceLocale": "en", "targetLocales": ["fr"]}')`, [all]);
      const asked = vi.spyOn(ConnectionPool.prototype, "query");
      onTestFinished(() => asked.mockRestore());
      const { registered, existing, queued } = sum(await store.register(items(301)));
      expect(registered + existing + queued).toBe(301);
      // How long each try would wait for a lock, and most of them had to.
      const waits = asked.mock.calls
        .filter(([{ name }]) => name === "register.items")
        .map(([{ values }]) => values?.[17]);
      expect(waits.reduce((sum, ms) => sum + ms, 0)).toBeLessThan(3_000);
      await stranger.query("rollback");
    } finally {
      stranger.release(true);
    }
    await store.work({ until: "empty", concurrency: 2, maxItems: 50 }, echo);
    expect(await value(db, "select count(*)::int from trans_hub.translation where status = 'translated'")).toBe(301);
    await expectInvariants(db);
  });

  test("that lasted is noticed by a worker within two seconds of its end, beside rows behind another", async ({
    db,
    openStore,
  }) => {
    const store = await openStore();
    const defaults = '{"sourceLocale": "en", "targetLocales": ["fr"]}';
    const [first, other] = [await db.connect(), await db.connect()];
    const stop = new AbortController();
    let working: Promise<unknown> | undefined;
    try {
      await first.query("begin");
      await first.query('select trans_hub.request(\'[{"text": "Mine"}]\', $1)', [defaults]);
      await other.query("begin");
      await other.query("select trans_hub.request($1, $2)", [
        JSON.stringify(Array.from({ length: 5 }, (_, at) => ({ text: `Text ${at}` }))),
        defaults,
      ]);
      expect(sum(await store.register([item("Mine"), ...items(5)]))).toMatchObject({ registered: 0, queued: 6 });
      working = store.work({ until: "stopped", concurrency: 2, maxItems: 50, signal: stop.signal }, echo);
      // Each row is alone, and was put off as often as it takes to be put off for the longest time.
      const alone = "select count(*)::int from trans_hub.inbox where jsonb_array_length(items) = 1 and tries >= 6";
      await expect.poll(() => value(db, alone), { timeout: 120_000, interval: 100 }).toBe(6);
      await first.query("rollback");
      const endedAt = performance.now();
      await expect
        .poll(() => value(db, "select count(*)::int from trans_hub.content where text = 'Mine'"), { interval: 20 })
        .toBe(1);
      expectWithin(performance.now() - endedAt, 2_000);
      await other.query("rollback");
      const bothEndedAt = performance.now();
      await expect.poll(() => count(db, "trans_hub.inbox"), { interval: 20 }).toBe(0);
      expectWithin(performance.now() - bothEndedAt, 2_000);
    } finally {
      first.release(true);
      other.release(true);
      stop.abort();
      await working;
    }
    await store.work({ until: "empty", concurrency: 2, maxItems: 50 }, echo);
    expect(await value(db, "select count(*)::int from trans_hub.translation where status = 'translated'")).toBe(6);
    await expectInvariants(db);
  }, 180_000);

  test("over many rows of the inbox keeps no single pass from ending, and the pass after it takes them", async ({
    db,
    store,
  }) => {
    const stranger = await db.connect();
    try {
      await stranger.query("begin");
      const texts = JSON.stringify(Array.from({ length: 60 }, (_, at) => ({ text: `Text ${at}` })));
      await stranger.query(`select trans_hub.request($1, '{"sourceLocale": "en", "targetLocales": ["fr"]}')`, [texts]);
      await db.query(
        `select trans_hub.append_to_inbox(jsonb_build_array(e), '{"sourceLocale": "en", "targetLocales": ["fr"]}')
         from jsonb_array_elements($1::jsonb || '[{"text": "Free"}]') as e`,
        [texts],
      );
      expect(await drain(store)).toMatchObject({ translated: 1 });
      expect(await value(db, "select count(*)::int from trans_hub.inbox where tries > 0")).toBe(60);
      await stranger.query("rollback");
    } finally {
      stranger.release(true);
    }
    await expect.poll(() => value(db, "select count(*)::int from trans_hub.inbox where run_at > now()")).toBe(0);
    expect(
      await value(db, "select count(*)::int from graphile_worker.jobs where task_identifier = 'register_inbox'"),
    ).toBe(0);
    expect(await drain(store)).toMatchObject({ translated: 60 });
    await expectInvariants(db);
  });
});
