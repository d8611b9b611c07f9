/** Brings both schemas, ours and graphile-worker's, to what this release needs. */
import { readdir } from "node:fs/promises";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import pg from "pg";
import {
  DatabaseRefusedError,
  DatabaseUnavailableError,
  MigrationError,
  SchemaNewerError,
  TransHubError,
} from "../../contract/errors.ts";
import { databaseError, errorCode, isCatalogRace } from "./database-error.ts";
import { GRAPHILE_SCHEMA, loadGraphileWorker } from "./graphile-worker.ts";
import { newClient } from "./pool.ts";
import { mayRunBeside, newerSchema } from "./schema-version.ts";

export interface MigrateOptions {
  /** The database. Migrations need a session, so give the direct URL when there is a pooler. */
  databaseUrl: string;
  directUrl?: string | undefined;
  /** Milliseconds to wait for a connection. Default 30,000. */
  connectTimeoutMs?: number | undefined;
  /** Milliseconds that one attempt waits for a lock; later sessions wait behind it meanwhile. Default 2,000. */
  lockTimeoutMs?: number | undefined;
  /** Number of attempts, with pauses in which the other sessions go on. Default 10. */
  lockAttempts?: number | undefined;
  /** Hears one sentence about the reason of a wait: another node that migrates, or a lock on a table. May be called again. */
  onWaiting?: ((what: string) => void) | undefined;
  /** The folder of migrations. Default: that of this release. For tests of a next release. */
  folder?: string | undefined;
}

export interface MigrationReport {
  /** Names that this call applied (or, going down, took back), in order. */
  applied: string[];
  /** Names that this release knows and the database lacks. */
  pending: string[];
  /** The newest migration the database has; null when it has none. */
  version: string | null;
}

/** The advisory lock of a migrating node. Any number, the same in every release. */
const MIGRATION_LOCK = 7_261_190_541;

/**
 * A session that waits for a table makes all later sessions wait behind it. So a migration waits a little, lets the others
 * go on a little, and tries again: some 40 s in all.
 */
const LOCK_TIMEOUT_MS = 2_000;
const LOCK_ATTEMPTS = 10;

/** The wait between two tries for the migration lock; the time to the first and to each next report of the wait. */
const LOOK_MS = 200;
const FIRST_WORD_MS = 1_000;
const NEXT_WORD_MS = 30_000;

/** SQLSTATEs of a lock that another session holds: lock_timeout, deadlock. */
const LOCKED_STATE = /^(55P03|40P01)$/;

const OLDEST_SERVER = 140_000;

/** In the published package the files lie beside the built code; in the repository at its top. */
const MIGRATIONS = fileURLToPath(
  new URL(import.meta.url.endsWith(".ts") ? "../../../../../migrations" : "../../migrations", import.meta.url),
);

/**
 * Applies every missing migration. Safe from many nodes at once: one node migrates, the others wait and find nothing to do.
 * Safe beside producers and workers: a lock is awaited for `lockTimeoutMs` at most, and then tried again. Analyzes tables
 * that were never analyzed.
 *
 * A newer schema that this release may run on stays exactly as it is: a node of the previous release that migrates during a
 * roll-out neither puts its own functions back nor reports an error.
 *
 * @throws {SchemaNewerError} The database was migrated by a newer release, and this one may not run on it.
 * @throws {MigrationError} A migration failed, or the lock of another session outlasted all tries; the database is as before.
 * @throws {DatabaseRefusedError} Encoding not UTF8, server older than 14, or missing rights.
 * @throws {DatabaseUnavailableError}
 */
export async function applyMigrations(options: MigrateOptions): Promise<MigrationReport> {
  return withMigrationLock(options, async (client, known) => {
    const before = await appliedMigrations(client, known);
    const attempt = async () => {
      const present = await appliedMigrations(client, known);
      if (present.some((name) => !known.includes(name))) return;
      if (known.some((name) => !present.includes(name))) await runMigrations(client, "up", known.length, options);
      await migrateGraphileWorker(options);
      await nameTasks(client);
      await analyzeIfNever(client);
    };
    await untilUnlocked(client, options, attempt);
    const after = await appliedMigrations(client, known);
    return report(
      known,
      after,
      after.filter((name) => !before.includes(name)),
    );
  });
}

/**
 * Takes back the newest migration of ours. The rows of its tables are lost.
 *
 * @throws {SchemaNewerError} The newest is of a newer release, which alone knows how to take it back.
 */
