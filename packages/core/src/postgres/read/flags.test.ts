/** The way of a warning: from the check to the row, to its readers and to the status. */
import { expectInvariants } from "@trans-hub/test-support/invariants";
import { drain, failed, item, reference, test, translated, value, workOf } from "@trans-hub/test-support/store";
import type pg from "pg";
import { expect } from "vitest";
import type { Engine } from "../../contract/engine.ts";
import type { WorkOutcome } from "../../contract/work.ts";
import { translateBatch } from "../../translate/translate-batch.ts";
import { ConnectionPool } from "../database/pool.ts";
import { run } from "../database/statement.ts";
import { foldCounts } from "../work/fleet/node.sql.ts";

const SENTENCE = "Add this text to the cart before you leave the page";

/** An engine that gives sentences back untouched. */
const lazy: Engine = {
  name: "lazy",
  version: "1",
  processor: "local",
  maxItemsPerCall: 10,
  maxBytesPerCall: 10_000,
  detectsSource: true,
  takesContext: false,
  translate: async ({ items }) => ({
    results: new Map(items.map(({ id, text }) => [id, { text: text === SENTENCE ? text : `[fr] ${text}` }])),
  }),
};

const flagged = (text: string, ...flags: string[]): WorkOutcome => ({ ...translated(text), flags }) as WorkOutcome;

async function deltas(db: pg.Pool) {
  const { rows } = await db.query(
    "select status, delta::int, flag from trans_hub.count_delta order by flag nulls first",
  );
  return rows;
}

test("an untouched sentence is stored with the name of the check, and every reader sees it", async ({ store, db }) => {
  await store.register([item(SENTENCE), item("Save")]);
  await drain(store, translateBatch({ engines: [lazy], maxAttempts: 5, engineTimeoutMs: 60_000 }));

  expect(await store.read([reference(SENTENCE), reference("Save")])).toMatchObject([
    { status: "translated", text: SENTENCE, flags: ["same"] },
    { status: "translated", text: "[fr] Save", flags: [] },
  ]);
  const items = JSON.stringify([SENTENCE, "Save"].map((text) => ({ text, sourceLocale: "en" })));
  expect(await value(db, "select trans_hub.get_translations($1::jsonb, 'fr')", [items])).toMatchObject([
    { flags: ["same"] },
    { flags: [] },
  ]);
  expect((await store.status()).flagged).toEqual({ same: 1 });
  await expectInvariants(db);
});

test("a settlement without warnings writes nothing for them", async ({ store, db }) => {
  await store.register([item("One"), item("Two")]);
  await drain(store);
  expect(await value(db, "select count(quality_flags)::int from trans_hub.translation")).toBe(0);
  expect(await deltas(db)).toEqual([{ status: "translated", delta: 2, flag: null }]);
});

test("warnings are stored as well when a neighbour fails, and the settlement locks its rows", async ({ store, db }) => {
  await store.register([item("One"), item("Two"), item("Three")]);
  await drain(
    store,
    workOf(({ text }) =>
      text === "One" ? failed() : flagged(`[fr] ${text}`, "length", ...(text === "Two" ? ["x"] : [])),
    ),
  );
  const flags = (await store.read(["One", "Two", "Three"].map((text) => reference(text)))).map((read) => read?.flags);
  expect(flags).toEqual([[], ["length", "x"], ["length"]]);
  expect(await deltas(db)).toEqual([
    { status: "translated", delta: 2, flag: null },
    { status: "translated", delta: 2, flag: "length" },
    { status: "translated", delta: 1, flag: "x" },
  ]);
  await expectInvariants(db);
});

test("folding adds the counts of each warning up, apart from the totals", async ({ store, db, database }) => {
  for (const text of ["One", "Two"]) {
    await store.register([item(text)]);
    await drain(
      store,
      workOf(() => flagged("fr", "length")),
    );
  }
  expect(await deltas(db)).toHaveLength(4);
  const pool = new ConnectionPool({ databaseUrl: database.url });
  try {
    await run(pool, foldCounts);
  } finally {
    await pool.end();
  }
  expect(await deltas(db)).toEqual([
    { status: "translated", delta: 2, flag: null },
    { status: "translated", delta: 2, flag: "length" },
  ]);
  expect(await store.status()).toMatchObject({ translations: { translated: 2 }, flagged: { length: 2 } });
  expect(await store.measure()).toMatchObject({ translated: 2 });
});
