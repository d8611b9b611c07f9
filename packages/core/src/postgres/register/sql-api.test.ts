/** The functions by which psql and any language produce and read, called by a role that may call them and no more. */
import { randomBytes } from "node:crypto";
import { parseItem } from "@trans-hub/core/store";
import { expectInvariants } from "@trans-hub/test-support/invariants";
import { test as base, drain, item, reference, value } from "@trans-hub/test-support/store";
import pg from "pg";
import { describe, expect } from "vitest";

/** A login role with EXECUTE on the three functions; `as` runs one statement as it. */
const test = base.extend("outsider", async ({ database, db }, { onCleanup }): Promise<pg.Pool> => {
  const name = `outsider_${randomBytes(6).toString("hex")}`;
  const password = randomBytes(12).toString("hex");
  await db.query(`create role ${name} login password '${password}'`);
  await db.query(
    `grant execute on function trans_hub.request, trans_hub.enqueue, trans_hub.get_translations to ${name}`,
  );
  const url = new URL(database.url);
  url.username = name;
  url.password = password;
  const pool = new pg.Pool({ connectionString: url.href });
  pool.on("error", () => {});
  onCleanup(async () => {
    // Not waited for: it would wait for ever for a client that a failed test did not release.
    void pool.end();
    await db.query("select pg_terminate_backend(pid) from pg_stat_activity where usename = $1", [name]);
    await db.query(`drop owned by ${name}; drop role ${name}`);
  });
  return pool;
});

type Receipt = {
  registered: number;
  existing: number;
  failed: number;
  rejected: { index: number; code: string; message: string }[];
};

const request = (db: pg.Pool | pg.ClientBase, items: unknown, defaults: unknown = {}) =>
  call<Receipt>(db, "request", items, defaults);
const enqueue = (db: pg.Pool | pg.ClientBase, items: unknown, defaults: unknown = {}) =>
  call<{ accepted: number; rejected: Receipt["rejected"] }>(db, "enqueue", items, defaults);

async function call<Result>(db: pg.Pool | pg.ClientBase, name: string, ...args: unknown[]): Promise<Result> {
  const { rows } = await db.query<{ result: Result }>(
    `select trans_hub.${name}(${args.map((_, at) => `$${at + 1}::jsonb`).join(", ")}) as result`,
    args.map((arg) => JSON.stringify(arg)),
  );
  return rows[0]?.result as Result;
}

async function read(db: pg.Pool, items: unknown, locale: string): Promise<(Record<string, unknown> | null)[]> {
  const { rows } = await db.query("select trans_hub.get_translations($1::jsonb, $2) as result", [
    JSON.stringify(items),
    locale,
  ]);
  return rows[0]?.result;
}

