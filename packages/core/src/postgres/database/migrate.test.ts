import { fork } from "node:child_process";
import { once } from "node:events";
import { readdir, readFile } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import { join } from "node:path";
import { applyMigrations } from "@trans-hub/core";
import { migrationStatus, revertMigration } from "@trans-hub/core/operations";
import { PostgresPersistenceHandler } from "@trans-hub/core/store";
import { createTestDatabase, type TestDatabase } from "@trans-hub/test-support/database";
import { expectWithin } from "@trans-hub/test-support/load";
import { startTcpProxy } from "@trans-hub/test-support/tcp-proxy";
import pg from "pg";
import { describe, expect, inject, test } from "vitest";

const MIGRATIONS = join(import.meta.dirname, "../../../../../migrations");

/** Every kind of object that a migration may make, described independently of the order of making. */
const CATALOG = `
  select 'relation ' || c.relname || ' ' || c.relkind::text || ' ' || coalesce(array_to_string(c.reloptions, ','), '')
    || coalesce(' acl ' || c.relacl::text, '') as line
  from pg_class c where c.relnamespace = 'trans_hub'::regnamespace
  union all
  select 'column ' || a.attrelid::regclass || '.' || a.attname || ' ' || format_type(a.atttypid, a.atttypmod) || ' '
    || a.attnotnull || ' ' || a.attidentity::text || ' ' || coalesce(pg_get_expr(d.adbin, d.adrelid), '')
  from pg_attribute a join pg_class c on c.oid = a.attrelid left join pg_attrdef d on (d.adrelid, d.adnum) = (a.attrelid, a.attnum)
  where c.relnamespace = 'trans_hub'::regnamespace and a.attnum > 0 and not a.attisdropped
  union all
  select 'constraint ' || conrelid::regclass || ' ' || conname || ' ' || pg_get_constraintdef(oid)
  from pg_constraint where connamespace = 'trans_hub'::regnamespace and conrelid <> 0
  union all
  select 'index ' || pg_get_indexdef(i.indexrelid)
  from pg_index i join pg_class c on c.oid = i.indexrelid where c.relnamespace = 'trans_hub'::regnamespace
  union all
  select 'function ' || p.oid::regprocedure || ' ' || md5(pg_get_functiondef(p.oid)) || ' ' || coalesce(p.proacl::text, 'default')
  from pg_proc p where p.pronamespace = 'trans_hub'::regnamespace
  union all
  select 'type ' || t.typname || ' ' || t.typtype::text || ' ' || coalesce((select string_agg(e.enumlabel, ',' order by e.enumsortorder) from pg_enum e where e.enumtypid = t.oid), '')
  from pg_type t where t.typnamespace = 'trans_hub'::regnamespace and t.typtype <> 'b'
  union all
  select 'schema ' || nspname || ' ' || coalesce(nspacl::text, 'default') from pg_namespace where nspname = 'trans_hub'
  order by 1`;

async function withDatabase(act: (database: TestDatabase) => Promise<void>, migrated = false): Promise<void> {
  const database = await createTestDatabase({ migrated });
  try {
    await act(database);
  } finally {
    await database.drop();
  }
}

async function query<Row extends pg.QueryResultRow>(url: string, sql: string, values: unknown[] = []): Promise<Row[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Row>(sql, values)).rows;
  } finally {
    await client.end();
  }
}

const catalog = async (url: string) => (await query<{ line: string }>(url, CATALOG)).map(({ line }) => line);

/** Calls `act` with a database made like this on the test server; dropped at the end. */
async function withOddDatabase(how: string, act: (url: string) => Promise<void>): Promise<void> {
  const { url: server, prefix } = inject("testServer");
  const name = `${prefix}odd_${Math.random().toString(36).slice(2)}`;
  await query(server, `create database "${name}" template template0 ${how}`);
  const url = new URL(server);
  url.pathname = `/${name}`;
  try {
    await act(url.href);
  } finally {
    await query(server, `drop database "${name}" with (force)`);
  }
}

