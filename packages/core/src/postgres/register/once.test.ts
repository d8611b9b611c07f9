import { drain, item, reference, test, value } from "@trans-hub/test-support/store";
import { startTcpProxy } from "@trans-hub/test-support/tcp-proxy";
import pg from "pg";
import { describe, expect, onTestFinished } from "vitest";
import type { OnceKey } from "../../contract/once.ts";
import type { ItemReceipt } from "../../contract/register.ts";
import type { PostgresPersistenceHandler } from "../postgres-persistence-handler.ts";

const KEY: OnceKey = { owner: "shop", key: "k", body: "body" };

const countsOf = (receipts: readonly ItemReceipt[][]) =>
  receipts.flat().map(({ registered, queued, error }) => ({ registered, queued, ...(error && { code: error.code }) }));

function forceOnce(store: PostgresPersistenceHandler, texts = ["Pay"]) {
  const items = texts.map((text) => item(text, { force: true }));
  return store.registerOnce(KEY, [{ items, options: {} }], countsOf);
}

async function session(url: string): Promise<pg.Client> {
  const client = new pg.Client(url);
  client.on("error", () => undefined);
  await client.connect();
  onTestFinished(() => client.end().catch(() => undefined));
  return client;
}

const revision = async (store: PostgresPersistenceHandler) => (await store.read([reference("Pay")]))[0]?.revision;

describe("a request that runs once", () => {
  test("runs once although the answer to its commit is lost", async ({ database, db, openStore, store }) => {
    await store.register([item("Pay")]);
    await drain(store);
    const before = await revision(store);
    const proxy = await startTcpProxy(database.url);
    onTestFinished(() => proxy.close());
    const far = await openStore({ databaseUrl: proxy.url });
    // Holds the commit up, so that the connection can be cut while it is under way.
    await db.query(`
      create function public.hold() returns trigger language plpgsql as $$
      begin perform pg_advisory_xact_lock(17); return null; end $$;
      create constraint trigger hold after insert on trans_hub.request_key deferrable initially deferred
        for each row execute function public.hold()`);
    const gate = await session(database.url);
    await gate.query("select pg_advisory_lock(17)");
    const lost = expect(forceOnce(far)).rejects.toMatchObject({ code: "TH_DATABASE_UNAVAILABLE", retryable: true });
    const waiting = "select count(*)::int from pg_locks where locktype = 'advisory' and not granted";
    await expect.poll(() => value(db, waiting)).toBe(1);
    proxy.cut();
    await lost;
    // Its fate is open still.
    expect(await forceOnce(store)).toEqual({ kind: "running" });
    await gate.query("select pg_advisory_unlock(17)");
    const first = { kind: "done", answer: [{ registered: 1, queued: 0 }] };
    await expect.poll(() => forceOnce(store)).toEqual(first);
    const after = await revision(store);
    expect(after).toBeGreaterThan(before ?? 0);
    expect(await forceOnce(store)).toEqual(first);
    expect(await revision(store)).toBe(after);
  });

  test("leaves its key free, and nothing else, when its session ends before the commit", async ({
    database,
    db,
    openStore,
    store,
  }) => {
    await store.register([item("Pay")]);
    await drain(store);
    const before = await revision(store);
    const doomed = await openStore({ applicationName: "doomed" });
    await db.query(`
      create function public.hold() returns trigger language plpgsql as $$
      begin perform pg_advisory_xact_lock(17); return null; end $$;
      create constraint trigger hold after insert on trans_hub.request_key deferrable initially deferred
        for each row execute function public.hold()`);
    const gate = await session(database.url);
    await gate.query("select pg_advisory_lock(17)");
    const lost = expect(forceOnce(doomed)).rejects.toMatchObject({ code: "TH_DATABASE_UNAVAILABLE" });
    await expect
      .poll(() => value(db, "select count(*)::int from pg_locks where locktype = 'advisory' and not granted"))
      .toBe(1);
    await db.query("select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'doomed'");
    await lost;
    await gate.query("select pg_advisory_unlock(17)");
    expect(await value(db, "select count(*)::int from trans_hub.request_key")).toBe(0);
    expect(await revision(store)).toBe(before);
    expect(await forceOnce(store)).toEqual({ kind: "done", answer: [{ registered: 1, queued: 0 }] });
  });

  test("puts an item behind a stranger's lock into the inbox, with the others and the answer in one transaction", async ({
    database,
    db,
    store,
  }) => {
    await store.register([item("Pay"), item("Back")]);
    await drain(store);
    const stranger = await session(database.url);
    await stranger.query("begin");
    await stranger.query("select from trans_hub.translation where text = '[fr] Pay' for update");
    expect(await forceOnce(store, ["Back", "Pay", "New"])).toEqual({
      kind: "done",
      answer: [
        { registered: 1, queued: 0 },
        { registered: 0, queued: 1 },
        { registered: 1, queued: 0 },
      ],
    });
    expect(await value(db, "select count(*)::int from trans_hub.inbox")).toBe(1);
    await stranger.query("rollback");
    await drain(store);
    expect(await value(db, "select count(*)::int from trans_hub.inbox")).toBe(0);
  });

  test("removes keys of more than a day ago, and lets such a key be used anew", async ({ db, store }) => {
    await forceOnce(store);
    await store.registerOnce({ ...KEY, key: "other" }, [], countsOf);
    await db.query("update trans_hub.request_key set began_at = now() - interval '25 hours'");
    await drain(store);
    expect(await forceOnce(store)).toEqual({ kind: "done", answer: [{ registered: 1, queued: 0 }] });
    expect(await value(db, "select count(*)::int from trans_hub.request_key")).toBe(1);
  });

  test("reports its changes after the commit alone", async ({ openStore }) => {
    const heard: unknown[] = [];
    const store = await openStore({ onChange: (change) => heard.push(change) });
    const refused = store.registerOnce(KEY, [{ items: [item("Pay")], options: {} }], () => {
      throw new Error("refused");
    });
    await expect(refused).rejects.toThrow("refused");
    expect(heard).toEqual([]);
    await forceOnce(store);
    expect(heard).toMatchObject([{ kind: "registered", count: 1 }]);
  });
});