describe("a role with EXECUTE on the three functions and nothing else", () => {
  test("registers, enqueues inside a transaction, and reads", async ({ outsider, db, store }) => {
    expect(
      await request(
        outsider,
        [{ text: "Pay" }, { text: "Back", businessId: "nav.back", context: { screen: "cart" } }],
        { sourceLocale: "en", targetLocales: ["fr", "de"] },
      ),
    ).toEqual({ registered: 4, existing: 0, failed: 0, rejected: [] });

    const client = await outsider.connect();
    await client.query("begin");
    expect(await enqueue(client, { text: "Ship", targetLocales: ["fr"], sourceLocale: "en" })).toEqual({
      accepted: 1,
      rejected: [],
    });
    await client.query("commit");
    client.release();

    await drain(store);
    const answers = await read(
      outsider,
      [
        { text: "Ship", sourceLocale: "en" },
        { businessId: "nav.back" },
        { text: "Back", sourceLocale: "en" },
        { text: "Pay", sourceLocale: "en", context: null, project: null },
      ],
      "fr",
    );
    expect(answers.map((answer) => answer?.text ?? null)).toEqual(["[fr] Ship", "[fr] Back", null, "[fr] Pay"]);
    expect(answers[1]).toEqual({
      project: "default",
      sourceLocale: "en",
      targetLocale: "fr",
      sourceText: "Back",
      context: { screen: "cart" },
      businessIds: ["nav.back"],
      status: "translated",
      text: "[fr] Back",
      engine: "test",
      model: null,
      flags: [],
      revision: expect.any(Number),
    });
    await expectInvariants(db);
  });

  test("reads no table and calls no other function of the schema", async ({ outsider, db }) => {
    const { rows: tables } = await db.query<{ name: string }>(
      "select c.oid::regclass::text as name from pg_class c where c.relkind in ('r', 'v', 'S', 'p', 'm') " +
        "and c.relnamespace in ('trans_hub'::regnamespace, 'graphile_worker'::regnamespace)",
    );
    expect(tables.length).toBeGreaterThan(15);
    for (const { name } of tables) {
      await expect(outsider.query(`select from ${name}`), name).rejects.toMatchObject({ code: "42501" });
    }
    const { rows: functions } = await outsider.query<{ name: string }>(
      "select p.proname::text as name from pg_proc p where p.pronamespace = 'trans_hub'::regnamespace " +
        "and has_function_privilege(p.oid, 'execute') order by 1",
    );
    expect(functions.map(({ name }) => name)).toEqual(["enqueue", "get_translations", "request"]);
    await expect(outsider.query("select trans_hub.register_inbox('{1}')")).rejects.toMatchObject({ code: "42501" });
    await expect(outsider.query("create table trans_hub.mine ()")).rejects.toMatchObject({ code: "42501" });
  });

  test("changes nothing by objects of the same names in public or pg_temp", async ({ outsider, db, store }) => {
    await db.query("grant create on schema public to public");
    const client = await outsider.connect();
    try {
      await client.query(`
        create temp table content as select 1::bigint as content_no, gen_random_uuid() as content_id, 'en' as source_locale, 'stolen' as text;
        create temp table translation (content_no bigint, target_locale text, status text, text text);
        create temp table source (n int); create temp table context (n int); create temp table batch (n int);
        create temp table gc_run (n int); create temp table inbox (n int); create temp table target_locale (n int);
        create temp table count_delta (n int); create temp table dead_letter (n int);
        create type pg_temp.item as (n int);
        create function pg_temp.read_items(jsonb, jsonb) returns int language sql as 'select 1/0';
        create function pg_temp.sha256(bytea) returns bytea language sql as 'select 1/0; select null::bytea';
        create function public.register(text) returns int language sql as 'select 1/0';
        create function public.canonical_locale(text) returns text language sql as 'select 1/0; select null::text';
        create function public.octet_length(varchar) returns int language sql as 'select 1/0';
        create function public.jsonb_typeof(json) returns text language sql as 'select 1/0; select null::text';
        create table public.content (n int); create table public.translation (n int); create table public.inbox (n int);
        create function public.same(a text, b varchar) returns boolean language sql as 'select 1/0; select true';
        create operator public.= (leftarg = text, rightarg = varchar, function = public.same);
      `);
      await client.query("set search_path = pg_temp, public, trans_hub");
      expect(await request(client, { text: "Pay", sourceLocale: "en", targetLocales: ["fr"] })).toMatchObject({
        registered: 1,
        rejected: [],
      });
      expect(await enqueue(client, { text: "Ship", sourceLocale: "en", targetLocales: ["fr"] })).toMatchObject({
        accepted: 1,
      });
      const { rows } = await client.query(
        `select trans_hub.get_translations('[{"text": "Pay", "sourceLocale": "en"}]', 'fr') -> 0 ->> 'status' as status`,
      );
      expect(rows).toEqual([{ status: "pending" }]);
    } finally {
      client.release(true);
    }
    await drain(store);
    expect(await value(db, "select count(*)::int from trans_hub.translation where status = 'translated'")).toBe(2);
    await expectInvariants(db);
  });
});