/** Tables on which this session holds a lock that stops readers, and that other sessions know. */
const LOCKED_TABLES = `
  select relation::regclass::text as table from pg_locks join pg_class on pg_class.oid = relation
  where pid = pg_backend_pid() and mode = 'AccessExclusiveLock' and relkind = 'r' and relation = any ($1)
  order by 1`;

/** For each direction of a migration: the tables that it stops. */
async function stoppedTables(client: pg.Client, sql: string): Promise<string[][]> {
  const [, up = "", down = ""] = sql.split(/^-- (?:Up|Down) Migration.*$/m);
  const stopped: string[][] = [];
  for (const direction of [up, down]) {
    const present = await client.query<{ tables: string[] }>(
      "select array_agg(oid) as tables from pg_class where relnamespace = 'trans_hub'::regnamespace and relkind = 'r'",
    );
    await client.query(`begin; ${direction}`);
    const { rows } = await client.query<{ table: string }>(LOCKED_TABLES, [present.rows[0]?.tables]);
    stopped.push(rows.map(({ table }) => table));
    await client.query("commit");
  }
  return stopped;
}

describe("a migration beside running producers", () => {
  test("stops one table at most, so that it never meets a reader in a deadlock", () =>
    withDatabase(async ({ url }) => {
      const client = new pg.Client({ connectionString: url });
      await client.connect();
      try {
        const files = (await readdir(MIGRATIONS)).filter((file) => file.endsWith(".sql")).sort();
        for (const _ of files.slice(1)) await revertMigration({ databaseUrl: url });
        for (const file of files.slice(1)) {
          const sql = await readFile(join(MIGRATIONS, file), "utf8");
          for (const tables of await stoppedTables(client, sql)) {
            expect({ file, tables }).toEqual({ file, tables: tables.slice(0, 1) });
          }
          await client.query(sql.split(/^-- Down Migration.*$/m)[0] ?? "");
        }
        const two = "-- Up Migration\nlock trans_hub.content, trans_hub.source;\n-- Down Migration\nselect;";
        expect(await stoppedTables(client, two)).toEqual([["trans_hub.content", "trans_hub.source"], []]);
      } finally {
        await client.end();
      }
    }, true));
});

