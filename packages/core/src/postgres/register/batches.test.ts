/** The batches that registered texts go into. */
import type { RegisterItem } from "@trans-hub/core/store";
import { expectInvariants } from "@trans-hub/test-support/invariants";
import { items, sum } from "@trans-hub/test-support/register";
import { item, test, value } from "@trans-hub/test-support/store";
import { describe, expect } from "vitest";

describe("batches", () => {
  test("hold at most the batch size and the byte budget, of one lane", async ({ db, openStore }) => {
    const store = await openStore({ batchSize: 7, batchBytes: 1_000 });
    await store.register([
      ...items(30, { targetLocales: ["fr", "de"] }),
      ...Array.from({ length: 10 }, (_, at) => item(`${at} ${"long ".repeat(60)}`)),
      item(`huge ${"x".repeat(5_000)}`),
      item("Other project", { project: "other" }),
      item("Autre", { sourceLocale: "fr", targetLocales: ["de"] }),
      item("Soon", { priority: "interactive" }),
    ]);
    const { rows: batches } = await db.query<{ items: number; bytes: number; largest: number }>(`
      select cardinality(b.content_nos) as items, sum(octet_length(c.text))::int as bytes, max(octet_length(c.text)) as largest
      from trans_hub.batch b cross join lateral unnest(b.content_nos) as e (content_no) join trans_hub.content c using (content_no)
      group by b.batch_id`);
    for (const { items: size, bytes, largest } of batches) {
      expect(size).toBeLessThanOrEqual(7);
      expect(bytes === largest || bytes <= 1_000 + largest, `${bytes} bytes`).toBe(true);
    }
    expect(batches.some(({ bytes }) => bytes > 5_000)).toBe(true);
    await expectInvariants(db);
  });

  test("hold texts in the order in which they are given, also when some were there before or are given twice", async ({
    db,
    openStore,
  }) => {
    const store = await openStore({ batchSize: 10 });
    await store.register([item("Text 7", { targetLocales: ["de"] })]);
    const texts = Array.from({ length: 40 }, (_, at) => `Text ${at}`);
    await store.register([...texts, "Text 3"].map((text) => item(text)));
    const { rows } = await db.query<{ texts: string[] }>(`
      select array_agg(c.text order by e.ord) as texts
      from trans_hub.batch as b
      cross join lateral unnest(b.content_nos) with ordinality as e (content_no, ord)
      join trans_hub.content as c using (content_no)
      where b.target_locale = 'fr'
      group by b.batch_id`);
    const inOrder = rows
      .map((batch) => batch.texts)
      .sort(([one = ""], [other = ""]) => numberOf(one) - numberOf(other));
    expect(inOrder).toEqual([0, 10, 20, 30].map((from) => texts.slice(from, from + 10)));
  });

  const alike = { sourceLocale: "de", targetLocales: ["fr", "de", "ja"], priority: "bulk" } as const;
  test.for<[string, number, RegisterItem[]]>([
    [
      "all kinds",
      21,
      [
        ...items(5, { targetLocales: ["fr", "de"] }),
        item("42", { targetLocales: ["fr", "de"], expiresAfterSeconds: 60 }),
        item("long ".repeat(12)),
        item("Pay", { businessId: "pay", context: { at: "till" }, expiresAfterSeconds: 60 }),
        item("Bezahlen", { sourceLocale: "de", targetLocales: ["de", "fr"], priority: "bulk" }),
        item("Leave", { format: "icu", force: true }),
        ...items(7, { targetLocales: ["fr", "de"] }).slice(5),
      ],
    ],
    ["one kind", 24, [...items(4, alike), item("42", alike), ...items(7, alike).slice(4)]],
  ])(
    "and rows of a catalog of %s that is new are those of one that is known",
    async ([, rows, catalog], { db, openStore }) => {
      const store = await openStore({ batchSize: 3, batchBytes: 100 });
      const stored = async (project: string) => ({
        rows: await value(
          db,
          `select json_agg(r order by r.text, r.target_locale) from (
           select c.source_locale, c.text, t.target_locale, x.canonical, x.format, t.status, t.priority, t.text as stored,
             t.engine, t.expires_at is not null as expires, s.business_id
           from trans_hub.translation as t
           join trans_hub.content as c using (content_no)
           join trans_hub.source as s using (content_no, context_no, project)
           left join trans_hub.context as x using (context_no)
           where project = '${project}'
         ) as r`,
        ),
        batches: await value(
          db,
          `select json_agg(b order by b::text) from (
           select b.source_locale, b.target_locale, b.priority, b.texts, j.priority < 1000 as is_soon
           from (
             select b.*, array(
               select c.text from unnest(b.content_nos) with ordinality as n (content_no, ord)
               join trans_hub.content as c using (content_no) order by n.ord
             ) as texts
             from trans_hub.batch as b where b.project = '${project}'
           ) as b
           join graphile_worker.jobs as j on j.key = b.batch_id::text
         ) as b`,
        ),
        counted: await value(
          db,
          `select json_agg(d order by d::text) from (
           select target_locale, sum(delta) as n from trans_hub.count_delta where project = '${project}' group by 1
         ) as d`,
        ),
      });
      const register = (project: string) => store.register(catalog.map((each) => ({ ...each, project })));
      const receipts = await register("first");
      const asNew = await stored("first");
      expect(sum(receipts)).toEqual({ registered: rows, existing: 0, queued: 0, failed: 0 });
      // Of the second, every text is known.
      expect(await register("second")).toEqual(receipts);
      expect(await stored("second")).toEqual(asNew);
      await expectInvariants(db);
    },
  );

  test("of a lane with little waiting go ahead of those of a lane with much, within their level", async ({
    db,
    openStore,
  }) => {
    const store = await openStore({ batchSize: 1 });
    await store.register(items(100));
    await store.register([item("Late")]);
    await store.register([item("Late", { project: "small" })]);
    await store.register([item("Now", { priority: "interactive" })]);
    await store.register([item("Whenever", { priority: "bulk", project: "other" })]);
    const { rows } = await db.query<{ text: string; priority: number }>(`
      select b.project || ' ' || c.text as text, j.priority
      from graphile_worker.jobs j join trans_hub.batch b on b.batch_id::text = j.key
      join trans_hub.content c on c.content_no = b.content_nos[1]
      where c.text !~ '^Text' order by j.priority`);
    expect(rows.map(({ text }) => text)).toEqual(["default Now", "small Late", "default Late", "other Whenever"]);
    expect(rows.map(({ priority }) => priority)).toEqual([-988, 0, 12, 1_000]);
    await expectInvariants(db);
  });

  test("of a lane with very much waiting go behind those of one with much, by a sample", async ({ db, openStore }) => {
    const store = await openStore({ batchSize: 1 });
    for (let chunk = 0; chunk < 3; chunk += 1) {
      await store.register(Array.from({ length: 1_000 }, (_, at) => item(`Number ${chunk}.${at}`)));
    }
    await store.register(items(200, { project: "other" }));
    const waiting = async (project: string) =>
      8 * (await value<number>(db, "select trans_hub.job_priority(0::smallint, $1, 'fr')", [project]));
    // Of 3,000 and 200, one in 16 is 188 and 13 on average.
    expect(await waiting("default")).toBeGreaterThan(1_500);
    expect(await waiting("default")).toBeLessThan(6_000);
    expect(await waiting("other")).toBeGreaterThanOrEqual(128);
    expect(await waiting("other")).toBeLessThan(1_000);
  });

  test("hold no more than a worker can load, whatever the options of a call say", async ({ db }) => {
    await db.query(`select trans_hub.open_lanes('{fr}')`);
    for (const [size, bytes] of [
      [2_147_483_647, 2_147_483_647],
      [0, 0],
      [-5, -5],
      [null, null],
    ]) {
      await db.query(
        `select trans_hub.register(
           row(array(select $1 || n from generate_series(1, 1100) as n), null, null, null, null, null, null, null,
             array['default'], array['en'], array[0]::smallint[], array[false], array[1], array['fr'])::trans_hub.grouped_items,
           row($2::integer, $3::integer, interval '-1 year', null, -1, null)::trans_hub.register_options)`,
        [`Text of ${size} ${"x".repeat(1_000)}`, size, bytes],
      );
    }
    const { rows } = await db.query<{ texts: number; bytes: number }>(`
      select cardinality(b.content_nos) as texts, sum(octet_length(c.text))::int as bytes
      from trans_hub.batch b cross join lateral unnest(b.content_nos) as e (content_no) join trans_hub.content c using (content_no)
      group by b.batch_id`);
    expect(Math.max(...rows.map(({ texts }) => texts))).toBeLessThanOrEqual(1_000);
    expect(Math.max(...rows.map(({ bytes }) => bytes))).toBeLessThanOrEqual(1_048_576);
    expect(rows.reduce((sum, { texts }) => sum + texts, 0)).toBe(4_400);
  });

  test("are made by every default that a producer in TypeScript sends along", async ({ openStore, db }) => {
    const store = await openStore();
    await store.register(items(120));
    expect(
      await value(
        db,
        "select array_agg(cardinality(content_nos) order by cardinality(content_nos)) from trans_hub.batch",
      ),
    ).toEqual([20, 50, 50]);
  });

  test("are of locales alone: a lane of any other name is refused", async ({ db, store }) => {
    for (const name of ["x!", "", "und", "zh_CN", "FR", "l".repeat(300), null]) {
      await expect(db.query("select trans_hub.open_lanes($1)", [[name]]), `${name}`).rejects.toMatchObject({
        code: "TH005",
      });
    }
    await expect(
      db.query(
        `select trans_hub.register(
           row(array['Pay'], null, null, null, null, null, null, null, array['default'], array['en'], array[0]::smallint[],
             array[false], array[1], array['zh-cn'])::trans_hub.grouped_items,
           row(50, 32768, interval '1 day', null, 100, null)::trans_hub.register_options)`,
      ),
    ).rejects.toMatchObject({ code: "TH005" });
    expect(await value(db, "select count(*)::int from trans_hub.target_locale")).toBe(0);
    await store.register([item("Pay", { targetLocales: ["zh-CN"] })]);
    expect(await value(db, "select locale from trans_hub.target_locale")).toBe("zh-CN");
    await expectInvariants(db);
  });
});

function numberOf(text: string): number {
  return Number(text.split(" ")[1]);
}
