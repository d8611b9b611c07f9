/** Brings both schemas, ours and graphile-worker's, to what this release needs. */
import { readdir } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import pg from "pg";
import {
  DatabaseRefusedError,
  DatabaseUnavailableError,
  MigrationError,
  SchemaNewerError,
  TransHubError,
} from "../errors.ts";
import { databaseError } from "./database-error.ts";
import { GRAPHILE_SCHEMA, loadGraphileWorker } from "./graphile-worker.ts";

export interface MigrateOptions {
  /** The database. Migrations need a session, so give the direct URL when there is a pooler. */
  databaseUrl: string;
  directUrl?: string | undefined;
  /** Milliseconds to wait for a connection. Default 30,000. */
  connectTimeoutMs?: number | undefined;
}

export interface MigrationReport {
  /** Names applied (or, going down, taken back) by this very call, in order. */
  applied: string[];
  /** Names that this release knows and the database lacks. */
  pending: string[];
  /** The newest migration the database has; null when it has none. */
  version: string | null;
}

/** Any number, the same in every release: who migrates holds this lock of the database. */
const MIGRATION_LOCK = 7_261_190_541;

/** DDL waits this long for a table, then fails, so that it never queues everybody else behind itself. */
const DDL_LOCK_TIMEOUT = "10s";

const OLDEST_SERVER = 140_000;

/** In the published package the files lie beside the built code; in the repository at its top. */
const MIGRATIONS = fileURLToPath(
  new URL(import.meta.url.endsWith(".ts") ? "../../../../migrations" : "../migrations", import.meta.url),
);

/**
 * Applies every migration that is missing. Safe from many nodes at once: one works, the others wait and find it done.
 * Analyzes the tables when it changed anything.
 *
 * @throws {SchemaNewerError} The database was migrated by a newer release.
 * @throws {MigrationError} A migration failed; the database is as before it.
 * @throws {DatabaseRefusedError} Encoding not UTF8, server older than 14, or missing rights.
 * @throws {DatabaseUnavailableError}
 */
export async function applyMigrations(options: MigrateOptions): Promise<MigrationReport> {
  return withMigrationLock(options, async (client, known) => {
    const before = await appliedMigrations(client, known);
    if (before.length < known.length) await runMigrations(client, "up", known.length);
    await migrateGraphileWorker(options);
    await nameTasks(client);
    const after = await appliedMigrations(client, known);
    await analyzeIfNever(client);
    return report(
      known,
      after,
      after.filter((name) => !before.includes(name)),
    );
  });
}

/** Takes back the newest migration of ours. What it held is gone. */
export async function revertMigration(options: MigrateOptions): Promise<MigrationReport> {
  return withMigrationLock(options, async (client, known) => {
    const before = await appliedMigrations(client, known);
    if (before.length > 0) await runMigrations(client, "down", 1);
    const after = await appliedMigrations(client, known);
    return report(
      known,
      after,
      before.filter((name) => !after.includes(name)),
    );
  });
}

/** Says what is applied and what is missing, and changes nothing. */
export async function migrationStatus(options: MigrateOptions): Promise<MigrationReport> {
  return withClient(options, async (client) => {
    const known = await knownMigrations();
    return report(known, await appliedMigrations(client, known), []);
  });
}

function report(known: string[], present: string[], applied: string[]): MigrationReport {
  return { applied, pending: known.filter((name) => !present.includes(name)), version: present.at(-1) ?? null };
}

async function knownMigrations(): Promise<string[]> {
  const files = await readdir(MIGRATIONS);
  return files
    .filter((file) => file.endsWith(".sql"))
    .map((file) => file.slice(0, -".sql".length))
    .sort();
}

/** The names of ours that the database has, oldest first. A name we do not know means a newer release was here. */
async function appliedMigrations(client: pg.Client, known: string[]): Promise<string[]> {
  const { rows: present } = await client.query<{ present: string | null }>(
    "select to_regclass('trans_hub.migration') as present",
  );
  if (!present[0]?.present) return [];
  const { rows } = await client.query<{ name: string }>("select name from trans_hub.migration order by name");
  const unknown = rows.find(({ name }) => !known.includes(name));
  if (unknown) {
    throw new SchemaNewerError(`The database has the migration ${unknown.name}, which this release does not know`);
  }
  return rows.map(({ name }) => name);
}

