/** Collection: the rows that it takes, and those that it leaves. */
import type { CollectOptions } from "@trans-hub/core";
import type { PostgresPersistenceHandler } from "@trans-hub/core/store";
import { gateOn } from "@trans-hub/test-support/gate";
import { expectInvariants } from "@trans-hub/test-support/invariants";
import { seeded } from "@trans-hub/test-support/random";
import { drain, failed, item, reference, test, translated, value, workOf } from "@trans-hub/test-support/store";
import type pg from "pg";
import { describe, expect } from "vitest";

/** Makes every use look this old; of one text, of one business id, of one project, or of all. */
async function age(db: pg.Pool, days: number, only: { text?: string; businessId?: string; project?: string } = {}) {
  await db.query(
    `update trans_hub.source as s set last_seen_at = now() - make_interval(days => $1)
     from trans_hub.content as c
     where c.content_no = s.content_no and ($2::text is null or c.text = $2)
       and ($3::text is null or s.business_id = $3) and ($4::text is null or s.project = $4)`,
    [days, only.text ?? null, only.businessId ?? null, only.project ?? null],
  );
  await db.query("update trans_hub.context set created_at = now() - make_interval(days => $1)", [days]);
}

const texts = async (db: pg.Pool) =>
  (await db.query<{ text: string }>("select text from trans_hub.content order by text")).rows.map(({ text }) => text);

const STALE: CollectOptions = { retentionDays: 90 };

/** Collects, after making sure that a dry run says the same and changes nothing. */
async function collectAsCounted(db: pg.Pool, store: PostgresPersistenceHandler, options: CollectOptions = STALE) {
  const before = await everything(db);
  const counted = await store.collect({ ...options, dryRun: true });
  expect(await everything(db)).toBe(before);
  const done = await store.collect(options);
  expect({ ...done, dryRun: true }).toEqual(counted);
  await expectInvariants(db);
  return done;
}

const everything = (db: pg.Pool) =>
  value<string>(
    db,
    `select concat_ws('/',
      (select sum(hashtext(t::text)) from trans_hub.translation t), (select sum(hashtext(s::text)) from trans_hub.source s),
      (select sum(hashtext(c::text)) from trans_hub.content c), (select sum(hashtext(x::text)) from trans_hub.context x),
      (select sum(hashtext(d::text)) from trans_hub.dead_letter d), (select count(*) from trans_hub.gc_run))`,
  );