export async function revertMigration(options: MigrateOptions): Promise<MigrationReport> {
  return withMigrationLock(options, async (client, known) => {
    const before = await appliedMigrations(client, known);
    const unknown = before.find((name) => !known.includes(name));
    if (unknown !== undefined) {
      throw new SchemaNewerError(`The database has the migration ${unknown}, which this release cannot take back`);
    }
    if (before.length > 0) {
      await untilUnlocked(client, options, () => runMigrations(client, "down", 1, options));
    }
    const after = await appliedMigrations(client, known);
    return report(
      known,
      after,
      before.filter((name) => !after.includes(name)),
    );
  });
}

/** Reports the applied and the missing migrations, and changes nothing. */
export async function migrationStatus(options: MigrateOptions): Promise<MigrationReport> {
  return withClient(options, async (client) => {
    const known = await knownMigrations(options);
    return report(known, await appliedMigrations(client, known), []);
  });
}

function report(known: string[], present: string[], applied: string[]): MigrationReport {
  return { applied, pending: known.filter((name) => !present.includes(name)), version: present.at(-1) ?? null };
}

async function knownMigrations({ folder = MIGRATIONS }: MigrateOptions): Promise<string[]> {
  const files = await readdir(folder);
  return files
    .filter((file) => file.endsWith(".sql"))
    .map((file) => file.slice(0, -".sql".length))
    .sort();
}

/**
 * The names of the migrations that the database has, oldest first. A name that is not in `known` was applied by a newer
 * release.
 *
 * @throws {SchemaNewerError} A name that is not in `known` does not admit this release, or one that is in `known` is missing
 *   beside it: applying that one out of order could undo a part of the newer release.
 */
async function appliedMigrations(client: pg.Client, known: string[]): Promise<string[]> {
  const { rows: present } = await client.query<{ present: string | null }>(
    "select to_regclass('trans_hub.migration') as present",
  );
  if (!present[0]?.present) return [];
  const { rows } = await client.query<{ name: string }>("select name from trans_hub.migration order by name");
  const names = rows.map(({ name }) => name);
  const isWhole = known.every((name) => names.includes(name));
  const unfit = names.find((name) => !known.includes(name) && !(isWhole && mayRunBeside(name, known.at(-1))));
  if (unfit !== undefined) throw newerSchema(unfit);
  return names;
}

async function runMigrations(
  client: pg.Client,
  direction: "up" | "down",
  count: number,
  { folder = MIGRATIONS }: MigrateOptions,
): Promise<void> {
  const { runner } = await import("node-pg-migrate");
  const silent = () => undefined;
  await runner({
    dbClient: client,
    dir: folder,
    // The folder also has the list of released files.
    ignorePattern: "(?!.*\\.sql$).*",
    direction,
    count,
    migrationsTable: "migration",
    migrationsSchema: "trans_hub",
    createMigrationsSchema: true,
    // Our own lock covers both schemas.
    noLock: true,
    logger: { debug: silent, info: silent, warn: silent, error: silent },
  }).catch(async (error: Error) => {
    // Each migration is a transaction of its own, which the runner leaves open when it fails.
    await client.query("rollback").catch(() => undefined);
    if (isLocked(error)) throw error;
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
    onConnect: (client) => limitLockWaits(client, options),
  });
  const { exitCode } = process;
  // A lost connection fails the query that was using it; without a listener it would end the process as well.
  pool.on("error", () => undefined).on("connect", (client) => client.on("error", () => undefined));
  try {
    await migrate({ pgPool: pool, schema: GRAPHILE_SCHEMA, logger: new Logger(() => () => undefined) });
  } catch (error) {
    // It would also end the process with a code of its own.
    process.exitCode = exitCode;
    throw newerGraphileWorker(error as Error);
  } finally {
    await pool.end();
  }
}

/**
 * The first job of a task makes the task, and a second transaction waits until the first has committed. Enqueueing inside the
 * transaction of a caller must not wait, so the tasks for it are made here, by jobs that are removed at once.
 */
async function nameTasks(client: pg.Client): Promise<void> {
  await client.query(`
    select graphile_worker.add_job(task, job_key => 'name ' || task, run_at => 'infinity'), graphile_worker.remove_job('name ' || task)
    from unnest(array['register_inbox', 'open_lanes']) as task`);
}

/** graphile-worker says only in words that its schema is newer than itself. */
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
    const known = await knownMigrations(options);
    await takeMigrationLock(client, options);
    await limitLockWaits(client, options);
    return work(client, known);
  });
}

