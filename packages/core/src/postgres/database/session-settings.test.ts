/** Settings of the server, the database or a role that change the meaning of statements change nothing of ours. */
import { applyMigrations, Coordinator } from "@trans-hub/core";
import { createRoles } from "@trans-hub/core/operations";
import { PostgresPersistenceHandler } from "@trans-hub/core/store";
import { createTestDatabase } from "@trans-hub/test-support/database";
import { expectInvariants } from "@trans-hub/test-support/invariants";
import { hasPgBouncer, startPgBouncer } from "@trans-hub/test-support/pgbouncer";
import { enqueue, read, request, test } from "@trans-hub/test-support/sql-api";
import { drain, item, reference, value } from "@trans-hub/test-support/store";
import pg from "pg";
import { beforeAll, describe, expect, inject } from "vitest";
import { ConnectionPool } from "./pool.ts";
import type { Database } from "./statement.ts";

/** Each with a value that would do harm. The last column: the first major version of PostgreSQL that has the setting. */
const HARMFUL: readonly (readonly [name: string, value: string, since?: number])[] = [
  ["default_transaction_isolation", "'repeatable read'"],
  ["default_transaction_isolation", "serializable"],
  ["transaction_timeout", "'1s'", 17],
  ["statement_timeout", "'100ms'"],
  ["lock_timeout", "'1ms'"],
  ["idle_in_transaction_session_timeout", "'1ms'"],
  ["idle_session_timeout", "'5s'"],
  ["row_security", "off"],
  ["search_path", "elsewhere, pg_catalog"],
  ["standard_conforming_strings", "off"],
  ["array_nulls", "off"],
  ["datestyle", "'German, DMY'"],
  ["intervalstyle", "sql_standard"],
  ["timezone", "'Africa/Monrovia'"],
  ["bytea_output", "escape"],
  ["extra_float_digits", "-15"],
  ["client_encoding", "latin1"],
  ["synchronous_commit", "off"],
  ["plan_cache_mode", "force_custom_plan"],
  ["enable_seqscan", "on"],
  ["session_replication_role", "replica"],
  ["default_transaction_deferrable", "on"],
  ["transform_null_equals", "on"],
  ["quote_all_identifiers", "on"],
  ["exit_on_error", "on"],
];

/** A function in front of PostgreSQL's own, as a `search_path` can put it. */
const ELSEWHERE = `
  create schema elsewhere;
  create function elsewhere.now() returns timestamptz language sql as $$ select '-infinity'::timestamptz $$;
  create function elsewhere.cardinality(anyarray) returns integer language sql as $$ select 0 $$;
  create function elsewhere.count_all(bigint) returns bigint language sql as $$ select 0::bigint $$;
  create operator elsewhere.= (leftarg = text, rightarg = text, function = pg_catalog.textne);
  grant usage on schema elsewhere to public`;

const PRIVATE_USE = "\uE000";
const CONTEXT = { [PRIVATE_USE]: 1, "\u{10000}": 2, "a\\b": "c\\d", number: 1 / 3 };

/** Settable by superusers only. */
const PRIVILEGED = new Set(["session_replication_role"]);

const IDENTITIES = `
  select c.text, s.business_id, c.content_id::text, x.context_id::text, x.canonical
  from trans_hub.content as c join trans_hub.source as s using (content_no)
  left join trans_hub.context as x using (context_no) order by c.content_id, s.business_id`;

/** Registers, translates, reads and collects by the library; gives the readers' answers and the stored identities. */
async function useAll(url: string, db: pg.Pool) {
  const store = await PostgresPersistenceHandler.connect({ databaseUrl: url });
  const hub = await Coordinator.connect({ databaseUrl: url, sourceLocale: "en" });
  try {
    const items = [
      item("Save"),
      item("NULL", { businessId: "NULL" }),
      item("Back\\slash 'quoted'", { context: CONTEXT, targetLocales: ["fr", "de"] }),
      item("Émile Ω"),
    ];
    for (const { error } of await store.register(items)) expect(error).toBeUndefined();
    expect(await drain(store)).toMatchObject({ translated: 5, failed: 0, retrying: 0 });
    await store.collect({ retentionDays: 90 });
    const found = await hub.getTranslations(
      [
        { text: "Save" },
        { businessId: "NULL" },
        { text: "Back\\slash 'quoted'", context: CONTEXT },
        { text: "Émile Ω" },
      ],
      { targetLocale: "fr" },
    );
    const { rows: identities } = await db.query<Record<string, unknown>>(IDENTITIES);
    return { texts: found.map((translation) => translation?.text), identities };
  } finally {
    await hub.close();
    await store.close();
  }
}

