/** The base of every cell: one PostgreSQL 18 with durable commits, fresh databases on it, and the table to fill. */
import { readFileSync } from "node:fs";
import { cpus, totalmem } from "node:os";
import { applyMigrations } from "@trans-hub/core";
import { version } from "@trans-hub/core/operations";
import { startPostgres, type TestPostgres } from "@trans-hub/test-support/postgres";
import pg from "pg";
import type { Row } from "./figures.ts";
import { fillStored } from "./stored.ts";

export interface StageOptions {
  isQuick: boolean;
  rounds: number;
  /** Rows of the grown tables. */
  stored: number;
  /** Whether the cells report how the server spends its time. */
  isProfiled: boolean;
  withBullmq: boolean;
}

export interface BenchDatabase {
  url: string;
  pool: pg.Pool;
}

/** A curve of the report: series over one axis. */
export interface Curve {
  name: string;
  title: string;
  x: string;
  y: string;
  isXLogarithmic?: boolean;
  series: { name: string; points: [number, number][] }[];
}

/** The most connections of each contestant. */
export const POOL = 20;

/** The server's settings that are reported with every figure. */
const STATED = [
  "server_version",
  "fsync",
  "full_page_writes",
  "synchronous_commit",
  "shared_buffers",
  "wal_compression",
  "max_wal_size",
  "checkpoint_timeout",
  "wal_level",
];

/** The phase of most cells: tables are small and new, so hardly any of their pages existed before. */
export const FRESH = "new tables; each contestant begins right after a checkpoint";

export class Stage {
  readonly options: StageOptions;
  readonly rows: Row[] = [];
  /** Figures beside the table, used by the capacity plan. */
  readonly facts: Record<string, number> = {};
  readonly curves: Curve[] = [];
  readonly skipped: { cell: string; why: string }[] = [];
  readonly #server: TestPostgres;
  readonly #admin: pg.Pool;
  #databases = 0;
  #grown: Promise<BenchDatabase> | undefined;

  private constructor(options: StageOptions, server: TestPostgres) {
    this.options = options;
    this.#server = server;
    this.#admin = openPool(server.url, 2);
  }

  static async open(options: StageOptions): Promise<Stage> {
    const profiling = options.isProfiled
      ? ["shared_preload_libraries=pg_stat_statements", "pg_stat_statements.track=all"]
      : [];
    const server = await startPostgres(["fsync=on", ...profiling]);
    const stage = new Stage(options, server);
    await stage.#admin.query("create database bench_template template template0 encoding 'UTF8'");
    const url = stage.#urlOf("bench_template");
    await applyMigrations({ databaseUrl: url });
    // As on every day but the first: the lanes of the locales are open, so that registering makes jobs.
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    await client.query("select trans_hub.open_lanes(array['fr'])");
    if (options.isProfiled) await client.query("create extension pg_stat_statements");
    await client.query("vacuum (analyze)");
    await client.end();
    await stage.#admin.query("alter database bench_template with allow_connections false");
    return stage;
  }

  /** A line for people, on stderr: stdout is for the table. */
  progress(line: string): void {
    process.stderr.write(`${line}\n`);
  }

  record(...rows: Row[]): void {
    this.rows.push(...rows);
  }

  /** Provides an unused migrated database, and removes it. A checkpoint comes right before. */
  async database<Result>(use: (database: BenchDatabase) => Promise<Result>): Promise<Result> {
    const database = await this.makeDatabase();
    try {
      await this.checkpoint();
      return await use(database);
    } finally {
      await this.drop(database);
    }
  }

  async makeDatabase(): Promise<BenchDatabase> {
    this.#databases += 1;
    const name = `bench_${this.#databases}`;
    await this.#admin.query(`create database ${name} template bench_template`);
    const url = this.#urlOf(name);
    return { url, pool: openPool(url, POOL) };
  }

  async drop({ url, pool }: BenchDatabase): Promise<void> {
    await pool.end();
    await this.#admin.query(`drop database ${new URL(url).pathname.slice(1)} with (force)`);
  }

  /** The database with grown tables, made at its first use. All cells share it, and leave it larger. */
  grown(): Promise<BenchDatabase> {
    this.#grown ??= this.#grow();
    return this.#grown;
  }

