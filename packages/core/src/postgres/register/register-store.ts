/** Registers chunks of items, and keeps one item's trouble from its neighbours. */
import { setTimeout as wait } from "node:timers/promises";
import { BacklogFullError, CancelledError, DatabaseUnavailableError } from "../../contract/errors.ts";
import type { RegisterItem } from "../../contract/item.ts";
import type { OnceCall, OnceEnd, OnceKey } from "../../contract/once.ts";
import type { ItemReceipt, RegisterOptions } from "../../contract/register.ts";
import { databaseError, errorCode } from "../database/database-error.ts";
import type { ConnectionPool } from "../database/pool.ts";
import { type Database, rows, run } from "../database/statement.ts";
import { type TextChange, Voice } from "../settle/voice.ts";
import { append } from "./append.ts";
import { itemErrorOfState } from "./item-error.ts";
import { runOnce } from "./once.ts";
import { groupItems, openLanes, registerCarryingItems, registerItems } from "./register.sql.ts";

export interface RegisterSettings {
  /** The most texts of one batch. */
  batchSize: number;
  /** The most bytes of text of one batch. */
  batchBytes: number;
  /** How old a note of use must be to be written again. Seconds. */
  touchAfterSeconds: number;
}

/** A stranger holds a lock that one of the items needs, or two calls crossed: nothing was stored, try again. */
const CONTENDED = /^(55P03|40P01|40001)$/;

/** A value that PostgreSQL refuses: the fault of one item, whichever it is. */
const BAD_DATA = /^(22|23|54000|21000|TH0)/;

/** Whether the same call may succeed once a stranger's transaction has ended. */
export function isContended(error: unknown): boolean {
  return CONTENDED.test(errorCode(error) ?? "");
}

/** Whether the database refuses a value of one of the items, however often it is asked. */
export function isUnstorable(error: unknown): boolean {
  return BAD_DATA.test(errorCode(error) ?? "");
}

/**
 * How long a chunk waits for a stranger's lock, and how long its halves do. Short, because the chunk's other items wait
 * too: a chunk of 1,000 with one item behind a lock is done after some 100 + 10 × 20 ms. A collection holds its locks for
 * a shorter time.
 */
const CHUNK_LOCK_MS = 100;
const HALF_LOCK_MS = 20;

/** How often a part that is alone behind a stranger's lock is tried again, and how long each try waits. */
const LONE_TRIES = 3;
const LONE_LOCK_MS = 50;

/**
 * The most that one call waits for locks, all tries together. After that, blocked items are not split further: a stranger
 * may hold every item of a chunk. Only waits for locks count towards it, and not elapsed time: on a slow machine,
 * items that nobody holds would count as held.
 */
const PATIENCE_MS = 2_000;

/** Items of a call that go together, and the place of the first. */
interface Part {
  at: number;
  items: readonly RegisterItem[];
}

/** Registers items on one store's connections. */
export class Registrar {
  readonly #pool: ConnectionPool;
  readonly #settings: RegisterSettings;
  readonly #voice: Voice;
  readonly #lanes = new KnownLanes();
  readonly #chunks: Chunks;

  /** @param voice Reports what was registered. */
  constructor(pool: ConnectionPool, settings: RegisterSettings, voice: Voice) {
    this.#pool = pool;
    this.#settings = settings;
    this.#voice = voice;
    this.#chunks = new Chunks({ db: pool, settings, voice, lanes: this.#lanes });
  }

  /**
   * @returns One receipt an item, in their order. A bad item has an error in its receipt.
   * @throws {CancelledError} The signal was aborted; some items may be registered.
   * @throws {DatabaseUnavailableError}
   */
  register(items: readonly RegisterItem[], options?: RegisterOptions): Promise<ItemReceipt[]> {
    return this.#chunks.register(items, options);
  }

