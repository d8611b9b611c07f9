/** Registering texts that are there already: unchanged, wanted sooner or longer, or forced. */
import { gateOn } from "@trans-hub/test-support/gate";
import { expectInvariants } from "@trans-hub/test-support/invariants";
import { count, items, sum } from "@trans-hub/test-support/register";
import {
  drain,
  echo,
  failed,
  item,
  reference,
  revisionOf,
  test,
  translated,
  value,
  workOf,
} from "@trans-hub/test-support/store";
import { describe, expect } from "vitest";
import { registerItems } from "./register.sql.ts";

test("an unchanged catalog registered again writes nothing", async ({ db, store }) => {
  const catalog = [
    ...items(500, { targetLocales: ["fr", "de"] }),
    ...Array.from({ length: 300 }, (_, at) => item(`With ${at}`, { context: { at: at % 7 }, businessId: `id.${at}` })),
    item("24/7"),
  ];
  await store.register(catalog);
  await drain(store);
  await store.register(catalog); // warms the caches, which may set hint bits
  const state = `select
    (select sum(hashtext(xmin::text || ctid::text || t::text)) from trans_hub.translation t)::text || '/' ||
    (select sum(hashtext(xmin::text || ctid::text || s::text)) from trans_hub.source s)::text || '/' ||
    (select sum(hashtext(xmin::text || ctid::text)) from trans_hub.content c)::text || '/' ||
    (select sum(hashtext(xmin::text || ctid::text)) from trans_hub.context x)::text || '/' ||
    (select count(*) from trans_hub.count_delta)::text`;
  const before = await value<string>(db, state);
  const bytesOfLog = async () => {
    const wal = await value<string>(db, "select pg_current_wal_insert_lsn()");
    expect(sum(await store.register(catalog))).toEqual({ registered: 0, existing: 1_301, queued: 0, failed: 0 });
    return value<number>(db, "select pg_wal_lsn_diff(pg_current_wal_insert_lsn(), $1)::int", [wal]);
  };
  // The key-share locks on the contents, which keep a collection away; nothing that grows with the length of a text. The log is the
  // server's, which other tests write too: at some moment they do not.
  await expect.poll(bytesOfLog).toBeLessThan(801 * 150);
  expect(await value<string>(db, state)).toBe(before);
  expect(await count(db, "graphile_worker.jobs")).toBe(0);
  await expectInvariants(db);
});

test("a business id names the text requested last, also after a call that requested two texts under it", async ({
  db,
  store,
}) => {
  const named = (text: string) => item(text, { businessId: "title" });
  const nameOf = async () => {
    const [found] = await store.read([{ project: "default", targetLocale: "fr", businessId: "title" }]);
    return found?.sourceText;
  };
  await store.register([named("Old")]);
  await store.register([named("Old"), named("New")]);
  expect(await nameOf()).toBe("New");
  await store.register([named("Old")]);
  expect(await nameOf()).toBe("Old");
  await expectInvariants(db);
});

test("a waiting request is prolonged where it is, and one without an expiry is not written", async ({ db, store }) => {
  await store.register([item("Expires", { expiresAfterSeconds: 60 }), item("Stays")]);
  const state = "select xmin::text || ctid::text from trans_hub.translation where expires_at is null";
  const [untouched, batches] = [
    await value<string>(db, state),
    await value<string>(db, "select array_agg(batch_id) from trans_hub.batch"),
  ];
  const revisions = "select string_agg(revision::text, ',' order by content_no) from trans_hub.translation";
  const before = await value<string>(db, revisions);
  const again = { expiresAfterSeconds: 3_600 };
  const existing = { registered: 0, existing: 2, queued: 0, failed: 0 };
  expect(sum(await store.register([item("Expires", again), item("Stays", again)]))).toEqual(existing);
  expect(await value<string>(db, state)).toBe(untouched);
  const isLater =
    "select expires_at > now() + interval '30 minutes' from trans_hub.translation where expires_at is not null";
  expect(await value<boolean>(db, isLater)).toBe(true);
  expect(await value<string>(db, revisions)).toBe(before);
  expect(await value<string>(db, "select array_agg(batch_id) from trans_hub.batch")).toEqual(batches);
  // For less, nothing is written; for ever is for longer than anything.
  const prolonged = await value<string>(db, "select string_agg(xmin::text, ',') from trans_hub.translation");
  await store.register([item("Expires", { expiresAfterSeconds: 60 })]);
  expect(await value<string>(db, "select string_agg(xmin::text, ',') from trans_hub.translation")).toBe(prolonged);
  await store.register([item("Expires")]);
  expect(await value(db, "select count(expires_at)::int from trans_hub.translation")).toBe(0);
  await expectInvariants(db);
});