async function setForDatabase(db: pg.Pool, url: string, setting: string, to: string): Promise<void> {
  await db.query(`alter database "${new URL(url).pathname.slice(1)}" set ${setting} = ${to}`);
}

const versionOf = async (db: pg.Pool) =>
  Math.floor((await value(db, "select current_setting('server_version_num')::int")) / 10_000);

let undisturbed: Awaited<ReturnType<typeof useAll>>;

beforeAll(async () => {
  const database = await createTestDatabase();
  const db = new pg.Pool({ connectionString: database.url });
  undisturbed = await useAll(database.url, db);
  await db.end();
  await database.drop();
  expect(undisturbed.texts).toEqual(["[fr] Save", "[fr] NULL", "[fr] Back\\slash 'quoted'", "[fr] Émile Ω"]);
});

describe("a setting of the database changes neither identities nor results of the library", () => {
  for (const [name, harm, since = 14] of HARMFUL) {
    test(`${name} = ${harm}`, async ({ database, db, skip }) => {
      if ((await versionOf(db)) < since) return skip(`PostgreSQL before ${since} has no ${name}`);
      await db.query(ELSEWHERE);
      await setForDatabase(db, database.url, name, harm);
      expect(await useAll(database.url, db)).toEqual(undisturbed);
      await expectInvariants(db);
    });
  }
});

test("each connection of a store has the settings that its statements need, whatever the role has", async ({
  database,
  db,
}) => {
  const version = await versionOf(db);
  const harmful = HARMFUL.filter(([, , since = 14]) => version >= since);
  for (const [name, harm] of harmful) await setForDatabase(db, database.url, name, harm);
  const pool = new ConnectionPool({ databaseUrl: database.url });
  const needed = {
    search_path: "pg_catalog, pg_temp",
    default_transaction_isolation: "read committed",
    transaction_isolation: "read committed",
    statement_timeout: "54s",
    lock_timeout: "0",
    idle_in_transaction_session_timeout: "1min",
    idle_session_timeout: "0",
    row_security: "on",
    array_nulls: "on",
    standard_conforming_strings: "on",
    DateStyle: "ISO, DMY",
    IntervalStyle: "postgres",
    TimeZone: "UTC",
    bytea_output: "hex",
    extra_float_digits: "1",
    client_encoding: "UTF8",
    synchronous_commit: "on",
    plan_cache_mode: "force_generic_plan",
    enable_seqscan: "off",
    jit: "off",
    ...(version >= 17 && { transaction_timeout: "0" }),
  };
  const settings = async (on: Database) => {
    const { rows } = await on.query<{ name: string; setting: string }>({
      text: "select s.name, current_setting(s.name) as setting from unnest($1::text[]) as s (name)",
      values: [Object.keys(needed)],
    });
    // quote_all_identifiers is on too.
    return Object.fromEntries(rows.map(({ name, setting }) => [name, setting.replaceAll('"', "")]));
  };
  try {
    expect(await settings(pool)).toEqual(needed);
    expect(await pool.transaction(settings)).toMatchObject({ transaction_isolation: "read committed" });
  } finally {
    await pool.end();
  }
});

test("a synchronous_commit that waits for standbys stays the operator's choice", async ({ database, db }) => {
  await setForDatabase(db, database.url, "synchronous_commit", "remote_apply");
  const pool = new ConnectionPool({ databaseUrl: database.url });
  try {
    const { rows } = await pool.query({ text: "select current_setting('synchronous_commit') as setting" });
    expect(rows).toEqual([{ setting: "remote_apply" }]);
  } finally {
    await pool.end();
  }
});

