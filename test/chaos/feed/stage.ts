/**
 * A small scene for wrong readers and sequencers of the feed: writers that take their time between a change and its commit, or take it
 * back, on few texts, and the ledger. Real statements on a real PostgreSQL, in one process.
 */
import { readFileSync } from "node:fs";
import { setTimeout as wait } from "node:timers/promises";
import { applyMigrations } from "@trans-hub/core";
import { PostgresPersistenceHandler, parseItem } from "@trans-hub/core/store";
import type { TestPostgres } from "@trans-hub/test-support/postgres";
import pg from "pg";
import { reviewRows } from "../../../packages/core/src/postgres/review/review.sql.ts";
import { LEDGER, nextXid, readChanges } from "./ledger.ts";
import { judgeStream, type Told } from "./oracle.ts";

const WRITERS = 12;
const TEXTS = 40;

/** The most time of a play, in milliseconds. */
const LONGEST_MS = 30_000;

/** Reads on behind a cursor of its own; gives what came. */
export type StageReader = (db: pg.Pool) => Promise<Told[]>;

export class Stage {
  readonly db: pg.Pool;
  readonly store: PostgresPersistenceHandler;
  /** Failures of the sequencers. */
  readonly faults: string[] = [];
  #openXid = "0";
  #contentNos: string[] = [];
  #made = 0;
  after = "";

  private constructor(db: pg.Pool, store: PostgresPersistenceHandler) {
    this.db = db;
    this.store = store;
  }

  /** @param mutate Changes the text of `sequence_events`. */
  static async open(postgres: TestPostgres, name: string, mutate?: (text: string) => string): Promise<Stage> {
    const admin = new pg.Client(postgres.url);
    await admin.connect();
    await admin.query(`create database feed_${name} template template0 encoding 'UTF8'`);
    await admin.end();
    const databaseUrl = postgres.url.replace(/postgres$/, `feed_${name}`);
    await applyMigrations({ databaseUrl });
    const db = new pg.Pool({ connectionString: databaseUrl, max: WRITERS + 8, idleTimeoutMillis: 0 });
    db.on("error", () => undefined);
    db.on("connect", (client) => client.on("error", () => undefined));
    await db.query(LEDGER);
    if (mutate !== undefined) await db.query(mutate(SEQUENCER));
    const store = await PostgresPersistenceHandler.connect({ databaseUrl });
    const stage = new Stage(db, store);
    stage.after = (await store.events({ after: "now" })).next;
    stage.#openXid = await nextXid(db);
    const defaults = { sourceLocale: "en", targetLocales: ["fr"] };
    const texts = Array.from({ length: TEXTS }, (_, at) => `Text number ${at}`);
    await store.register(texts.map((text) => parseItem({ text }, defaults, { maxTextBytes: 1_000 })));
    await store.work({ until: "ready", concurrency: 1, maxItems: TEXTS }, async ({ items }) => ({
      outcomes: items.map(({ text }) => ({ kind: "translated", text: `${text} (fr)`, engine: "test", model: null })),
      calls: [],
    }));
    const { rows } = await db.query<{ no: string }>(
      "select content_no::text as no from trans_hub.content order by content_no",
    );
    stage.#contentNos = rows.map(({ no }) => no);
    return stage;
  }

  /** Writers, sequencers and a reader, until so many transactions were made. Then the reader gets all that is left. Gives what it got. */
  async play(transactions: number, read: StageReader, beside?: () => Promise<unknown>): Promise<Told[]> {
    const ending = new AbortController();
    const isOver = () => ending.signal.aborted;
    const until = async (act: () => Promise<unknown>) => {
      while (!isOver()) await act();
    };
    const told: Told[] = [];
    const writers = Array.from({ length: WRITERS }, () => until(() => this.#write()));
    const sequencers = Array.from({ length: 3 }, () => until(() => this.sequence()));
    const reading = async () => told.push(...(await read(this.db).catch((error) => this.#failed("the reader", error))));
    const others = [until(reading)];
    if (beside !== undefined) others.push(until(beside));
    const enough = this.#made + transactions;
    const startedAt = performance.now();
    while (this.#made < enough && performance.now() - startedAt < LONGEST_MS) await wait(20);
    ending.abort();
    await Promise.all([...writers, ...sequencers, ...others]);
    await this.sequence();
    for (let more = 1; more > 0; ) {
      const count = told.length;
      await reading();
      more = told.length - count;
    }
    return told;
  }

  async judge(told: readonly Told[]): Promise<string[]> {
    return [...judgeStream("the reader", told, await readChanges(this.db, this.#openXid)), ...this.faults];
  }

  async sequence(): Promise<void> {
    await this.db.query("select trans_hub.sequence_events(20)").catch((error) => this.#failed("a sequencer", error));
    await wait(Math.random() * 10);
  }

  #failed(member: string, { code, message }: { code?: string; message: string }): [] {
    this.faults.push(`${member} failed: ${code} ${message}`);
    return [];
  }

  async #write(): Promise<void> {
    await this.approve(Math.floor(Math.random() * TEXTS), Math.random() < 0.1 ? "rollback" : "commit");
  }

  /** Approves a text, takes its time, and ends the transaction so. */
  async approve(text: number, end: string): Promise<void> {
    const client = await this.db.connect();
    try {
      await client.query("begin");
      const row = [["approve"], ["default"], ["fr"], [this.#contentNos[text]], [0]];
      await client.query(reviewRows.text, [...row, [null], [null], [null], [null], [false], 50, 32_768]);
      await wait(20 * Math.random() ** 2);
      await client.query(end);
      this.#made += 1;
    } finally {
      client.release();
    }
  }

  async close(): Promise<void> {
    await this.store.close();
    await this.db.end();
  }
}

const SEQUENCER = readFileSync(
  new URL("../../../migrations/functions/feed/sequence_events.sql", import.meta.url),
  "utf8",
);

/** Replaces a part of a text that must be there. */
export function swap(text: string, part: string | RegExp, other: string): string {
  const swapped = text.replace(part, other);
  if (swapped === text) throw new Error(`The function has no ${part}`);
  return swapped;
}
