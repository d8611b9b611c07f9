/** A PostgreSQL with a standby, which takes its place when it dies: clients keep their URL. */
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import pg from "pg";
import { startPostgres, type TestPostgres } from "./postgres.ts";
import { startTcpProxy, type TcpProxy } from "./tcp-proxy.ts";

export interface PostgresWithStandby extends TestPostgres, AsyncDisposable {
  /** The standby itself, also before it takes the primary's place. */
  standby: TestPostgres;
  /** The link over which the standby gets the primary's log. */
  replication: Pick<TcpProxy, "hang" | "cut" | "mend">;
  /**
   * Ends the primary as a power cut does, promotes the standby, and points the URL at it. The primary does not come back,
   * and the promoted server has no standby.
   *
   * @param whileLagging Runs before that, while the standby gets nothing: the commits of this time are lost. Only for an
   * asynchronous standby: beside a synchronous one no commit ends meanwhile. Default: the standby has all that was sent.
   */
  failOver(whileLagging?: () => Promise<unknown>): Promise<Failover>;
}

/** Times are milliseconds since the epoch. */
export interface Failover {
  /** Every commit before this is on the standby. */
  replicatedUntil: number;
  /** The primary accepted no commit after this. */
  diedAt: number;
}

/** Time for a standby to catch up, or to be promoted. */
const PATIENCE_MS = 60_000;

/**
 * Starts a primary and its standby. The standby is a copy of the primary's data folder, so this needs no program beside
 * the server.
 *
 * @param options `isSynchronous`: a commit is answered once the standby has it. `settings`, `env`: see `startPostgres`.
 */
export async function startPostgresWithStandby({
  isSynchronous,
  settings = [],
  env = {},
}: {
  isSynchronous: boolean;
  settings?: readonly string[];
  env?: Record<string, string>;
}): Promise<PostgresWithStandby> {
  const primary = await startPostgres(settings, env);
  const replication = await startTcpProxy(primary.url);
  const base = mkdtempSync(join(tmpdir(), "trans-hub-base-"));
  await copyData(primary.url, join(base, "data"));
  const source = new URL(replication.url);
  const standby = await startPostgres(
    [...settings, `primary_conninfo=host=127.0.0.1 port=${source.port} user=postgres password=${source.password}`],
    { ...env, TH_TEST_BASE_BACKUP: join(base, "data") },
  );
  rmSync(base, { recursive: true, force: true });
  // The passwords of the copy are the primary's.
  const standbyUrl = new URL(primary.url);
  standbyUrl.port = new URL(standby.url).port;
  await using onPrimary = await connect(primary.url);
  await until("the standby streams", onPrimary.client, "select from pg_stat_replication where state = 'streaming'");
  if (isSynchronous) {
    await onPrimary.client.query("alter system set synchronous_standby_names = '*'");
    await onPrimary.client.query("select pg_reload_conf()");
    await until(
      "commits wait for the standby",
      onPrimary.client,
      "select from pg_stat_replication where sync_state = 'sync'",
    );
  }
  const clients = await startTcpProxy(primary.url);
  const stop = async () => {
    await Promise.all([clients.close(), replication.close()]);
    await Promise.all([primary.stop(), standby.stop()]);
  };
  return {
    url: clients.url,
    standby: { ...standby, url: standbyUrl.href },
    replication,
    restart: (how) => primary.restart(how),
    async failOver(whileLagging) {
      const replicatedUntil = Date.now();
      await using onStandby = await connect(standbyUrl.href);
      await untilReplicated(primary.url, onStandby.client);
      if (whileLagging !== undefined) {
        replication.hang();
        await whileLagging();
      }
      await primary.stop();
      clients.cut();
      const diedAt = Date.now();
      replication.cut();
      await onStandby.client.query("select pg_promote(true, 60)");
      await until("the standby is promoted", onStandby.client, "select where not pg_is_in_recovery()");
      clients.pointAt(standbyUrl.href);
      clients.mend();
      return { replicatedUntil, diedAt };
    },
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

/** Copies the folder of a running server, with the label that tells the copy where its recovery begins. */
async function copyData(url: string, to: string): Promise<void> {
  await using server = await connect(url);
  const { rows } = await server.client.query<{ folder: string; version: number }>(
    "select current_setting('data_directory') as folder, current_setting('server_version_num')::int as version",
  );
  const { folder = "", version = 0 } = rows[0] ?? {};
  // PostgreSQL 14 has other names, and a further parameter, for the same.
  const [start, end] =
    version >= 150_000
      ? ["select pg_backup_start('standby', true)", "select labelfile from pg_backup_stop(false)"]
      : ["select pg_start_backup('standby', true, false)", "select labelfile from pg_stop_backup(false, false)"];
  await server.client.query(start);
  const isLeftOut = new Set(["postmaster.pid", "postmaster.opts", "pg_replslot", "pg_dynshmem", "pg_stat_tmp"]);
  cpSync(folder, to, { recursive: true, verbatimSymlinks: true, filter: (path) => !isLeftOut.has(basename(path)) });
  for (const name of ["pg_replslot", "pg_dynshmem", "pg_stat_tmp"]) mkdirSync(join(to, name), { mode: 0o700 });
  const stopped = await server.client.query<{ labelfile: string }>(end);
  writeFileSync(join(to, "backup_label"), stopped.rows[0]?.labelfile ?? "");
  writeFileSync(join(to, "standby.signal"), "");
}

async function untilReplicated(primaryUrl: string, standby: pg.Client): Promise<void> {
  await using primary = await connect(primaryUrl);
  const { rows } = await primary.client.query<{ lsn: string }>("select pg_current_wal_flush_lsn()::text as lsn");
  const lsn = rows[0]?.lsn;
  await until("the standby has caught up", standby, `select where pg_last_wal_receive_lsn() >= '${lsn}'::pg_lsn`);
}

async function connect(connectionString: string): Promise<{ client: pg.Client } & AsyncDisposable> {
  const client = new pg.Client({ connectionString, application_name: "" });
  client.on("error", () => undefined);
  await client.connect();
  return { client, [Symbol.asyncDispose]: () => client.end() };
}

/** Polls for a state that the server announces to nobody. */
async function until(what: string, client: pg.Client, query: string): Promise<void> {
  const giveUp = performance.now() + PATIENCE_MS;
  for (;;) {
    const { rows } = await client.query(query);
    if (rows.length > 0) return;
    if (performance.now() > giveUp) throw new Error(`${what}: not within ${PATIENCE_MS / 1_000} s`);
    await wait(20);
  }
}
