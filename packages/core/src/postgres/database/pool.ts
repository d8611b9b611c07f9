/** The connections of one process to its database. */
import type pg from "pg";
import { DatabaseUnavailableError } from "../../contract/errors.ts";
import { type ConnectionUrl, urlNow } from "./connection-url.ts";
import { databaseError, isUnanswered } from "./database-error.ts";
import { driver } from "./driver.ts";
import { connectTo } from "./rotating-client.ts";
import { checkPooledSession, SESSION_SETTINGS } from "./session-settings.ts";
import type { Database, StatementConfig } from "./statement.ts";

export interface PoolOptions {
  /** `postgres://…`; may point at a transaction-mode pooler when `directUrl` is given. */
  databaseUrl: ConnectionUrl;
  /** The URL of PostgreSQL itself, without the pooler. Default: `databaseUrl`. */
  directUrl?: ConnectionUrl | undefined;
  /** The most connections of this process. Default 10. */
  maxConnections?: number | undefined;
  /** Milliseconds to wait for a connection before `DatabaseUnavailableError`. Default 30,000. */
  connectTimeoutMs?: number | undefined;
  /**
   * Milliseconds to wait for the answer to a statement. After that the statement fails with `DatabaseUnavailableError`
   * and its connection is closed: a hanging server, or a network that drops packets, stays silent for a quarter of an
   * hour. Default 60,000.
   */
  answerTimeoutMs?: number | undefined;
  /** The name shown in `pg_stat_activity`. */
  applicationName?: string | undefined;
  /** Called for each connection lost while idle; a failed query reports to its own caller. */
  onConnectionLost?: ((error: Error) => void) | undefined;
}

/** A pool whose errors are the catalogue's. Owns its connections; `end` closes them. */
export class ConnectionPool implements Database {
  readonly #pool: pg.Pool;
  /** False behind a transaction-mode pooler: statements then go without a name. */
  readonly prepared: boolean;
  readonly maxConnections: number;

  constructor(options: PoolOptions) {
    const { databaseUrl, directUrl } = options;
    this.prepared = directUrl === undefined || urlNow(directUrl) === urlNow(databaseUrl);
    this.maxConnections = options.maxConnections ?? 10;
    const answerTimeoutMs = options.answerTimeoutMs ?? 60_000;
    this.#pool = new (driver().Pool)({
      ...connectTo(databaseUrl),
      max: this.maxConnections,
      connectionTimeoutMillis: options.connectTimeoutMs ?? 30_000,
      query_timeout: answerTimeoutMs,
      application_name: options.applicationName ?? "trans-hub",
      // An idle process releases its unused connections.
      idleTimeoutMillis: 30_000,
      keepAlive: true,
      allowExitOnIdle: false,
      ...(this.prepared && timeLimits(answerTimeoutMs)),
      onConnect: async (client) => {
        if (this.prepared) await client.query(`${SESSION_SETTINGS}; ${PLAN_ONCE}`);
        else await checkPooledSession(client);
      },
    });
    superviseConnections(this.#pool, options.onConnectionLost);
  }

  /** The driver's pool, for graphile-worker. */
  get raw(): pg.Pool {
    return this.#pool;
  }

  /** Whether a statement would get a connection at once. */
  get hasRoom(): boolean {
    return this.#pool.idleCount > 0 || this.#pool.totalCount < this.maxConnections;
  }

  async query<Row extends pg.QueryResultRow>(config: StatementConfig): Promise<pg.QueryResult<Row>> {
    try {
      return await this.#pool.query<Row>(this.prepared ? config : unnamed(config));
    } catch (error) {
      if (isUnanswered(error)) await this.#dropIdle();
      throw databaseError(error);
    }
  }

  /** Runs `work` inside a transaction: committed when it resolves, rolled back when it rejects. */
  async transaction<Result>(work: (db: Database) => Promise<Result>): Promise<Result> {
    const client = await this.#pool.connect().catch((error) => {
      throw databaseError(error);
    });
    let broken: Error | undefined;
    try {
      // No transaction waits between two statements: a client that stays silent this long is cut off, because others
      // want its locks. Set here instead of with the connection, so that both hold behind a pooler too.
      await client.query("begin isolation level read committed; set local idle_in_transaction_session_timeout = '5s'");
      const result = await work({
        query: (config) => client.query(this.prepared ? config : unnamed(config)),
      });
      await client.query("commit");
      return result;
    } catch (error) {
      if (isUnanswered(error)) await this.#dropIdle();
      const ours = databaseError(error);
      // A connection that is lost, or does not answer, gets no further statement; its end rolls back.
      if (ours instanceof DatabaseUnavailableError) broken = ours;
      else {
        await client.query("rollback").catch((rollbackError: Error) => {
          broken = rollbackError;
        });
      }
      throw ours;
    } finally {
      client.release(broken);
    }
  }

  /** Runs statements without a time limit: over whole tables, or over everything that an operator chose. */
  unhurried<Result>(work: (db: Database) => Promise<Result>): Promise<Result> {
    return this.transaction(async (db) => {
      await db.query({ text: "set local statement_timeout = 0; set local enable_seqscan = on" });
      return work(db);
    });
  }

  /**
   * If one connection hangs, those beside it most likely do too, and each would cost another full wait to find out. An
   * idle connection is handed out without contacting the server, so this waits for nothing.
   */
  async #dropIdle(): Promise<void> {
    for (let left = this.#pool.idleCount; left > 0 && this.#pool.idleCount > 0; left -= 1) {
      const client = await this.#pool.connect().catch(() => undefined);
      client?.release(true);
    }
  }

  async end(): Promise<void> {
    if (!this.#pool.ended && !this.#pool.ending) await this.#pool.end();
  }
}

