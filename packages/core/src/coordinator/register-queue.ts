/**
 * The way of every request into the store: concurrent calls join one statement, large ones are cut, and all of them
 * together hold a bounded number of rows in memory.
 */
import { Coalescer } from "../async/coalescer.ts";
import { orAbort } from "../async/or-abort.ts";
import { CancelledError } from "../contract/errors.ts";
import type { RegisterItem } from "../contract/item.ts";
import type { ItemReceipt, RegisterOptions } from "../contract/register.ts";
import type { PersistenceHandler } from "../contract/store.ts";
import type { CoordinatorObserver } from "./observer.ts";
import { RowBudget } from "./row-budget.ts";

/** Rows (items × target locales) of one statement. */
const ROWS_PER_STATEMENT = 1_000;
/** A long text weighs as much as this many bytes of short ones do rows, so that a statement stays under some 4 MB. */
const BYTES_PER_ROW = 4_096;
/** Statements under way at once. More gain nothing: they wait for the same disk. */
const STATEMENTS_AT_ONCE = 4;

export interface RegisterQueueOptions {
  /** The most rows waiting in memory. */
  maxRows: number;
  /** The most texts that may wait in the store. */
  maxBacklog?: number | undefined;
  /** The active engine's name at the time of registering. */
  engine(): string | undefined;
  observer?: CoordinatorObserver | undefined;
}

/** An item and its place in the array it came in. */
export interface NumberedItem {
  index: number;
  item: RegisterItem;
}

/** Items that go together; dropped when their caller cancelled before they went. */
interface Group {
  items: readonly RegisterItem[];
  isCancelled: boolean;
}

export class RegisterQueue {
  readonly #budget: RowBudget;
  readonly #coalescer: Coalescer<Group, ItemReceipt[]>;

  constructor(handler: Pick<PersistenceHandler, "register">, options: RegisterQueueOptions) {
    const { maxRows, maxBacklog, engine, observer } = options;
    this.#budget = new RowBudget(maxRows);
    this.#coalescer = new Coalescer({
      maxWeight: ROWS_PER_STATEMENT,
      weigh: ({ items }) => weightOf(items),
      maxInFlight: STATEMENTS_AT_ONCE,
      run: (groups) => registerGroups(handler, groups, { engine: engine(), maxBacklog }, observer),
    });
  }

  /**
   * Registers items that fit one statement.
   *
   * @throws {CancelledError} The signal aborted first. What was on its way is registered all the same.
   */
  async register(items: readonly RegisterItem[], signal?: AbortSignal): Promise<ItemReceipt[]> {
    if (signal?.aborted) throw cancelled(signal);
    const group: Group = { items, isCancelled: false };
    const rows = rowsOf(items);
    const add = () => {
      const receipts = this.#coalescer.add(group);
      return signal === undefined ? receipts : orAbort(receipts, signal);
    };
    try {
      return await this.#budget.spend(rows, add, signal);
    } catch (error) {
      if (!signal?.aborted) throw error;
      group.isCancelled = true;
      throw cancelled(signal);
    }
  }

  /**
   * Registers chunk after chunk, a few statements ahead and never more, so that single calls come in between. Each chunk
   * is made only when its turn comes; after a failure none is.
   *
   * @param done Hears of each chunk once it is committed.
   */
  async registerAll(
    chunks: Iterator<readonly NumberedItem[]>,
    done: (chunk: readonly NumberedItem[], receipts: readonly ItemReceipt[]) => void,
    signal?: AbortSignal,
  ): Promise<void> {
    let failed: { error: unknown } | undefined;
    const lane = async () => {
      try {
        // One iterator for all lanes: each takes the next chunk when it is free.
        for (let next = chunks.next(); !next.done && failed === undefined; next = chunks.next()) {
          const items = next.value.map(({ item }) => item);
          done(next.value, await this.register(items, signal));
        }
      } catch (error) {
        failed ??= { error };
      }
    };
    await Promise.all(Array.from({ length: STATEMENTS_AT_ONCE }, lane));
    if (failed !== undefined) throw failed.error;
  }

  /** What it holds in memory: rows not yet answered, and calls that wait for room. */
  get load(): { rows: number; waiting: number } {
    return this.#budget.load;
  }

  /** Resolves when everything asked for so far has been answered. */
  settled(): Promise<void> {
    return this.#coalescer.settled();
  }
}

function rowsOf(items: readonly RegisterItem[]): number {
  return items.reduce((sum, { targetLocales }) => sum + targetLocales.length, 0);
}

/** What items count towards the size of a statement. */
function weightOf(items: readonly RegisterItem[]): number {
  let weight = 0;
  for (const { targetLocales, text } of items) weight += Math.max(targetLocales.length, text.length / BYTES_PER_ROW);
  return weight;
}

/** Cuts items into chunks of one statement each. */
export function* inChunks(entries: Iterable<NumberedItem>): Generator<NumberedItem[], void, undefined> {
  let chunk: NumberedItem[] = [];
  let weight = 0;
  for (const entry of entries) {
    const own = weightOf([entry.item]);
    if (chunk.length > 0 && weight + own > ROWS_PER_STATEMENT) {
      yield chunk;
      chunk = [];
      weight = 0;
    }
    chunk.push(entry);
    weight += own;
  }
  if (chunk.length > 0) yield chunk;
}

async function registerGroups(
  handler: Pick<PersistenceHandler, "register">,
  groups: readonly Group[],
  options: RegisterOptions,
  observer: CoordinatorObserver | undefined,
): Promise<ItemReceipt[][]> {
  // Noted once: a group may be cancelled while its statement runs.
  const live = new Set(groups.filter(({ isCancelled }) => !isCancelled));
  const items = [...live].flatMap((group) => group.items);
  let receipts: ItemReceipt[] = [];
  if (items.length > 0) {
    const startedAt = performance.now();
    try {
      receipts = await handler.register(items, options);
    } finally {
      const elapsedMs = performance.now() - startedAt;
      observer?.registered?.({ calls: live.size, items: items.length, rows: rowsOf(items), elapsedMs });
    }
  }
  let at = 0;
  return groups.map((group) => {
    if (!live.has(group)) return [];
    at += group.items.length;
    return receipts.slice(at - group.items.length, at);
  });
}

function cancelled(signal: AbortSignal): CancelledError {
  return new CancelledError("The request was cancelled; what was registered before stays", { cause: signal.reason });
}
