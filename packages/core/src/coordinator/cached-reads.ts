/**
 * Reads with a memory. Concurrent reads share a statement, and recent answers come from the process's cache.
 *
 * This object owns the cache, and therefore every write of the process that may outdate it. The rule: a method of the
 * store that changes translations is called inside {@link CachedReads.write}. The coordinator holds the store by an
 * interface without those methods, so that a new one cannot be called without saying which entries it outdates.
 */
import { Coalescer } from "../async/coalescer.ts";
import { errorFields } from "../contract/error-fields.ts";
import type { EventPage } from "../contract/event.ts";
import type { Logger } from "../contract/logger.ts";
import type { Page } from "../contract/page.ts";
import type { ExportedText, ExportFilter, ReadOptions, UseKey } from "../contract/read.ts";
import type { PersistenceHandler } from "../contract/store.ts";
import type { Outdated, Prefer, Translation, TranslationReference } from "../contract/translation.ts";
import type { Settlement, TranslateWork, WorkOptions, WorkSummary } from "../contract/work.ts";
import { localeFallbacks } from "../rules/locale.ts";
import { preferred } from "../rules/prefer.ts";
import type { CoordinatorObserver } from "./observer.ts";
import { cacheKey, ReadCache, type ReadCacheOptions, useKey } from "./read-cache.ts";
import { TouchLog } from "./touch-log.ts";

/** References of one statement. */
const REFERENCES_PER_READ = 5_000;
const READS_AT_ONCE = 4;

type Found = Translation | undefined;

/**
 * The methods of the store that change no translation. All others are called inside {@link CachedReads.write}. Add a new
 * method of the store here only if readers get the same answer before and after it.
 */
export type HarmlessStore = Pick<
  PersistenceHandler,
  | "changeWebhook"
  | "confirmUsage"
  | "countDeadLetters"
  | "connectionUse"
  | "createWebhook"
  | "engineGate"
  | "editGlossary"
  | "enqueue"
  | "events"
  | "history"
  | "list"
  | "memory"
  | "listBudgets"
  | "listDeadLetters"
  | "listStale"
  | "listWebhooks"
  | "pause"
  | "readGlossary"
  | "readKeys"
  | "removeBudget"
  | "removeStyle"
  | "removeWebhook"
  | "resume"
  | "rotateWebhook"
  | "listForReview"
  | "setBudget"
  | "setStyle"
  | "status"
  | "tokens"
  | "usage"
  | "watchEvents"
  | "readOutdated"
  | "why"
>;

export interface CachedReadsOptions extends ReadCacheOptions {
  logger: Logger;
  observer?: CoordinatorObserver | undefined;
}

export class CachedReads {
  readonly #store: PersistenceHandler;
  readonly #cache: ReadCache;
  readonly #touches: TouchLog;
  readonly #observer: CoordinatorObserver | undefined;
  readonly #logger: Logger;
  #noting: Promise<void> = Promise.resolve();
  readonly #reads: CoalescedReads;
  readonly #settled: CoalescedReads;

  constructor(store: PersistenceHandler, { logger, observer, ...cache }: CachedReadsOptions) {
    this.#store = store;
    this.#observer = observer;
    this.#logger = logger;
    this.#cache = new ReadCache(cache);
    this.#touches = new TouchLog({ touch: (references) => store.touch(references), logger });
    this.#reads = coalescedReads(store, {});
    this.#settled = coalescedReads(store, { confirmSettled: true });
  }

