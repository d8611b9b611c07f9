/** Functions that a next release replaces, versions and drops, on a database with roles and running producers. */
import { type NextFunctions, type NextRelease, nextRelease } from "@trans-hub/test-support/next-release";
import { test as base, drain, item, reference, value } from "@trans-hub/test-support/store";
import pg from "pg";
import { describe, expect } from "vitest";
import { inOrderOfBinding, readFunctions } from "../../../../../scripts/function-files.ts";
import { PRODUCER_FUNCTIONS } from "../operations/role-statements.ts";
import { PostgresPersistenceHandler } from "../postgres-persistence-handler.ts";
import { applyMigrations, revertMigration } from "./migrate.ts";
import { NEWEST_MIGRATION } from "./schema-version.ts";

/** A release that replaces two bodies and gives `read_by_text` and `get_translations` successors. */
const REPLACES: NextFunctions = {
  "rules/first_revision": (text) => text.replace("return 1 +", "return 2 +"),
  "read/find_row": (text) => text.replace("begin\n", "begin\n  -- replaced\n"),
  "read/read_by_text": (text) => `-- superseded by: read_by_text_v2\n${text}`,
  "read/read_by_text_v2": `-- rights of: read_by_text
create or replace function trans_hub.read_by_text_v2(texts text[]) returns table (text text, note text)
language sql stable security definer
set search_path = pg_catalog, trans_hub, pg_temp
as $$
  select c.text, 'v2' from content as c where c.text = any (texts)
$$;
`,
  "read/get_translations": (text) => `-- superseded by: get_translations_v2\n${text}`,
  "read/get_translations_v2": `-- rights of: get_translations
create or replace function trans_hub.get_translations_v2() returns integer
language sql immutable
return trans_hub.expected();
`,
  "read/expected":
    "create or replace function trans_hub.expected() returns integer\nlanguage sql immutable\nreturn 2;\n",
};

/** The release after it, which drops a predecessor. */
const DROPS: NextFunctions = { "read/get_translations": null };

const test = base
  .extend("replacing", async ({ task: _ }, { onCleanup }): Promise<NextRelease> => {
    const release = await nextRelease({}, REPLACES);
    onCleanup(() => release.remove());
    return release;
  })
  .extend("dropping", async ({ replacing }, { onCleanup }): Promise<NextRelease> => {
    const release = await nextRelease({}, DROPS, replacing);
    onCleanup(() => release.remove());
    return release;
  })
  .extend("empty", async ({ db }, { onCleanup }): Promise<pg.Pool> => {
    const name = `${await value<string>(db, "select current_database()")}_empty`;
    await db.query(`create database "${name}" template template0 encoding 'UTF8'`);
    const { host, port, user, password } = db.options;
    const url = new URL(db.options.connectionString ?? "");
    url.pathname = `/${name}`;
    const pool = new pg.Pool({ host, port, user, password, connectionString: url.href });
    pool.on("error", () => undefined);
    onCleanup(async () => {
      await pool.end();
      await db.query(`drop database "${name}" with (force)`);
    });
    return pool;
  })
  /** A role that may call what a producer calls, each by a grant of its own, made by hand. */
  .extend("role", async ({ db }, { onCleanup }): Promise<string> => {
    const role = `by_hand_${Math.random().toString(36).slice(2)}`;
    await db.query(`create role ${role} login password 'secret'`);
    for (const name of PRODUCER_FUNCTIONS) await db.query(`grant execute on function trans_hub.${name} to ${role}`);
    onCleanup(async () => {
      await db.query(`drop owned by ${role}; drop role ${role}`);
    });
    return role;
  });

/** Bodies, owners, rights and comments of all functions. */
async function functionsOf(db: pg.Pool): Promise<string[]> {
  const { rows } = await db.query<{ line: string }>(
    `select pg_get_functiondef(oid) || ' ' || pg_get_userbyid(proowner) || ' ' || coalesce(proacl::text, 'default') || ' '
       || coalesce(obj_description(oid), '') as line
     from pg_proc where pronamespace = 'trans_hub'::regnamespace order by 1`,
  );
  return rows.map(({ line }) => line);
}