test("migrations apply, and roles are made, under every harmful setting of the database", async () => {
  const database = await createTestDatabase({ migrated: false });
  const db = new pg.Pool({ connectionString: database.url });
  try {
    const version = await versionOf(db);
    for (const [name, harm, since = 14] of HARMFUL) {
      if (version >= since) await setForDatabase(db, database.url, name, harm);
    }
    await createRoles({ databaseUrl: database.url, migrate: true, prefix: "under_settings" });
    expect(await applyMigrations({ databaseUrl: database.url })).toMatchObject({ applied: [], pending: [] });
    const { identities } = await useAll(database.url, db);
    expect(identities).toEqual(undisturbed.identities);
  } finally {
    await db.end();
    await database.drop();
  }
});

test("where transactions are read-only by default, readers read, and writers get an error that names the setting", async ({
  database,
  db,
  openStore,
}) => {
  const store = await openStore();
  await store.register([item("Save")]);
  await drain(store);
  await setForDatabase(db, database.url, "default_transaction_read_only", "on");
  const limited = await openStore();
  expect(await limited.read([reference("Save")])).toMatchObject([{ text: "[fr] Save" }]);
  await expect(limited.register([item("Back")])).rejects.toMatchObject({
    code: "TH_DATABASE_UNAVAILABLE",
    retryable: true,
    hint: expect.stringContaining("default_transaction_read_only"),
  });
  await db.query(`alter database "${new URL(database.url).pathname.slice(1)}" reset default_transaction_read_only`);
  // Each failed statement closes its connection; the next one has the new default.
  expect(await limited.register([item("Back")])).toMatchObject([{ registered: 1 }]);
});

describe("the functions for any language", () => {
  const NEW = { sourceLocale: "en", targetLocales: ["fr"] };

  for (const level of ["repeatable read", "serializable"]) {
    test(`request refuses ${level} with its reason, and stores nothing`, async ({ outsider, db }) => {
      const client = await outsider.connect();
      try {
        await client.query(`begin isolation level ${level}`);
        await expect(request(client, { text: "Save" }, NEW)).rejects.toMatchObject({
          code: "TH020",
          message: `trans_hub.request works in read committed only; this transaction is ${level}`,
          hint: expect.stringMatching(/^TH_ISOLATION: .*trans_hub\.enqueue/),
        });
        await client.query("rollback");
      } finally {
        client.release();
      }
      expect(await value(db, "select count(*)::int from trans_hub.content")).toBe(0);
    });

    test(`enqueue in transactions that are ${level} loses nothing`, async ({ outsider, db, store }) => {
      const clients = await Promise.all([1, 2, 3].map(() => outsider.connect()));
      try {
        for (const client of clients) await client.query(`begin isolation level ${level}`);
        for (const [at, client] of clients.entries()) {
          expect(await enqueue(client, { text: `Text ${at}` }, NEW)).toMatchObject({ accepted: 1 });
        }
        for (const client of clients) await client.query("commit");
      } finally {
        for (const client of clients) client.release();
      }
      await drain(store);
      expect(await value(db, "select count(*)::int from trans_hub.translation where status = 'translated'")).toBe(3);
    });

    test(`get_translations in a transaction that is ${level} reads, though others have noted the same use since`, async ({
      outsider,
      db,
      store,
    }) => {
      await store.register([item("Save")]);
      await drain(store);
      await db.query("update trans_hub.source set last_seen_at = now() - interval '60 days'");
      const client = await outsider.connect();
      try {
        await client.query(`begin isolation level ${level}`);
        await client.query("select from pg_catalog.pg_class limit 1"); // takes the snapshot
        await read(outsider, { text: "Save", sourceLocale: "en" }, "fr");
        expect(await read(client, { text: "Save", sourceLocale: "en" }, "fr")).toMatchObject([{ text: "[fr] Save" }]);
        await client.query("commit");
      } finally {
        client.release();
      }
    });
  }

  test("every function that locks rows and looks again refuses a snapshot that stays", async ({ db }) => {
    const client = await db.connect();
    const calls = [
      "register(null, null)",
      "request('[]')",
      "register_inbox('{}')",
      "collect_range(0, 1, now(), false, null)",
      "collect_contexts(now())",
      "forget('default', null, 'en', 'Save', null, null)",
      "cancel_batches('{}', null)",
      "park_batches('{}')",
      "park_waiting('00000000-0000-0000-0000-000000000000', 1)",
      "unpark_batches('00000000-0000-0000-0000-000000000000', 1, true)",
      "prune_batches('{}')",
    ];
    try {
      for (const call of calls) {
        await client.query("begin isolation level repeatable read");
        await expect(client.query(`select trans_hub.${call}`)).rejects.toMatchObject({
          code: "TH020",
          message: expect.stringContaining(`trans_hub.${call.split("(")[0]} works in read committed only`),
        });
        await client.query("rollback");
      }
    } finally {
      client.release();
    }
  });

  for (const [name, harm, since = 14] of HARMFUL.filter(([setting]) => !PRIVILEGED.has(setting))) {
    if (name === "default_transaction_isolation" || name === "client_encoding" || /_timeout$/.test(name)) continue;
    test(`a session with ${name} = ${harm} gets the same identities`, async ({ outsider, db, skip }) => {
      if ((await versionOf(db)) < since) return skip(`PostgreSQL before ${since} has no ${name}`);
      await db.query(ELSEWHERE);
      const client = await outsider.connect();
      try {
        await client.query(`set ${name} = ${harm}`);
        const items = [
          { text: "Save" },
          { text: "NULL", businessId: "NULL" },
          { text: "Back\\slash 'quoted'", context: CONTEXT, targetLocales: ["fr", "de"] },
          { text: "Émile Ω" },
        ];
        expect(await request(client, items, NEW)).toMatchObject({ registered: 5, rejected: [] });
        expect(await request(client, items, NEW)).toMatchObject({ registered: 0, existing: 5, rejected: [] });
      } finally {
        await client.query("rollback; reset all");
        client.release();
      }
      const { rows } = await db.query(IDENTITIES);
      expect(rows).toEqual(
        undisturbed.identities.filter(({ business_id, text }) => business_id !== "" || text !== "NULL"),
      );
    });
  }

  test("what request acknowledges is on disk, also in a session that does not wait for its commits", async ({
    outsider,
  }) => {
    const client = await outsider.connect();
    try {
      await client.query("set synchronous_commit = off; begin");
      await request(client, { text: "Save" }, NEW);
      expect((await client.query("show synchronous_commit")).rows).toEqual([{ synchronous_commit: "on" }]);
      await client.query("commit");
    } finally {
      await client.query("rollback; reset all");
      client.release();
    }
  });
});