  /** See `PersistenceHandler.registerOnce`. */
  async registerOnce<Answer>(
    key: OnceKey,
    calls: readonly OnceCall[],
    answerOf: (receipts: readonly ItemReceipt[][]) => Answer,
  ): Promise<OnceEnd<Answer>> {
    // Before the transaction, which would hold up others that open the same lane.
    await this.#lanes.open(this.#pool, [...new Set(calls.flatMap(({ items }) => items.flatMap(localesOf)))]);
    const changes: TextChange[] = [];
    const voice = new Voice((change) => changes.push(change));
    const end = await this.#pool.transaction(async (db) => {
      const chunks = new Chunks({ db: withSavepoints(db), settings: this.#settings, voice, lanes: this.#lanes });
      return runOnce(db, key, async () => {
        const receipts: ItemReceipt[][] = [];
        for (const { items, options } of calls) receipts.push(await chunks.register(items, options));
        return answerOf(receipts);
      });
    });
    for (const change of changes) this.#voice.changed(change);
    return end as OnceEnd<Answer>;
  }
}

const localesOf = ({ targetLocales }: RegisterItem) => targetLocales;

/** A statement that fails leaves the transaction as it was before it, so that its items can be tried in halves. */
function withSavepoints(db: Database): Database {
  return {
    async query(config) {
      await db.query({ text: "savepoint chunk" });
      let isGone = false;
      try {
        return await db.query(config);
      } catch (thrown) {
        const error = databaseError(thrown);
        isGone = error instanceof DatabaseUnavailableError;
        if (!isGone) await db.query({ text: "rollback to savepoint chunk" });
        throw error;
      } finally {
        // One that stays open is one level more for each statement after it.
        if (!isGone) await db.query({ text: "release savepoint chunk" });
      }
    },
  };
}

interface ChunksOptions {
  /** The connections of a store, or a transaction. */
  db: Database;
  settings: RegisterSettings;
  voice: Voice;
  lanes: KnownLanes;
}

/** Registers chunks in one database or transaction. */
class Chunks {
  readonly #db: Database;
  readonly #settings: RegisterSettings;
  readonly #voice: Voice;
  readonly #lanes: KnownLanes;

  constructor({ db, settings, voice, lanes }: ChunksOptions) {
    this.#db = db;
    this.#settings = settings;
    this.#voice = voice;
    this.#lanes = lanes;
  }

  /**
   * Registers items as one chunk, or else in halves, the free ones first: in the end only the item that is behind a lock, or
   * is bad, is left alone with its trouble. Items that stay behind a lock go to the inbox.
   */
  async register(items: readonly RegisterItem[], options: RegisterOptions = {}): Promise<ItemReceipt[]> {
    const receipts = new Array<ItemReceipt>(items.length);
    const behindLocks: Part[] = [];
    let patienceMs = PATIENCE_MS;
    const parts: Part[] = items.length === 0 ? [] : [{ at: 0, items }];
    for (const part of parts) {
      throwIfCancelled(options);
      // When patience has run out, items that nobody holds still go through.
      const lockMs = patienceMs <= 0 ? 1 : part.items === items ? CHUNK_LOCK_MS : HALF_LOCK_MS;
      try {
        await this.#registerPart(part, options, lockMs, receipts);
      } catch (error) {
        if (!isContended(error) && !isUnstorable(error)) throw error;
        if (isContended(error)) patienceMs -= lockMs;
        if (part.items.length > 1 && (patienceMs > 0 || isUnstorable(error))) parts.push(...halves(part));
        else if (isContended(error)) behindLocks.push(part);
        else receipts[part.at] = { registered: 0, existing: 0, queued: 0, failed: 0, error: itemErrorOfState(error) };
      }
    }
    await this.#registerLocked(behindLocks, options, patienceMs, receipts);
    return receipts;
  }

