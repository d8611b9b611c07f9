import { gateOn } from "@trans-hub/test-support/gate";
import { expectInvariants } from "@trans-hub/test-support/invariants";
import { expectWithin } from "@trans-hub/test-support/load";
import { drain, failed, item, test, translated, value, workOf } from "@trans-hub/test-support/store";
import type pg from "pg";
import { describe, expect } from "vitest";

const CANARY = "canary-7f3a9c";

/** Every table that holds a word in whichever column, with how many of its rows do. */
async function tablesWith(db: pg.Pool, word: string): Promise<Record<string, number>> {
  const { rows } = await db.query<{ name: string }>(
    `select format('%I.%I', n.nspname, c.relname) as name
     from pg_class as c join pg_namespace as n on n.oid = c.relnamespace
     where c.relkind in ('r', 'p', 'm') and n.nspname in ('trans_hub', 'graphile_worker')
     order by 1`,
  );
  expect(rows.length).toBeGreaterThan(15);
  const found: Record<string, number> = {};
  for (const { name } of rows) {
    const count = await value<string>(db, `select count(*) from ${name} as t where t::text like $1`, [`%${word}%`]);
    if (count !== "0") found[name] = Number(count);
  }
  return found;
}

const canary = { project: "default", text: CANARY, sourceLocale: "en" };

