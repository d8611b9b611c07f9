/** Settlements that meet other changes of their rows: the fence. */
import {
  loadAll,
  loadOne,
  registerTexts,
  retry,
  rowOf,
  sessionWaits,
  settle,
  test,
} from "@trans-hub/test-support/batches";
import { expectInvariants } from "@trans-hub/test-support/invariants";
import { drain, failed, item, reference, translated, value, workOf } from "@trans-hub/test-support/store";
import type pg from "pg";
import { describe, expect } from "vitest";
import { ConnectionPool } from "../database/pool.ts";
import type { StatementConfig } from "../database/statement.ts";
import type { LoadedBatch } from "../queue/load-batches.ts";
import { buryExpiredTexts } from "../settle/settle-batches.ts";

describe("a settlement", () => {
  test("loses no text that is prolonged again while the texts left out are stored", async ({
    db,
    database,
    pool,
    store,
  }) => {
    await registerTexts(store, 2);
    const batch = await loadOne(pool);
    const other = await db.connect();
    const prolong = () =>
      other.query(
        `update trans_hub.translation as t set expires_at = now() + interval '1 day' from trans_hub.content as c
         where c.content_no = t.content_no and c.text = 'Text 0'`,
      );
    const prolongedAgain = Promise.withResolvers<void>();
    class Interrupted extends ConnectionPool {
      override async query<Row extends pg.QueryResultRow>(config: StatementConfig): Promise<pg.QueryResult<Row>> {
        const result = await super.query<Row>(config);
        await other.query("begin");
        await prolong();
        prolongedAgain.resolve();
        return result;
      }
    }
    const interrupted = new Interrupted({ databaseUrl: database.url });
    try {
      await other.query("begin");
      await prolong();
      const settling = settle(interrupted, batch, (at) => translated(`fr ${at}`));
      await sessionWaits(db);
      await other.query("commit");
      await prolongedAgain.promise;
      await sessionWaits(db);
      await other.query("commit");
      await settling;
    } finally {
      other.release(true);
      await interrupted.end();
    }
    expect(await rowOf(db, "Text 0")).toMatchObject({ status: "translated", text: "fr 0" });
    expect(await value(db, "select sum(delta)::int from trans_hub.count_delta")).toBe(2);
    expect(await value(db, "select count(*)::int from trans_hub.batch")).toBe(0);
  });

  test("that comes late, after a hand-over, a force, an approval or a hastening, changes nothing", async ({
    db,
    pool,
    store,
  }) => {
    await store.register([item("Handed over"), item("Forced"), item("Approved"), item("Hastened")]);
    const late = await loadOne(pool);
    // The same batch was given to another worker meanwhile.
    await settle(pool, late, (_, text) => (text === "Handed over" ? retry() : { kind: "released" }));
    await drain(
      store,
      workOf(({ text }) => (text === "Forced" ? failed() : translated(`first ${text}`))),
    );
    await store.register([item("Forced", { force: true })]);
    await store.approve({ reference: reference("Approved"), text: "Mine" });
    await store.register([item("Hastened", { force: true, priority: "bulk" })]);
    const hastened = await loadAll(pool);
    await store.register([item("Hastened", { priority: "interactive" })]);
    await expectInvariants(db);

    const state = async () =>
      Promise.all(["Handed over", "Forced", "Approved", "Hastened"].map((text) => rowOf(db, text)));
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
    await registerTexts(store, 3);
    const batch = await loadOne(pool);
    await store.collect({ retentionDays: 0 });
    await settle(pool, batch, (at) => (at === 0 ? translated("late") : at === 1 ? retry() : failed()));
    expect(await value(db, "select count(*)::int from trans_hub.translation")).toBe(0);
    expect(await value(db, "select count(*)::int from trans_hub.batch")).toBe(0);
    expect(await value(db, "select count(*)::int from trans_hub.dead_letter")).toBe(0);
    await expectInvariants(db);
  });

  test("of a text that was removed and requested anew meanwhile changes nothing", async ({ db, pool, store }) => {
    // What stays the same is that others use the text, so that it is not a new one itself.
    const again = (project: string) => item("Pay", { project });
    const others = { cancel: "one", collect: "two", forget: "three", purge: "four" };
    for (const project of Object.values(others)) {
      await store.register([again(project), item("Pay", { project: "other" })]);
    }
    const late = await loadAll(pool);
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
});

test("a text that is requested again between the look at its expiry and its burial is not buried", async ({
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
