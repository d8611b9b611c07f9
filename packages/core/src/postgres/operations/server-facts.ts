/** Reads a server's facts like an operator, with the connection's own rights. */
import type pg from "pg";
import { TransHubError } from "../../contract/errors.ts";
import type { LockWait } from "../../contract/lock-wait.ts";
import { optionKinds as kinds, optionCheck } from "../../rules/options.ts";
import { databaseError, errorCode } from "../database/database-error.ts";
import { listLockWaits } from "../database/lock-waits.sql.ts";
import { newClient } from "../database/pool.ts";
import { SESSION_SETTINGS } from "../database/session-settings.ts";
import { type Database, rows } from "../database/statement.ts";
import {
  countHiddenSessions,
  countLetters,
  HELD_SECONDS,
  HELD_TRANSACTIONS,
  listHarmfulSettings,
  listHolders,
  listReviewerLocales,
  listTableLocks,
  listTables,
  readBackup,
  readPutOff,
  readRole,
  readServer,
} from "./server-facts.sql.ts";

export interface ServerFacts {
  /** As `server_version_num`: 180004. */
  version: number;
  versionText: string;
  /** Whether this connection is encrypted. */
  isEncrypted: boolean;
  isStandby: boolean;
  /** Whether transactions of this role in this database are read-only by default. */
  isReadOnly: boolean;
  /** The server's clock minus ours, in milliseconds, to half a round trip. */
  clockSkewMs: number;
  durability: { fsync: boolean; fullPageWrites: boolean; synchronousCommit: string };
  /** `limit`: the most connections of this role to this database; `used`: those of all roles, in the whole server. */
  connections: { max: number; limit: number; used: number };
  role: {
    name: string;
    isSuperuser: boolean;
    isOwner: boolean;
    isOwnedBySuperuser: boolean;
    mayRead: boolean;
    mayWrite: boolean;
    seesJobs: boolean;
    /** Functions that run with the owner's rights, tables and schemas that PUBLIC may use. */
    openToEverybody: readonly string[];
  };
  autovacuum: boolean;
  tables: readonly { name: string; dead: number; live: number; isVacuumed: boolean }[];
  /** Holders that keep dead rows from being removed, and for how long. */
  holders: readonly { what: string; seconds: number | null; transactions: number | null }[];
  /** Number of sessions whose activity this role may not see. */
  hiddenSessions: number;
  /** Statements of any session that have waited for a lock on our tables for a second or more, the longest first. */
  lockWaits: readonly LockWait[];
  /**
   * Rows of the inbox that wait behind a lock of another session, the seconds since the oldest was requested, and the sessions
   * whose locks on tables stop every write. A worker tries such a row again and again, so it appears in no list of waits.
   * Undefined: this role may not see them.
   */
  putOff: { waiting: number; seconds: number; holders: readonly TableLock[] } | undefined;
  /** Settings under which a new session of the named owner would lose work or be ended in the middle of it. */
  harmfulSettings: readonly HarmfulSetting[];
  archiving: { isOn: boolean; lastArchivedAt: Date | null; lastFailedAt: Date | null };
  /** Start of the newest recorded backup; null: there is none; undefined: this role may not see it. */
  lastBackupAt: Date | null | undefined;
  /** Undefined: this role may not see them. */
  openLetters: number | undefined;
  /** The locales in which roles may review that may not in each; `isRole` false: no role has this name. Undefined: as above. */
  reviewerLocales: readonly { role: string; locale: string; isRole: boolean }[] | undefined;
}

/** A session's lock on a table (`lock`). `holder`: its name; null: this role may not see it. */
export interface TableLock {
  readonly pid: number;
  readonly lock: string;
  readonly holder: string | null;
}

export interface HarmfulSetting {
  readonly name: string;
  readonly value: string;
  /** `this session`, `every role`, or the quoted name of a role that may register. */
  readonly of: string;
}

export interface FactsOptions {
  /** A URL that bypasses a pooler: the facts are those of the session. */
  databaseUrl: string;
  /** Milliseconds to wait for a connection. Default 30,000. */
  connectTimeoutMs?: number | undefined;
}

const checkOptions = optionCheck<FactsOptions>("readServerFacts", {
  databaseUrl: kinds.required(kinds.postgresUrl),
  connectTimeoutMs: kinds.milliseconds,
});

/** Shorter waits are left out. */
const WAIT_SECONDS = 1;

/** SQLSTATEs of facts that this role may not see, and of objects missing in an older schema. */
const NOT_SEEN = /^(42501|42P01|3F000)$/;

/**
 * Reads the facts over one connection. Needs no right except to connect: facts that the role may not see are left out.
 *
 * @throws {SettingsError} An option is missing, unknown, or has a bad value.
 * @throws {DatabaseUnavailableError}
 * @throws {DatabaseRefusedError}
 */