  async #grow(): Promise<BenchDatabase> {
    const database = await this.makeDatabase();
    const { stored } = this.options;
    this.progress(`  filling tables with ${stored.toLocaleString("en")} stored translations`);
    const startedAt = performance.now();
    await fillStored(database.pool, stored);
    this.progress(`  filled in ${Math.round((performance.now() - startedAt) / 1_000)} s`);
    return database;
  }

  async checkpoint(): Promise<void> {
    await this.#admin.query("checkpoint");
  }

  /** Checkpoints since the server started. */
  async checkpoints(): Promise<number> {
    const { rows } = await this.#admin.query<{ n: number }>(
      "select (num_timed + num_requested)::int as n from pg_stat_checkpointer",
    );
    return rows[0]?.n ?? 0;
  }

  /** Bytes of WAL written by `work`; nothing else may run on the server meanwhile. */
  async walOf(work: () => Promise<unknown>): Promise<number> {
    const position = async () =>
      (await this.#admin.query<{ lsn: string }>("select pg_current_wal_insert_lsn()::text as lsn")).rows[0]?.lsn;
    const before = await position();
    await work();
    const { rows } = await this.#admin.query<{ bytes: number }>(
      "select pg_wal_lsn_diff($1::pg_lsn, $2::pg_lsn)::float8 as bytes",
      [await position(), before],
    );
    return rows[0]?.bytes ?? Number.NaN;
  }

  /** Restarts the server with other settings; with none: with its defaults. */
  async configure(settings: Record<string, string>): Promise<void> {
    await this.#admin.query("alter system reset all");
    for (const [name, value] of Object.entries(settings)) {
      await this.#admin.query(`alter system set ${name} = ${pg.escapeLiteral(value)}`);
    }
    await this.#server.restart();
  }

  /** With `--profile`: reports on stderr how the server spends its time during `work`. */
  async profiled<Result>(what: string, { pool }: BenchDatabase, work: () => Promise<Result>): Promise<Result> {
    if (!this.options.isProfiled) return work();
    await pool.query("select pg_stat_statements_reset()");
    const startedAt = performance.now();
    const result = await work();
    const elapsed = performance.now() - startedAt;
    const { rows } = await pool.query<{ calls: number; ms: number; wal: number; query: string }>(`
      select s.calls::int, s.total_exec_time as ms, s.wal_bytes::float8 as wal,
        left(regexp_replace(s.query, '\\s+', ' ', 'g'), 110) as query
      from pg_stat_statements as s
      where s.dbid = (select oid from pg_database where datname = current_database())
      order by s.total_exec_time desc
      limit 14`);
    this.progress(
      `  ${what}: ${Math.round(elapsed)} ms, of which in the server (nested statements count in their callers too)`,
    );
    for (const { calls, ms, wal, query } of rows) {
      this.progress(
        `    ${ms.toFixed(0).padStart(6)} ms ${String(calls).padStart(6)} × ${Math.round(wal / 1_024)} kB  ${query}`,
      );
    }
    return result;
  }

  /** The machine, the versions and the server's settings. */
  async machine(): Promise<Record<string, unknown>> {
    const { rows } = await this.#admin.query<{ name: string; setting: string }>(
      "select name, current_setting(name) as setting from pg_settings where name = any ($1)",
      [STATED],
    );
    return {
      cpu: cpus()[0]?.model.trim() ?? "unknown",
      cores: cpus().length,
      memoryGiB: Math.round(totalmem() / 2 ** 30),
      node: process.versions.node,
      transHub: version,
      graphileWorker: versionOf("graphile-worker"),
      pgBoss: versionOf("pg-boss"),
      rounds: this.options.rounds,
      stored: this.options.stored,
      quick: this.options.isQuick,
      server: Object.fromEntries(rows.map(({ name, setting }) => [name, setting])),
    };
  }

  async close(): Promise<void> {
    await this.#admin.end();
    await this.#server.stop();
  }

  #urlOf(database: string): string {
    const url = new URL(this.#server.url);
    url.pathname = `/${database}`;
    return url.href;
  }
}

export function openPool(connectionString: string, max: number): pg.Pool {
  const pool = new pg.Pool({ connectionString, max, application_name: "bench" });
  // Idle connections end when the server restarts or the database is dropped.
  pool.on("error", () => undefined).on("connect", () => undefined);
  return pool;
}

function versionOf(name: string): string {
  return JSON.parse(readFileSync(new URL(`../../node_modules/${name}/package.json`, import.meta.url), "utf8")).version;
}
