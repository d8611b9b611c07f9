/** Reads of texts whose requests wait in the inbox. */
import { item, reference, test, value } from "@trans-hub/test-support/store";
import type pg from "pg";
import { describe, expect } from "vitest";

const byId = (businessId: string) => ({ project: "default", targetLocale: "fr", businessId });

async function append(db: pg.Pool, items: unknown, defaults: object = {}) {
  await db.query("select trans_hub.append_to_inbox($1, $2)", [JSON.stringify(items), JSON.stringify(defaults)]);
}

describe("a read of the inbox", () => {
  test("counts the defaults of the call, and other spellings of locales and contexts", async ({ db, store }) => {
    await append(db, [{ targetLocales: ["DE", "pt_br"] }], {
      ...{ text: "Pay", businessId: "pay", sourceLocale: "EN", targetLocales: ["fr"], project: "shop" },
      ...{ context: "checkout", format: "icu" },
    });
    const pay = { ...reference("Pay", "pt-BR", "shop"), context: '{"note":"checkout"}', format: "icu" };
    expect(
      await store.read([
        pay,
        { project: "shop", targetLocale: "de", businessId: "pay" },
        { ...pay, targetLocale: "fr" },
        { ...pay, project: "default" },
        { ...pay, format: "auto" },
      ]),
    ).toMatchObject([
      { status: "queued", context: { note: "checkout" }, sourceLocale: "en", businessIds: ["pay"] },
      { status: "queued", sourceText: "Pay" },
      undefined,
      undefined,
      undefined,
    ]);
  });

  test("finds texts and ids with every character that means something in SQL or JSON", async ({ db, store }) => {
    const texts = ['"', "\\", "%_", "$.text", "'; drop", "{}", "Gruß\u{1f600}", "a\nb"];
    await append(
      db,
      texts.map((text) => ({ text, businessId: `id ${text}`, sourceLocale: "en", targetLocales: ["fr"] })),
    );
    const found = await store.read([
      ...texts.map((text) => reference(text)),
      ...texts.map((text) => byId(`id ${text}`)),
    ]);
    expect(found.map((translation) => translation?.sourceText)).toEqual([...texts, ...texts]);
    expect(await store.read([byId("id %"), byId("id _"), reference("%")])).toEqual([undefined, undefined, undefined]);
  });

  test("says that a request which the database refuses has failed, unless another one waits", async ({ db, store }) => {
    await append(db, [{ text: "Bad", sourceLocale: "en", targetLocales: ["fr"] }]);
    await db.query("update trans_hub.inbox set refused = '23514'");
    expect(await store.read([reference("Bad")])).toMatchObject([
      { status: "failed", text: null, error: { code: "23514", message: expect.not.stringContaining("Bad") } },
    ]);
    await append(db, [{ text: "Bad", sourceLocale: "en", targetLocales: ["fr"] }]);
    await append(db, [{ text: "Bad", sourceLocale: "en", targetLocales: ["fr"] }]);
    await db.query("update trans_hub.inbox set refused = '23514' where id = (select max(id) from trans_hub.inbox)");
    expect(await store.read([reference("Bad")])).toMatchObject([{ status: "queued" }]);
  });

  test("passes over items of any other shape", async ({ db, store }) => {
    await db.query("insert into trans_hub.inbox (items, defaults) values ($1, '{}')", [
      '["Pay", null, [{"text": "Pay"}], {"text": ["Pay"]}]',
    ]);
    const bad = JSON.stringify([
      { text: "Pay", businessId: "pay", targetLocales: ["x!"] },
      { text: "Pay", targetLocales: 5 },
    ]);
    await db.query("insert into trans_hub.inbox (items, defaults) values ($1, '{}')", [bad]);
    expect(await store.read([reference("Pay"), byId("pay")])).toEqual([undefined, undefined]);
    await append(db, [{ text: "Pay", businessId: "pay", sourceLocale: "en", targetLocales: ["fr"] }]);
    expect(await store.read([reference("Pay"), byId("pay")])).toMatchObject([
      { status: "queued" },
      { status: "queued" },
    ]);
  });

  test("happens only where a translation is missing, and looks up its index", async ({ db, openStore }) => {
    const store = await openStore({ maxConnections: 1 });
    await store.register([item("There", { businessId: "there" })]);
    await db.query(
      `insert into trans_hub.inbox (items, defaults)
       select jsonb_build_array(jsonb_build_object('text', 'Text ' || n, 'businessId', 'id.' || n)), '{"targetLocales": ["fr"]}'
       from generate_series(1, 5000) as n`,
    );
    const scans = async () => {
      const { rows } = await db.query<{ scans: number; reads: number }>(
        `select coalesce(sum(seq_scan), 0)::int as scans, coalesce(sum(seq_tup_read), 0)::int as reads
         from pg_stat_user_tables where relid = 'trans_hub.inbox'::regclass`,
      );
      return rows[0];
    };
    // A function that is not run is not parsed either.
    await db.query("alter table trans_hub.inbox rename to hidden");
    expect(await store.read([reference("There"), byId("there")])).toMatchObject([
      { status: "pending" },
      { status: "pending" },
    ]);
    await expect(store.read([reference("Not there")])).rejects.toThrow();
    await db.query("alter table trans_hub.hidden rename to inbox");

    const before = await scans();
    const client = await db.connect();
    try {
      await client.query("begin");
      const { rows } = await client.query(
        "select * from trans_hub.read_by_text(array['default'], array['fr'], array['und'], array['Text 77'], array[null], array['auto'])",
      );
      expect(rows).toMatchObject([{ status: "queued", business_ids: ["id.77"], revision: 0 }]);
      const { rows: byIds } = await client.query(
        "select * from trans_hub.read_by_business_id(array['default', 'default'], array['fr', 'fr'], array['id.78', 'none'])",
      );
      expect(byIds).toMatchObject([{ ord: 1, status: "queued", source_text: "Text 78" }]);
      const asked = (name: string) =>
        value<number>(client, `select pg_stat_get_xact_numscans('trans_hub.${name}'::regclass)::int`);
      expect(await asked("inbox_by_item")).toBe(3);
      expect(await asked("inbox")).toBe(0);
      // The question whether there is an inbox at all.
      expect(
        await value(client, "select pg_stat_get_xact_tuples_fetched('trans_hub.inbox'::regclass)::int"),
      ).toBeLessThan(10);
    } finally {
      client.release(true);
    }
    expect(await scans()).toEqual(before);
  });
});
