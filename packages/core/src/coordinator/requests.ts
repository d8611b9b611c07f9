/**
 * The way of every request into the store.
 *
 *     items ── parseItem ──▶ portions, each at most one statement's worth
 *           ── Budget ─────▶ portions with room in memory; the others wait
 *           ── Coalescer ──▶ one statement for the portions of concurrent calls
 *           ── register ───▶ receipts, one an item, added up for each call
 */
import { Budget } from "../async/budget.ts";
import { Coalescer } from "../async/coalescer.ts";
import { orAbort } from "../async/or-abort.ts";
import {
  BacklogFullError,
  CancelledError,
  InvalidItemError,
  type TransHubError,
  type TransHubErrorCode,
} from "../contract/errors.ts";
import type { Item, ItemDefaults, RegisterItem } from "../contract/item.ts";
import type { OnceEnd, OnceKey } from "../contract/once.ts";
import type { ItemReceipt, RegisterOptions } from "../contract/register.ts";
import type { PersistenceHandler } from "../contract/store.ts";
import type { TransactionClient } from "../contract/transaction.ts";
import { parseItem } from "../rules/item.ts";
import { optionKinds as kinds, optionCheck } from "../rules/options.ts";
import { parseTag } from "../rules/tag.ts";
import type { CachedReads } from "./cached-reads.ts";
import type { CoordinatorObserver } from "./observer.ts";
import type { RequestSpan } from "./request-span.ts";

/** An item to translate. A string is short for `{ text }`. */
export type RequestInput = Item | string;

export interface RequestOptions extends ItemDefaults {
  /** Aborting it cancels the wait. Items committed before stay registered. */
  signal?: AbortSignal | undefined;
  client?: undefined;
}

export interface EnqueueOptions extends ItemDefaults {
  /** The caller's open transaction. The request commits or rolls back with it and takes no lock that delays others. */
  client: TransactionClient;
  signal?: AbortSignal | undefined;
}

/**
 * The fields that items leave out are checked with the items.
 *
 * @throws {SettingsError} Names every option at fault.
 */
export const checkRequestOptions = optionCheck<RequestOptions | EnqueueOptions>("request", {
  client: kinds.transaction,
  signal: kinds.signal,
  sourceLocale: kinds.checkedElsewhere,
  targetLocales: kinds.checkedElsewhere,
  businessId: kinds.checkedElsewhere,
  context: kinds.checkedElsewhere,
  hint: kinds.checkedElsewhere,
  project: kinds.checkedElsewhere,
  priority: kinds.checkedElsewhere,
  format: kinds.checkedElsewhere,
  force: kinds.checkedElsewhere,
  expiresAfterSeconds: kinds.checkedElsewhere,
  tag: kinds.checkedElsewhere,
});

/** An item of an array that was refused. The other items are registered. */
export interface RejectedItem {
  /** The item's place in the array, from 0. */
  index: number;
  /** A code of `InvalidItemError`, or `TH_BACKLOG_FULL`. */
  code: TransHubErrorCode;
  message: string;
  /** The field at fault, such as `text`. Left out: the fault is none of the item's (`TH_BACKLOG_FULL`). */
  field?: string;
}

/** The outcome of a request, counted in rows: texts × target locales. */
export interface RequestReceipt {
  /** Rows that this call made, or put back to work. */
  registered: number;
  /** Rows that existed before, or occur twice in this call. */
  existing: number;
  /**
   * Rows of items that another session's lock was in the way of. They are durable in the inbox, and a worker registers them
   * within 2 seconds of the lock's end.
   */
  queued: number;
  /** The rows of `existing` that have an open dead letter. */
  failed: number;
  rejected: RejectedItem[];
}

/** The receipt of a request that runs once, as it is kept: without messages. */
export interface OnceReceipt extends Omit<RequestReceipt, "rejected"> {
  rejected: Omit<RejectedItem, "message">[];
}

/** The outcome of a request inside the caller's transaction. */
export interface EnqueueReceipt {
  /** Items that will be registered once the transaction commits. */
  accepted: number;
  rejected: RejectedItem[];
}

export interface RequestsOptions {
  /** The greatest number of rows (items × target locales) that wait in memory. */
  maxRows: number;
  /** Bytes of UTF-8. */
  maxTextBytes: number;
  /** The greatest number of texts that wait in the store. Undefined: the store's own bound, or none. */
  maxBacklog?: number | undefined;
  /** The active engine's name at the time of registering. */
  engine(): string | undefined;
  /** Ends requests between two portions; its reason is thrown. */
  closing: AbortSignal;
  observer?: CoordinatorObserver | undefined;
}