describe("force", () => {
  test("puts a text back to work at the next revision, and readers keep the old one until then", async ({
    db,
    store,
  }) => {
    await store.register([item("Pay")]);
    await drain(store);
    const first = await revisionOf(store, "Pay");
    expect(await store.register([item("Pay", { force: true }), item("Pay")])).toEqual([
      { registered: 1, existing: 0, queued: 0, failed: 0 },
      { registered: 0, existing: 1, queued: 0, failed: 0 },
    ]);
    expect(await store.read([reference("Pay")])).toMatchObject([
      { status: "pending", text: "[fr] Pay", engine: "test", revision: first + 1 },
    ]);
    await expectInvariants(db);
    await drain(
      store,
      workOf(() => translated("Payer", "other")),
    );
    expect(await store.read([reference("Pay")])).toMatchObject([
      { status: "translated", text: "Payer", engine: "other", revision: first + 1 },
    ]);
    expect((await store.status()).translations).toEqual({ pending: 0, translated: 1, failed: 0, approved: 0 });
    await expectInvariants(db);
  });

  test("that fails goes back to the old text and writes a dead letter, which the next success closes", async ({
    db,
    store,
  }) => {
    await store.register([item("Pay")]);
    await drain(store);
    await store.register([item("Pay", { force: true })]);
    await drain(
      store,
      workOf(() => failed("Never")),
    );
    expect(await store.read([reference("Pay")])).toMatchObject([
      { status: "translated", text: "[fr] Pay", error: { code: "TH_ENGINE_REFUSED", message: "Never" } },
    ]);
    expect((await store.listDeadLetters({})).items).toHaveLength(1);
    expect((await store.status()).translations).toEqual({ pending: 0, translated: 1, failed: 0, approved: 0 });
    await expectInvariants(db);
    await store.register([item("Pay", { force: true })]);
    await drain(
      store,
      workOf(() => translated("Payer")),
    );
    expect((await store.read([reference("Pay")]))[0]).not.toHaveProperty("error");
    expect((await store.listDeadLetters({})).items).toHaveLength(0);
    await expectInvariants(db);
  });

  test("revives a failed text, leaves an approved and a verbatim one, and counts a waiting one as existing", async ({
    db,
    store,
  }) => {
    await store.register([item("Failed"), item("Approved")]);
    await drain(
      store,
      workOf(() => failed()),
    );
    await store.approve({ reference: reference("Approved"), text: "Mine", by: "me" });
    await store.register([item("Waiting"), item("24/7")]);
    const [failedAt, waitingAt, verbatimAt] = await Promise.all(
      ["Failed", "Waiting", "24/7"].map((text) => revisionOf(store, text)),
    );
    const forced = ["Failed", "Approved", "Waiting", "24/7"].map((text) => item(text, { force: true }));
    expect(await store.register(forced)).toEqual([
      { registered: 1, existing: 0, queued: 0, failed: 0 },
      { registered: 0, existing: 1, queued: 0, failed: 0 },
      { registered: 0, existing: 1, queued: 0, failed: 0 },
      { registered: 0, existing: 1, queued: 0, failed: 0 },
    ]);
    await expectInvariants(db);
    await drain(store);
    expect(await store.read(forced.map(({ text }) => reference(text)))).toMatchObject([
      { status: "translated", text: "[fr] Failed", revision: (failedAt ?? 0) + 1 },
      { status: "approved", text: "Mine", engine: "human" },
      { status: "translated", text: "[fr] Waiting", revision: waitingAt },
      { status: "translated", text: "24/7", engine: "none", revision: verbatimAt },
    ]);
    expect((await store.status()).translations).toEqual({ pending: 0, translated: 3, failed: 0, approved: 1 });
    await expectInvariants(db);
  });
});