  /**
   * Runs a write of the store and drops the entries that it outdates.
   *
   * @param outdate Drops them. It runs after a failed write as well, then without a result: the write may have been
   *   done in part, or committed while its answer was lost.
   */
  async write<Result>(
    act: (store: PersistenceHandler) => Promise<Result>,
    outdate: (cache: ReadCache, result: Result | undefined) => void,
  ): Promise<Result> {
    let result: Result | undefined;
    try {
      result = await act(this.#store);
      return result;
    } finally {
      outdate(this.#cache, result);
    }
  }

  /** `PersistenceHandler.work`; each settlement drops its texts from the cache before the observer hears of it. */
  work({ observer, ...options }: WorkOptions, translate: TranslateWork): Promise<WorkSummary> {
    const settled = (settlement: Settlement) => {
      this.#cache.settled(settlement);
      observer?.settled?.(settlement);
    };
    return this.#store.work({ ...options, observer: { ...observer, settled } }, translate);
  }

  /** Reads behind these events are answered by the store. */
  told(page: EventPage): EventPage {
    this.#cache.told(page.events);
    return page;
  }

  /** Writes the noted uses of texts to the store, so that collection spares them. Never rejects. */
  async flushUses(): Promise<void> {
    await Promise.all([this.#touches.flush(), this.#noting]);
  }

  /** Bypasses the cache, confirms what is settled, and does not count as use; for polling (`waitFor`). */
  readSettled(references: readonly TranslationReference[]): Promise<Found[]> {
    return inPortions(this.#settled, references);
  }

  /**
   * A page of an export. The uses whose last note is old are noted after it: an export is polled, and notes of all texts each time
   * would be work for nothing.
   */
  async exportTexts(filter: ExportFilter, cursor: string | undefined): Promise<Page<ExportedText>> {
    const { items, nextCursor } = await this.#store.exportTexts(filter, { cursor });
    const due: UseKey[] = [];
    const texts = items.map(({ dueUse, ...text }) => {
      if (dueUse !== undefined) due.push(dueUse);
      return text;
    });
    if (due.length > 0) this.#noteUses(filter.project, due);
    return { items: texts, nextCursor };
  }

  #noteUses(project: string, uses: readonly UseKey[]): void {
    this.#noting = this.#noting.then(async () => {
      try {
        await this.#store.touchUses(project, uses);
      } catch (error) {
        // The next export finds them due again.
        this.#logger.warn({ error: errorFields(error), references: uses.length }, "touch.failed");
      }
    });
  }

  /**
   * Reads, in the order of the references, and notes each use, but those by id. With `fallback`, a locale without a text is
   * answered by the first of its fallbacks that has one; if none has, by the translation of the locale itself.
   *
   * The cache holds translations as they are stored, and `prefer` is applied to copies of them: a reader with one preference
   * never gets an answer that was made for the other.
   */
  async read(
    references: readonly TranslationReference[],
    { fallback, prefer, outdated }: ReadWishes,
  ): Promise<Found[]> {
    const startedAt = performance.now();
    let fromMemory = 0;
    const asked = new Map<string, TranslationReference>();
    const chains = references.map((reference) => {
      const chain = fallback ? fallbackChain(reference) : [named(reference)];
      for (const link of chain) {
        link.found = this.#cache.get(link.key);
        if (link.found !== undefined) {
          fromMemory += 1;
          // The rest of the chain is not needed: every entry of the cache has a text.
          if (prefer !== "approved" || link.found.status === "approved") break;
          continue;
        }
        asked.set(link.key, link.reference);
      }
      return chain;
    });
    if (asked.size > 0) {
      const stored = await this.#readAnew(asked);
      for (const link of chains.flat()) link.found ??= stored.get(link.key);
    }
    this.#observer?.read?.({ fromMemory, fromStore: asked.size, elapsedMs: performance.now() - startedAt });
    const picked = chains.map((chain) => this.#pick(chain, prefer));
    return outdated === "old" ? this.#withOutdated(references, picked, prefer) : picked;
  }

  /** Gives business ids without a text the translation of the text before. It is never kept: the new one may come at any moment. */
  async #withOutdated(references: readonly TranslationReference[], found: Found[], prefer: Prefer): Promise<Found[]> {
    const bare = references.flatMap((reference, at) =>
      "businessId" in reference && found[at]?.text === null ? [{ reference, at }] : [],
    );
    if (bare.length === 0) return found;
    const old = await this.#store.readOutdated(
      bare.map(({ reference }) => reference),
      { prefer },
    );
    const answers = [...found];
    for (const [place, { at }] of bare.entries()) {
      const [present, text] = [found[at], old[place]];
      if (present !== undefined && text !== undefined) answers[at] = { ...present, ...text, outdated: true };
    }
    return answers;
  }

  async #readAnew(asked: ReadonlyMap<string, TranslationReference>): Promise<Map<string, Translation>> {
    const stored = new Map<string, Translation>();
    const reading = this.#cache.begin(asked.keys());
    try {
      const found = await inPortions(this.#reads, [...asked.values()]);
      let at = 0;
      for (const key of asked.keys()) {
        const translation = found[at];
        at += 1;
        if (translation !== undefined) stored.set(key, translation);
      }
    } finally {
      this.#cache.keep(reading, stored);
    }
    return stored;
  }

  #pick(chain: readonly Link[], prefer: Prefer): Found {
    for (const link of chain) if (link.found !== undefined) link.found = preferred(link.found, prefer);
    const picked = chain.find(({ found }) => found?.text != null) ?? chain.find(({ found }) => found !== undefined);
    if (picked === undefined) return undefined;
    this.#note(picked.reference, picked.use);
    return picked.found;
  }

  /** An id names a row, and is read by those who follow events or review: that keeps no text from being collected. */
  #note(reference: TranslationReference, use?: string): void {
    if (!("id" in reference)) this.#touches.note(reference, use);
  }
}

interface ReadWishes {
  fallback: boolean;
  prefer: Prefer;
  outdated: Outdated;
}

type CoalescedReads = Coalescer<readonly TranslationReference[], Found[]>;

function coalescedReads(store: PersistenceHandler, options: ReadOptions): CoalescedReads {
  return new Coalescer({
    maxWeight: REFERENCES_PER_READ,
    weigh: (references) => references.length,
    maxInFlight: READS_AT_ONCE,
    run: async (groups) => {
      const found = await store.read(groups.flat(), options);
      let at = 0;
      return groups.map((references) => {
        at += references.length;
        return found.slice(at - references.length, at);
      });
    },
  });
}

async function inPortions(reads: CoalescedReads, references: readonly TranslationReference[]): Promise<Found[]> {
  const portions: Promise<Found[]>[] = [];
  for (let at = 0; at < references.length; at += REFERENCES_PER_READ) {
    portions.push(reads.add(references.slice(at, at + REFERENCES_PER_READ)));
  }
  return (await Promise.all(portions)).flat();
}

/** A reference of a chain of fallbacks, with its keys and the translation found for it. */
interface Link {
  reference: TranslationReference;
  use: string;
  key: string;
  found: Found;
}

function named(reference: TranslationReference): Link {
  const use = useKey(reference);
  return { reference, use, key: cacheKey(reference.targetLocale, use), found: undefined };
}

function fallbackChain(reference: TranslationReference): Link[] {
  return localeFallbacks(reference.targetLocale).map((targetLocale) => named({ ...reference, targetLocale }));
}
