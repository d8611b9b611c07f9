import { expectWithin } from "@trans-hub/test-support/load";
import { drain, echo, item, reference, test, value } from "@trans-hub/test-support/store";
import pg from "pg";
import { describe, expect, onTestFinished } from "vitest";
import type { FeedNews } from "../../contract/event.ts";
import { Coordinator } from "../../coordinator/coordinator.ts";
import { followEvents } from "../../coordinator/follow-events.ts";
import type { PostgresPersistenceHandler } from "../postgres-persistence-handler.ts";

/** A session of a stranger. */
async function session(url: string): Promise<pg.Client> {
  const client = new pg.Client(url);
  client.on("error", () => undefined);
  await client.connect();
  onTestFinished(() => client.end());
  return client;
}

const kindsOf = async (store: PostgresPersistenceHandler, after?: string) =>
  (await store.events({ after })).events.map(({ kind }) => kind);

describe("switching the feed on", () => {
  test("writes nothing before, and an event for every change after", async ({ db, store }) => {
    await store.register([item("before", { businessId: "title" }), item("42")]);
    await drain(store);
    await store.approve({ reference: reference("before") });
    expect(await value(db, "select count(*)::int from trans_hub.event")).toBe(0);
    expect(await value(db, "select count(*)::int from trans_hub.event_queue")).toBe(0);
    const { next } = await store.events({ after: "now" });
    await store.register([item("after", { businessId: "title" })]);
    await drain(store);
    expect(await kindsOf(store, next)).toEqual(["renamed", "translated"]);
    expect(await value(db, "select count(*)::int from trans_hub.event_queue")).toBe(0);
  });

  test("waits for a transaction that is changing texts and may not know of it, and for no reader", async ({
    database,
    db,
    store,
  }) => {
    await store.register([item("Pay"), item("Back")]);
    await drain(store);
    const [writer, reader] = [await session(database.url), await session(database.url)];
    await writer.query("begin; update trans_hub.translation set status = 'approved' where text = '[fr] Pay'");
    await reader.query("begin isolation level repeatable read; select count(*) from trans_hub.translation");
    let opened: string | undefined;
    const opening = store.events({ after: "now" }).then(({ next }) => {
      opened = next;
    });
    const other = await session(database.url);
    await expect
      .poll(async () => (await other.query("select from trans_hub.feed_switch where opened_at is null")).rowCount)
      .toBe(1);
    // A transaction that begins now writes its event already.
    await store.approve({ reference: reference("Back") });
    expect(opened).toBeUndefined();
    await writer.query("commit");
    await opening;
    await reader.query("commit");
    expect(await value(db, "select count(*)::int from trans_hub.event")).toBe(1);
  });

  test("makes earlier cursors void, and goes off when nobody has read for the retention", async ({ db, store }) => {
    const { next } = await store.events({ after: "now" });
    await db.query(`update trans_hub.feed_switch
      set opened_at = now() - interval '3 hours', read_at = now() - interval '3 hours'`);
    await store.collect({ retentionDays: 90, eventRetentionDays: 2 / 24 });
    expect(await value(db, "select count(*)::int from trans_hub.feed_switch")).toBe(0);
    await store.register([item("unseen")]);
    await drain(store);
    await expect(store.events({ after: next })).rejects.toMatchObject({ code: "TH_CURSOR_GONE" });
    expect((await store.events()).events).toEqual([]);
  });

  test("stays on for a reader that reads at least once in the retention", async ({ db, store }) => {
    const { next } = await store.events({ after: "now" });
    await db.query(`update trans_hub.feed_switch
      set opened_at = now() - interval '3 hours', read_at = now() - interval '3 hours'`);
    await store.events({ after: next });
    await store.collect({ retentionDays: 90, eventRetentionDays: 2 / 24 });
    expect(await store.events({ after: next })).toMatchObject({ events: [] });
  });
});