/**
 * A single connection, not opened yet.
 *
 * @throws {DatabaseRefusedError} The URL names a certificate that cannot be read.
 */
export function newClient(config: pg.ClientConfig): pg.Client {
  try {
    const client = new (driver().Client)(config);
    // Without a listener, a connection that dies while idle would end the process.
    client.on("error", () => undefined);
    return client;
  } catch (error) {
    throw databaseError(error);
  }
}

/**
 * Keeps a pool from ending the process, and from handing out hanging connections.
 *
 * The driver does not close a connection whose statement was not answered in time. If a user such as graphile-worker
 * releases such a connection without an error, its next user waits as long, and the next. graphile-worker 0.18 also
 * releases its listener's connection twice when that is lost while the pool ends; the second release is an error that
 * nothing catches.
 */
export function superviseConnections(pool: pg.Pool, onLost: (error: Error) => void = () => undefined): void {
  // Without listeners, a connection that dies while idle would end the process.
  pool.on("error", onLost);
  const connect = pool.connect.bind(pool) as (callback?: ConnectCallback) => Promise<pg.PoolClient>;
  pool.connect = ((callback?: ConnectCallback) =>
    callback === undefined
      ? connect()
      : connect((error, client, release) => callback(error, client, onlyOnce(release)))) as typeof pool.connect;
  pool.on("connect", (client) => {
    client.on("error", () => undefined);
    const { connection } = client as unknown as { connection: { stream: { destroy(error: Error): void } } };
    const ask = client.query.bind(client) as (...given: unknown[]) => unknown;
    client.query = ((...given: unknown[]) => {
      const asked = ask(...given);
      if (asked instanceof Promise) {
        asked.catch((error: Error) => {
          if (isUnanswered(error)) connection.stream.destroy(error);
        });
      }
      return asked;
    }) as typeof client.query;
  });
}

/**
 * Makes the server plan each of our statements once per connection. By default it plans many of them anew each time: a
 * plan made once assumes lists of ten entries, and a plan for a list of one looks cheaper. A read took 0.07 ms, and its
 * planning 0.5 ms. Our plans must not depend on the parameters; a test checks that.
 *
 * Nor may they depend on the size of the tables: tables that are empty on the first day would be read from end to end
 * until they are analyzed (storing 50 texts among 40,000: 200 ms, against 1.5). Where there is no other way they still
 * are, and up to PostgreSQL 17 the cost of such a plan looks so high that it would be compiled.
 */
const PLAN_ONCE = "set plan_cache_mode = force_generic_plan; set enable_seqscan = off; set jit = off";

type Release = (destroy?: Error | boolean) => void;
type ConnectCallback = (error: Error | undefined, client: pg.PoolClient | undefined, release: Release) => void;

/** @param release Undefined: the pool has no connection to give, because it ends. graphile-worker releases that one as well. */
function onlyOnce(release: Release | undefined): Release {
  let isReleased = false;
  return (destroy) => {
    if (!isReleased) release?.(destroy);
    isReleased = true;
  };
}

/**
 * Limits of the server. A statement of ours ends a little before this process stops waiting for it, which would leave
 * it running. A transaction without statements ends too: its process was stopped in the middle, and holds locks that
 * others wait for.
 *
 * The limits are start-up options of each connection, which a transaction-mode pooler refuses or shares with other
 * clients: behind a pooler, set them for the role (`alter role … set statement_timeout = '54s'`).
 */
function timeLimits(answerTimeoutMs: number) {
  return {
    statement_timeout: Math.ceil(answerTimeoutMs * 0.9),
    idle_in_transaction_session_timeout: answerTimeoutMs,
  };
}

function unnamed({ name: _, ...config }: StatementConfig): StatementConfig {
  return config;
}