describe("the receipt", () => {
  test("counts rows, duplicates inside the call and failed ones", async ({ outsider, db, store }) => {
    const defaults = { sourceLocale: "en", targetLocales: ["fr", "de"] };
    expect(await request(outsider, [{ text: "Pay" }, { text: "Pay" }, { text: "Back" }], defaults)).toEqual({
      registered: 4,
      existing: 2,
      failed: 0,
      rejected: [],
    });
    await drain(store, async (batch) => ({
      outcomes: batch.items.map(() => ({
        kind: "failed",
        error: { at: new Date().toISOString(), engine: "test", code: "TH_ENGINE_REFUSED", message: "No" },
      })),
      calls: [],
    }));
    expect(await request(outsider, [{ text: "Pay" }, { text: "New" }], defaults)).toEqual({
      registered: 2,
      existing: 2,
      failed: 2,
      rejected: [],
    });
    expect(await read(outsider, { text: "Pay", sourceLocale: "en" }, "fr")).toMatchObject([
      { status: "failed", text: null, error: { code: "TH_ENGINE_REFUSED", message: "No" } },
    ]);
    await expectInvariants(db);
  });

  test("takes one item for a list, defaults for absent and null fields, and ignores unknown keys", async ({
    outsider,
    db,
  }) => {
    const defaults = {
      sourceLocale: "en",
      targetLocales: ["fr"],
      project: "shop",
      businessId: null,
      context: "a note",
      priority: "bulk",
      format: "icu",
      force: null,
      colour: "red",
    };
    expect(
      await request(outsider, { text: "Pay", project: null, context: null, colour: { deep: null } }, defaults),
    ).toEqual({ registered: 1, existing: 0, failed: 0, rejected: [] });
    const { rows } = await db.query(
      "select t.project, t.target_locale, t.priority, x.canonical, x.format, c.source_locale from trans_hub.translation t " +
        "join trans_hub.context x using (context_no) join trans_hub.content c using (content_no)",
    );
    expect(rows).toEqual([
      {
        project: "shop",
        target_locale: "fr",
        priority: 1,
        canonical: '{"note":"a note"}',
        format: "icu",
        source_locale: "en",
      },
    ]);
    // Of the same identity as with everything said by the item itself.
    expect(
      await request(outsider, {
        ...{ text: "Pay", sourceLocale: "EN", targetLocales: ["FR", "fr"], project: "shop", format: "icu" },
        ...{ context: { note: "a note" }, priority: "bulk" },
      }),
    ).toMatchObject({ registered: 0, existing: 1 });
    expect(await value(db, "select trans_hub.request('[]'::jsonb, null)")).toMatchObject({
      registered: 0,
      rejected: [],
    });
  });

  const REFUSED: [why: string, item: unknown, code: string, message: RegExp][] = [
    ["not an object", "secret", "TH_ITEM_SHAPE", /^item: must be an object/],
    ["a null", null, "TH_ITEM_SHAPE", /^item: /],
    ["no text", {}, "TH_ITEM_SHAPE", /^text: /],
    ["a text of another type", { text: ["secret"] }, "TH_ITEM_SHAPE", /^text: /],
    ["an empty text", { text: "" }, "TH_TEXT_EMPTY", /^text: /],
    ["a long text", { text: "secret".repeat(200_000) }, "TH_TEXT_TOO_LONG", /^text: /],
    ["a source that is no locale", { text: "secret", sourceLocale: "x!" }, "TH_LOCALE", /^sourceLocale: /],
    [
      "a target that is no locale",
      { text: "secret", targetLocales: ["fr", "english"] },
      "TH_LOCALE",
      /^targetLocales\[1\]: /,
    ],
    ["a target of und", { text: "secret", targetLocales: ["und"] }, "TH_LOCALE", /^targetLocales\[0\]: /],
    ["a target of another type", { text: "secret", targetLocales: ["fr", 5] }, "TH_LOCALE", /^targetLocales\[1\]: /],
    ["a null target", { text: "secret", targetLocales: [null] }, "TH_LOCALE", /^targetLocales\[0\]: /],
    ["a source of another type", { text: "secret", sourceLocale: 5 }, "TH_LOCALE", /^sourceLocale: /],
    ["no target", { text: "secret", targetLocales: [] }, "TH_ITEM_SHAPE", /^targetLocales: /],
    ["targets that are no list", { text: "secret", targetLocales: "fr" }, "TH_ITEM_SHAPE", /^targetLocales: /],
    ["an empty business id", { text: "secret", businessId: "" }, "TH_BUSINESS_ID", /^businessId: /],
    ["a long business id", { text: "secret", businessId: "é".repeat(128) }, "TH_BUSINESS_ID", /^businessId: /],
    ["a business id of another type", { text: "secret", businessId: 7 }, "TH_BUSINESS_ID", /^businessId: /],
    ["an empty project", { text: "secret", project: "" }, "TH_PROJECT", /^project: /],
    ["a project of another type", { text: "secret", project: {} }, "TH_PROJECT", /^project: /],
    ["a context that is a list", { text: "secret", context: ["secret"] }, "TH_CONTEXT", /^context: /],
    ["a context that is broken JSON", { text: "secret", context: "{secret" }, "TH_CONTEXT", /^context: /],
    ["a context beyond a double", { text: "secret", context: { n: 2 ** 60 } }, "TH_CONTEXT", /^context: /],
    ["a long context", { text: "secret", context: "secret".repeat(2_000) }, "TH_CONTEXT", /^context: /],
    ["a priority nobody knows", { text: "secret", priority: "asap" }, "TH_PRIORITY", /^priority: /],
    ["a priority of another type", { text: "secret", priority: 1 }, "TH_PRIORITY", /^priority: /],
    ["a format nobody knows", { text: "secret", format: "rtf" }, "TH_FORMAT", /^format: /],
    ["a format of another type", { text: "secret", format: true }, "TH_FORMAT", /^format: /],
    ["a force of another type", { text: "secret", force: "yes" }, "TH_ITEM_SHAPE", /^force: /],
    ["an expiry at once", { text: "secret", expiresAfterSeconds: 0 }, "TH_ITEM_SHAPE", /^expiresAfterSeconds: /],
    ["an expiry in fractions", { text: "secret", expiresAfterSeconds: 1.5 }, "TH_ITEM_SHAPE", /^expiresAfterSeconds: /],
    [
      "an expiry after all",
      { text: "secret", expiresAfterSeconds: 2e9 * 2 },
      "TH_ITEM_SHAPE",
      /^expiresAfterSeconds: /,
    ],
    [
      "an expiry of another type",
      { text: "secret", expiresAfterSeconds: "9" },
      "TH_ITEM_SHAPE",
      /^expiresAfterSeconds: /,
    ],
  ];

  test("gives each refusal its code and field, never the text, as the library does", async ({ outsider, db }) => {
    const defaults = { sourceLocale: "en", targetLocales: ["fr"] };
    const items = REFUSED.flatMap(([, bad], at) => [bad, { text: `good ${at}` }]);
    const receipt = await request(outsider, items, defaults);
    expect(receipt).toMatchObject({ registered: REFUSED.length, existing: 0, failed: 0 });
    const told = new Map(receipt.rejected.map((rejection) => [rejection.index / 2, rejection]));
    REFUSED.forEach(([why, bad, code, message], at) => {
      expect(told.get(at), why).toMatchObject({ code, message: expect.stringMatching(message) });
      expect(told.get(at)?.message, why).not.toContain("secret");
      const byLibrary = thrownBy(() => parseItem(bad, defaults as never, { maxTextBytes: 1_048_576 }));
      expect(byLibrary, why).toMatchObject({ code, message: expect.stringMatching(message) });
    });
    expect((await enqueue(outsider, items, defaults)).rejected).toEqual(receipt.rejected);
    await db.query("delete from trans_hub.inbox");
    await expectInvariants(db);
  });

  test("leaves the caller's transaction as it was, its settings too", async ({ outsider }) => {
    const client = await outsider.connect();
    try {
      await client.query("begin; set local lock_timeout = '7s'");
      const settings = `select string_agg(name || setting, ',' order by name) as all from pg_settings
        where name in ('lock_timeout', 'search_path', 'enable_seqscan', 'synchronous_commit', 'extra_float_digits')`;
      const { rows: before } = await client.query(settings);
      await request(client, { text: "Pay", targetLocales: ["fr"] });
      await enqueue(client, { text: "Ship", targetLocales: ["fr"] });
      await client.query("select trans_hub.get_translations($1::jsonb, 'fr')", [JSON.stringify([{ text: "Pay" }])]);
      expect((await client.query(settings)).rows).toEqual(before);
    } finally {
      client.release(true);
    }
  });

  test("U+0000 and half a surrogate pair do not get past the cast to jsonb", async ({ outsider, db }) => {
    for (const text of ["\\u0000", "\\ud800", "\\udc00 \\ud800"]) {
      const items = `[{"text": "a${text}", "targetLocales": ["fr"]}]`;
      await expect(outsider.query("select trans_hub.request($1::jsonb)", [items])).rejects.toMatchObject({
        code: expect.stringMatching(/^22P0[25]$/),
      });
    }
    // A context in JSON inside a string is parsed only by us.
    const context = '{"note": "a\\u0000"}';
    expect(await request(outsider, { text: "Pay", targetLocales: ["fr"], context })).toMatchObject({
      registered: 0,
      rejected: [{ code: "TH_CONTEXT", message: expect.stringMatching(/^context: /) }],
    });
    expect(await value(db, "select count(*)::int from trans_hub.content")).toBe(0);
  });
});

