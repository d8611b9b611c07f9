import { registerTexts, test } from "@trans-hub/test-support/batches";
import { expectInvariants } from "@trans-hub/test-support/invariants";
import { drain, failed, item, reference, translated, value, workOf } from "@trans-hub/test-support/store";
import { describe, expect } from "vitest";

describe("dead letters", () => {
  test("are replayed once, however many replays run at once", async ({ db, store }) => {
    await registerTexts(store, 100);
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

  test("are purged after a registration of their texts that runs at the same moment, not in the middle of it", async ({
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
    expect(await store.register([item("Other")])).toEqual([{ registered: 1, existing: 0, queued: 0, failed: 0 }]);
    await expectInvariants(db);
  });

  test("are purged alone where the row kept an older text", async ({ db, store }) => {
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

describe("the reason of a failure", () => {
  test("is shown until its letter is closed, also where the row kept its text", async ({ db, store }) => {
    const error = { code: "TH_ENGINE_REFUSED", message: "No" };
    const fail = workOf(() => failed());
    const shown = async () => {
      const [read] = await store.read([reference("Save")]);
      const [listed] = (await store.list({ project: "default", targetLocale: "fr" })).items;
      const inSql = await value<unknown[]>(
        db,
        `select trans_hub.get_translations('{"text": "Save", "sourceLocale": "en"}', 'fr')`,
      );
      expect(listed?.error).toEqual(read?.error);
      expect((inSql[0] as { error?: unknown }).error).toEqual(read?.error);
      return read?.error;
    };
    await store.register([item("Save")]);
    await drain(store, fail);
    expect(await shown()).toEqual(error);
    await store.replayDeadLetters({});
    expect(await shown()).toBeUndefined();
    await drain(store);
    await store.register([item("Save", { force: true })]);
    await drain(store, fail);
    expect(await store.read([reference("Save")])).toMatchObject([{ status: "translated", text: "[fr] Save", error }]);
    expect(await shown()).toEqual(error);
    await expectInvariants(db);
    await store.purgeDeadLetters({});
    expect(await shown()).toBeUndefined();
    await store.register([item("Save", { force: true })]);
    await drain(store, fail);
    expect(await shown()).toEqual(error);
    await store.register([item("Save", { force: true })]);
    expect(await shown()).toBeUndefined();
    await drain(store);
    expect(await shown()).toBeUndefined();
    await expectInvariants(db);
  });

  test("is looked up only for rows that failed", async ({ db, store }) => {
    await store.register([item("Save"), item("Pay")]);
    await drain(
      store,
      workOf(({ text }) => (text === "Pay" ? failed() : translated(text))),
    );
    // A function that is not run is not parsed either.
    await db.query("alter table trans_hub.dead_letter rename to hidden");
    expect(await store.read([reference("Save")])).toMatchObject([{ status: "translated" }]);
    await expect(store.read([reference("Pay")])).rejects.toThrow();
  });
});
