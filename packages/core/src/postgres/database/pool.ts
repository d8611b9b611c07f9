/** The connections of one process to its database. */
import pg from "pg";
import { DatabaseUnavailableError } from "../../contract/errors.ts";
import { databaseError, isUnanswered } from "./database-error.ts";
import type { Database, StatementConfig } from "./statement.ts";

export interface PoolOptions {
  /** `postgres://…`; may point at a transaction-mode pooler when `directUrl` is given. */
  databaseUrl: string;
  /** Past the pooler, to PostgreSQL itself. Default: `databaseUrl`. */
  directUrl?: string | undefined;
  /** The most connections of this process. Default 10. */
  maxConnections?: number | undefined;
  /** Milliseconds to wait for a connection before `DatabaseUnavailableError`. Default 30,000. */
  connectTimeoutMs?: number | undefined;
  /**
   * Milliseconds to wait for the answer to a statement, before it counts as `DatabaseUnavailableError` and its connection
   * is given up: a server that hangs, or a network that swallows, says nothing for a quarter of an hour. Default 60,000.
   */
  answerTimeoutMs?: number | undefined;
  /** As shown in `pg_stat_activity`. */
  applicationName?: string | undefined;
  /** Hears of connections lost while idle; a query that fails tells its own caller. */
  onConnectionLost?: ((error: Error) => void) | undefined;
}

/** A pool whose errors are the catalogue's. Owns its connections; `end` closes them. */
export class ConnectionPool implements Database {
  readonly #pool: pg.Pool;
  /** False behind a transaction-mode pooler: statements then go without a name. */
  readonly prepared: boolean;
  readonly maxConnections: number;

  constructor(options: PoolOptions) {
    this.prepared = options.directUrl === undefined || options.directUrl === options.databaseUrl;
    this.maxConnections = options.maxConnections ?? 10;
    const answerTimeoutMs = options.answerTimeoutMs ?? 60_000;
    this.#pool = new pg.Pool({
      connectionString: options.databaseUrl,
      max: this.maxConnections,
      connectionTimeoutMillis: options.connectTimeoutMs ?? 30_000,
      query_timeout: answerTimeoutMs,
      application_name: options.applicationName ?? "trans-hub",
      // An idle process lets go of what it does not need.
      idleTimeoutMillis: 30_000,
      keepAlive: true,
      allowExitOnIdle: false,
      ...(this.prepared && timeLimits(answerTimeoutMs)),
      onConnect: async (client) => {
        await client.query(this.prepared ? `${ISO_DATES}; ${PLAN_ONCE}` : ISO_DATES);
      },
    });
    superviseConnections(this.#pool, options.onConnectionLost);
  }

  /** The driver's pool, for who needs one: graphile-worker. */
  get raw(): pg.Pool {
    return this.#pool;
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
      // Between two statements we wait for nothing: who says nothing for so long is cut off, and others want what it locked.
      // Here and not with the connection, so that it holds behind a pooler too.
      await client.query("begin; set local idle_in_transaction_session_timeout = '5s'");
      const result = await work({
        query: (config) => client.query(this.prepared ? config : unnamed(config)),
      });
      await client.query("commit");
      return result;
    } catch (error) {
      if (isUnanswered(error)) await this.#dropIdle();
      const ours = databaseError(error);
      // A connection that is lost, or does not answer, is not asked for anything more; its end rolls back.
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

  /** Runs a statement that may take as long as it takes: over whole tables, or over everything that somebody chose. */
  unhurried<Result>(work: (db: Database) => Promise<Result>): Promise<Result> {
    return this.transaction(async (db) => {
      await db.query({ text: "set local statement_timeout = 0; set local enable_seqscan = on" });
      return work(db);
    });
  }

  /**
   * Where one connection hangs, those beside it most likely do too, and each would cost another full wait to find out. An
   * idle one is handed out without asking the server, so this waits for nothing.
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
    const client = new pg.Client(config);
    // Without a listener, a connection that dies while idle would end the process.
    client.on("error", () => undefined);
    return client;
  } catch (error) {
    throw databaseError(error);
  }
}

/**
 * Keeps a pool from ending the process, and from handing out connections that hang.
 *
 * The driver leaves a connection alone whose statement was not answered in time, and who gives such a one back without a
 * word, as graphile-worker does, has the next user wait as long, and the next. graphile-worker 0.18 also gives its listener's
 * connection back twice when that is lost while the pool ends; the second time is an error that nobody hears.
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
 * Has the server write dates as the driver reads them, whatever `datestyle` the database or the role has. PgBouncer keeps it
 * for each client, also in transaction mode.
 */
export const ISO_DATES = "set datestyle = iso";

/**
 * Has the server plan each statement of ours once a connection. By itself it plans many of them anew each time, since it takes
 * a list for ten entries long when it plans once, and for cheaper when it sees that it has one: a read took 0.07 ms, and
 * planning it 0.5. Plans of ours are not to depend on what is looked for; a test holds them to it.
 *
 * Nor on how much is there: tables that are empty on the first day would be read from end to end until somebody analyzed them
 * (storing 50 texts among 40,000: 200 ms, against 1.5). Where there is no other way they are, and up to PostgreSQL 17 that looks
 * so dear that it would be compiled.
 */
const PLAN_ONCE = "set plan_cache_mode = force_generic_plan; set enable_seqscan = off; set jit = off";

type Release = (destroy?: Error | boolean) => void;
type ConnectCallback = (error: Error | undefined, client: pg.PoolClient | undefined, release: Release) => void;

function onlyOnce(release: Release): Release {
  let isReleased = false;
  return (destroy) => {
    if (!isReleased) release(destroy);
    isReleased = true;
  };
}

/**
 * When the server ends a statement of ours: a little before we stop to listen, which would leave it running. And when it
 * ends a transaction that says nothing: its process was stopped in the middle, and holds locks that others wait for.
 *
 * They go with the start of each connection, which a transaction-mode pooler refuses or shares with strangers: behind one,
 * the role is to have them (`alter role … set statement_timeout = '54s'`).
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