describe("applyMigrations", () => {
  test("runs once from eight nodes at once, and all of them find it done", () =>
    withDatabase(async ({ url }) => {
      const reports = await Promise.all(Array.from({ length: 8 }, () => applyMigrations({ databaseUrl: url })));
      const all = reports.flatMap(({ applied }) => applied);
      expect(all).toEqual([...new Set(all)]);
      expect(all.length).toBeGreaterThanOrEqual(2);
      expect(reports.filter(({ applied }) => applied.length > 0)).toHaveLength(1);
      for (const { pending, version } of reports)
        expect({ pending, version }).toEqual({ pending: [], version: all.at(-1) });
      expect(await applyMigrations({ databaseUrl: url })).toMatchObject({ applied: [], pending: [] });
    }));

  test("runs once from separate processes, too", () =>
    withDatabase(async ({ url }) => {
      const program = `import { applyMigrations } from ${JSON.stringify(import.meta.resolve("@trans-hub/core"))};
        const { applied } = await applyMigrations({ databaseUrl: process.argv[1] });
        process.send(applied.length);`;
      const counts = await Promise.all(
        [1, 2, 3].map(async () => {
          const child = fork("--input-type=module", ["-e", program, url], { execPath: process.execPath, execArgv: [] });
          const [count] = await once(child, "message");
          child.disconnect();
          return count as number;
        }),
      );
      expect(counts.filter((count) => count > 0)).toHaveLength(1);
    }));

  test("finishes the work of a node that died in the middle", () =>
    withDatabase(async ({ url }) => {
      await applyMigrations({ databaseUrl: url });
      const whole = await catalog(url);
      await revertMigration({ databaseUrl: url });
      await query(url, "drop schema graphile_worker cascade");
      expect(await applyMigrations({ databaseUrl: url })).toMatchObject({ pending: [] });
      expect(await catalog(url)).toEqual(whole);
      // Makes one job of each kind.
      await (await PostgresPersistenceHandler.connect({ databaseUrl: url })).close();
    }));

  test("analyzes every table that was never analyzed, except those that only serve as locks", () =>
    withDatabase(async ({ url }) => {
      expect(
        await query(
          url,
          "select relname from pg_class where relnamespace = 'trans_hub'::regnamespace and relkind = 'r' and reltuples < 0 order by 1",
        ),
      ).toEqual([{ relname: "migrating" }, { relname: "reconciling" }]);
    }, true));

  test("refuses a database that a newer release has migrated, and so do its reports", () =>
    withDatabase(async ({ url }) => {
      const before = await catalog(url);
      await query(url, "insert into trans_hub.migration (name, run_on) values ('9999_from-the-future', now())");
      for (const act of [applyMigrations, migrationStatus, revertMigration]) {
        await expect(act({ databaseUrl: url })).rejects.toMatchObject({
          code: "TH_SCHEMA_NEWER",
          message: expect.stringContaining("9999_from-the-future"),
        });
      }
      expect(await catalog(url)).toEqual(before);
    }, true));

  test("refuses a database whose graphile-worker is newer", () =>
    withDatabase(async ({ url }) => {
      await query(url, "insert into graphile_worker.migrations (id, ts, breaking) values (999999, now(), true)");
      await expect(applyMigrations({ databaseUrl: url })).rejects.toMatchObject({ code: "TH_SCHEMA_NEWER" });
    }, true));

  for (const encoding of ["SQL_ASCII", "LATIN1"]) {
    test(`refuses a database in ${encoding}, and leaves nothing there`, () =>
      withOddDatabase(`encoding '${encoding}' locale 'C'`, async (url) => {
        await expect(applyMigrations({ databaseUrl: url })).rejects.toMatchObject({
          code: "TH_DATABASE_REFUSED",
          message: expect.stringContaining(encoding),
          hint: expect.stringContaining("UTF8"),
        });
        expect(await query(url, "select from pg_namespace where nspname = 'trans_hub'")).toEqual([]);
      }));
  }

  test("reports a missing right and a wrong password", () =>
    withDatabase(async ({ url }) => {
      const role = `poor_${Math.random().toString(36).slice(2)}`;
      await query(url, `create role ${role} login password 'right'`);
      const as = (password: string) => {
        const theirs = new URL(url);
        theirs.username = role;
        theirs.password = password;
        return theirs.href;
      };
      try {
        for (const password of ["right", "wrong"]) {
          await expect(applyMigrations({ databaseUrl: as(password) })).rejects.toMatchObject({
            code: "TH_DATABASE_REFUSED",
            retryable: false,
          });
        }
        expect(await query(url, "select from pg_namespace where nspname = 'trans_hub'")).toEqual([]);
      } finally {
        await query(url, `drop role ${role}`);
      }
    }));

  test("reports a missing database", () =>
    withDatabase(async ({ url }) => {
      await expect(applyMigrations({ databaseUrl: `${url}_not` })).rejects.toMatchObject({
        code: "TH_DATABASE_REFUSED",
      });
    }));

  test("gives up when its time is over on a server that refuses, or never answers", async () => {
    const silent = createServer().listen(0, "127.0.0.1");
    await once(silent, "listening");
    const { port } = silent.address() as AddressInfo;
    try {
      for (const address of ["127.0.0.1:1", `127.0.0.1:${port}`]) {
        const startedAt = performance.now();
        await expect(
          applyMigrations({ databaseUrl: `postgres://postgres@${address}/postgres`, connectTimeoutMs: 500 }),
        ).rejects.toMatchObject({ code: "TH_DATABASE_UNAVAILABLE", retryable: true });
        await expect(
          PostgresPersistenceHandler.connect({
            databaseUrl: `postgres://postgres@${address}/postgres`,
            connectTimeoutMs: 500,
          }),
        ).rejects.toMatchObject({ code: "TH_DATABASE_UNAVAILABLE", retryable: true });
        expectWithin(performance.now() - startedAt, 3_000);
      }
    } finally {
      silent.close();
    }
  });

  test("reports a server that goes away in the middle as unavailable, not as a faulty migration", () =>
    withDatabase(async ({ url }) => {
      const holder = new pg.Client({ connectionString: url });
      holder.on("error", () => {});
      await holder.connect();
      // Another session's lock makes the first migration wait, so that there is a middle.
      await holder.query("begin; create schema trans_hub");
      const migrating = applyMigrations({ databaseUrl: url });
      const told = expect(migrating).rejects.toMatchObject({ code: "TH_DATABASE_UNAVAILABLE" });
      await expect
        .poll(() =>
          query(
            url,
            `select pg_terminate_backend(pid) from pg_stat_activity
             where datname = current_database() and application_name = 'trans-hub migrate' and wait_event_type = 'Lock'`,
          ),
        )
        .toHaveLength(1);
      await told;
      await holder.end();
    }));
});

