/** Registers chunks of items, and keeps one item's trouble from its neighbours. */
import { setTimeout as wait } from "node:timers/promises";
import type pg from "pg";
import { databaseError, errorCode } from "../database/database-error.ts";
import type { ConnectionPool } from "../database/pool.ts";
import { type Database, rows } from "../database/statement.ts";
import { CancelledError } from "../errors.ts";
import type { RegisterItem } from "../item.ts";
import type { ItemReceipt, RegisterOptions } from "../persistence-handler.ts";
import { itemErrorOfState } from "./item-error.ts";
import { appendToInbox, registerItems } from "./register.sql.ts";

export interface RegisterSettings {
  /** The most texts of one batch. */
  batchSize: number;
  /** The most bytes of text of one batch. */
  batchBytes: number;
  /** How old a note of use must be to be written again. Seconds. */
  touchAfterSeconds: number;
}

/** Somebody holds a lock that one of the items needs, or two of us crossed: nothing happened, try again. */
const CONTENDED = new Set(["55P03", "40P01", "40001"]);

/** A value that PostgreSQL will not take: the fault of one item, whichever it is. */
const BAD_DATA = /^(22|23|54000|21000|TH0)/;

/**
 * How long a chunk waits for a stranger's lock, and how long its halves do. Short, because its other items wait with it:
 * a chunk of 1,000 with one item behind a lock is done after some 100 + 10 × 20 ms. A collection holds its locks for less.
 */
const CHUNK_LOCK_MS = 100;
const HALF_LOCK_MS = 20;

/** How often a lone item behind a stranger's lock is tried, that long each, before it goes to the inbox instead. */
const LONE_TRIES = 3;
const LONE_LOCK_MS = 50;

export async function register(
  pool: ConnectionPool,
  items: readonly RegisterItem[],
  settings: RegisterSettings,
  options: RegisterOptions = {},
  lockTimeoutMs: number = CHUNK_LOCK_MS,
): Promise<ItemReceipt[]> {
  if (items.length === 0) return [];
  try {
    return await registerOnce(pool, items, settings, options, lockTimeoutMs);
  } catch (error) {
    const code = errorCode(error);
    if (code === undefined || !(CONTENDED.has(code) || BAD_DATA.test(code))) throw error;
    if (items.length > 1) {
      // Only what is behind the lock, or is bad, is left alone with its trouble in the end.
      const half = Math.ceil(items.length / 2);
      const first = await register(pool, items.slice(0, half), settings, options, HALF_LOCK_MS);
      return [...first, ...(await register(pool, items.slice(half), settings, options, HALF_LOCK_MS))];
    }
    const [item] = items as [RegisterItem];
    if (CONTENDED.has(code)) return [await registerContended(pool, item, settings, options)];
    return [{ registered: 0, existing: 0, failed: 0, error: itemErrorOfState(error) }];
  }
}

/** Appends inside the caller's transaction. Its errors leave that transaction aborted, as any statement's would. */
export async function appendItems(
  client: pg.ClientBase,
  items: readonly RegisterItem[],
  options: RegisterOptions = {},
): Promise<void> {
  const db: Database = {
    query: ({ name: _, ...config }) =>
      client.query(config).catch((error) => {
        throw databaseError(error);
      }),
  };
  await append(db, items, options);
}

async function append(db: Database, items: readonly RegisterItem[], options: RegisterOptions): Promise<void> {
  await rows(db, appendToInbox, [
    JSON.stringify(items.map(inboxItem)),
    JSON.stringify(options.engine === undefined ? {} : { engine: options.engine }),
  ]);
}

/**
 * One item whose text a stranger's open transaction holds. Rather than wait for that transaction's end, which may be far
 * away, it goes to the inbox: as durable, and registered when the stranger is done.
 */
async function registerContended(
  pool: ConnectionPool,
  item: RegisterItem,
  settings: RegisterSettings,
  options: RegisterOptions,
): Promise<ItemReceipt> {
  for (let tries = 1; tries <= LONE_TRIES; tries += 1) {
    await wait(Math.random() * 20 * tries);
    if (options.signal?.aborted) throw new CancelledError("The request was cancelled before it was registered");
    try {
      const [receipt] = await registerOnce(pool, [item], settings, options, LONE_LOCK_MS);
      return receipt as ItemReceipt;
    } catch (error) {
      if (!CONTENDED.has(errorCode(error) ?? "")) throw error;
    }
  }
  await append(pool, [item], options);
  return { registered: 0, existing: item.targetLocales.length, failed: 0 };
}

async function registerOnce(
  pool: ConnectionPool,
  items: readonly RegisterItem[],
  settings: RegisterSettings,
  options: RegisterOptions,
  lockTimeoutMs: number,
): Promise<ItemReceipt[]> {
  const pairItems: number[] = [];
  const pairLocales: string[] = [];
  items.forEach((item, at) => {
    for (const locale of item.targetLocales) {
      pairItems.push(at + 1);
      pairLocales.push(locale);
    }
  });
  const [receipt] = await rows(pool, registerItems, [
    items.map((item) => item.project),
    items.map((item) => item.businessId),
    items.map((item) => item.sourceLocale),
    items.map((item) => item.text),
    items.map((item) => item.context),
    items.map((item) => item.format),
    items.map((item) => item.verbatim),
    items.map((item) => item.priority),
    items.map((item) => item.force),
    pairItems,
    pairLocales,
    settings.batchSize,
    settings.batchBytes,
    settings.touchAfterSeconds,
    options.engine ?? null,
    lockTimeoutMs,
  ]);
  if (receipt === undefined) throw new Error("trans_hub.register gave no row");
  return items.map((_, at) => ({
    registered: receipt.registered[at] ?? 0,
    existing: receipt.existing[at] ?? 0,
    failed: receipt.failed[at] ?? 0,
  }));
}

/** An item as DESIGN §9 writes it, which is what `trans_hub.request` reads. */
function inboxItem(item: RegisterItem): Record<string, unknown> {
  return {
    text: item.text,
    sourceLocale: item.sourceLocale,
    targetLocales: item.targetLocales,
    ...(item.businessId === "" ? {} : { businessId: item.businessId }),
    context: item.context === null ? null : JSON.parse(item.context),
    project: item.project,
    priority: item.priority < 0 ? "interactive" : item.priority > 0 ? "bulk" : "normal",
    format: item.format,
    force: item.force,
  };
}
