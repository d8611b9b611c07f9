/** Requests of an application: checked item by item, registered together, told apart again in the receipt. */
import type pg from "pg";
import { CancelledError, InvalidItemError } from "../contract/errors.ts";
import type { Item, ItemDefaults, RegisterItem } from "../contract/item.ts";
import type { ItemReceipt } from "../contract/register.ts";
import type { PersistenceHandler } from "../contract/store.ts";
import { parseItem } from "../rules/item.ts";
import type { CoordinatorObserver } from "./observer.ts";
import { inChunks, type NumberedItem, RegisterQueue } from "./register-queue.ts";

/** A string is short for `{ text }`. */
export type RequestInput = Item | string;

export interface RequestOptions extends ItemDefaults {
  /** Cancels waiting: what was committed before stays. */
  signal?: AbortSignal | undefined;
  client?: undefined;
}

export interface EnqueueOptions extends ItemDefaults {
  /** The caller's open transaction: the request is as durable as it, and blocks nobody meanwhile. */
  client: pg.ClientBase;
  signal?: AbortSignal | undefined;
}

/** An item of a request that was refused; its neighbours are registered. */
export interface RejectedItem {
  /** Its place in the array. */
  index: number;
  code: string;
  message: string;
}

/** Counted in rows: texts × target locales. */
export interface RequestReceipt {
  /** Rows that this call made, or put back to work. */
  registered: number;
  /** All others: there before, or twice in this call. */
  existing: number;
  /** Those of `existing` that lie in the dead letters. */
  failed: number;
  rejected: RejectedItem[];
}

export interface EnqueueReceipt {
  /** Items that are registered once the transaction commits. */
  accepted: number;
  rejected: RejectedItem[];
}

export interface RequestsOptions {
  /** The most rows (items × target locales) waiting in memory. */
  maxRows: number;
  maxTextBytes: number;
  /** The most texts that may wait in the store. */
  maxBacklog?: number | undefined;
  /** The active engine's name at the time of registering. */
  engine(): string | undefined;
  /** Ends requests between two chunks; its reason is thrown. */
  closing: AbortSignal;
  observer?: CoordinatorObserver | undefined;
  /** Hears what is committed. */
  registered(items: readonly RegisterItem[]): void;
}

export class Requests {
  readonly #handler: Pick<PersistenceHandler, "register" | "enqueue">;
  readonly #options: RequestsOptions;
  readonly #queue: RegisterQueue;

  constructor(handler: Pick<PersistenceHandler, "register" | "enqueue">, options: RequestsOptions) {
    this.#handler = handler;
    this.#options = options;
    this.#queue = new RegisterQueue(handler, options);
  }

  /** What it holds in memory: rows not yet answered, and calls that wait for room. */
  get load(): { rows: number; waiting: number } {
    return this.#queue.load;
  }

  async register(
    items: RequestInput | readonly RequestInput[],
    defaults: ItemDefaults,
    signal: AbortSignal | undefined,
  ): Promise<RequestReceipt> {
    if (!isList(items)) return this.#registerOne(this.#parse(items, defaults), signal);
    const sum: RequestReceipt = { registered: 0, existing: 0, failed: 0, rejected: [] };
    const accepted = this.#parseAll(items, defaults, sum.rejected);
    await this.#queue.registerAll(
      inChunks(accepted),
      (chunk, receipts) => {
        for (const [at, { index }] of chunk.entries()) addReceipt(sum, index, receipts[at]);
        this.#options.registered(chunk.map(({ item }) => item));
      },
      signal,
    );
    // Of the parallel chunks one may have been refused an item before another.
    sum.rejected.sort((one, other) => one.index - other.index);
    return sum;
  }

  async enqueue(
    client: pg.ClientBase,
    items: RequestInput | readonly RequestInput[],
    defaults: ItemDefaults,
    signal: AbortSignal | undefined,
  ): Promise<EnqueueReceipt> {
    const receipt: EnqueueReceipt = { accepted: 0, rejected: [] };
    const accepted = isList(items)
      ? this.#parseAll(items, defaults, receipt.rejected)
      : [{ index: 0, item: this.#parse(items, defaults) }];
    for (const chunk of inChunks(accepted)) {
      if (signal?.aborted) {
        throw new CancelledError("The request was cancelled: roll the transaction back", { cause: signal.reason });
      }
      const own = chunk.map(({ item }) => item);
      await this.#handler.enqueue(client, own, { engine: this.#options.engine() });
      receipt.accepted += chunk.length;
    }
    return receipt;
  }

  async #registerOne(item: RegisterItem, signal: AbortSignal | undefined): Promise<RequestReceipt> {
    const [receipt] = await this.#queue.register([item], signal);
    if (receipt?.error !== undefined) throw receipt.error;
    this.#options.registered([item]);
    const { registered = 0, existing = 0, failed = 0 } = receipt ?? {};
    return { registered, existing, failed, rejected: [] };
  }

  /** Only as far as somebody asks: an array of a million items is never held in both forms. */
  *#parseAll(
    items: readonly RequestInput[],
    defaults: ItemDefaults,
    rejected: RejectedItem[],
  ): Generator<NumberedItem, void, undefined> {
    for (const [index, item] of items.entries()) {
      if (this.#options.closing.aborted) throw this.#options.closing.reason;
      try {
        yield { index, item: this.#parse(item, defaults) };
      } catch (error) {
        if (!(error instanceof InvalidItemError)) throw error;
        rejected.push({ index, code: error.code, message: error.message });
      }
    }
  }

  #parse(item: RequestInput, defaults: ItemDefaults): RegisterItem {
    return parseItem(typeof item === "string" ? { text: item } : item, defaults, this.#options);
  }
}

function addReceipt(sum: RequestReceipt, index: number, receipt: ItemReceipt | undefined): void {
  if (receipt === undefined) return;
  sum.registered += receipt.registered;
  sum.existing += receipt.existing;
  sum.failed += receipt.failed;
  if (receipt.error !== undefined) {
    sum.rejected.push({ index, code: receipt.error.code, message: receipt.error.message });
  }
}

/** Narrowing by Array.isArray alone leaves a readonly array in the other branch. */
function isList<Entry>(items: Entry | readonly Entry[]): items is readonly Entry[] {
  return Array.isArray(items);
}