test("no function holds a backslash whose meaning standard_conforming_strings decides", async ({ db }) => {
  const { rows } = await db.query<{ name: string; body: string }>(
    `select proname as name, prosrc as body from pg_proc where pronamespace = 'trans_hub'::regnamespace and prosrc <> ''`,
  );
  expect(rows.length).toBeGreaterThan(40);
  const unsafe = rows.filter(({ body }) => {
    const code = body.replaceAll(/--[^\n]*|\$re\$.*?\$re\$|\b[eE]'(?:[^'\\]|\\.|'')*'/gs, "");
    return /'[^']*\\[^']*'|U&'/.test(code);
  });
  expect(unsafe.map(({ name }) => name)).toEqual([]);
});

describe("behind a transaction-mode pooler", () => {
  const MISSING = "Not tried behind PgBouncer, which is not installed here: apt-get install pgbouncer";

  for (const [name, harm] of [
    ["default_transaction_isolation", "'repeatable read'"],
    ["array_nulls", "off"],
    ["row_security", "off"],
    ["synchronous_commit", "off"],
  ] as const) {
    test(`a store whose connections would have ${name} = ${harm} is refused, with the cure`, async ({
      database,
      db,
      skip,
    }) => {
      if (!hasPgBouncer()) return skip(MISSING);
      await setForDatabase(db, database.url, name, harm);
      const pooler = await startPgBouncer(inject("testServer").url);
      try {
        const urls = { databaseUrl: pooler.urlOf(database.url), directUrl: database.url };
        await expect(PostgresPersistenceHandler.connect(urls)).rejects.toMatchObject({
          code: "TH_DATABASE_REFUSED",
          message: expect.stringContaining(`behind the pooler, ${name} is `),
          hint: expect.stringContaining(name),
        });
      } finally {
        await pooler.stop();
      }
    });
  }
});