describe("identity", () => {
  const HARD: Record<string, unknown>[] = [
    { text: "a" },
    { text: " a" },
    { text: "A" },
    { text: "é" },
    { text: "e\u0301" },
    { text: "\u{1f469}\u200d\u{1f4bb} \ufeff\u200b" },
    { text: "line\r\nline\nline\u2028\u0085" },
    { text: "\u0001\u001f\u007f\uffff\u{10ffff}" },
    { text: "back\\slash \"quotes\" 'single' $1 %s {} \t" },
    { text: "İstanbul ısı ß ſ" },
    { text: "a", sourceLocale: "de" },
    { text: "a", sourceLocale: "zh_hant_tw" },
    { text: "a", context: {} },
    { text: "a", context: "" },
    { text: "a", context: "note" },
    { text: "a", context: '{"note":"note"}' },
    { text: "a", context: { note: "note" } },
    { text: "a", context: { n: 1 } },
    { text: "a", context: { n: 1.0, m: -0 } },
    { text: "a", context: { n: 1e-7, m: 123456789.125, o: 0.1, p: 5e-324, q: 9007199254740991 } },
    { text: "a", context: { b: [1, "2", null, { z: 1, a: 2 }], a: null } },
    { text: "a", context: { a: null, b: [1, "2", null, { a: 2, z: 1 }] } },
    { text: "a", context: { "\ufb33": 1, "\u{1f600}": 2, é: 3, "\r": 4, "": 5, "1": 6 } },
    { text: "a", context: { "\u0001": '\u007f\u2028\b\f"\\/' } },
    { text: "a", format: "icu" },
    { text: "a", format: "icu", context: { n: 1 } },
    { text: "a", context: { n: 1 }, project: "other", businessId: "ключ.ß" },
    { text: "42 %" },
    { text: "<br/>{name}" },
    { text: "x".repeat(100_000) },
  ];

  const TABLES = {
    content: "select content_id, source_locale, text from trans_hub.content order by 1",
    context: "select context_id, canonical, format from trans_hub.context order by 1",
    translation: `
      select c.content_id, x.context_id, t.target_locale, t.project, t.status, t.priority, t.text, t.engine
      from trans_hub.translation t join trans_hub.content c using (content_no) left join trans_hub.context x using (context_no)
      order by 1, 2 nulls first, 3, 4`,
    source: `
      select c.content_id, x.context_id, s.project, s.business_id
      from trans_hub.source s join trans_hub.content c using (content_no) left join trans_hub.context x using (context_no)
      order by 1, 2 nulls first, 3, 4`,
  };

  async function dump(db: pg.Pool): Promise<Record<string, unknown[]>> {
    const tables: Record<string, unknown[]> = {};
    for (const [name, query] of Object.entries(TABLES)) tables[name] = (await db.query(query)).rows;
    return tables;
  }

  test("is the same by the library, by request and by enqueue", async ({ outsider, db, store }) => {
    const dumps: Record<string, unknown[]>[] = [];
    const forget = () =>
      db.query(
        "truncate trans_hub.content, trans_hub.context, trans_hub.source, trans_hub.translation, trans_hub.batch, " +
          "trans_hub.count_delta; select graphile_worker.complete_jobs(array(select id from graphile_worker.jobs))",
      );
    const defaults = { sourceLocale: "en", targetLocales: ["fr", "en"] };

    const receipts = await store.register(HARD.map((each) => parseItem(each, defaults, { maxTextBytes: 1_048_576 })));
    dumps.push(await dump(db));
    await expectInvariants(db);
    await forget();

    const receipt = await request(outsider, HARD, defaults);
    expect(receipt).toMatchObject({
      registered: receipts.reduce((sum, { registered }) => sum + registered, 0),
      existing: receipts.reduce((sum, { existing }) => sum + existing, 0),
      rejected: [],
    });
    dumps.push(await dump(db));
    await expectInvariants(db);
    await forget();

    expect(await enqueue(outsider, HARD, defaults)).toEqual({ accepted: HARD.length, rejected: [] });
    await store.work({ until: "ready", concurrency: 1, maxItems: 50, locales: ["ja"] }, async () => {
      throw new Error("nothing of this locale");
    });
    dumps.push(await dump(db));
    await expectInvariants(db);
    await forget();

    const client = await db.connect();
    await client.query("begin");
    await store.enqueue(
      client,
      HARD.map((each) => parseItem(each, defaults, { maxTextBytes: 1_048_576 })),
    );
    await client.query("commit");
    client.release();
    await store.work({ until: "ready", concurrency: 1, maxItems: 50, locales: ["ja"] }, async () => {
      throw new Error("nothing of this locale");
    });
    dumps.push(await dump(db));

    expect(dumps[0]?.content).toHaveLength(new Set(HARD.map((each) => `${each.sourceLocale} ${each.text}`)).size);
    for (const other of dumps.slice(1)) expect(other).toEqual(dumps[0]);
  });
});

