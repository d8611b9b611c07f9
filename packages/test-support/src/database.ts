/** A separate database for each test, on the server of the test run (`global-setup.ts`). */
import { randomBytes } from "node:crypto";
import pg from "pg";
import { test as base, inject } from "vitest";

export interface TestDatabaseOptions {
  /** Whether all migrations are applied. Default: true. */
  migrated?: boolean;
  /**
   * The database's locale as `create database` takes it; `icu:tr-TR` is an ICU locale (PostgreSQL 15 and later).
   * Default: `C`, the hardest for code that classifies letters.
   */
  locale?: string;
}

export interface TestDatabase {
  /** A superuser's URL. */
  readonly url: string;
  /**
   * Ends every connection to it, and lets none in again. It is removed with others, or with the server: a drop alone makes the
   * server write out everything that it holds in memory (218 ms of CPU for a test's database, 99 with forty at a time). May be called twice.
   */
  drop(): Promise<void>;
}

/** Makes an empty UTF8 database, or one with every migration applied. */
export async function createTestDatabase(options: TestDatabaseOptions = {}): Promise<TestDatabase> {
  const { migrated = true, locale = "C" } = options;
  const { prefix } = inject("testServer");
  const name = `${prefix}${randomBytes(6).toString("hex")}`;
  await onServer(async (client) => {
    if (migrated) {
      const template = await migratedTemplate(client, locale);
      await client.query(`create database "${name}" template "${template}"`);
    } else {
      await client.query(createEmpty(client, name, locale));
    }
  });
  return {
    url: urlOf(name),
    drop: () =>
      onServer(async (client) => {
        if (!(await exists(client, name))) return;
        await client.query(`alter database "${name}" with allow_connections false connection limit 0`);
        await client.query("select pg_terminate_backend(pid, 5000) from pg_stat_activity where datname = $1", [name]);
        await dropLeft(client, prefix);
      }),
  };
}

/** Databases of ended tests that may stand on the server, some 10 MB each. */
const MOST_LEFT = 40;

/** Removes the databases of ended tests once there are many. Of test files that find so many at once, one does it. */
async function dropLeft(client: pg.Client, prefix: string): Promise<void> {
  const left = await client.query<{ datname: string }>(
    "select datname from pg_database where starts_with(datname, $1) and not datallowconn and datconnlimit = 0",
    [prefix],
  );
  if (left.rows.length < MOST_LEFT) return;
  const { rows } = await client.query("select pg_try_advisory_lock(hashtextextended($1, 0)) as is_mine", [
    `${prefix}left`,
  ]);
  if (!rows[0].is_mine) return;
  for (const { datname } of left.rows) await client.query(`drop database if exists "${datname}" with (force)`);
}

/**
 * `test` with a migrated database of its own for each test that asks for one: `database` (its URL) and `db` (a pool on
 * it). A copy of the template takes some 50 ms, less than the effort of keeping tests in one database apart.
 */
export const test = base
  .extend(
    "database",
    // biome-ignore lint/correctness/noEmptyPattern: vitest reads a fixture's needs from the pattern; this one has none
    async ({}, { onCleanup }): Promise<TestDatabase> => {
      const database = await createTestDatabase();
      onCleanup(() => database.drop());
      return database;
    },
  )
  .extend("db", async ({ database }, { onCleanup }): Promise<pg.Pool> => {
    const pool = openPool(database.url);
    onCleanup(() => pool.end());
    return pool;
  });

/** `test` with one migrated database for the whole file, for tests that only read or that use distinct rows. */
export const testOnSharedDatabase = base
  .extend(
    "database",
    { scope: "file" },
    // biome-ignore lint/correctness/noEmptyPattern: vitest reads a fixture's needs from the pattern; this one has none
    async ({}, { onCleanup }): Promise<TestDatabase> => {
      const database = await createTestDatabase();
      onCleanup(() => database.drop());
      return database;
    },
  )
  .extend("db", { scope: "file" }, async ({ database }, { onCleanup }): Promise<pg.Pool> => {
    const pool = openPool(database.url);
    onCleanup(() => pool.end());
    return pool;
  });

function openPool(connectionString: string): pg.Pool {
  const pool = new pg.Pool({ connectionString });
  // Tests may cut connections; without a listener, an idle one that ends would end the process.
  pool.on("error", () => {});
  return pool;
}

/**
 * The database with every migration applied that others are copied from. The first caller makes it, under a lock on the
 * server, because test files run in separate processes. It gets its name last: a half-made one is never copied.
 */
async function migratedTemplate(client: pg.Client, locale: string): Promise<string> {
  const { prefix } = inject("testServer");
  const template = `${prefix}template_${locale.replaceAll(/[^A-Za-z0-9]/g, "_")}`;
  if (await exists(client, template)) return template;
  await client.query("select pg_advisory_lock(hashtextextended($1, 0))", [template]);
  try {
    if (await exists(client, template)) return template;
    const draft = `${template}_draft`;
    await client.query(`drop database if exists "${draft}" with (force)`);
    await client.query(createEmpty(client, draft, locale));
    const { applyMigrations } = await import("@trans-hub/core");
    // Migrations of a later release, to test whether this one runs on its schema (CONTRIBUTING.md).
    const folder = process.env.TH_TEST_MIGRATIONS || undefined;
    await applyMigrations({ databaseUrl: urlOf(draft), folder });
    // Connections are forbidden: any session in a template, autovacuum's too, keeps it from being copied.
    await client.query(`alter database "${draft}" with allow_connections false`);
    await client.query(`alter database "${draft}" rename to "${template}"`);
    return template;
  } finally {
    await client.query("select pg_advisory_unlock(hashtextextended($1, 0))", [template]);
  }
}

async function exists(client: pg.Client, database: string): Promise<boolean> {
  const found = await client.query("select from pg_database where datname = $1", [database]);
  return found.rowCount === 1;
}

function createEmpty(client: pg.Client, name: string, locale: string): string {
  const icu = /^icu:(.*)$/.exec(locale)?.[1];
  const provider =
    icu === undefined
      ? `locale ${client.escapeLiteral(locale)}`
      : `locale 'C' locale_provider icu icu_locale ${client.escapeLiteral(icu)}`;
  return `create database "${name}" template template0 encoding 'UTF8' ${provider}`;
}

async function onServer<T>(work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: inject("testServer").url });
  client.on("error", () => undefined);
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

function urlOf(database: string): string {
  const url = new URL(inject("testServer").url);
  url.pathname = `/${database}`;
  return url.href;
}