const publicFunctions = (db: pg.Pool) =>
  value<number>(
    db,
    `select count(*)::int from pg_proc as p, aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) as held
     where p.pronamespace = 'trans_hub'::regnamespace and held.grantee = 0`,
  );

async function mayCall(db: pg.Pool, role: string): Promise<string[]> {
  const { rows } = await db.query<{ name: string }>(
    `select proname as name from pg_proc
     where pronamespace = 'trans_hub'::regnamespace and has_function_privilege($1, oid, 'execute') order by 1`,
    [role],
  );
  return rows.map(({ name }) => name);
}

const urlOf = (db: pg.Pool) => db.options.connectionString ?? "";
const migrate = (db: pg.Pool, folder?: string) => applyMigrations({ databaseUrl: urlOf(db), folder });
const revert = (db: pg.Pool, folder: string) => revertMigration({ databaseUrl: urlOf(db), folder });

test("a database made from nothing, one made step by step and the folder have the same functions", async ({
  db,
  empty,
  replacing,
  dropping,
}) => {
  await migrate(db, replacing.folder);
  await migrate(db, dropping.folder);
  await migrate(empty, dropping.folder);
  const steps = await functionsOf(db);
  expect(await functionsOf(empty)).toEqual(steps);

  // As the files say it, without any numbered migration: only the comments on superseded functions come from there.
  const client = await empty.connect();
  try {
    await client.query("begin; set local check_function_bodies = off");
    await client.query(`do $$ begin execute (
      select 'drop function ' || string_agg(oid::regprocedure::text, ', ') from pg_proc
      where pronamespace = 'trans_hub'::regnamespace
    ); end $$`);
    for (const { name, sql, supersededBy } of inOrderOfBinding(readFunctions(dropping.folder))) {
      await client.query(sql);
      await client.query(`revoke execute on function trans_hub.${name} from public`);
      if (supersededBy !== undefined) {
        await client.query(
          `comment on function trans_hub.${name} is 'Superseded by ${supersededBy}: a later release removes it.'`,
        );
      }
    }
    await client.query("commit");
  } finally {
    client.release();
  }
  expect(await functionsOf(empty)).toEqual(steps);
  expect(steps.join("\n")).toContain("Superseded by read_by_text_v2");
});

test("down puts bodies, rights and comments back, step by step, and no function is ever open to PUBLIC", async ({
  db,
  role,
  replacing,
  dropping,
}) => {
  await db.query(`grant execute on function trans_hub.get_translations to ${role} with grant option`);
  // A grant to PUBLIC by hand is not handed on.
  await db.query("grant execute on function trans_hub.read_by_text to public");
  const first = await functionsOf(db);
  const before = await mayCall(db, role);
  await migrate(db, replacing.folder);
  const second = await functionsOf(db);
  const beside = await mayCall(db, role);
  await migrate(db, dropping.folder);
  const third = await functionsOf(db);
  expect(await publicFunctions(db)).toBe(1);

  expect((await revert(db, dropping.folder)).applied).toEqual([dropping.newest]);
  expect(await functionsOf(db)).toEqual(second);
  expect(await publicFunctions(db)).toBe(1);
  expect((await revert(db, replacing.folder)).applied).toEqual([replacing.newest]);
  expect(await functionsOf(db)).toEqual(first);
  await migrate(db, dropping.folder);
  expect(await functionsOf(db)).toEqual(third);
  expect(await publicFunctions(db)).toBe(1);
  expect(before).toEqual(expect.arrayContaining([...PRODUCER_FUNCTIONS]));
  expect(beside).toEqual([...before, "get_translations_v2", "read_by_text_v2"].sort());
  expect(await mayCall(db, role)).toEqual(beside.filter((name) => name !== "get_translations"));
});

test("a migrated database has no function that PUBLIC may call", async ({ db }) => {
  expect(await publicFunctions(db)).toBe(0);
  await db.query("select trans_hub.open_lanes(null)");
});

test("a node of the previous release that migrates during a roll-out leaves the new functions", async ({
  db,
  replacing,
}) => {
  await migrate(db, replacing.folder);
  const replaced = await functionsOf(db);
  expect(replacing.newest).toBe(`0003_functions.beside-${NEWEST_MIGRATION.slice(0, 4)}`);
  expect(await migrate(db)).toEqual({ applied: [], pending: [], version: replacing.newest });
  expect(await functionsOf(db)).toEqual(replaced);
});

