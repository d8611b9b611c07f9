import type { Session } from "./session.ts";

/*
 * Two advisory locks in the running server record its users. They end with their session, so a `kill -9` leaves nothing
 * to clean up:
 *
 *   keeper   held by the one keeper that watches the server
 *   clients  shared by all open clients; the keeper takes it exclusively before it stops the server, so a client that
 *            comes at that moment is either counted or refused
 */
const CLASS = 0x7468;
const KEEPER = 1;
const CLIENTS = 2;

/** Takes the keeper's right to watch; false when another keeper has it. */
export async function tryWatch(session: Session): Promise<boolean> {
  return await tryLock(session, "pg_try_advisory_lock", KEEPER);
}

/** Keeps the server from being stopped for idleness; false when it is already being stopped. */
export async function tryUse(session: Session): Promise<boolean> {
  return await tryLock(session, "pg_try_advisory_lock_shared", CLIENTS);
}

/** Takes the keeper's right to stop the server; false while a client uses it. */
export async function tryRetire(session: Session): Promise<boolean> {
  return await tryLock(session, "pg_try_advisory_lock", CLIENTS);
}

/** Whether a keeper watches the server. */
export async function isWatched(session: Session): Promise<boolean> {
  const rows = await session.query(
    `select from pg_locks
     where locktype = 'advisory' and classid = $1 and objid = $2 and granted
       and database = (select oid from pg_database where datname = current_database())`,
    [CLASS, KEEPER],
  );
  return rows.length > 0;
}

/** The number of all sessions, without the asking one. */
export async function countSessions(session: Session): Promise<number> {
  const [row] = await session.query<{ sessions: number }>(
    `select count(*)::int as sessions from pg_stat_activity
     where backend_type = 'client backend' and pid <> pg_backend_pid()`,
  );
  return row?.sessions ?? 0;
}

async function tryLock(session: Session, call: "pg_try_advisory_lock" | "pg_try_advisory_lock_shared", lock: number) {
  const [row] = await session.query<{ held: boolean }>(`select ${call}($1, $2) as held`, [CLASS, lock]);
  return row?.held ?? false;
}
