/** Hints in the database: the doors for SQL, and what they cost. */
import { parseItem } from "@trans-hub/core/store";
import { expectInvariants } from "@trans-hub/test-support/invariants";
import { items } from "@trans-hub/test-support/register";
import { enqueue, request, test } from "@trans-hub/test-support/sql-api";
import { drain, item, translated, value, workOf } from "@trans-hub/test-support/store";
import type pg from "pg";
import { describe, expect } from "vitest";
import { ConnectionPool } from "../database/pool.ts";
import { loadBatchesById } from "../queue/load-batches.ts";
import { Voice } from "../settle/voice.ts";
import { Registrar } from "./register-store.ts";

const DEFAULTS = { sourceLocale: "en", targetLocales: ["fr"] };
const SETTINGS = { batchSize: 50, batchBytes: 32_768, touchAfterSeconds: 86_400 };

const hints = (db: pg.Pool) =>
  value<Record<string, unknown>>(
    db,
    `select coalesce(json_object_agg(c.text, h.hint), '{}') from trans_hub.hint as h join trans_hub.content as c using (content_no)`,
  );

describe("trans_hub.request and trans_hub.enqueue", () => {
  test("take a hint with an item or for all of them, and an item's own counts", async ({ outsider, db, store }) => {
    const all = { ...DEFAULTS, hint: { note: "for all" } };
    await request(outsider, [{ text: "One" }, { text: "Two", hint: { key: "two", note: null } }], all);
    await enqueue(outsider, [{ text: "Three" }, { text: "Four", hint: { maxLength: 4 } }], all);
    expect(await value(db, "select defaults::text from trans_hub.inbox")).not.toContain("for all");
    const seen: Record<string, unknown> = {};
    await drain(
      store,
      workOf(({ text, hint }) => {
        seen[text] = hint;
        return translated(text);
      }),
    );
    const expected = {
      One: { note: "for all" },
      Two: { key: "two" },
      Three: { note: "for all" },
      Four: { maxLength: 4 },
    };
    expect(await hints(db)).toEqual(expected);
    expect(seen).toEqual(expected);
    await expectInvariants(db);
  });

  test("count another hint as existing, and an equal one is not written", async ({ outsider, db }) => {
    const say = (note: string) => request(outsider, [{ text: "Pay", hint: { note } }], DEFAULTS);
    const written = () => value<string>(db, "select xmin::text from trans_hub.hint");
    expect(await say("one")).toMatchObject({ registered: 1, existing: 0 });
    const first = await written();
    expect(await say("one")).toMatchObject({ registered: 0, existing: 1 });
    expect(await written()).toBe(first);
    expect(await say("two")).toMatchObject({ registered: 0, existing: 1 });
    expect(await written()).not.toBe(first);
    expect(await hints(db)).toEqual({ Pay: { note: "two" } });
  });

  test("refuse what is no hint as the library does, alone and without its words", async ({ outsider, db }) => {
    const bad: unknown[] = [
      ...["secret", 5, true, ["secret"], { note: 5 }, { key: true }, { maxLength: 0 }, { maxLength: "secret" }],
      ...[{ maxLength: 1_000_001 }, { maxLength: 1.5 }, { more: { secret: 1 } }, { more: ["secret"] }],
      ...[{ note: `secret${"x".repeat(4_096)}` }, { ["secret".repeat(700)]: 1 }, { more: false }],
    ];
    const receipt = await request(
      outsider,
      [...bad.map((hint) => ({ text: "Pay", hint })), { text: "Good" }],
      DEFAULTS,
    );
    expect(receipt).toMatchObject({ registered: 1 });
    expect(receipt.rejected.map(({ index, code }) => [index, code])).toEqual(bad.map((_, at) => [at, "TH_ITEM_SHAPE"]));
    expect(JSON.stringify(receipt)).not.toContain("secret");
    for (const hint of bad) {
      const parse = () => parseItem({ text: "Pay", hint }, DEFAULTS, { maxTextBytes: 99 });
      expect(parse).toThrow(
        expect.objectContaining({ code: "TH_ITEM_SHAPE", message: expect.not.stringContaining("secret") }),
      );
    }
    expect(await hints(db)).toEqual({});
  });
});

