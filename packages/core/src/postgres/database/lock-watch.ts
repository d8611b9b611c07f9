/**
 * Looks whether statements of this process wait for a lock, and says so.
 *
 * A statement has no clock of its own for this: a look is made only while a connection has been in use for seconds, so that
 * statements cost nothing more.
 */
import type pg from "pg";
import type { z } from "zod";
import type { LockWait } from "../../contract/lock-wait.ts";
import { type ConnectionUrl, urlNow } from "./connection-url.ts";
import { listLockWaits } from "./lock-waits.sql.ts";
import { type ConnectionPool, newClient } from "./pool.ts";
import { SESSION_SETTINGS } from "./session-settings.ts";
import { type Database, rows } from "./statement.ts";

export interface LockWatchOptions {
  pool: ConnectionPool;
  /** PostgreSQL itself, past any pooler. */
  directUrl: ConnectionUrl;
  /** The name of sessions behind a pooler, whose server processes are not known. Undefined: there is no pooler. */
  pooledName?: string | undefined;
  /** Called when a wait has lasted for three seconds, and every 30 s after that. */
  onWaiting(wait: LockWait): void;
}

/** Milliseconds. */
const LOOK_MS = 1_000;
const FIRST_WORD_MS = 3_000;
const NEXT_WORD_MS = 30_000;

/** What the driver knows of a connection, and its types do not say. */
interface DriverClient {
  /** The number of the server process. */
  processID?: number | null;
  /** False while a statement runs. */
  readyForQuery?: boolean;
}

export class LockWatch {
  readonly #options: LockWatchOptions;
  /** Connections in use, and when each was taken, by `performance.now()`. */
  readonly #takenAt = new Map<DriverClient, number>();
  /** When the next word about a wait is due, by its process. */
  readonly #nextWordAt = new Map<number, number>();
  readonly #timer: NodeJS.Timeout;
  #looking: Promise<void> | undefined;

  constructor(options: LockWatchOptions) {
    this.#options = options;
    this.#timer = setInterval(() => this.#tick(), LOOK_MS).unref();
  }

  /** Watches the connections of a pool from now on. */
  watch(pool: pg.Pool): void {
    pool.on("acquire", (client) => this.#takenAt.set(client as DriverClient, performance.now()));
    pool.on("release", (_error, client) => this.#takenAt.delete(client as DriverClient));
    pool.on("remove", (client) => this.#takenAt.delete(client as DriverClient));
  }

  /** Makes no further look, and waits for the last one. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#looking;
  }

  #tick(): void {
    const before = performance.now() - FIRST_WORD_MS;
    const slow = [...this.#takenAt].filter(
      ([{ readyForQuery }, takenAt]) => takenAt <= before && readyForQuery === false,
    );
    if (slow.length === 0) return;
    const pids = slow.flatMap(([{ processID }]) => processID ?? []);
    // A look that fails is made again: without the database there is no wait to tell of.
    this.#looking ??= this.#look(pids)
      .catch(() => undefined)
      .finally(() => {
        this.#looking = undefined;
      });
  }

  async #look(pids: readonly number[]): Promise<void> {
    const { pooledName } = this.#options;
    // Behind a pooler the driver knows the pooler's numbers, which may be those of others.
    const which = pooledName === undefined ? [pids, null] : [null, pooledName];
    const ask = (db: Database) => rows(db, listLockWaits, [FIRST_WORD_MS / 1_000, ...which]);
    const { pool } = this.#options;
    this.#tell(await (pool.hasRoom ? ask(pool) : this.#askBeside(ask)));
  }

  /** Over a connection of its own: the pool's are all in use, perhaps by statements that wait. */
  async #askBeside<Result>(ask: (db: Database) => Promise<Result>): Promise<Result> {
    const client = newClient({
      connectionString: urlNow(this.#options.directUrl),
      connectionTimeoutMillis: FIRST_WORD_MS,
      query_timeout: FIRST_WORD_MS,
      application_name: "trans-hub lock watch",
    });
    try {
      await client.connect();
      await client.query(SESSION_SETTINGS);
      return await ask({ query: (config) => client.query(config) });
    } finally {
      await client.end().catch(() => undefined);
    }
  }

  #tell(waits: readonly z.infer<typeof listLockWaits.row>[]): void {
    const present = new Set(waits.map(({ pid }) => pid));
    for (const pid of this.#nextWordAt.keys()) if (!present.has(pid)) this.#nextWordAt.delete(pid);
    for (const { pid, lock, seconds, blocked_by: blockedBy, holder } of waits) {
      if (performance.now() < (this.#nextWordAt.get(pid) ?? 0)) continue;
      this.#nextWordAt.set(pid, performance.now() + NEXT_WORD_MS);
      this.#options.onWaiting({ lock, seconds, pid, blockedBy, holder });
    }
  }
}
