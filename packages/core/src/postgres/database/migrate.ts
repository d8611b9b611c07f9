/** Brings both schemas, ours and graphile-worker's, to what this release needs. */
import { readdir } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import type pg from "pg";
import {
  DatabaseRefusedError,
  DatabaseUnavailableError,
  MigrationError,
  SchemaNewerError,
  TransHubError,
} from "../../contract/errors.ts";
import { optionKinds as kinds, optionCheck } from "../../rules/options.ts";
import { databaseError } from "./database-error.ts";
import { driver } from "./driver.ts";
import { GRAPHILE_SCHEMA, loadGraphileWorker } from "./graphile-worker.ts";
import type { LockWaits } from "./lock-waits.ts";
import { isLocked, limitLockWaits, takeMigrationLock, untilUnlocked } from "./migration-locks.ts";
import { newClient } from "./pool.ts";
import { mayRunBeside, newerSchema } from "./schema-version.ts";
import { UNLIMITED_SESSION } from "./session-settings.ts";

export interface MigrateOptions extends LockWaits {
  /** The database. Migrations need a session, so give the direct URL when there is a pooler. */
  databaseUrl: string;
  directUrl?: string | undefined;
  /** Milliseconds to wait for a connection. Default 30,000. */
  connectTimeoutMs?: number | undefined;
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

const checkOptions = optionCheck<MigrateOptions>("a migration", {
  databaseUrl: kinds.required(kinds.postgresUrl),
  directUrl: kinds.postgresUrl,
  connectTimeoutMs: kinds.milliseconds,
  folder: kinds.text,
  lockTimeoutMs: kinds.whole(1, 3_600_000),
  lockAttempts: kinds.whole(1, 1_000_000),
  onWaiting: kinds.callback,
});

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
 * @throws {SettingsError} An option is missing, unknown, or has a bad value.
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
  checkOptions(options);
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
  const pool = new (driver().Pool)({
    connectionString: options.directUrl ?? options.databaseUrl,
    max: 1,
    connectionTimeoutMillis: options.connectTimeoutMs ?? 30_000,
    onConnect: async (client) => {
      await client.query(UNLIMITED_SESSION);
      await limitLockWaits(client, options);
    },
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

/**
 * Statistics of a table never analyzed mislead the planner for every first import. The tables that serve as locks are left out:
 * analyzing one would wait for its holder, which may be this node.
 */
async function analyzeIfNever(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ name: string }>(
    "select format('%I.%I', n.nspname, c.relname) as name from pg_class c join pg_namespace n on n.oid = c.relnamespace " +
      "where n.nspname = 'trans_hub' and c.relkind = 'r' and c.reltuples < 0 and c.relname not in ('migrating', 'reconciling') order by 1",
  );
  if (rows.length > 0) await client.query(`analyze ${rows.map(({ name }) => name).join(", ")}`);
}

async function withMigrationLock<Result>(
  options: MigrateOptions,
  work: (client: pg.Client, known: string[]) => Promise<Result>,
): Promise<Result> {
  checkOptions(options);
  const known = await knownMigrations(options);
  return withClient(options, (keeper) =>
    withClient(options, async (client) => {
      await takeMigrationLock(keeper, options);
      // Without its lock, a node must not go on.
      keeper.once("end", () => void client.end().catch(() => undefined));
      await limitLockWaits(client, options);
      return work(client, known);
    }),
  );
}

async function withClient<Result>(
  options: MigrateOptions,
  work: (client: pg.Client) => Promise<Result>,
): Promise<Result> {
  const client = newClient({
    connectionString: options.directUrl ?? options.databaseUrl,
    connectionTimeoutMillis: options.connectTimeoutMs ?? 30_000,
    application_name: "trans-hub migrate",
    keepAlive: true,
  });
  try {
    await client.connect();
    await client.query(UNLIMITED_SESSION);
    await refuseUnfitDatabase(client);
    return await work(client);
  } catch (error) {
    throw error instanceof TransHubError ? error : databaseError(error);
  } finally {
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
