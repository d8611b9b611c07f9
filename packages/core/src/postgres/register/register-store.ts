/** Registers chunks of items, and keeps one item's trouble from its neighbours. */
import { setTimeout as wait } from "node:timers/promises";
import type pg from "pg";
import { BacklogFullError, CancelledError } from "../../contract/errors.ts";
import type { RegisterItem } from "../../contract/item.ts";
import type { ItemReceipt, RegisterOptions } from "../../contract/register.ts";
import { textArray } from "../database/array-literal.ts";
import { databaseError, errorCode } from "../database/database-error.ts";
import type { ConnectionPool } from "../database/pool.ts";
import { type Database, rows, run } from "../database/statement.ts";
import { itemErrorOfState } from "./item-error.ts";
import { appendToInbox, openLanes, registerItems } from "./register.sql.ts";

export interface RegisterSettings {
  /** The most texts of one batch. */
  batchSize: number;
  /** The most bytes of text of one batch. */
  batchBytes: number;
  /** How old a note of use must be to be written again. Seconds. */
  touchAfterSeconds: number;
}

/** Somebody holds a lock that one of the items needs, or two of us crossed: nothing happened, try again. */
const CONTENDED = /^(55P03|40P01|40001)$/;

/** A value that PostgreSQL will not take: the fault of one item, whichever it is. */
const BAD_DATA = /^(22|23|54000|21000|TH0)/;

export function isContended(error: unknown): boolean {
  return CONTENDED.test(errorCode(error) ?? "");
}

export function isUnstorable(error: unknown): boolean {
  return BAD_DATA.test(errorCode(error) ?? "");
}

/**
 * How long a chunk waits for a stranger's lock, and how long its halves do. Short, because its other items wait with it:
 * a chunk of 1,000 with one item behind a lock is done after some 100 + 10 × 20 ms. A collection holds its locks for less.
 */
const CHUNK_LOCK_MS = 100;
const HALF_LOCK_MS = 20;

/** How often what is alone behind a stranger's lock is tried, that long each. */
const LONE_TRIES = 3;
const LONE_LOCK_MS = 50;

/**
 * The most that one call waits for locks, all tries together. After that, what is behind locks is not told apart any more:
 * a stranger may hold all of a chunk, item by item. Waiting is counted, not time: on a slow machine neighbours would be
 * taken for held.
 */
const PATIENCE_MS = 2_000;

/**
 * Registers items as one chunk, or else in halves, the free ones first: only what is behind a lock, or is bad, is left
 * alone with its trouble in the end. What stays behind a lock goes to the inbox.
 */
export async function register(
  pool: ConnectionPool,
  items: readonly RegisterItem[],
  settings: RegisterSettings,
  options: RegisterOptions = {},
): Promise<ItemReceipt[]> {
  const receipts = new Array<ItemReceipt>(items.length);
  const behindLocks: Part[] = [];
  let patienceMs = PATIENCE_MS;
  const parts: Part[] = items.length === 0 ? [] : [{ at: 0, items }];
  for (const part of parts) {
    throwIfCancelled(options);
    // Past our patience, what nobody holds still goes through.
    const lockMs = patienceMs <= 0 ? 1 : part.items === items ? CHUNK_LOCK_MS : HALF_LOCK_MS;
    try {
      await registerPart(pool, part, settings, options, lockMs, receipts);
    } catch (error) {
      if (!isContended(error) && !isUnstorable(error)) throw error;
      if (isContended(error)) patienceMs -= lockMs;
      if (part.items.length > 1 && (patienceMs > 0 || isUnstorable(error))) parts.push(...halves(part));
      else if (isContended(error)) behindLocks.push(part);
      else receipts[part.at] = { registered: 0, existing: 0, failed: 0, error: itemErrorOfState(error) };
    }
  }
  await registerLocked(pool, behindLocks, settings, options, patienceMs, receipts);
  return receipts;
}

/** Items of a call that go together, and the place of the first. */
interface Part {
  at: number;
  items: readonly RegisterItem[];
}