export async function readServerFacts(options: FactsOptions): Promise<ServerFacts> {
  checkOptions(options);
  const client = newClient({
    connectionString: options.databaseUrl,
    connectionTimeoutMillis: options.connectTimeoutMs ?? 30_000,
    query_timeout: 30_000,
    // Past a limit of the database or the role, which is one of the facts.
    statement_timeout: 30_000,
    application_name: "trans-hub doctor",
  });
  try {
    await client.connect();
    await client.query(SESSION_SETTINGS);
    return await factsOf(client);
  } catch (error) {
    throw error instanceof TransHubError ? error : databaseError(error);
  } finally {
    await client.end().catch(() => undefined);
  }
}

async function factsOf(client: pg.Client): Promise<ServerFacts> {
  const db: Database = { query: (config) => client.query(config) };
  const clockSkewMs = await readClockSkew(client);
  const [server] = await rows(db, readServer);
  const [role] = await rows(db, readRole);
  const [hidden] = await rows(db, countHiddenSessions);
  if (server === undefined || role === undefined || hidden === undefined) throw new Error("facts gave no row");
  const limits = [server.role_connections, server.database_connections].filter((limit) => limit !== null);
  const tables = await rows(db, listTables);
  return {
    version: server.version,
    versionText: server.version_text,
    isEncrypted: server.is_encrypted,
    isStandby: server.is_standby,
    isReadOnly: server.is_read_only,
    clockSkewMs,
    durability: {
      fsync: server.fsync,
      fullPageWrites: server.full_page_writes,
      synchronousCommit: server.synchronous_commit,
    },
    connections: {
      max: server.max_connections,
      limit: Math.min(server.max_connections - server.reserved_connections, ...limits),
      used: server.used_connections,
    },
    role: {
      name: role.name,
      isSuperuser: role.is_superuser,
      isOwner: role.is_owner,
      isOwnedBySuperuser: role.is_owned_by_superuser,
      mayRead: role.may_read,
      mayWrite: role.may_write,
      seesJobs: role.sees_jobs,
      openToEverybody: role.open_to_everybody,
    },
    autovacuum: server.autovacuum,
    tables: tables.map(({ name, dead, live, is_vacuumed }) => ({ name, dead, live, isVacuumed: is_vacuumed })),
    holders: await rows(db, listHolders, [HELD_SECONDS, HELD_TRANSACTIONS]),
    hiddenSessions: hidden.hidden,
    lockWaits: (await rows(db, listLockWaits, [WAIT_SECONDS, null, null])).map(({ blocked_by, ...wait }) => ({
      ...wait,
      blockedBy: blocked_by,
    })),
    putOff: await ifSeen(() => readInboxBehindLocks(db)),
    harmfulSettings: await rows(db, listHarmfulSettings),
    archiving: {
      isOn: server.archives,
      lastArchivedAt: server.last_archived_at,
      lastFailedAt: server.last_archive_failed_at,
    },
    lastBackupAt: await ifSeen(async () => (await rows(db, readBackup))[0]?.started_at ?? null),
    openLetters: await ifSeen(async () => (await rows(db, countLetters))[0]?.open ?? 0),
    reviewerLocales: await ifSeen(() => rows(db, listReviewerLocales)),
  };
}

async function readInboxBehindLocks(db: Database): Promise<ServerFacts["putOff"]> {
  const [found] = await rows(db, readPutOff);
  const { waiting, seconds } = found ?? { waiting: 0, seconds: 0 };
  // A row of many items is put off once before its halves are registered.
  if (waiting === 0 || seconds < WAIT_SECONDS) return { waiting: 0, seconds: 0, holders: [] };
  return { waiting, seconds, holders: await rows(db, listTableLocks) };
}

/** The best of three: the fastest round trip is the most exact. */
async function readClockSkew(client: pg.Client): Promise<number> {
  let best = { roundTripMs: Number.POSITIVE_INFINITY, skewMs: 0 };
  for (let time = 0; time < 3; time += 1) {
    const sentAt = Date.now();
    const { rows: found } = await client.query<{ ms: number }>(
      "select extract(epoch from clock_timestamp())::float8 * 1000 as ms",
    );
    const gotAt = Date.now();
    const skewMs = (found[0]?.ms ?? 0) - (sentAt + gotAt) / 2;
    if (gotAt - sentAt < best.roundTripMs) best = { roundTripMs: gotAt - sentAt, skewMs };
  }
  return Math.round(best.skewMs);
}

async function ifSeen<Value>(read: () => Promise<Value>): Promise<Value | undefined> {
  try {
    return await read();
  } catch (error) {
    if (NOT_SEEN.test(errorCode(error) ?? "")) return undefined;
    throw error;
  }
}