async function runMigrations(client: pg.Client, direction: "up" | "down", count: number): Promise<void> {
  const { runner } = await import("node-pg-migrate");
  const silent = () => undefined;
  await runner({
    dbClient: client,
    dir: MIGRATIONS,
    direction,
    count,
    migrationsTable: "migration",
    migrationsSchema: "trans_hub",
    createMigrationsSchema: true,
    // We hold our own lock, over both schemas.
    noLock: true,
    logger: { debug: silent, info: silent, warn: silent, error: silent },
  }).catch((error: Error) => {
    const translated = databaseError(error);
    throw translated instanceof DatabaseRefusedError || translated instanceof DatabaseUnavailableError
      ? translated
      : new MigrationError(`Migrating ${direction} failed: ${error.message}`, { cause: error });
  });
}

async function migrateGraphileWorker(options: MigrateOptions): Promise<void> {
  const { runMigrations: migrate, Logger } = await loadGraphileWorker();
  const pool = new pg.Pool({
    connectionString: options.directUrl ?? options.databaseUrl,
    max: 1,
    connectionTimeoutMillis: options.connectTimeoutMs ?? 30_000,
  });
  // A connection that is lost fails the query that was using it; unheard, it would end the process as well.
  pool.on("error", () => undefined).on("connect", (client) => client.on("error", () => undefined));
  try {
    await migrate({ pgPool: pool, schema: GRAPHILE_SCHEMA, logger: new Logger(() => () => undefined) });
  } catch (error) {
    throw newerGraphileWorker(error as Error);
  } finally {
    await pool.end();
  }
}

/**
 * A task's first job makes the task, and who comes second waits until the first has committed. What is enqueued inside
 * callers' transactions waits for nobody, so its task is made here: by a job that is taken away at once.
 */
async function nameTasks(client: pg.Client): Promise<void> {
  await client.query(`
    select graphile_worker.add_job(task, job_key => 'name ' || task, run_at => 'infinity'), graphile_worker.remove_job('name ' || task)
    from unnest(array['register_inbox', 'open_lanes']) as task`);
}

/** graphile-worker says in words that its schema is newer than itself. */
function newerGraphileWorker(error: Error): unknown {
  return /schema revision|breaking|only supports/i.test(error.message)
    ? new SchemaNewerError(`graphile-worker's schema is newer than this release knows: ${error.message}`, {
        cause: error,
      })
    : databaseError(error);
}

/** Statistics of a table never analyzed mislead the planner for every first import. */
async function analyzeIfNever(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ name: string }>(
    "select format('%I.%I', n.nspname, c.relname) as name from pg_class c join pg_namespace n on n.oid = c.relnamespace " +
      "where n.nspname = 'trans_hub' and c.relkind = 'r' and c.reltuples < 0 order by 1",
  );
  if (rows.length > 0) await client.query(`analyze ${rows.map(({ name }) => name).join(", ")}`);
}

async function withMigrationLock<Result>(
  options: MigrateOptions,
  work: (client: pg.Client, known: string[]) => Promise<Result>,
): Promise<Result> {
  return withClient(options, async (client) => {
    const known = await knownMigrations();
    await client.query("select pg_advisory_lock($1)", [MIGRATION_LOCK]);
    await client.query(`set lock_timeout = '${DDL_LOCK_TIMEOUT}'`);
    return work(client, known);
  });
}

async function withClient<Result>(
  options: MigrateOptions,
  work: (client: pg.Client) => Promise<Result>,
): Promise<Result> {
  const client = new pg.Client({
    connectionString: options.directUrl ?? options.databaseUrl,
    connectionTimeoutMillis: options.connectTimeoutMs ?? 30_000,
    application_name: "trans-hub migrate",
  });
  client.on("error", () => undefined);
  try {
    await client.connect();
    await refuseUnfitDatabase(client);
    return await work(client);
  } catch (error) {
    throw error instanceof TransHubError ? error : databaseError(error);
  } finally {
    // The session's end gives the advisory lock back.
    await client.end().catch(() => undefined);
  }
}

async function refuseUnfitDatabase(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ encoding: string; version: string }>(
    "select current_setting('server_encoding') as encoding, current_setting('server_version_num') as version",
  );
  const [server] = rows;
  if (server?.encoding !== "UTF8") {
    throw new DatabaseRefusedError(`The database's encoding is ${server?.encoding}; it must be UTF8`, {
      hint: "Create it with: create database … encoding 'UTF8' template template0",
    });
  }
  if (Number(server.version) < OLDEST_SERVER) {
    throw new DatabaseRefusedError(`PostgreSQL ${server.version} is too old; 14 to 18 are supported`);
  }
}