function halves({ at, items }: Part): [Part, Part] {
  const half = Math.ceil(items.length / 2);
  return [
    { at, items: items.slice(0, half) },
    { at: at + half, items: items.slice(half) },
  ];
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
 * What a stranger's open transaction holds. Rather than wait for that transaction's end, which may be far away, it goes
 * to the inbox: as durable, and registered when the stranger is done.
 */
async function registerLocked(
  pool: ConnectionPool,
  parts: Part[],
  settings: RegisterSettings,
  options: RegisterOptions,
  patienceMs: number,
  receipts: ItemReceipt[],
): Promise<void> {
  let left = parts;
  for (let tries = 1; tries <= LONE_TRIES && left.length > 0 && patienceMs > 0; tries += 1) {
    await wait(Math.random() * 20 * tries);
    const again: Part[] = [];
    for (const part of left) {
      throwIfCancelled(options);
      if (patienceMs <= 0) {
        again.push(part);
        continue;
      }
      try {
        await registerPart(pool, part, settings, options, LONE_LOCK_MS, receipts);
      } catch (error) {
        if (!isContended(error) && !isUnstorable(error)) throw error;
        patienceMs -= LONE_LOCK_MS;
        again.push(part);
      }
    }
    left = again;
  }
  if (left.length === 0) return;
  await append(
    pool,
    left.flatMap((part) => part.items),
    options,
  );
  for (const { at, items } of left) {
    items.forEach((item, place) => {
      receipts[at + place] = { registered: 0, existing: item.targetLocales.length, failed: 0 };
    });
  }
}

function throwIfCancelled({ signal }: RegisterOptions): void {
  if (signal?.aborted) throw new CancelledError("The request was cancelled; some of it may be registered");
}

async function registerPart(
  pool: ConnectionPool,
  { at, items }: Part,
  settings: RegisterSettings,
  options: RegisterOptions,
  lockTimeoutMs: number,
  receipts: ItemReceipt[],
): Promise<void> {
  const registered = await registerOnce(pool, items, settings, options, lockTimeoutMs);
  registered.forEach((receipt, place) => {
    receipts[at + place] = receipt;
  });
}

async function registerOnce(
  pool: ConnectionPool,
  items: readonly RegisterItem[],
  settings: RegisterSettings,
  options: RegisterOptions,
  lockTimeoutMs: number,
): Promise<ItemReceipt[]> {
  const groups = groupsOf(items);
  await openNewLanes(pool, groups.wantLocales);
  const [receipt] = await rows(pool, registerItems, [
    textArray(items.map((item) => item.text)),
    columnUnless("", items, (item) => item.businessId),
    columnUnless(null, items, (item) => item.context),
    columnUnless("auto", items, (item) => item.format),
    columnUnless(false, items, (item) => item.verbatim),
    columnUnless(null, items, (item) => item.expiresAfterSeconds),
    groups.first.length === 1 ? null : groups.ofItems,
    groups.first.map((item) => item.project),
    groups.first.map((item) => item.sourceLocale),
    groups.first.map((item) => item.priority),
    groups.first.map((item) => item.force),
    groups.wantGroups,
    groups.wantLocales,
    settings.batchSize,
    settings.batchBytes,
    settings.touchAfterSeconds,
    options.engine ?? null,
    lockTimeoutMs,
    options.maxBacklog ?? null,
  ]);
  if (receipt === undefined) throw new Error("trans_hub.register gave no row");
  return items.map(({ targetLocales }, at) => ({
    registered: receipt.registered === null ? targetLocales.length : (receipt.registered[at] ?? 0),
    existing: receipt.existing?.[at] ?? 0,
    failed: receipt.failed?.[at] ?? 0,
    ...(receipt.refused?.[at] && { error: new BacklogFullError() }),
  }));
}

/** Items that agree in all that most calls have in common, told once. */
interface Groups {
  /** The first item of each group. */
  first: RegisterItem[];
  /** The group of each item, from 1. */
  ofItems: number[];
  /** For each target locale of each group: the group, and the locale. */
  wantGroups: number[];
  wantLocales: string[];
}

function groupsOf(items: readonly RegisterItem[]): Groups {
  const groups: Groups = { first: [], ofItems: [], wantGroups: [], wantLocales: [] };
  const known = new Map<string, number>();
  let last: readonly unknown[] = [];
  let group = 0;
  for (const item of items) {
    const common = [item.project, item.sourceLocale, item.priority, item.force, ...item.targetLocales];
    // Mostly as the one before, which is seen without a key.
    if (common.length !== last.length || common.some((each, at) => each !== last[at])) {
      const key = JSON.stringify(common);
      group = known.get(key) ?? groups.first.push(item);
      if (!known.has(key)) {
        known.set(key, group);
        for (const locale of item.targetLocales) {
          groups.wantGroups.push(group);
          groups.wantLocales.push(locale);
        }
      }
      last = common;
    }
    groups.ofItems.push(group);
  }
  return groups;
}

/** A column of the items, or null where all have the value that goes without saying. */
function columnUnless<Value>(
  usual: Value,
  items: readonly RegisterItem[],
  get: (item: RegisterItem) => Value,
): Value[] | null {
  return items.every((item) => get(item) === usual) ? null : items.map(get);
}

/** Locales whose lanes are known to be open. */
const OPEN_LANES = new WeakMap<ConnectionPool, Set<string>>();

/** Before the first text of a locale, in a statement of its own, so that its jobs come with it and hold up nobody. */
async function openNewLanes(pool: ConnectionPool, locales: readonly string[]): Promise<void> {
  const open = OPEN_LANES.get(pool) ?? new Set<string>();
  OPEN_LANES.set(pool, open);
  const unknown = [...new Set(locales)].filter((locale) => !open.has(locale));
  if (unknown.length === 0) return;
  await run(pool, openLanes, [unknown]);
  for (const locale of unknown) open.add(locale);
}

/** An item as an application writes it, which is what `trans_hub.request` reads. */
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
    ...(item.expiresAfterSeconds !== null && { expiresAfterSeconds: item.expiresAfterSeconds }),
  };
}
