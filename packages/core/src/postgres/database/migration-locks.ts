/** The locks of a migrating node: the lock against other nodes that migrate, and the waits for locks on tables. */
import { setTimeout as wait } from "node:timers/promises";
import type pg from "pg";
import { MigrationError } from "../../contract/errors.ts";
import { errorCode, isCatalogRace } from "./database-error.ts";
import { GRAPHILE_SCHEMA } from "./graphile-worker.ts";
import type { LockWaits } from "./lock-waits.ts";

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

/**
 * Takes the lock that one migrating node holds until its session ends. Waits for it without a limit.
 *
 * It asks again and again instead of waiting: a statement that waits blocks `create index concurrently` in other sessions.
 */
export async function takeMigrationLock(client: pg.Client, { onWaiting }: LockWaits): Promise<void> {
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
