/** One settlement: the rows, batches, jobs and accounts that it leaves behind. */
import {
  engineCall,
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
import { failed, item, revisionOf, translated, value } from "@trans-hub/test-support/store";
import { describe, expect } from "vitest";
import type { WorkOutcome } from "../../contract/work.ts";

describe("a settlement", () => {
  test("stores a text that is prolonged at the same moment, and leaves one whose revision is raised", async ({
    db,
    pool,
    store,
  }) => {
    await registerTexts(store, 3);
    const batch = await loadOne(pool);
    // Enough rows that the server looks a row up by its place, as it does in every real table.
    await db.query(
      `insert into trans_hub.translation (content_no, target_locale, context_no, project, status, text, engine)
       select -n, 'de', 0, 'filler', 'translated', 'x', 'none' from generate_series(1, 3000) as n`,
    );
    const other = await db.connect();
    try {
      await other.query("begin");
      // The first is still the batch's, the second is not.
      const change = (set: string, number: number) =>
        other.query(
          `update trans_hub.translation as t set ${set} from trans_hub.content as c
           where c.content_no = t.content_no and c.text = $1`,
          [`Text ${number}`],
        );
      await change("expires_at = now() + interval '1 day'", 0);
      await change("revision = revision + 1", 1);
      const settling = settle(pool, batch, (at) => translated(`fr ${at}`), [engineCall()]);
      await sessionWaits(db);
      await other.query("commit");
      await settling;
    } finally {
      other.release(true);
    }
    expect(await rowOf(db, "Text 0")).toMatchObject({ status: "translated", text: "fr 0" });
    expect(await rowOf(db, "Text 1")).toMatchObject({ status: "pending", text: null });
    expect(await rowOf(db, "Text 2")).toMatchObject({ status: "translated", text: "fr 2" });
    expect(await value(db, "select sum(delta)::int from trans_hub.count_delta")).toBe(2);
    expect(await value(db, "select count(*)::int from trans_hub.usage")).toBe(1);
    expect(await value(db, "select count(*)::int from trans_hub.batch")).toBe(0);
  });

  test("run twice changes nothing the second time", async ({ db, pool, store }) => {
    await registerTexts(store, 5);
    const batch = await loadOne(pool);
    const outcomes: WorkOutcome[] = [
      translated("one"),
      retry(),
      failed(),
      { kind: "released" },
      { kind: "postponed", delayMs: 60_000 },
    ];
    const calls = [engineCall()];
    await settle(pool, batch, (at) => outcomes[at] as WorkOutcome, calls);
    await expectInvariants(db);
    const state = () =>
      value<string>(
        db,
        `select (select string_agg(t::text, '|' order by content_no) from trans_hub.translation t) ||
           (select string_agg(b::text, '|' order by batch_id) from trans_hub.batch b) ||
           (select string_agg(d::text, '|' order by id) from trans_hub.dead_letter d) ||
           (select string_agg(u::text, '|') from trans_hub.usage u) ||
           (select count(*) from graphile_worker.jobs)`,
      );
    const before = await state();
    await settle(pool, batch, (at) => outcomes[at] as WorkOutcome, calls);
    await settle(pool, batch, () => translated("too late"), calls);
    await settle(pool, batch, () => failed(), calls);
    expect(await state()).toBe(before);
    expect(await value(db, "select count(*)::int from trans_hub.usage")).toBe(1);
    await expectInvariants(db);
  });

  test("keeps attempts and history of a text to be tried again, and counts none for a text that was not tried", async ({
    db,
    pool,
    store,
  }) => {
    await registerTexts(store, 3);
    const next = (await revisionOf(store, "Text 0")) + 1;
    const outcomes: WorkOutcome[] = [retry("First"), { kind: "released" }, { kind: "postponed", delayMs: 0 }];
    await settle(pool, await loadOne(pool), (at) => outcomes[at] as WorkOutcome);
    const items = (await loadAll(pool)).flatMap((batch) => batch.items);
    expect(
      items.map(({ text, attempt, previousFailure, revision }) => [text, attempt, previousFailure, revision]),
    ).toEqual([
      ["Text 0", 2, "First", next],
      ["Text 1", 1, undefined, next],
      ["Text 2", 1, undefined, next],
    ]);
    for (const batch of await loadAll(pool)) await settle(pool, batch, () => retry("Second"));
    for (const batch of await loadAll(pool)) await settle(pool, batch, () => failed("Third"));
    const { items: letters } = await store.listDeadLetters({});
    expect(letters.map(({ attempts }) => attempts.map(({ message }) => message))).toEqual([
      ["First", "Second", "Third"],
      ["Second", "Third"],
      ["Second", "Third"],
    ]);
    await expectInvariants(db);
  });

  test("splits a batch to be tried with fewer neighbours, and waits for the longest delay asked for", async ({
    db,
    pool,
    store,
  }) => {
    await registerTexts(store, 5);
    await settle(pool, await loadOne(pool), (at) => retry("Later", { split: true, delayMs: at * 10_000 }));
    const parts = await loadAll(pool);
    expect(parts.map(({ items }) => items.length)).toEqual([3, 2]);
    expect(
      await value(
        db,
        "select count(*)::int from trans_hub.batch where run_at between now() + '35 s' and now() + '45 s'",
      ),
    ).toBe(2);
    await expectInvariants(db);
  });

  test("of a batch that was parked meanwhile leaves no job that waits for ever", async ({ db, pool, store }) => {
    await store.register([item("Pay")]);
    const late = await loadOne(pool);
    await store.pause({});
    await settle(pool, late, () => translated("late"));
    await store.resume({});
    expect(await rowOf(db, "Pay")).toMatchObject({ status: "translated", text: "late" });
    expect(await value(db, "select count(*)::int from graphile_worker.jobs")).toBe(0);
    await expectInvariants(db);
  });

  test("books a call once, whichever batch it is settled with and however often", async ({ db, pool, store }) => {
    await registerTexts(store, 2);
    const batch = await loadOne(pool);
    const calls = [engineCall(), engineCall()];
    await Promise.all([1, 2, 3, 4].map(() => settle(pool, batch, () => translated("x"), calls)));
    const { rows: booked } = await db.query(
      "select engine, items, input_tokens, latency_ms, outcome from trans_hub.usage",
    );
    expect(booked).toEqual(
      [1, 2].map(() => ({ engine: "test", items: 1, input_tokens: 10, latency_ms: 12, outcome: "ok" })),
    );
    await expectInvariants(db);
  });

  test("books costs exactly, and knows an unknown cost from none", async ({ db, pool, store }) => {
    await registerTexts(store, 1);
    const batch = await loadOne(pool);
    const money = { currency: "USD", characters: 7 };
    await settle(pool, batch, () => translated("x"), [
      { ...engineCall(), ...money, cost: "0.000000000001", unconfirmed: "123456789012.000000000003" },
      { ...engineCall(), ...money, cost: "0", unconfirmed: "0" },
      engineCall(),
    ]);
    const { rows: booked } = await db.query(
      "select cost::text, unconfirmed::text, currency, characters, tag from trans_hub.usage order by cost desc nulls last",
    );
    expect(booked).toEqual([
      { ...money, cost: "0.000000000001", unconfirmed: "123456789012.000000000003", tag: null },
      { ...money, cost: "0", unconfirmed: "0", tag: null },
      { cost: null, unconfirmed: "0", currency: null, characters: 0, tag: null },
    ]);
  });
});