/** The greatest weight of a statement, in rows (items × target locales). */
const ROWS_PER_STATEMENT = 1_000;
/** This many bytes of a long text weigh as much as one row of short ones, so that a statement stays under some 4 MB. */
const BYTES_PER_ROW = 4_096;
/** Statements under way at once. More gain nothing: they wait for the same disk. */
const STATEMENTS_AT_ONCE = 4;

/** Items of one call that go to the store in one statement. */
interface Portion {
  items: RegisterItem[];
  /** The place of each item in the caller's array. */
  places: number[];
  /** Items × target locales. */
  rows: number;
  /** The portion's share of a statement. */
  weight: number;
  /** A portion that is cancelled before its statement begins is left out of it. */
  isCancelled: boolean;
  /** The context of the call's sampled trace. */
  traceparent?: string | undefined;
  /** Of all its items. Undefined: they have none. */
  tag: string | undefined;
}

export class Requests {
  readonly #store: Pick<PersistenceHandler, "enqueue">;
  readonly #reads: Pick<CachedReads, "write">;
  readonly #options: RequestsOptions;
  readonly #budget: Budget;
  readonly #coalescer: Coalescer<Portion, ItemReceipt[]>;

  /** @param reads Registering goes through its `write`, as a forced text outdates the cache. */
  constructor(store: Pick<PersistenceHandler, "enqueue">, reads: Pick<CachedReads, "write">, options: RequestsOptions) {
    this.#store = store;
    this.#reads = reads;
    this.#options = options;
    this.#budget = new Budget(options.maxRows);
    this.#coalescer = new Coalescer({
      maxWeight: ROWS_PER_STATEMENT,
      weigh: ({ weight }) => weight,
      maxInFlight: STATEMENTS_AT_ONCE,
      run: (portions) => this.#registerTogether(portions),
    });
  }

  /** Rows in memory that are not answered yet, and calls that wait for room. */
  get load(): { rows: number; waiting: number } {
    const { used, waiting } = this.#budget.load;
    return { rows: used, waiting };
  }

  /**
   * Registers items. Resolves when they are committed.
   *
   * @throws {InvalidItemError | BacklogFullError} The only item was refused. In an array it lands in `rejected`.
   * @throws {CancelledError} The signal aborted. Statements that had begun still commit.
   */
  async register(
    items: RequestInput | readonly RequestInput[],
    defaults: ItemDefaults,
    signal: AbortSignal | undefined,
    span?: RequestSpan,
  ): Promise<RequestReceipt> {
    const sum: RequestReceipt = { registered: 0, existing: 0, queued: 0, failed: 0, rejected: [] };
    if (isList(items)) {
      await this.#registerAll(this.#portions(items, defaults, sum.rejected), sum, signal, span);
      // The portions run side by side, so their refusals arrive out of order.
      sum.rejected.sort((one, other) => one.index - other.index);
    } else {
      const [receipt] = await this.#register(this.#portionOf(items, defaults), signal, span);
      if (receipt?.error !== undefined) throw receipt.error;
      if (receipt !== undefined) addReceipt(sum, 0, receipt);
    }
    return sum;
  }

  /**
   * Registers items in one transaction with the answer, unless a request with the key has run. It shares no statement with other calls.
   *
   * @returns `ran`: the receipt of this call; undefined where it registered nothing, because another request has run.
   * @throws {InvalidItemError | BacklogFullError} The only item was refused. In an array it lands in `rejected`.
   */
  async registerOnce(
    key: OnceKey,
    items: RequestInput | readonly RequestInput[],
    defaults: ItemDefaults,
    span?: RequestSpan,
  ): Promise<{ end: OnceEnd<OnceReceipt>; ran: OnceReceipt | undefined }> {
    const rejected: RejectedItem[] = [];
    const portions = isList(items)
      ? [...this.#portions(items, defaults, rejected)]
      : [this.#portionOf(items, defaults)];
    const calls = portions.map(({ items: own, tag }) => {
      span?.note(own);
      return { items: own, options: this.#registerOptions([span?.traceparent], tag) };
    });
    const all = calls.flatMap((call) => call.items);
    const rows = portions.reduce((sum, portion) => sum + portion.rows, 0);
    let ran: OnceReceipt | undefined;
    const answerOf = (receipts: readonly ItemReceipt[][]): OnceReceipt => {
      const sum: RequestReceipt = { registered: 0, existing: 0, queued: 0, failed: 0, rejected };
      for (const [at, { places }] of portions.entries()) {
        for (const [place, receipt] of (receipts[at] ?? []).entries()) {
          if (!isList(items) && receipt.error !== undefined) throw receipt.error;
          addReceipt(sum, places[place] ?? 0, receipt);
        }
      }
      ran = withoutMessages(sum);
      return ran;
    };
    const startedAt = performance.now();
    return this.#budget.spend(rows, async () => {
      try {
        const end = await this.#reads.write(
          (store) => store.registerOnce(key, calls, answerOf),
          (cache) => cache.registered(all),
        );
        return { end, ran };
      } finally {
        const elapsedMs = performance.now() - startedAt;
        this.#options.observer?.registered?.({ calls: 1, items: all.length, rows, elapsedMs });
      }
    });
  }

  /**
   * Appends items to the inbox, inside the caller's transaction.
   *
   * @throws {InvalidItemError | BacklogFullError} The only item was refused. In an array it lands in `rejected`; for the
   * backlog, all items of its portion do.
   * @throws {CancelledError} The signal aborted between two portions; the caller should roll back.
   */
  async enqueue(
    client: TransactionClient,
    items: RequestInput | readonly RequestInput[],
    defaults: ItemDefaults,
    signal: AbortSignal | undefined,
    span?: RequestSpan,
  ): Promise<EnqueueReceipt> {
    const receipt: EnqueueReceipt = { accepted: 0, rejected: [] };
    const portions = isList(items)
      ? this.#portions(items, defaults, receipt.rejected)
      : [this.#portionOf(items, defaults)];
    for (const { items: own, places, tag } of portions) {
      if (signal?.aborted) {
        throw new CancelledError("The request was cancelled: roll the transaction back", { cause: signal.reason });
      }
      try {
        span?.note(own);
        await this.#store.enqueue(client, own, this.#registerOptions([span?.traceparent], tag));
        receipt.accepted += own.length;
      } catch (error) {
        if (!(error instanceof BacklogFullError) || !isList(items)) throw error;
        const { code, message } = error;
        receipt.rejected.push(...places.map((index): RejectedItem => ({ index, code, message })));
      }
    }
    // Refusals for the backlog come after those of later items.
    receipt.rejected.sort((one, other) => one.index - other.index);
    return receipt;
  }

  /**
   * Registers portion after portion, a few statements ahead and never more, so that single calls come in between. Each
   * portion is made when its turn comes; after a failure none is.
   */
  async #registerAll(
    portions: Iterator<Portion>,
    sum: RequestReceipt,
    signal: AbortSignal | undefined,
    span: RequestSpan | undefined,
  ): Promise<void> {
    let failed: { error: unknown } | undefined;
    const lane = async () => {
      try {
        // All lanes share the iterator: each takes the next portion when it is free.
        for (let next = portions.next(); !next.done && failed === undefined; next = portions.next()) {
          const { places } = next.value;
          const receipts = await this.#register(next.value, signal, span);
          for (const [at, receipt] of receipts.entries()) addReceipt(sum, places[at] ?? 0, receipt);
        }
      } catch (error) {
        failed ??= { error };
      }
    };
    await Promise.all(Array.from({ length: STATEMENTS_AT_ONCE }, lane));
    if (failed !== undefined) throw failed.error;
  }

  async #register(
    portion: Portion,
    signal: AbortSignal | undefined,
    span: RequestSpan | undefined,
  ): Promise<ItemReceipt[]> {
    if (signal?.aborted) throw cancelled(signal);
    span?.note(portion.items);
    portion.traceparent = span?.traceparent;
    const add = () => {
      const receipts = this.#coalescer.add(portion);
      return signal === undefined ? receipts : orAbort(receipts, signal);
    };
    try {
      return await this.#budget.spend(portion.rows, add, signal);
    } catch (error) {
      if (!signal?.aborted) throw error;
      portion.isCancelled = true;
      throw cancelled(signal);
    }
  }

  async #registerTogether(portions: readonly Portion[]): Promise<ItemReceipt[][]> {
    // Decided once: a portion may be cancelled while its statement runs.
    const live = new Set(portions.filter(({ isCancelled }) => !isCancelled));
    if (live.size === 0) return portions.map(() => []);
    const tags = new Set([...live].map(({ tag }) => tag));
    if (tags.size > 1) {
      // One statement has one tag.
      const apart = new Map<Portion, ItemReceipt[]>();
      for (const tag of tags) {
        const own = [...live].filter((portion) => portion.tag === tag);
        for (const [at, receipts] of (await this.#registerTogether(own)).entries()) {
          const portion = own[at];
          if (portion !== undefined) apart.set(portion, receipts);
        }
      }
      return portions.map((portion) => apart.get(portion) ?? []);
    }
    const [tag] = tags;
    const items = [...live].flatMap((portion) => portion.items);
    const { observer } = this.#options;
    const options = this.#registerOptions(
      [...live].map(({ traceparent }) => traceparent),
      tag,
    );
    const startedAt = performance.now();
    let receipts: ItemReceipt[];
    try {
      receipts = await this.#reads.write(
        (store) => store.register(items, options),
        (cache) => cache.registered(items),
      );
    } finally {
      let rows = 0;
      for (const portion of live) rows += portion.rows;
      const elapsedMs = performance.now() - startedAt;
      observer?.registered?.({ calls: live.size, items: items.length, rows, elapsedMs });
    }
    let at = 0;
    return portions.map((portion) => {
      if (!live.has(portion)) return [];
      at += portion.items.length;
      return receipts.slice(at - portion.items.length, at);
    });
  }

  #registerOptions(traceparents: readonly (string | undefined)[], tag: string | undefined): RegisterOptions {
    const { engine, maxBacklog } = this.#options;
    return { engine: engine(), maxBacklog, ...traceparentsOf(traceparents), ...(tag !== undefined && { tag }) };
  }

  /** Parses lazily, so that an array of a million items is never held in both forms. */
  *#portions(
    items: readonly RequestInput[],
    defaults: ItemDefaults,
    rejected: RejectedItem[],
  ): Generator<Portion, void, undefined> {
    let portion: Portion | undefined;
    for (const [index, given] of items.entries()) {
      if (this.#options.closing.aborted) throw this.#options.closing.reason;
      let item: RegisterItem;
      let tag: string | undefined;
      try {
        item = this.#parse(given, defaults);
        tag = tagOf(given, defaults);
      } catch (error) {
        if (!(error instanceof InvalidItemError)) throw error;
        rejected.push(rejectedItem(index, error));
        continue;
      }
      const weight = weightOf(item);
      if (portion !== undefined && portion.tag === tag && portion.weight + weight <= ROWS_PER_STATEMENT) {
        portion.items.push(item);
        portion.places.push(index);
        portion.rows += item.targetLocales.length;
        portion.weight += weight;
      } else {
        if (portion !== undefined) yield portion;
        portion = portionOf(item, index, tag);
      }
    }
    if (portion !== undefined) yield portion;
  }

  #portionOf(item: RequestInput, defaults: ItemDefaults): Portion {
    return portionOf(this.#parse(item, defaults), 0, tagOf(item, defaults));
  }

  #parse(item: RequestInput, defaults: ItemDefaults): RegisterItem {
    return parseItem(typeof item === "string" ? { text: item } : item, defaults, this.#options);
  }
}