  /**
   * Parts that a stranger's open transaction holds. The end of that transaction may be far away, so they go to the inbox in
   * the end: as durable, and registered when the stranger is done.
   */
  async #registerLocked(
    parts: Part[],
    options: RegisterOptions,
    patienceMs: number,
    receipts: ItemReceipt[],
  ): Promise<void> {
    let left = parts;
    let patienceLeftMs = patienceMs;
    for (let tries = 1; tries <= LONE_TRIES && left.length > 0 && patienceLeftMs > 0; tries += 1) {
      await wait(Math.random() * 20 * tries);
      const again: Part[] = [];
      for (const part of left) {
        throwIfCancelled(options);
        if (patienceLeftMs <= 0) {
          again.push(part);
          continue;
        }
        try {
          await this.#registerPart(part, options, LONE_LOCK_MS, receipts);
        } catch (error) {
          if (!isContended(error) && !isUnstorable(error)) throw error;
          patienceLeftMs -= LONE_LOCK_MS;
          again.push(part);
        }
      }
      left = again;
    }
    if (left.length === 0) return;
    const all = left.flatMap((part) => part.items);
    try {
      await append(this.#db, all, options);
    } catch (error) {
      if (!(error instanceof BacklogFullError)) throw error;
      for (const { at, items } of left) {
        receipts.fill({ registered: 0, existing: 0, queued: 0, failed: 0, error }, at, at + items.length);
      }
      return;
    }
    for (const { at, items } of left) {
      items.forEach((item, place) => {
        receipts[at + place] = { registered: 0, existing: 0, queued: item.targetLocales.length, failed: 0 };
      });
    }
  }

  async #registerPart(
    { at, items }: Part,
    options: RegisterOptions,
    lockTimeoutMs: number,
    receipts: ItemReceipt[],
  ): Promise<void> {
    const { columns, wantLocales } = groupItems(items);
    await this.#lanes.open(this.#db, wantLocales);
    const { batchSize, batchBytes, touchAfterSeconds } = this.#settings;
    const { traceparents = [], tag } = options;
    const parameters = [
      ...columns,
      batchSize,
      batchBytes,
      touchAfterSeconds,
      options.engine ?? null,
      lockTimeoutMs,
      options.maxBacklog ?? null,
    ];
    const [receipt] =
      traceparents.length === 0 && tag === undefined
        ? await rows(this.#db, registerItems, parameters)
        : await rows(this.#db, registerCarryingItems, [...parameters, traceparents.join(" "), tag ?? ""]);
    if (receipt === undefined) throw new Error("trans_hub.register gave no row");
    items.forEach(({ targetLocales }, place) => {
      receipts[at + place] = {
        registered: receipt.registered === null ? targetLocales.length : (receipt.registered[place] ?? 0),
        existing: receipt.existing?.[place] ?? 0,
        queued: 0,
        failed: receipt.failed?.[place] ?? 0,
        ...(receipt.refused?.[place] && { error: new BacklogFullError() }),
      };
    });
    this.#voice.registered(
      items,
      items.map((_, place) => receipts[at + place]?.registered ?? 0),
    );
  }
}

/** Locales of which a store knows that their lanes are open. A lane stays open for the life of its database. */
class KnownLanes {
  readonly #open = new Set<string>();

  /**
   * Opens the lanes of locales that are new to this store. Called before the first text of a locale, in a statement of
   * its own: so the text's jobs are made with the text, and nobody else's registration waits for them.
   */
  async open(db: Database, locales: readonly string[]): Promise<void> {
    const unknown = [...new Set(locales)].filter((locale) => !this.#open.has(locale));
    if (unknown.length === 0) return;
    await run(db, openLanes, [unknown]);
    for (const locale of unknown) this.#open.add(locale);
  }
}

function halves({ at, items }: Part): [Part, Part] {
  const half = Math.ceil(items.length / 2);
  return [
    { at, items: items.slice(0, half) },
    { at: at + half, items: items.slice(half) },
  ];
}

function throwIfCancelled({ signal }: RegisterOptions): void {
  if (signal?.aborted) throw new CancelledError("The request was cancelled; some of it may be registered");
}
