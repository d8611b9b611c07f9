/** A role that may call the SQL functions and no more. */
import { expectInvariants } from "@trans-hub/test-support/invariants";
import { enqueue, read, request, test } from "@trans-hub/test-support/sql-api";
import { drain, value } from "@trans-hub/test-support/store";
import { describe, expect } from "vitest";
import { registerItems } from "./register.sql.ts";

describe("a role with EXECUTE on the three functions and nothing else", () => {
  test("registers, enqueues inside a transaction, and reads", async ({ outsider, db, store }) => {
    expect(
      await request(
        outsider,
        [{ text: "Pay" }, { text: "Back", businessId: "nav.back", context: { screen: "cart" } }],
        { sourceLocale: "en", targetLocales: ["fr", "de"] },
      ),
    ).toEqual({ registered: 4, existing: 0, queued: 0, failed: 0, rejected: [] });

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
      id: expect.stringMatching(/^\d+-\d+$/),
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

  test("registers by the library's door alone, once it may call that, and by no function behind the door", async ({
    outsider,
    db,
  }) => {
    const columns = [
      ["Pay"],
      null,
      ['{"b":1,"a":2}'],
      null,
      null,
      null,
      null,
      null,
      ["default"],
      ["en"],
      [0],
      [false],
      [1],
      ["fr"],
    ];
    const registering = { text: registerItems.text, values: [...columns, 50, 32_768, 86_400, null, 100, 10] };
    await expect(outsider.query(registering)).rejects.toMatchObject({ code: "42501" });
    const role = await value<string>(outsider, "select current_user::text");
    await db.query(`grant execute on function trans_hub.register to ${role}`);
    const client = await outsider.connect();
    try {
      await client.query("begin; set local lock_timeout = '7s'");
      // New, then there.
      for (const existing of [null, [1]]) {
        expect((await client.query(registering)).rows).toMatchObject([{ existing, refused: null }]);
      }
      expect((await client.query("show lock_timeout")).rows).toEqual([{ lock_timeout: "7s" }]);
      await client.query("commit");
    } finally {
      client.release(true);
    }
    const { rows } = await db.query<{ name: string }>(
      `select p.oid::regprocedure::text as name from pg_proc as p
       where p.pronamespace = 'trans_hub'::regnamespace and has_function_privilege($1, p.oid, 'execute')
         and p.proname not in ('request', 'enqueue', 'get_translations')`,
      [role],
    );
    expect(rows.map(({ name }) => name)).toEqual([
      "trans_hub.register(trans_hub.grouped_items,trans_hub.register_options)",
    ]);
    expect(await value(db, "select canonical from trans_hub.context")).toBe('{"a":2,"b":1}');
    await expectInvariants(db);
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