function tagOf(item: RequestInput, { tag }: ItemDefaults): string | undefined {
  return parseTag((typeof item === "string" ? undefined : item.tag) ?? tag);
}

function portionOf(item: RegisterItem, place: number, tag: string | undefined): Portion {
  const rows = item.targetLocales.length;
  return { items: [item], places: [place], rows, weight: weightOf(item), isCancelled: false, tag };
}

/** A store carries 16 traces with a statement's work; a span has room for 128 links to them. */
const TRACES_A_STATEMENT = 16;

function traceparentsOf(given: readonly (string | undefined)[]): { traceparents?: string[] } {
  const traceparents = new Set(given.filter((traceparent) => traceparent !== undefined));
  return traceparents.size === 0 ? {} : { traceparents: [...traceparents].slice(0, TRACES_A_STATEMENT) };
}

function weightOf({ targetLocales, text }: RegisterItem): number {
  return Math.max(targetLocales.length, text.length / BYTES_PER_ROW);
}

function addReceipt(sum: RequestReceipt, index: number, receipt: ItemReceipt): void {
  sum.registered += receipt.registered;
  sum.existing += receipt.existing;
  sum.queued += receipt.queued;
  sum.failed += receipt.failed;
  if (receipt.error !== undefined) {
    sum.rejected.push(rejectedItem(index, receipt.error));
  }
}

/** A message may quote the request; what is kept must not. */
function withoutMessages({ rejected, ...counts }: RequestReceipt): OnceReceipt {
  const kept = rejected
    .toSorted((one, other) => one.index - other.index)
    .map(({ index, code, field }) => ({ index, code, ...(field !== undefined && { field }) }));
  return { ...counts, rejected: kept };
}

function rejectedItem(index: number, error: TransHubError): RejectedItem {
  const { code, message } = error;
  return { index, code, message, ...(error instanceof InvalidItemError && { field: error.field }) };
}

/** Narrowing by Array.isArray alone leaves a readonly array in the other branch. */
function isList<Entry>(items: Entry | readonly Entry[]): items is readonly Entry[] {
  return Array.isArray(items);
}

function cancelled(signal: AbortSignal): CancelledError {
  return new CancelledError("The request was cancelled; items registered before it stay", { cause: signal.reason });
}