describe("forgetting", () => {
  test("leaves the text in no table: not in contexts, histories, dead letters or the inbox", async ({ db, store }) => {
    const context = { note: CANARY };
    const hint = { note: CANARY };
    await store.register([item(CANARY, { context, hint, targetLocales: ["fr", "de", "ja", "es"] }), item("Neighbour")]);
    const error = { at: "2026-01-01T00:00:00.000Z", engine: "test", code: "TH_ENGINE_TRANSIENT", message: CANARY };
    await drain(
      store,
      workOf(({ text }, locale) => {
        if (text !== CANARY)
          return { kind: "retry", error: { ...error, message: "kept" }, delayMs: 60_000, split: false };
        if (locale === "fr") return { kind: "retry", error, delayMs: 60_000, split: false };
        // The message of this letter is harmless: its best try alone holds the text.
        return locale === "de" ? { ...failed("x"), bestTry: { text: CANARY, failedChecks: [] } } : translated(CANARY);
      }),
    );
    await store.approve({
      reference: { ...canary, targetLocale: "es", context: JSON.stringify(context), format: "auto" },
      by: "somebody",
      note: CANARY,
    });
    await store.memory.import("default", [
      { sourceLocale: "en-GB", targetLocale: "de", source: CANARY, target: "Kanarienvogel" },
      { sourceLocale: "en", targetLocale: "de", source: "Neighbour", target: "Nachbar" },
    ]);
    await db.query("select trans_hub.enqueue($1, $2)", [
      JSON.stringify([{ text: CANARY, context, hint }, { text: "Neighbour" }]),
      JSON.stringify({ sourceLocale: "en", targetLocales: ["it"] }),
    ]);
    await db.query("update trans_hub.inbox set run_at = 'infinity'");
    expect(Object.keys(await tablesWith(db, CANARY))).toEqual([
      "trans_hub.batch",
      "trans_hub.content",
      "trans_hub.context",
      "trans_hub.dead_letter",
      "trans_hub.hint",
      "trans_hub.inbox",
      "trans_hub.memory_text",
      "trans_hub.memory_unit",
      "trans_hub.review_act",
      "trans_hub.translation",
    ]);

    expect(await store.forget(canary)).toEqual({ forgotten: 2, stillUsed: 0 });
    expect(await tablesWith(db, CANARY)).toEqual({});
    expect(await value<string>(db, "select items::text from trans_hub.inbox")).toBe('[{"text": "Neighbour"}]');
    expect(await value<object>(db, "select history from trans_hub.batch")).toMatchObject([[{ message: "kept" }]]);
    await expectInvariants(db);
  });

  test("of a prefix leaves the texts in no table: not in contexts, histories, dead letters or the inbox", async ({
    db,
    store,
  }) => {
    const id = `user.${CANARY}.`;
    const ids = Array.from({ length: 350 }, (_, at) => `${id}${at}`);
    const context = (at: number) => (at % 5 === 0 ? { note: `${CANARY} ${at}` } : null);
    await store.register([
      ...ids.map((businessId, at) =>
        item(`${CANARY} ${at % 340}`, {
          ...{ businessId, context: context(at % 340), targetLocales: ["fr", "de"] },
          ...(at % 3 === 0 && { hint: { note: `${CANARY} ${at}`, key: businessId } }),
        }),
      ),
      item("Neighbour", { businessId: "user.neighbour" }),
    ]);
    const error = { at: "2026-01-01T00:00:00.000Z", engine: "test", code: "TH_ENGINE_TRANSIENT", message: CANARY };
    await drain(
      store,
      workOf(({ text }, locale) => {
        if (locale === "de") return { kind: "retry", error, delayMs: 60_000, split: false };
        if (text === "Neighbour") return translated("Voisin");
        return text.endsWith("7") ? failed(CANARY) : translated(CANARY);
      }),
    );
    // The defaults of a call hold its business id.
    await db.query("select trans_hub.append_to_inbox($1, $2)", [
      JSON.stringify([{}, { text: "Neighbour", businessId: "user.neighbour", hint: {} }]),
      JSON.stringify({
        text: CANARY,
        hint: { note: CANARY },
        businessId: `${id}x`,
        sourceLocale: "en",
        targetLocales: ["it"],
      }),
    ]);
    for (let at = 0; at < 150; at += 1) {
      await db.query("select trans_hub.append_to_inbox($1, '{}')", [
        JSON.stringify([{ text: CANARY, businessId: `${id}${at}`, targetLocales: ["it"] }]),
      ]);
    }
    await db.query("update trans_hub.inbox set run_at = 'infinity'");
    const reference = { project: "default", businessIdPrefix: id };
    const report = { forgotten: 340 + 151, stillUsed: 0 };
    expect(await store.forget(reference, { dryRun: true })).toEqual(report);
    expect(await store.forget(reference)).toEqual(report);
    expect(await tablesWith(db, CANARY)).toEqual({});
    expect(await value<string>(db, "select items::text from trans_hub.inbox")).toContain("Neighbour");
    expect(await value(db, "select count(*)::int from trans_hub.translation")).toBe(1);
    await expectInvariants(db);
  });

  test("of a prefix that is cut off in the middle has done whole steps, and the same call does the rest", async ({
    db,
    openStore,
  }) => {
    const store = await openStore();
    await store.register([
      ...Array.from({ length: 450 }, (_, at) => item(`${CANARY} ${at}`, { businessId: `user.1.${1_000 + at}` })),
      item("Neighbour", { businessId: "user.2.1" }),
    ]);
    const holder = await db.connect();
    try {
      await holder.query("begin");
      await holder.query("select from trans_hub.content where text = $1 for key share", [`${CANARY} 250`]);
      const reference = { project: "default", businessIdPrefix: "user.1." };
      const forgetting = store.forget(reference).then(
        () => "done",
        () => "cut off",
      );
      const waiting = `select pid from pg_stat_activity
        where datname = current_database() and wait_event_type = 'Lock' and query like '%forget_by_prefix%'`;
      await expect.poll(() => value<number | undefined>(db, waiting)).toBeDefined();
      const left = () => value(db, "select count(*)::int from trans_hub.source where business_id like 'user.1.%'");
      expect(await left()).toBe(250);
      await db.query(`select pg_terminate_backend(pid) from (${waiting}) as w`);
      expect(await forgetting).toBe("cut off");
      expect(await left()).toBe(250);
      await expectInvariants(db);
      await holder.query("rollback");
      expect(await store.forget(reference)).toEqual({ forgotten: 250, stillUsed: 0 });
    } finally {
      holder.release(true);
    }
    expect(await tablesWith(db, CANARY)).toEqual({});
    expect(await value(db, "select count(*)::int from trans_hub.translation")).toBe(1);
    await expectInvariants(db);
  });

  test("of a prefix looks up its rows, also where the tables were never analyzed", async ({ db, store }) => {
    for (const table of ["content", "context", "source", "translation", "dead_letter", "batch"]) {
      await db.query(`alter table trans_hub.${table} set (autovacuum_enabled = false)`);
    }
    for (let at = 0; at < 20_000; at += 5_000) {
      await store.register(
        Array.from({ length: 5_000 }, (_, n) =>
          item(`Text ${at + n}`, { businessId: `user.${(at + n) % 20}.${at + n}`, targetLocales: ["fr", "de"] }),
        ),
      );
    }
    await drain(store);
    const startedAt = performance.now();
    const reference = { project: "default", businessIdPrefix: "user.7." };
    expect(await store.forget(reference, { dryRun: true })).toEqual({ forgotten: 1_000, stillUsed: 0 });
    expect(await store.forget(reference)).toEqual({ forgotten: 1_000, stillUsed: 0 });
    expectWithin(performance.now() - startedAt, 30_000);
    await expectInvariants(db);
  }, 120_000);

  test("leaves a context that another text uses, also where the tables were never analyzed", async ({ db, store }) => {
    const context = "screen";
    await store.register([item("Secret", { context }), item("Other", { context }), item("Own", { context: "own" })]);
    await store.forget({ ...canary, text: "Secret" });
    expect(await value<string>(db, "select count(*) from trans_hub.context")).toBe("2");
    await store.forget({ ...canary, text: "Other" });
    expect(await value<string>(db, "select string_agg(canonical, ' ') from trans_hub.context")).toBe('{"note":"own"}');
    await expectInvariants(db);
  });

  test("takes an unreadable item of the inbox, if its text is meant", async ({ db, store }) => {
    await db.query(
      "insert into trans_hub.inbox (items, defaults, refused) values ($1, '{}', 'TH005'), ($2, '{}', null)",
      [
        JSON.stringify([{ text: CANARY, sourceLocale: "klingon!" }]),
        JSON.stringify([{ text: CANARY, sourceLocale: "de", targetLocales: ["fr"] }, { text: 1 }, 2]),
      ],
    );
    expect(await store.forget(canary)).toEqual({ forgotten: 1, stillUsed: 0 });
    expect(await value<string>(db, "select count(*) from trans_hub.inbox")).toBe("1");
  });

  test("takes a text, context or business id that an item of the inbox had as a default of its call", async ({
    db,
    store,
  }) => {
    const append = (items: object[], defaults: object) =>
      db.query("select trans_hub.append_to_inbox($1, $2)", [JSON.stringify(items), JSON.stringify(defaults)]);
    const locales = { sourceLocale: "en", targetLocales: ["fr"] };
    // The second item uses no default, and is refused when the fleet registers it.
    await append(
      [{ text: null }, { text: "Neighbour", context: "own", businessId: "own", targetLocales: ["english"] }],
      {
        ...{ text: CANARY, context: { note: CANARY }, businessId: CANARY, note: CANARY },
        ...locales,
      },
    );
    await drain(store);
    await append([{}, { text: "Neighbour" }], { text: CANARY, ...locales });
    expect(await value<string>(db, "select count(*) from trans_hub.inbox")).toBe("2");

    expect(await store.forget(canary)).toEqual({ forgotten: 2, stillUsed: 0 });
    expect(await tablesWith(db, CANARY)).toEqual({});
    const { rows } = await db.query("select items -> 0 ->> 'text' as text, refused from trans_hub.inbox order by id");
    expect(rows).toEqual([
      { text: "Neighbour", refused: "TH_LOCALE" },
      { text: "Neighbour", refused: null },
    ]);
    await expectInvariants(db);
  });

  test("takes also a text that is stored while it waits for that transaction", async ({ db, store }) => {
    await store.register([item(CANARY), item("Neighbour")]);
    const gate = await gateOn(db, "trans_hub.count_delta");
    const working = drain(store);
    await gate.reached();
    const forgetting = store.forget(canary);
    await gate.behind(1);
    await gate.open();
    expect(await forgetting).toEqual({ forgotten: 1, stillUsed: 0 });
    await working;
    expect(await tablesWith(db, CANARY)).toEqual({});
    expect((await store.status()).translations).toEqual({ pending: 0, translated: 1, failed: 0, approved: 0 });
    await expectInvariants(db);
  });

  test("waits for a long transaction of another session, but not for ever", async ({ db, store }) => {
    await store.register([item(CANARY)]);
    const client = await db.connect();
    try {
      await client.query("begin");
      await client.query("select from trans_hub.content for key share");
      await db.query("alter function trans_hub.forget set lock_timeout = '50ms'");
      await expect(store.forget(canary)).rejects.toMatchObject({
        code: "TH_DATABASE_UNAVAILABLE",
        retryable: true,
        hint: expect.stringContaining("trans-hub doctor"),
      });
    } finally {
      await client.query("rollback");
      client.release();
    }
    expect(await store.forget(canary)).toEqual({ forgotten: 1, stillUsed: 0 });
  });

  test("in the middle of traffic leaves nothing behind and delays no other session", async ({ db, openStore }) => {
    const [producer, worker, operator] = await Promise.all([openStore(), openStore(), openStore()]);
    const stop = new AbortController();
    const working = worker.work(
      { until: "stopped", concurrency: 4, maxItems: 20, signal: stop.signal },
      workOf(({ text }) => (text.endsWith("7") ? failed(text) : translated(text))),
    );
    const marked = Array.from({ length: 300 }, (_, at) => `${CANARY} ${at}`);
    const context = (at: number) => (at % 3 === 0 ? { note: `${CANARY} ${at}` } : null);
    const producing = (async () => {
      for (let at = 0; at < 300; at += 20) {
        await producer.register(
          marked
            .slice(at, at + 20)
            .flatMap((text, place) => [
              item(text, { context: context(at + place), businessId: `id.${at + place}`, targetLocales: ["fr", "de"] }),
              item(`Neighbour ${at + place}`),
            ]),
        );
      }
    })();
    await producing;
    let forgotten = 0;
    for (const [at, text] of marked.entries()) {
      const report = await operator.forget(
        at % 2 === 0
          ? { project: "default", text, sourceLocale: "en" }
          : { project: "default", businessId: `id.${at}` },
      );
      forgotten += report.forgotten;
      expect(report.stillUsed).toBe(0);
    }
    expect(forgotten).toBe(300);
    await expect.poll(async () => (await operator.status()).translations.pending, { interval: 100 }).toBe(0);
    stop.abort();
    await working;
    expect(await tablesWith(db, CANARY)).toEqual({});
    expect((await operator.status()).translations).toMatchObject({ pending: 0, translated: 270, failed: 30 });
    await expectInvariants(db);
  });
});
