/**
 * Reads that go to a standby (`readUrl`) where they can, and to the primary where they must.
 *
 *     read ─▶ standby ─┬▶ found
 *                      ├▶ missing, or the standby failed ─▶ primary
 *                      └▶ (not asked while it lacks a change that this process reported, or for a while after it failed)
 *
 * A standby writes nothing, and trails the primary by what it has yet to replay. So its answer may be older than the
 * primary's, and a row that it does not have may exist. No read fails because of the standby.
 */
import { z } from "zod";
import { DatabaseRefusedError, DatabaseUnavailableError, SchemaMissingError } from "../../contract/errors.ts";
import type { Page, PageRequest } from "../../contract/page.ts";
import type {
  ExportFilter,
  ListFilter,
  ReadOptions,
  ReviewFilter,
  ReviewPage,
  StoredExport,
} from "../../contract/read.ts";
import type { Translation, TranslationReference } from "../../contract/translation.ts";
import { isSettled } from "../../rules/settled.ts";
import type { ConnectionUrl } from "../database/connection-url.ts";
import { errorCode } from "../database/database-error.ts";
import { ConnectionPool, type PoolOptions } from "../database/pool.ts";
import { rows, statement } from "../database/statement.ts";
import { exportTexts, listForReview, listTranslations, readTranslations } from "./read-store.ts";

/** Milliseconds to wait for a connection to a standby: the primary is there to ask instead. */
const CONNECT_TIMEOUT_MS = 2_000;

/** Milliseconds for which a standby that failed is not asked. */
const AWAY_MS = 5_000;

/** The standby cancels a statement that keeps it from replaying. The same statement may run the next time. */
const RECOVERY_CONFLICT = "40001";

const written = statement({
  name: "replica.written",
  row: z.object({ lsn: z.string() }),
  text: "select pg_current_wal_insert_lsn()::text as lsn",
});

/** A server that has been promoted replays nothing more and lacks nothing. */
const hasReplayed = statement({
  name: "replica.has_replayed",
  row: z.object({ has_replayed: z.boolean() }),
  text: "select not pg_is_in_recovery() or pg_last_wal_replay_lsn() >= $1::pg_lsn as has_replayed",
});

export interface ReplicaOptions extends PoolOptions {
  /** The URL of a standby. Undefined: every read goes to the primary. */
  readUrl?: ConnectionUrl | undefined;
}

/** Reads on a primary and, if there is one, its standby. `end` closes the connections to the standby only. */
export class ReplicaReads {
  readonly #primary: ConnectionPool;
  readonly #standby: ConnectionPool | undefined;
  readonly #onFault: (error: Error) => void;
  #awayUntil = 0;
  /** The change that the standby has to replay before it is asked again. Each change is an object of its own. */
  #lacks: { position?: string | undefined } | undefined;

  constructor(primary: ConnectionPool, { readUrl, onConnectionLost, ...options }: ReplicaOptions) {
    this.#primary = primary;
    this.#onFault = onConnectionLost ?? (() => undefined);
    if (readUrl === undefined) return;
    const connectTimeoutMs = Math.min(CONNECT_TIMEOUT_MS, options.connectTimeoutMs ?? CONNECT_TIMEOUT_MS);
    this.#standby = new ConnectionPool({
      ...options,
      databaseUrl: readUrl,
      // If the primary is behind a pooler, the standby may be too.
      directUrl: primary.prepared ? undefined : "",
      connectTimeoutMs,
      onConnectionLost,
    });
  }

  /** The pool of the standby, if there is one. */
  get pool(): ConnectionPool | undefined {
    return this.#standby;
  }

  /** An act of a person has ended, and may be committed: no later read of this process may miss it. */
  changed(): void {
    if (this.#standby !== undefined) this.#lacks = {};
  }

  /** Reads what the standby has, and the rest from the primary. */
  async read(
    references: readonly TranslationReference[],
    { confirmSettled = false }: ReadOptions = {},
  ): Promise<(Translation | undefined)[]> {
    const [found, from] = await this.#ask((pool) => readTranslations(pool, references));
    if (from === this.#primary) return found;
    const isDoubtful = (translation: Translation | undefined) =>
      translation === undefined || (confirmSettled && isSettled(translation));
    const doubtful = references.flatMap((reference, at) => (isDoubtful(found[at]) ? [{ at, reference }] : []));
    if (doubtful.length === 0) return found;
    const second = await readTranslations(
      this.#primary,
      doubtful.map(({ reference }) => reference),
    );
    for (const [place, { at }] of doubtful.entries()) found[at] = second[place];
    return found;
  }

  /** A page. One that the standby answered may lack the newest rows. */
  async list(filter: ListFilter, page?: PageRequest): Promise<Page<Translation>> {
    const [found] = await this.#ask((pool) => listTranslations(pool, filter, page));
    return found;
  }

  /** A page of an export. Like a list, one that the standby answered may lack the newest texts. */
  async exportTexts(filter: ExportFilter, page?: PageRequest): Promise<Page<StoredExport>> {
    const [found] = await this.#ask((pool) => exportTexts(pool, filter, page));
    return found;
  }

  /** As `list`; but a queue that a standby answered would still have the texts that were reviewed a moment ago. */
  async listForReview(filter: ReviewFilter, page?: PageRequest): Promise<ReviewPage> {
    if (filter.queue !== undefined) return listForReview(this.#primary, filter, page);
    const [found] = await this.#ask((pool) => listForReview(pool, filter, page));
    return found;
  }

  async end(): Promise<void> {
    await this.#standby?.end();
  }

  async #ask<Answer>(read: (pool: ConnectionPool) => Promise<Answer>): Promise<[Answer, ConnectionPool]> {
    const standby = this.#standby;
    if (standby === undefined || performance.now() < this.#awayUntil) return [await read(this.#primary), this.#primary];
    try {
      if (await this.#isCurrent(standby)) return [await read(standby), standby];
    } catch (error) {
      if (!this.#isFaultOfStandby(error)) throw error;
    }
    return [await read(this.#primary), this.#primary];
  }

  async #isCurrent(standby: ConnectionPool): Promise<boolean> {
    const lacks = this.#lacks;
    if (lacks === undefined) return true;
    if (lacks.position === undefined) {
      const [end] = await rows(this.#primary, written);
      lacks.position = end?.lsn;
    }
    const [answer] = await rows(standby, hasReplayed, [lacks.position]);
    if (answer?.has_replayed !== true) return false;
    // Unless a later change was reported meanwhile.
    if (this.#lacks === lacks) this.#lacks = undefined;
    return this.#lacks === undefined;
  }

  #isFaultOfStandby(error: unknown): boolean {
    if (errorCode(error) === RECOVERY_CONFLICT) return true;
    const isAway =
      error instanceof DatabaseUnavailableError ||
      error instanceof DatabaseRefusedError ||
      error instanceof SchemaMissingError;
    if (!isAway) return false;
    this.#awayUntil = performance.now() + AWAY_MS;
    this.#onFault(error);
    return true;
  }
}