test("a request of SQL expires as one of the library does", async ({ outsider, db, store }) => {
  const defaults = { sourceLocale: "en", targetLocales: ["fr"], expiresAfterSeconds: 3_600 };
  await request(outsider, [{ text: "Late" }, { text: "Prolonged" }, { text: "In time" }], defaults);
  await db.query(
    "update trans_hub.translation set expires_at = expires_at - interval '2 hours' where expires_at is not null",
  );
  expect(
    await request(
      outsider,
      { text: "Prolonged", expiresAfterSeconds: null },
      { ...defaults, expiresAfterSeconds: null },
    ),
  ).toMatchObject({
    existing: 1,
  });
  await request(outsider, { text: "In time" }, defaults);
  expect(await drain(store)).toMatchObject({ translated: 2, failed: 1 });
  expect(await store.read([reference("Late")])).toMatchObject([{ status: "failed", error: { code: "TH_EXPIRED" } }]);
  await expectInvariants(db);
});

describe("enqueue", () => {
  test("is forgotten with a rollback and registered by the fleet after a commit", async ({ outsider, db, store }) => {
    const client = await outsider.connect();
    for (const end of ["rollback", "commit"]) {
      await client.query("begin");
      await enqueue(client, { text: end, targetLocales: ["fr"], sourceLocale: "en" });
      await client.query(end);
    }
    client.release();
    expect((await drain(store)).translated).toBe(1);
    const [forgotten, kept] = await store.read([reference("rollback"), reference("commit")]);
    expect(forgotten).toBeUndefined();
    expect(kept).toMatchObject({ status: "translated", text: "[fr] commit" });
    expect(await value(db, "select count(*)::int from trans_hub.inbox")).toBe(0);
    await expectInvariants(db);
  });

  test("counts an expiry from the request on, whatever the fleet took until it registered", async ({
    outsider,
    db,
    store,
  }) => {
    const defaults = { sourceLocale: "en", targetLocales: ["fr"], expiresAfterSeconds: 3_600 };
    await enqueue(outsider, [{ text: "Soon" }, { text: "Later", expiresAfterSeconds: 86_400 }], defaults);
    await db.query("update trans_hub.inbox set created_at = now() - interval '30 minutes'");
    await enqueue(outsider, [{ text: "Whenever", expiresAfterSeconds: null }], {
      ...defaults,
      expiresAfterSeconds: null,
    });
    await store.work({ until: "ready", concurrency: 1, maxItems: 50, locales: ["ja"] }, async () => {
      throw new Error("nothing of this locale");
    });
    const { rows } = await db.query(
      "select c.text, round(extract(epoch from t.expires_at - now()) / 1800)::int as half_hours " +
        "from trans_hub.translation t join trans_hub.content c using (content_no) order by c.text",
    );
    expect(rows).toEqual([
      { text: "Later", half_hours: 47 },
      { text: "Soon", half_hours: 1 },
      { text: "Whenever", half_hours: null },
    ]);
  });

  test("in an open transaction delays nobody, the very first of a database included", async ({
    outsider,
    db,
    store,
  }) => {
    const [one, two] = [await outsider.connect(), await outsider.connect()];
    try {
      await one.query("begin");
      await enqueue(one, { text: "Pay", targetLocales: ["fr"], sourceLocale: "en" });
      await two.query("begin; set local statement_timeout = '5s'");
      await enqueue(two, { text: "Pay", targetLocales: ["fr"], sourceLocale: "en" });
      const startedAt = performance.now();
      expect(await store.register([item("Pay"), item("Back")])).toMatchObject([{ registered: 1 }, { registered: 1 }]);
      expect(performance.now() - startedAt).toBeLessThan(1_000);
      await two.query("commit");
      await one.query("commit");
    } finally {
      one.release(true);
      two.release(true);
    }
    await drain(store);
    expect(await value(db, "select count(*)::int from trans_hub.translation where status = 'translated'")).toBe(2);
    await expectInvariants(db);
  });
});