describe("the tail", () => {
  test("tells a follower that the feed was restored: its cursor is gone", async ({ db, store }) => {
    const hub = new Coordinator(store);
    onTestFinished(() => hub.close());
    const { next } = await hub.events({ after: "now" });
    const following = hub.followEvents({ after: next });
    const first = following.next();
    await store.register([item("Pay")]);
    await drain(store);
    expect((await first).value).toMatchObject({ events: [{ kind: "translated" }] });
    const gone = expect(following.next()).rejects.toMatchObject({ code: "TH_CURSOR_GONE" });
    // As restore.sh does.
    await db.query("update trans_hub.feed_head set epoch = gen_random_uuid()");
    await gone;
  });

  test("tells a follower of one locale how far the feed has come, although nothing comes for it", async ({ store }) => {
    const { next } = await store.events({ after: "now" });
    const over = new AbortController();
    const following = followEvents(
      { after: next, project: "default", targetLocale: "de" },
      {
        events: (query) => store.events(query),
        watch: (listener) => store.watchEvents(listener),
        signal: over.signal,
        closing: new AbortController().signal,
        movedMs: 0,
      },
    );
    const page = following.next();
    await store.register([item("Pay")]);
    await drain(store);
    const { value: found } = await page;
    expect(found).toMatchObject({ events: [] });
    expect((await store.events({ after: found?.next })).events).toEqual([]);
    expect((await store.events({ after: next })).events).toHaveLength(1);
    over.abort();
    await following.return();
  });

  test("asks once in 50 ms for all who wait, and wakes them soon", async ({ db, openStore, store }) => {
    const hub = new Coordinator(store, { sourceLocale: "en", maxConcurrentRequests: 10_000 });
    onTestFinished(() => hub.close());
    await hub.events({ after: "now" });
    const texts = Array.from({ length: 1_000 }, (_, at) => `Text ${at}`);
    await store.register(texts.map((text) => item(text)));
    const woken: number[] = [];
    const waits = texts.map(async (text) => {
      await hub.waitFor({ text, targetLocales: ["fr"], timeoutMs: 120_000 });
      woken.push(Date.now());
    });
    const news: FeedNews[] = [];
    onTestFinished(store.watchEvents((heard) => news.push(heard)));
    await expect.poll(() => news.some(({ isOpen }) => isOpen)).toBe(true);
    const commits = "select xact_commit::int from pg_stat_database where datname = current_database()";
    const startedAt = performance.now();
    const before = await value(db, commits);
    await expect.poll(() => performance.now() - startedAt > 2_000).toBe(true);
    const looks = (performance.now() - startedAt) / 50;
    // Beside the tail, the waits look together every two seconds, and this test asks twice.
    expect((await value(db, commits)) - before).toBeLessThan(looks + 15);
    const settledAt: number[] = [];
    const worker = await openStore();
    await worker.work(
      {
        until: "ready",
        concurrency: 2,
        maxItems: 50,
        observer: { settled: ({ batch }) => settledAt.push(...batch.items.map(() => Date.now())) },
      },
      echo,
    );
    await Promise.all(waits);
    // Both in their order: the n-th wait that woke cannot be earlier than the n-th text that was stored.
    const lags = woken.toSorted((one, other) => one - other).map((at, place) => at - (settledAt[place] ?? at));
    expectWithin(lags.toSorted((one, other) => one - other)[989] ?? 0, 300);
  });

  test("is not needed: a process without rights on the feed polls", async ({ db, openStore, database }) => {
    const store = await openStore();
    await store.events({ after: "now" });
    await db.query(
      `do $$ begin create role feed_blind login password 'x'; exception when duplicate_object then null; end $$`,
    );
    await db.query("grant usage on schema trans_hub to feed_blind");
    // The role belongs to the server of the test run, and its rights go with the database.
    await db.query(
      "grant select on trans_hub.content, trans_hub.context, trans_hub.source, trans_hub.translation, trans_hub.migration, trans_hub.inbox, trans_hub.dead_letter to feed_blind; grant execute on all functions in schema trans_hub to feed_blind",
    );
    const url = new URL(database.url);
    url.username = "feed_blind";
    url.password = "x";
    const blind = await openStore({ databaseUrl: url.href });
    const hub = new Coordinator(blind, { sourceLocale: "en", cacheSize: 0 });
    onTestFinished(() => hub.close());
    await store.register([item("Pay")]);
    const waiting = hub.waitFor({ text: "Pay", targetLocales: ["fr"] });
    await drain(store);
    expect(await waiting).toMatchObject([{ text: "[fr] Pay" }]);
  });
});
