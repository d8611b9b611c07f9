/** Reads the facts of a standby that answers reads, with the connection's own rights. */
import { setTimeout as delay } from "node:timers/promises";
import { z } from "zod";
import { TransHubError } from "../../contract/errors.ts";
import { databaseError } from "../database/database-error.ts";
import { newClient } from "../database/pool.ts";
import { type Database, rows, statement } from "../database/statement.ts";

export interface StandbyFacts {
  /** Whether the server replays the log of another one. A primary does not. */
  isStandby: boolean;
  /**
   * The most seconds by which the standby is behind: 0 if it has within a second replayed what the primary had written. Null: not
   * known, because it has replayed no commit since its start.
   */
  secondsBehind: number | null;
  hasSchema: boolean;
}

export interface StandbyOptions {
  /** The primary. */
  databaseUrl: string;
  readUrl: string;
  /** Milliseconds to wait for a connection. Default 30,000. */
  connectTimeoutMs?: number | undefined;
}

/** Milliseconds for which a standby may replay what the primary has just written. */
const REPLAY_MS = 1_000;
const STEP_MS = 50;

const written = statement({
  name: "standby.written",
  row: z.object({ lsn: z.string() }),
  text: "select pg_current_wal_insert_lsn()::text as lsn",
});

const readStandby = statement({
  name: "standby.facts",
  row: z.object({
    is_standby: z.boolean(),
    has_replayed: z.boolean(),
    seconds: z.number().nullable(),
    has_schema: z.boolean(),
  }),
  // A quiet primary commits nothing, so the time of the last commit counts only where the standby lacks something.
  text: `
    select
      pg_is_in_recovery() as is_standby,
      coalesce(not pg_is_in_recovery() or pg_last_wal_replay_lsn() >= $1::pg_lsn, false) as has_replayed,
      extract(epoch from clock_timestamp() - pg_last_xact_replay_timestamp())::float8 as seconds,
      exists (
        select from pg_class as c join pg_namespace as n on n.oid = c.relnamespace
        where n.nspname = 'trans_hub' and c.relname = 'translation'
      ) as has_schema`,
});

/**
 * Reads the facts over one connection to each server. Needs no right except to connect.
 *
 * @throws {DatabaseUnavailableError}
 * @throws {DatabaseRefusedError}
 */
export async function readStandbyFacts({
  databaseUrl,
  readUrl,
  connectTimeoutMs,
}: StandbyOptions): Promise<StandbyFacts> {
  const lsn = await withClient(
    databaseUrl,
    connectTimeoutMs,
    async (primary) => (await rows(primary, written))[0]?.lsn,
  );
  return await withClient(readUrl, connectTimeoutMs, async (standby) => {
    const giveUpAt = performance.now() + REPLAY_MS;
    for (;;) {
      const [found] = await rows(standby, readStandby, [lsn]);
      if (found === undefined) throw new Error("facts gave no row");
      const { is_standby: isStandby, has_schema: hasSchema, has_replayed: hasReplayed, seconds } = found;
      if (hasReplayed) return { isStandby, hasSchema, secondsBehind: 0 };
      if (performance.now() >= giveUpAt) return { isStandby, hasSchema, secondsBehind: seconds };
      await delay(STEP_MS);
    }
  });
}

async function withClient<Result>(
  connectionString: string,
  connectTimeoutMs: number | undefined,
  work: (db: Database) => Promise<Result>,
): Promise<Result> {
  const client = newClient({
    connectionString,
    connectionTimeoutMillis: connectTimeoutMs ?? 30_000,
    query_timeout: 10_000,
    application_name: "trans-hub doctor",
  });
  try {
    await client.connect();
    return await work({ query: (config) => client.query(config) });
  } catch (error) {
    throw error instanceof TransHubError ? error : databaseError(error);
  } finally {
    await client.end().catch(() => undefined);
  }
}