describe("get_translations", () => {
  test("reads inside a read-only transaction", async ({ outsider, db }) => {
    await request(outsider, { text: "Pay", targetLocales: ["fr"], sourceLocale: "en" });
    await db.query("update trans_hub.source set last_seen_at = now() - interval '10 days'");
    const client = await outsider.connect();
    await client.query("begin read only");
    const { rows } = await client.query(
      `select trans_hub.get_translations('{"text": "Pay", "sourceLocale": "en"}', 'fr') -> 0 ->> 'status' as status`,
    );
    expect(rows).toEqual([{ status: "pending" }]);
    await client.query("rollback");
    client.release();
  });

  test("is not held up by a stranger's open transaction over the same text", async ({ outsider, db }) => {
    await request(outsider, { text: "Pay", targetLocales: ["fr"], sourceLocale: "en" });
    await db.query("update trans_hub.source set last_seen_at = now() - interval '10 days'");
    const stranger = await outsider.connect();
    try {
      await stranger.query("begin");
      await request(stranger, { text: "Pay", targetLocales: ["fr"], sourceLocale: "en" });
      expect(await read(outsider, { text: "Pay", sourceLocale: "en" }, "fr")).toMatchObject([{ status: "pending" }]);
    } finally {
      stranger.release(true);
    }
  });

  test("keeps the order, gives null for what is missing, and refuses what it cannot read", async ({ outsider }) => {
    await request(outsider, [{ text: "Pay" }, { text: "24/7" }], { targetLocales: ["pt_br"], sourceLocale: "en" });
    const answers = await read(
      outsider,
      [{ text: "Nothing" }, { text: "24/7", sourceLocale: "en" }, { businessId: "none" }, {}, "Pay", null],
      "pt-BR",
    );
    expect(answers).toMatchObject([null, { text: "24/7", engine: "none" }, null, null, null, null]);
    expect(await read(outsider, [], "fr")).toEqual([]);
    await expect(read(outsider, { text: "secret", sourceLocale: "x!" }, "fr")).rejects.toMatchObject({ code: "TH005" });
    await expect(read(outsider, { text: "Pay" }, "x!")).rejects.toMatchObject({ code: "TH005" });
    await expect(read(outsider, "Pay", "fr")).rejects.toMatchObject({ code: "TH001" });
  });
});

function thrownBy(act: () => unknown): unknown {
  try {
    act();
  } catch (error) {
    return error;
  }
  return undefined;
}
