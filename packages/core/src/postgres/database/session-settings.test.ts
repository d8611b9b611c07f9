/** Settings of the server, the database or a role that change the meaning of statements change nothing of ours. */
import { applyMigrations, Coordinator } from "@trans-hub/core";
import { PostgresPersistenceHandler } from "@trans-hub/core/store";
import { createTestDatabase } from "@trans-hub/test-support/database";
import { expectInvariants } from "@trans-hub/test-support/invariants";
import { hasPgBouncer, startPgBouncer } from "@trans-hub/test-support/pgbouncer";
import { enqueue, read, request, test } from "@trans-hub/test-support/sql-api";
import { drain, item, reference, value } from "@trans-hub/test-support/store";
import pg from "pg";
import { beforeAll, describe, expect, inject } from "vitest";

/** Each with a value that would do harm. The last column: the first major version of PostgreSQL that has the setting. */
const HARMFUL: readonly (readonly [name: string, value: string, since?: number])[] = [
  ["default_transaction_isolation", "'repeatable read'"],
  ["default_transaction_isolation", "serializable"],
  ["transaction_timeout", "'1s'", 17],
  ["statement_timeout", "'1ms'"],
  ["lock_timeout", "'1ms'"],
  ["idle_in_transaction_session_timeout", "'1ms'"],
  ["idle_session_timeout", "'1ms'"],
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
    const { rows: identities } = await db.query(
      `select c.text, s.business_id, c.content_id::text, x.context_id::text, x.canonical
       from trans_hub.content as c join trans_hub.source as s using (content_no)
       left join trans_hub.context as x using (context_no) order by c.content_id, s.business_id`,
    );
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