describe("a collection", () => {
  test("takes everything unused for the retention: uses, translations, texts and contexts", async ({ db, store }) => {
    await store.register([
      item("Old", { targetLocales: ["fr", "de"], context: { at: "old" } }),
      item("Old failed"),
      item("New", { context: { at: "new" } }),
    ]);
    await drain(
      store,
      workOf(({ text }) => (text === "Old failed" ? failed() : translated(text))),
    );
    await store.register([item("Old pending")]);
    await age(db, 91);
    await store.register([item("New", { context: { at: "new" } })]);
    expect(await collectAsCounted(db, store)).toEqual({
      dryRun: false,
      sources: 3,
      translations: 4,
      contents: 3,
      contexts: 1,
    });
    expect(await texts(db)).toEqual(["New"]);
    expect((await store.listDeadLetters({})).items).toEqual([]);
    expect((await store.status()).translations).toMatchObject({ translated: 1, failed: 0, approved: 0 });
    // The batch of what is gone is a quick no-op.
    expect(await drain(store)).toEqual({ translated: 0, failed: 0, retrying: 0 });
    expect((await store.status()).translations.pending).toBe(0);
    expect((await store.status()).lastCollectionAt).toBeInstanceOf(Date);
    await expectInvariants(db);
    expect(await collectAsCounted(db, store)).toMatchObject({ sources: 0, translations: 0, contents: 0, contexts: 0 });
  });

  test("leaves a text that is read but never requested again, by its text or by its id", async ({ db, store }) => {
    await store.register([item("By text"), item("By id", { businessId: "id" }), item("Unread")]);
    await drain(store);
    await age(db, 89);
    await store.touch([reference("By text"), { project: "default", targetLocale: "fr", businessId: "id" }]);
    await db.query("update trans_hub.source set last_seen_at = last_seen_at - interval '2 days'");
    await collectAsCounted(db, store);
    expect(await texts(db)).toEqual(["By id", "By text"]);
  });

  test("leaves a text that another business id, context or project still uses", async ({ db, store }) => {
    await store.register([
      item("Two ids", { businessId: "one" }),
      item("Two ids", { businessId: "two" }),
      item("Two contexts", { context: "stale" }),
      item("Two contexts", { context: "fresh" }),
      item("Two projects", { project: "stale" }),
      item("Two projects", { project: "fresh" }),
    ]);
    await drain(store);
    await age(db, 91);
    await store.register([
      item("Two ids", { businessId: "two" }),
      item("Two contexts", { context: "fresh" }),
      item("Two projects", { project: "fresh" }),
    ]);
    expect(await collectAsCounted(db, store)).toMatchObject({ sources: 3, translations: 2, contents: 0, contexts: 1 });
    expect(await store.read([reference("Two ids")])).toMatchObject([{ status: "translated", businessIds: ["two"] }]);
    expect(
      await store.read([reference("Two projects", "fr", "stale"), reference("Two projects", "fr", "fresh")]),
    ).toEqual([undefined, expect.objectContaining({ status: "translated" })]);
  });

  test("lets an id move to a new text, and removes the old text when it has aged", async ({ db, store }) => {
    await store.register([item("Old wording", { businessId: "title" })]);
    await age(db, 91);
    await store.register([item("New wording", { businessId: "title" })]);
    const byId = { project: "default", targetLocale: "fr", businessId: "title" };
    expect(await store.read([byId])).toMatchObject([{ sourceText: "New wording" }]);
    await collectAsCounted(db, store);
    expect(await texts(db)).toEqual(["New wording"]);
    expect(await store.read([byId])).toMatchObject([{ sourceText: "New wording" }]);
  });

  test("removes approved texts only on request", async ({ db, store }) => {
    await store.register([item("Approved", { targetLocales: ["fr", "de"] })]);
    await drain(store);
    await store.approve({ reference: reference("Approved") });
    await age(db, 91);
    expect(await collectAsCounted(db, store)).toMatchObject({ sources: 1, translations: 1, contents: 0 });
    expect(await store.read([reference("Approved")])).toMatchObject([{ status: "approved" }]);
    // Used again, it is found as it was.
    expect(await store.register([item("Approved")])).toMatchObject([{ registered: 0, existing: 1 }]);
    await age(db, 91);
    expect(await collectAsCounted(db, store, { ...STALE, includeApproved: true })).toMatchObject({
      sources: 1,
      translations: 1,
      contents: 1,
    });
    expect((await store.status()).translations).toEqual({ pending: 0, translated: 0, failed: 0, approved: 0 });
  });

  test("of one project leaves the texts of others", async ({ db, store }) => {
    for (const project of ["one", "two"]) {
      await store.register([item("Shared", { project }), item(`Of ${project}`, { project, context: project })]);
    }
    await drain(store);
    await age(db, 91);
    expect(await collectAsCounted(db, store, { ...STALE, project: "one" })).toMatchObject({
      sources: 2,
      translations: 2,
      contents: 1,
      contexts: 1,
    });
    expect(await texts(db)).toEqual(["Of two", "Shared"]);
  });

  test("takes the records of finished work, and never those that are still needed", async ({ db, store }) => {
    await store.register([item("Mended"), item("Open"), item("Fresh")]);
    await drain(
      store,
      workOf(() => failed()),
    );
    await store.collect(STALE);
    const [mended, , fresh] = (await store.listDeadLetters({})).items;
    for (const letter of [mended, fresh]) await store.replayDeadLetters({ id: letter?.id ?? "" });
    await drain(store);
    await db.query("update trans_hub.dead_letter set failed_at = now() - interval '200 days'");
    await db.query("update trans_hub.dead_letter set replayed_at = now() - interval '91 days' where id = $1", [
      mended?.id,
    ]);
    const call = (project: string, days: number) =>
      db.query(
        `insert into trans_hub.usage (
           call_id, engine, project, source_locale, target_locale, items, input_tokens, output_tokens, cached_tokens, latency_ms,
           outcome, called_at
         )
         values (gen_random_uuid(), 'test', $1, 'en', 'fr', 1, 1, 1, 0, 1, 'ok', now() - make_interval(days => $2))`,
        [project, days],
      );
    for (const days of [10, 89, 91]) await call("default", days);
    await call("other", 91);
    const left = async () => ({
      letters: await value(db, "select count(*)::int from trans_hub.dead_letter"),
      calls: await value(db, "select count(*)::int from trans_hub.usage"),
      runs: await value(db, "select count(*)::int from trans_hub.gc_run"),
    });
    expect(await left()).toEqual({ letters: 3, calls: 4, runs: 1 });
    await store.collect({ ...STALE, project: "default" });
    expect(await left()).toEqual({ letters: 2, calls: 3, runs: 2 });
    // However short the retention, the accounts of the last months stay.
    await store.collect({ retentionDays: 1 });
    expect(await left()).toEqual({ letters: 2, calls: 2, runs: 3 });
    // Of old runs the last whole one is what the status shows.
    await db.query("update trans_hub.gc_run set started_at = started_at - interval '200 days'");
    const before = (await store.status()).lastCollectionAt;
    await store.collect({ ...STALE, dryRun: true });
    expect(await left()).toMatchObject({ runs: 3 });
    await db.query(
      "alter table trans_hub.gc_run add constraint no_end check (finished_at < now() - interval '1 day') not valid",
    );
    await expect(store.collect(STALE)).rejects.toThrow();
    expect((await store.status()).lastCollectionAt).toEqual(before);
    expect((await store.listDeadLetters({})).items).toMatchObject([{ sourceText: "Open" }]);
    await expectInvariants(db);
  });

  test("skips a text that is being registered, and takes it the next time if it is stale", async ({ db, store }) => {
    await store.register([item("In hand"), item("Free")]);
    await drain(store);
    await age(db, 91);
    const stranger = await db.connect();
    try {
      await stranger.query("begin");
      await stranger.query(
        `select trans_hub.request('{"text": "In hand", "sourceLocale": "en", "targetLocales": ["fr"]}')`,
      );
      expect(await store.collect(STALE)).toMatchObject({ sources: 1, contents: 1 });
      await stranger.query("rollback");
    } finally {
      stranger.release(true);
    }
    expect(await texts(db)).toEqual(["In hand"]);
    expect(await collectAsCounted(db, store)).toMatchObject({ sources: 1, contents: 1 });
  });

  test("takes also a text that is stored while it waits for that transaction", async ({ db, store }) => {
    await store.register([item("Old"), item("Failed")]);
    await age(db, 91);
    const gate = await gateOn(db, "trans_hub.count_delta");
    const working = drain(
      store,
      workOf(({ text }) => (text === "Failed" ? failed() : translated(text))),
    );
    await gate.reached();
    const collecting = store.collect(STALE);
    await gate.behind(1);
    await gate.open();
    expect(await collecting).toMatchObject({ sources: 2, translations: 2, contents: 2 });
    await working;
    expect(await texts(db)).toEqual([]);
    expect((await store.listDeadLetters({})).items).toEqual([]);
    await expectInvariants(db);
  });

  test("stops between two steps when it is cancelled, and keeps its finished steps", async ({ db, store }) => {
    await store.register([item("Old")]);
    await age(db, 91);
    await expect(store.collect({ ...STALE, signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: "TH_CANCELLED",
    });
    expect((await store.status()).lastCollectionAt).toBeNull();
    await expectInvariants(db);
  });

  test("removes exactly the rows that a dry run counts, in every state of the tables", async ({ db, store }) => {
    const random = seeded(20_261_123);
    const pick = <Value>(values: readonly Value[]) => values[Math.floor(random() * values.length)] as Value;
    for (const round of [1, 2, 3]) {
      await store.register(
        Array.from({ length: 400 }, () =>
          item(`Text ${Math.floor(random() * 150)}`, {
            targetLocales: pick([["fr"], ["de"], ["fr", "de", "ja"]]),
            project: pick(["one", "two", "three"]),
            businessId: pick([undefined, undefined, "a", "b", "c"]),
            context: pick([undefined, undefined, { n: Math.floor(random() * 40) }]),
            force: random() < 0.2,
          }),
        ),
      );
      await store.work(
        { until: "ready", concurrency: 2, maxItems: 50, limit: 300 },
        workOf(({ text }) => (random() < 0.2 ? failed() : translated(text))),
      );
      const { items: some } = await store.list({ project: "one", targetLocale: "fr" }, { limit: 1_000 });
      for (const { sourceText, status, context } of some.slice(0, 20)) {
        if (status === "translated" && context === null) {
          await store.approve({ reference: reference(sourceText, "fr", "one") });
        }
      }
      // A third of the uses old, some contexts too; and the wreck of a collection that was cut off.
      await db.query(
        "update trans_hub.source set last_seen_at = now() - interval '100 days' where hashtext(content_no::text || business_id) % 3 = 0",
      );
      await db.query("update trans_hub.context set created_at = now() - interval '100 days' where context_no % 2 = 0");
      await db.query("delete from trans_hub.source where hashtext(content_no::text || $1) % 17 = 0", [round]);
      const options = { retentionDays: 90, includeApproved: round === 3, project: round === 2 ? "two" : undefined };
      const before = await store.collect({ ...options, dryRun: true });
      const done = await store.collect(options);
      expect({ ...done, dryRun: true }).toEqual(before);
      expect(done.sources).toBeGreaterThan(20);
      expect(done.translations).toBeGreaterThan(20);
      expect(await store.collect({ ...options, dryRun: true })).toMatchObject({
        sources: 0,
        translations: 0,
        contents: 0,
        contexts: 0,
      });
    }
    await store.collect(STALE);
    await expectInvariants(db);
  });
});