/** Asks again and again instead of waiting: a statement that waits blocks `create index concurrently` in other sessions. */
async function takeMigrationLock(client: pg.Client, { onWaiting }: MigrateOptions): Promise<void> {
  let nextWordAt = performance.now() + FIRST_WORD_MS;
  for (;;) {
    const { rows } = await client.query<{ taken: boolean }>("select pg_try_advisory_lock($1) as taken", [
      MIGRATION_LOCK,
    ]);
    if (rows[0]?.taken) return;
    if (performance.now() >= nextWordAt) {
      nextWordAt = performance.now() + NEXT_WORD_MS;
      const holders = await client.query<Holder>(MIGRATING, [MIGRATION_LOCK]);
      onWaiting?.(`another node that migrates: ${describeHolders(holders.rows)}`);
    }
    await wait(LOOK_MS * (0.5 + Math.random()));
  }
}

async function limitLockWaits(
  client: pg.ClientBase,
  { lockTimeoutMs = LOCK_TIMEOUT_MS }: MigrateOptions,
): Promise<void> {
  await client.query(`set lock_timeout = ${Math.ceil(lockTimeoutMs)}`);
}

/** Repeats an act while locks of other sessions are in its way. */
async function untilUnlocked(client: pg.Client, options: MigrateOptions, act: () => Promise<void>): Promise<void> {
  const { lockTimeoutMs = LOCK_TIMEOUT_MS, lockAttempts = LOCK_ATTEMPTS, onWaiting } = options;
  for (let attempt = 1; ; attempt += 1) {
    try {
      await act();
      return;
    } catch (error) {
      if (!isLocked(error)) throw error;
      const { rows } = await client.query<Holder>(IN_THE_WAY, [lockTimeoutMs]);
      const what = `a lock that others hold: ${describeHolders(rows)}`;
      if (attempt >= lockAttempts) {
        throw new MigrationError(`Migrating waited ${attempt} times for ${what}`, {
          cause: error,
          hint: "End their transactions, or migrate again when they are over. Nothing is left half done.",
        });
      }
      onWaiting?.(what);
      await wait(lockTimeoutMs * (0.5 + Math.random()));
    }
  }
}

function isLocked(error: unknown): boolean {
  // A grant on a function that is being replaced races with it: `trans-hub roles create`, or a person.
  return LOCKED_STATE.test(errorCode(error) ?? "") || isCatalogRace(error);
}

interface Holder {
  pid: number;
  name: string | null;
  state: string | null;
  seconds: number | null;
  tables: string | null;
}

const MIGRATING = `
  select pid, nullif(application_name, '') as name, null as state, null as seconds, null as tables
  from pg_locks join pg_stat_activity using (pid)
  where locktype = 'advisory' and granted and objsubid = 1 and (classid::bigint << 32) + objid::bigint = $1
    and database = (select oid from pg_database where datname = current_database())`;

/** The sessions that were in our way: each holds a lock on a table, in a transaction at least as old as our wait. */
const IN_THE_WAY = `
  select pid, nullif(application_name, '') as name, state, extract(epoch from clock_timestamp() - xact_start)::int as seconds,
    string_agg(distinct format('%I.%I', nspname, relname), ', ') as tables
  from pg_locks join pg_stat_activity using (pid)
    join pg_class on pg_class.oid = relation join pg_namespace on pg_namespace.oid = relnamespace
  where granted and database = (select oid from pg_database where datname = current_database())
    and nspname in ('trans_hub', '${GRAPHILE_SCHEMA}') and relkind = 'r' and pid <> pg_backend_pid()
    and (xact_start is null or xact_start <= clock_timestamp() - make_interval(secs => $1 / 1000.0))
  group by pid, application_name, state, xact_start
  order by xact_start
  limit 3`;

/** Never has the statement of the holder, which may hold a text of a user. */
function describeHolders(holders: readonly Holder[]): string {
  if (holders.length === 0) return "by now nobody";
  return holders
    .map(({ pid, name, state, seconds, tables }) => {
      const since = seconds === null ? undefined : `in a transaction for ${seconds} s`;
      const facts = [name, state, since, tables && `on ${tables}`].filter(
        (fact) => fact !== null && fact !== undefined,
      );
      return `server process ${pid} (${facts.join(", ")})`;
    })
    .join("; ");
}

async function withClient<Result>(
  options: MigrateOptions,
  work: (client: pg.Client) => Promise<Result>,
): Promise<Result> {
  const client = newClient({
    connectionString: options.directUrl ?? options.databaseUrl,
    connectionTimeoutMillis: options.connectTimeoutMs ?? 30_000,
    application_name: "trans-hub migrate",
  });
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