describe("what was there", () => {
  test("by pseudo is missing for every other engine, and served meanwhile", async ({ db, store }) => {
    await store.register([item("Pay"), item("Back")]);
    await drain(
      store,
      workOf(({ text }) => translated(`⟦${text}⟧`, text === "Pay" ? "pseudo" : "other")),
    );
    for (const engine of [undefined, "pseudo"]) {
      expect(sum(await store.register([item("Pay"), item("Back")], { engine }))).toMatchObject({ registered: 0 });
    }
    expect(await store.register([item("Pay"), item("Back")], { engine: "openai" })).toMatchObject([
      { registered: 1 },
      { registered: 0, existing: 1 },
    ]);
    expect(await store.read([reference("Pay")])).toMatchObject([
      { status: "pending", text: "⟦Pay⟧", engine: "pseudo" },
    ]);
    await drain(store);
    expect(await store.read([reference("Pay")])).toMatchObject([{ text: "[fr] Pay", engine: "test" }]);
    expect((await store.status()).translations).toEqual({ pending: 0, translated: 2, failed: 0, approved: 0 });
    await expectInvariants(db);
  });

  test("and waits is hastened by a request at a better level, never delayed by a worse", async ({ db, store }) => {
    await store.register(items(60, { priority: "bulk" }));
    const [third, fourth] = [await revisionOf(store, "Text 3"), await revisionOf(store, "Text 4")];
    expect(await store.register([item("Text 3", { priority: "interactive" })])).toEqual([
      { registered: 0, existing: 1, queued: 0, failed: 0 },
    ]);
    await store.register([item("Text 3"), item("Text 4", { priority: "bulk" })]);
    await expectInvariants(db);
    const order: string[] = [];
    await store.work({ until: "ready", concurrency: 1, maxItems: 10 }, async (batch, signal) => {
      order.push(...batch.items.map(({ text }) => text));
      return echo(batch, signal);
    });
    expect(order[0]).toBe("Text 3");
    expect(order.toSorted()).toEqual(
      items(60)
        .map(({ text }) => text)
        .toSorted(),
    );
    expect(await store.read([reference("Text 3"), reference("Text 4")])).toMatchObject([
      { status: "translated", revision: third + 1 },
      { status: "translated", revision: fourth },
    ]);
    await expectInvariants(db);
  });

  test("and is handed over at that moment is hastened all the same", async ({ db, store }) => {
    await store.register([item("Pay", { priority: "bulk" })]);
    const error = { at: "2026-01-01T00:00:00.000Z", engine: "test", code: "TH_ENGINE_TRANSIENT", message: "Later" };
    const atRow = await gateOn(db, "trans_hub.translation", "after statement");
    const atHandOver = await gateOn(db, "trans_hub.batch");
    // As the store registers, but that it waits for a lock for as long as it takes.
    const one = [["Pay"], null, null, null, null, null, null, null, ["default"], ["en"], [-1], [false], [1], ["fr"]];
    const values = [...one, 50, 32_768, 86_400, null, 30_000, null];
    const registering = db.query({ text: registerItems.text, values });
    await atRow.reached();
    const working = drain(
      store,
      workOf(() => ({ kind: "retry", error, delayMs: 3_600_000, split: false })),
    );
    await atHandOver.reached();
    await atRow.open();
    await atHandOver.behind(1);
    await atHandOver.open();
    expect((await registering).rows).toEqual([{ registered: [0], existing: [1], failed: null, refused: null }]);
    await working;
    expect(await value(db, "select priority from trans_hub.translation")).toBe(-1);
    await expectInvariants(db);
  });
});