test("trans_hub.register refuses hints of another shape, also where its caller is no library of ours", async ({
  db,
}) => {
  const register = (hint: string | null, more = "") =>
    db.query(
      `select trans_hub.register(
         row(array['Pay'], null, null, null, null, null, array[$1::jsonb ${more}], null, array['default'], array['en'],
           array[0]::smallint[], array[false], array[1], array['fr'])::trans_hub.grouped_items,
         row(50, 32768, interval '1 day', null, 100, null)::trans_hub.register_options)`,
      [hint],
    );
  for (const hint of ["[]", '"x"', "null", '{"note": null}', '{"a": {}}']) {
    await expect(register(hint), hint).rejects.toMatchObject({ code: "TH001", column: "hint" });
  }
  await expect(register("{}", ", '{}'")).rejects.toMatchObject({ code: "TH001" });
  await register(null);
  await register("{}");
  expect(await value(db, "select count(*)::int from trans_hub.hint")).toBe(0);
});

test("items that a full backlog leaves keep their own hints", async ({ db, openStore }) => {
  const store = await openStore();
  const given = items(5).map((each, at) => ({ ...each, ...(at !== 3 && { hint: `{"key":"${at}"}` }) }));
  await store.register([given[1] as never]);
  const receipts = await store.register(given, { maxBacklog: 2 });
  expect(receipts.map(({ error }) => error === undefined)).toEqual([true, true, false, false, false]);
  const [first, second] = given.map(({ text }) => text);
  expect(await hints(db)).toEqual({ [first as string]: { key: "0" }, [second as string]: { key: "1" } });
});

test("without hints, neither registering nor loading nor collecting touches their table", async ({ db, database }) => {
  const pool = new ConnectionPool({ databaseUrl: database.url, maxConnections: 1 });
  try {
    const registrar = new Registrar(pool, SETTINGS, new Voice());
    const looks = async () => {
      const { rows } = await pool.raw.query<{ n: string }>(
        `select coalesce(seq_scan, 0) + coalesce(idx_scan, 0) as n from pg_stat_xact_user_tables
         where schemaname = 'trans_hub' and relname = 'hint'`,
      );
      return Number(rows[0]?.n);
    };
    await pool.raw.query("begin");
    const before = await looks();
    await registrar.register(items(100));
    await registrar.register([...items(100), item("Other", { context: { a: 1 }, businessId: "b" })]);
    expect((await looks()) - before).toBe(0);
    await pool.raw.query("commit");
    const { rows } = await db.query<{ id: string }>("select batch_id::text as id from trans_hub.batch");
    await pool.raw.query("begin");
    const beforeLoad = await looks();
    await loadBatchesById(
      pool,
      rows.map(({ id }) => id),
    );
    // The one question whether there is any.
    expect((await looks()) - beforeLoad).toBe(1);
    await pool.raw.query("commit");
  } finally {
    await pool.end();
  }
});

test("hints are found by their keys also with plans that were made while there were none", async ({ db, database }) => {
  await db.query("alter table trans_hub.hint set (autovacuum_enabled = false)");
  await db.query("create table public.mark as select 1 as n");
  const pool = new ConnectionPool({ databaseUrl: database.url, maxConnections: 1 });
  const importing = new ConnectionPool({ databaseUrl: database.url });
  try {
    const work = async (round: number) => {
      const registrar = new Registrar(pool, SETTINGS, new Voice());
      const some = Array.from({ length: 20 }, (_, at) =>
        item(`Round ${round} ${at}`, { hint: { key: `${round}.${at}` } }),
      );
      await registrar.register(some);
      await registrar.register(some);
      const { rows } = await pool.raw.query<{ id: string }>(
        "select batch_id::text as id from trans_hub.batch order by created_at desc limit 1",
      );
      const loaded = await loadBatchesById(
        pool,
        rows.map(({ id }) => id),
      );
      expect([...loaded.values()].flatMap((batch) => batch.items.map(({ hint }) => hint?.key))).toHaveLength(20);
    };
    for (let round = 0; round < 8; round += 1) await work(round);
    const many = new Registrar(importing, SETTINGS, new Voice());
    for (let chunk = 0; chunk < 10; chunk += 1) {
      await many.register(
        Array.from({ length: 1_000 }, (_, at) => item(`Text ${chunk} ${at}`, { hint: { key: `${chunk}.${at}` } })),
      );
    }
    for (let round = 10; round < 20; round += 1) await work(round);
    await pool.raw.query("select from public.mark");
  } finally {
    await importing.end();
    await pool.end();
  }
  const marks = () => value(db, "select seq_scan::int from pg_stat_user_tables where relname = 'mark'");
  await expect.poll(marks, { timeout: 30_000 }).toBe(1);
  const reads = "select seq_tup_read::int from pg_stat_user_tables where schemaname = 'trans_hub' and relname = 'hint'";
  // Those of the question whether there is any.
  expect(await value(db, reads)).toBeLessThan(500);
});
