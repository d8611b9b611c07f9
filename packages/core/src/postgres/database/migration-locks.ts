/** The locks of a migrating node: the lock against other nodes that migrate, and the waits for locks on tables. */
import { setTimeout as wait } from "node:timers/promises";
import type pg from "pg";
import { MigrationError } from "../../contract/errors.ts";
import { errorCode, isCatalogRace } from "./database-error.ts";
import { GRAPHILE_SCHEMA } from "./graphile-worker.ts";
import type { LockWaits } from "./lock-waits.ts";

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

/**
 * Takes the lock that one migrating node holds until the session of `keeper` ends. Waits for it without a limit.
 *
 * It is a lock on a table, because any role that may connect could hold an advisory lock for ever. It lasts as long as a
 * transaction, and each migration is a transaction: so it has a session of its own, which does nothing else. That session has no
 * snapshot, and so keeps no dead row and delays no `create index concurrently`.
 *
 * It asks again and again instead of waiting: a statement that waits blocks `create index concurrently` in other sessions.
 */
export async function takeMigrationLock(keeper: pg.Client, { onWaiting }: LockWaits): Promise<void> {
  await makeLockTable(keeper);
  let nextWordAt = performance.now() + FIRST_WORD_MS;
  while (!(await tryMigrationLock(keeper))) {
    if (performance.now() >= nextWordAt) {
      nextWordAt = performance.now() + NEXT_WORD_MS;
      const holders = await keeper.query<Holder>(MIGRATING);
      onWaiting?.(`another node that migrates: ${describeHolders(holders.rows)}`);
    }
    await wait(LOOK_MS * (0.5 + Math.random()));
  }
}

/** The table is there before the first migration. Of nodes that make it at once, one succeeds; the others get an error that says so. */
async function makeLockTable(keeper: pg.Client): Promise<void> {
  for (;;) {
    const { rows } = await keeper.query<{ schema: string | null; lock: string | null }>(
      "select to_regnamespace('trans_hub') as schema, to_regclass('trans_hub.migrating') as lock",
    );
    if (rows[0]?.lock) return;
    try {
      // `if not exists` needs the right to make a schema even where it exists.
      if (!rows[0]?.schema) await keeper.query("create schema trans_hub");
      await keeper.query("create table trans_hub.migrating ()");
    } catch (error) {
      if (!MADE_BY_ANOTHER.test(errorCode(error) ?? "")) throw error;
    }
  }
}

async function tryMigrationLock(keeper: pg.Client): Promise<boolean> {
  await keeper.query("begin");
  try {
    await keeper.query("lock table trans_hub.migrating in share update exclusive mode nowait");
    return true;
  } catch (error) {
    await keeper.query("rollback");
    if (!isLocked(error)) throw error;
    return false;
  }
}

/** Limits the time for which each statement of a session waits for a lock. */
export async function limitLockWaits(
  client: pg.ClientBase,
  { lockTimeoutMs = LOCK_TIMEOUT_MS }: LockWaits,
): Promise<void> {
  await client.query(`set lock_timeout = ${Math.ceil(lockTimeoutMs)}`);
}

/**
 * Repeats an act while locks of other sessions are in its way.
 *
 * @throws {MigrationError} The locks outlasted all attempts. It names the sessions that hold them.
 */
export async function untilUnlocked(client: pg.Client, options: LockWaits, act: () => Promise<void>): Promise<void> {
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

/** Whether an error says that another session was in the way, so that the same act may succeed later. */
export function isLocked(error: unknown): boolean {
  // A grant on a function that is being replaced races with it: `trans-hub roles create`, or a person.
  return LOCKED_STATE.test(errorCode(error) ?? "") || isCatalogRace(error);
}

/** SQLSTATEs of a schema or table that has come to exist: duplicate, or a duplicate row of the catalog. */
const MADE_BY_ANOTHER = /^(42P06|42P07|42710|23505)$/;

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
  where granted and relation = to_regclass('trans_hub.migrating') and mode = 'ShareUpdateExclusiveLock'
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
  if (holders.length === 0) return "the holder has ended";
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