test("a node of a release that lacks an older migration of its own is refused beside a newer one", async ({
  db,
  replacing,
}) => {
  await migrate(db, replacing.folder);
  await db.query("delete from trans_hub.migration where name like '0001%'");
  await expect(migrate(db)).rejects.toMatchObject({ code: "TH_SCHEMA_NEWER" });
});

describe("while a producer calls prepared statements, with EXECUTE and no other right", () => {
  test("a release that replaces a body and adds versions fails no call and takes no right", async ({
    db,
    role,
    replacing,
    dropping,
  }) => {
    const url = new URL(urlOf(db));
    url.username = role;
    url.password = "secret";
    const store = await PostgresPersistenceHandler.connect({ databaseUrl: url.href });
    const raw = new pg.Client({ connectionString: url.href });
    await raw.connect();
    let isStopping = false;
    let calls = 0;
    const library = async () => {
      for (let at = 0; !isStopping; at += 1) {
        expect(await store.register([item(`Text ${at}`)])).toMatchObject([{ registered: 1 }]);
        expect(await store.read([reference(`Text ${at}`)])).toMatchObject([{ status: "pending" }]);
        calls += 1;
      }
    };
    const prepared = async () => {
      const items = JSON.stringify([{ text: "Raw", sourceLocale: "en" }]);
      while (!isStopping) {
        await raw.query({ name: "read", text: "select trans_hub.get_translations($1, 'fr')", values: [items] });
        await raw.query({
          name: "request",
          text: "select trans_hub.request($1, $2)",
          values: [items, '{"targetLocales": ["fr"]}'],
        });
        calls += 1;
      }
    };
    const producing = Promise.all([library(), prepared()]);
    producing.catch(() => undefined);
    const more = async () => {
      const now = calls;
      await Promise.race([expect.poll(() => calls).toBeGreaterThan(now + 20), producing]);
    };
    try {
      await more();
      await migrate(db, replacing.folder);
      await more();
      await raw.query({ name: "next", text: "select * from trans_hub.read_by_text_v2($1)", values: [["Text 0"]] });
      await revert(db, replacing.folder);
      await more();
      await migrate(db, replacing.folder);
      await more();
    } finally {
      isStopping = true;
      await producing.finally(async () => {
        await raw.end();
        await store.close();
      });
    }
    expect(await mayCall(db, role)).toEqual(expect.arrayContaining([...PRODUCER_FUNCTIONS]));
    // The release after next refuses this one, which calls the function that it drops.
    await migrate(db, dropping.folder);
    await expect(PostgresPersistenceHandler.connect({ databaseUrl: url.href })).rejects.toMatchObject({
      code: "TH_SCHEMA_NEWER",
      message: expect.stringContaining("0004_functions.beside-0003"),
    });
  });

  test("a worker settles with the functions of the next release", async ({ db, store, replacing }) => {
    await store.register([item("Save")]);
    await migrate(db, replacing.folder);
    expect(await drain(store)).toMatchObject({ translated: 1 });
    expect(await store.read([reference("Save")])).toMatchObject([{ text: "[fr] Save" }]);
  });
});

test("a grant that is made while a function is replaced makes the migration try again", async ({
  db,
  role,
  replacing,
}) => {
  const holder = await db.connect();
  const said: string[] = [];
  try {
    await holder.query("begin");
    await holder.query(`grant execute on function trans_hub.find_row to ${role}`);
    const migrating = applyMigrations({
      databaseUrl: urlOf(db),
      folder: replacing.folder,
      lockTimeoutMs: 2_000,
      lockAttempts: 100,
      onWaiting: (what) => void said.push(what),
    });
    migrating.catch(() => undefined);
    await expect
      .poll(() =>
        value(
          db,
          "select count(*)::int from pg_stat_activity where application_name = 'trans-hub migrate' and wait_event_type = 'Lock'",
        ),
      )
      .toBeGreaterThan(0);
    await holder.query("commit");
    expect(await migrating).toMatchObject({ applied: [replacing.newest] });
    expect(said).not.toEqual([]);
  } finally {
    holder.release();
  }
  expect(await mayCall(db, role)).toContain("find_row");
});