describe("going down", () => {
  test("and up again step by step gives the same schema", () =>
    withDatabase(async ({ url }) => {
      const whole = await catalog(url);
      const { version } = await migrationStatus({ databaseUrl: url });
      const steps: string[] = [];
      for (;;) {
        const { applied, version: left } = await revertMigration({ databaseUrl: url });
        if (applied.length === 0) break;
        expect(applied).toHaveLength(1);
        steps.push(...applied);
        if (left === null) break;
      }
      expect(steps[0]).toBe(version);
      expect(await migrationStatus({ databaseUrl: url })).toMatchObject({ version: null, pending: steps.toReversed() });
      expect(await revertMigration({ databaseUrl: url })).toMatchObject({ applied: [] });
      // Only the list of migrations is left, and the lock that keeps two nodes from migrating at once.
      expect((await catalog(url)).filter((line) => !/migrati(on|ng)|^schema/.test(line))).toEqual([]);
      await applyMigrations({ databaseUrl: url });
      expect(await catalog(url)).toEqual(whole);
    }, true));

  test("to each step and up again gives the same schema, too", () =>
    withDatabase(async ({ url }) => {
      const whole = await catalog(url);
      const { version } = await migrationStatus({ databaseUrl: url });
      for (let steps = 1; steps <= 4; steps += 1) {
        for (let step = 0; step < steps; step += 1) await revertMigration({ databaseUrl: url });
        await applyMigrations({ databaseUrl: url });
        expect(await catalog(url)).toEqual(whole);
      }
      expect((await migrationStatus({ databaseUrl: url })).version).toBe(version);
    }, true));
});

test("a store on a database without the schema, or with half of it, names the remedy", () =>
  withDatabase(async ({ url }) => {
    await expect(PostgresPersistenceHandler.connect({ databaseUrl: url })).rejects.toMatchObject({
      code: "TH_SCHEMA_MISSING",
      hint: expect.stringContaining("migrate"),
    });
    await applyMigrations({ databaseUrl: url });
    await query(url, "drop schema graphile_worker cascade");
    await expect(PostgresPersistenceHandler.connect({ databaseUrl: url })).rejects.toMatchObject({
      code: "TH_SCHEMA_MISSING",
    });
  }));

test("a connection lost while graphile-worker migrates fails that call and no other", async () => {
  await withDatabase(async ({ url }) => {
    const wire = await startTcpProxy(url);
    const db = new pg.Client({ connectionString: url });
    await db.connect();
    try {
      await db.query("begin");
      await db.query("lock table graphile_worker.migrations");
      const migrating = applyMigrations({ databaseUrl: wire.url });
      migrating.catch(() => undefined);
      const waiting = "select count(*)::int as n from pg_locks where not granted";
      await expect.poll(async () => (await db.query<{ n: number }>(waiting)).rows[0]?.n).toBe(1);
      wire.cut();
      await expect(migrating).rejects.toMatchObject({ code: "TH_DATABASE_UNAVAILABLE" });
    } finally {
      await db.end();
      await wire.close();
    }
  }, true);
});
