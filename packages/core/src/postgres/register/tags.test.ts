/** Tags of requests on their way into batches, by every door. */
import { Coordinator } from "@trans-hub/core";
import { drain, item, test, value } from "@trans-hub/test-support/store";
import type pg from "pg";
import { describe, expect } from "vitest";
import { parseTag } from "../../rules/tag.ts";

const one = (text: string) => `[{"text": "${text}", "sourceLocale": "en", "targetLocales": ["fr"]}]`;

/** The tag of each batch with its first text, in the order of the texts. */
async function tags(db: pg.Pool): Promise<Record<string, string | null>> {
  const { rows } = await db.query<{ text: string; tag: string | null }>(
    `select c.text, b.tag from trans_hub.batch as b join trans_hub.content as c on c.content_no = any (b.content_nos)`,
  );
  return Object.fromEntries(rows.map(({ text, tag }) => [text, tag]));
}

describe("a tag", () => {
  test("of a request, of an item and of none go into batches of their own, also if they are requested at once", async ({
    db,
    store,
  }) => {
    const hub = new Coordinator(store, { sourceLocale: "en" });
    const [mixed] = await Promise.all([
      hub.request([{ text: "a1", tag: "a" }, { text: "b1", tag: "b" }, { text: "a2", tag: "a" }, "none"], {
        targetLocales: ["fr"],
      }),
      hub.request({ text: "a3" }, { targetLocales: ["fr"], tag: "a" }),
      hub.request(["c1", { text: "d1", tag: "d" }], { targetLocales: ["fr"], tag: "c" }),
    ]);
    await hub.close();
    expect(mixed).toEqual({ registered: 4, existing: 0, queued: 0, failed: 0, rejected: [] });
    expect(await tags(db)).toEqual({ a1: "a", a2: "a", a3: "a", b1: "b", none: null, c1: "c", d1: "d" });
  });

  test("of a registration is not that of the next on its connection", async ({ db, openStore }) => {
    const store = await openStore({ maxConnections: 1 });
    await store.register([item("one")], { tag: "team" });
    await store.register([item("two")]);
    expect(await tags(db)).toEqual({ one: "team", two: null });
  });

  test("of trans_hub.request and trans_hub.enqueue is that of the call alone", async ({ db, store }) => {
    const client = await db.connect();
    await client.query("begin");
    await client.query("select trans_hub.request($1, $2)", [one("first"), { tag: "sql/1" }]);
    await client.query("select trans_hub.request($1)", [one("second")]);
    await client.query("select trans_hub.enqueue($1, $2)", [one("third"), { tag: "sql/3" }]);
    await client.query("select trans_hub.enqueue($1)", [one("fourth")]);
    await client.query("commit");
    client.release();
    const carried: unknown[] = [];
    await drain(store, async (batch) => {
      carried.push(...batch.items.map(({ text }) => [text, batch.tag ?? null]));
      return {
        outcomes: batch.items.map(() => ({ kind: "translated", text: "x", engine: "test", model: null })),
        calls: [],
      };
    });
    expect(Object.fromEntries(carried as [string, string | null][])).toEqual({
      first: "sql/1",
      second: null,
      third: "sql/3",
      fourth: null,
    });
  });

  test.for([
    ["a text", "Add to cart"],
    ["65 letters", "x".repeat(65)],
    ["nothing", ""],
    ["a number", 7],
    ["an accent", "é"],
    ["a line break behind it", "team\n"],
  ] as const)("that is %s is refused by each door, and stored nowhere", async ([, tag], { db, store }) => {
    expect(() => parseTag(tag)).toThrow(expect.objectContaining({ code: "TH_ITEM_SHAPE" }));
    for (const door of ["request", "enqueue"]) {
      await expect(db.query(`select trans_hub.${door}($1, $2)`, [one("x"), { tag }])).rejects.toMatchObject({
        code: "TH001",
      });
    }
    // A setting by hand is cut, or dropped.
    await store.register([item("by hand")], { tag: String(tag) });
    const left = /^(?:7|x+)$/.exec(String(tag))?.[0].slice(0, 64) ?? null;
    expect(await tags(db)).toEqual({ "by hand": left });
    expect(await value(db, "select count(*)::int from trans_hub.inbox")).toBe(0);
  });
});

test("without a tag a registration runs the statements that it ran before", async ({ db, openStore }) => {
  const store = await openStore({ maxConnections: 1 });
  const ran = () =>
    value<string>(
      db,
      `select string_agg(query, ';') from pg_stat_activity where query like '%trans_hub.register(%' and pid <> pg_backend_pid()`,
    );
  await store.register([item("one")]);
  expect(await ran()).not.toContain("trans_hub.tag");
  await store.register([item("two")], { tag: "team" });
  expect(await ran()).toContain("trans_hub.tag");
});
