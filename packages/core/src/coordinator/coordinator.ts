/**
 * The way in for applications: registers texts, reads translations, and, where it was given engines, translates.
 *
 * It holds no state that matters: everything that was acknowledged is in the store, and any number of coordinators may
 * stand on one store, in one process or in many.
 */

import type { CollectOptions, CollectReport } from "../contract/collect.ts";
import type { ForgetReport, Pause, PauseTarget } from "../contract/control.ts";
import type { DeadLetter, DeadLetterFilter } from "../contract/dead-letter.ts";
import { errorFields } from "../contract/error-fields.ts";
import { CancelledError, ClosedError, InvalidItemError, SettingsError } from "../contract/errors.ts";
import type { RegisterItem } from "../contract/item.ts";
import type { Page, PageRequest } from "../contract/page.ts";
import type { StoreStatus } from "../contract/status.ts";
import type { PersistenceHandler } from "../contract/store.ts";
import type { Translation, TranslationStatus } from "../contract/translation.ts";
import type { Settlement } from "../contract/work.ts";
import { parseName, parseText } from "../rules/item.ts";
import { canonicalLocale } from "../rules/locale.ts";
import { translateBatch } from "../translate/translate-batch.ts";
import { EngineChain } from "./engine-chain.ts";
import { type CoordinatorState, tellRequest } from "./observer.ts";
import {
  type ConnectOptions,
  type CoordinatorOptions,
  type CoordinatorSettings,
  parseCoordinatorOptions,
} from "./options.ts";
import { processPending } from "./process-pending.ts";
import { type Changed, cacheKey, ReadCache, useKey } from "./read-cache.ts";
import { Reader } from "./reader.ts";
import {
  parseForgetReference,
  parsePauseTarget,
  parseReference,
  type ReferenceDefaults,
  type TranslationName,
} from "./reference.ts";
import {
  type EnqueueOptions,
  type EnqueueReceipt,
  type RequestInput,
  type RequestOptions,
  type RequestReceipt,
  Requests,
} from "./requests.ts";
import { TouchLog } from "./touch-log.ts";
import { waitForTranslations } from "./wait-for.ts";

export interface GetOptions extends ReferenceDefaults {
  targetLocale?: string | undefined;
  /** Where a locale has no text, take that of the locale it falls back to: `fr-CA`, then `fr`. Default: false. */
  fallback?: boolean | undefined;
}

export interface GetQuery extends TranslationName {
  targetLocale: string;
  fallback?: boolean | undefined;
}

export interface ListQuery {
  targetLocale: string;
  status?: TranslationStatus | undefined;
  businessIdPrefix?: string | undefined;
  project?: string | undefined;
}

export interface ProcessPendingOptions {
  /** Ends after about this many texts. Default: none. */
  limit?: number | undefined;
  signal?: AbortSignal | undefined;
  /** Default: the coordinator's. */
  project?: string | undefined;
  /** Milliseconds that running engine calls are given when it is ended early. Default 5,000. */
  drainMs?: number | undefined;
}

export interface WaitQuery extends TranslationName {
  targetLocales: readonly string[];
  /** Default 30,000. */
  timeoutMs?: number | undefined;
  signal?: AbortSignal | undefined;
}

export interface ApproveQuery extends TranslationName {
  targetLocale: string;
  /** A person's own text; left out: the stored one is approved. */
  approvedText?: string | undefined;
  /** The revision that was read. Left out: whatever stands now. */
  revision?: number | undefined;
  /** Who approves, for the record. */
  by?: string | undefined;
}

/**
 * A text, in every context unless `context` or `format` names one (`format: "auto"` alone: the one without), or a business
 * id: every text that was ever registered under it.
 */
export type ForgetQuery = TranslationName;

export interface CancelQuery {
  /** Default: the coordinator's. */
  project?: string | undefined;
  /** Default: every locale. */
  targetLocale?: string | undefined;
  /** Only texts that the project uses under business ids beginning so, and under no other id. */
  businessIdPrefix?: string | undefined;
}

export class Coordinator implements AsyncDisposable {
  readonly #handler: PersistenceHandler;
  readonly #settings: CoordinatorSettings;
  readonly #chain: EngineChain;
  readonly #cache: ReadCache;
  readonly #touches: TouchLog;
  readonly #reader: Reader;
  readonly #requests: Requests;
  /** Aborts what waits, when the coordinator closes. */
  readonly #closing = new AbortController();
  /** What must be over before the store may go. */
  readonly #underWay = new Set<Promise<unknown>>();
  #ownsHandler = false;
  #closed: Promise<void> | undefined;

  /** Over a store that is open; it stays open when the coordinator closes. */
  constructor(handler: PersistenceHandler, options: CoordinatorOptions = {}) {
    const settings = parseCoordinatorOptions(options);
    this.#handler = handler;
    this.#settings = settings;
    this.#chain = new EngineChain(settings.engines);
    this.#cache = new ReadCache({ size: settings.cacheSize, ttlSeconds: settings.cacheTtlSeconds });
    this.#touches = new TouchLog({ touch: (references) => handler.touch(references), logger: settings.logger });
    this.#reader = new Reader(handler, this.#cache, this.#touches, settings.observer);
    this.#requests = new Requests(handler, {
      maxRows: settings.maxConcurrentRequests,
      maxTextBytes: settings.maxTextBytes,
      maxBacklog: settings.maxBacklog,
      engine: () => this.#chain.active ?? settings.registersFor,
      closing: this.#closing.signal,
      observer: settings.observer,
      registered: (items) => this.#forgetChanged(items),
    });
    settings.observer?.opened?.(this.#state);
  }

  /**
   * Opens the store and a coordinator over it; `close` ends both.
   *
   * @throws {SettingsError} An option is missing or has a bad value.
   * @throws {DatabaseUnavailableError | DatabaseRefusedError | SchemaMissingError | SchemaNewerError}
   */
  static async connect(options: ConnectOptions): Promise<Coordinator> {
    if (options.handler !== undefined) return new Coordinator(options.handler, options);
    const { databaseUrl, directUrl, maxConnections = 10, connectTimeoutMs, batchBytes, applicationName } = options;
    if (databaseUrl === undefined || databaseUrl === "") {
      throw new SettingsError([{ key: "databaseUrl", problem: "is missing" }], {
        hint: "Hand over the URL of a database, such as process.env.TH_DATABASE_URL.",
      });
    }
    const { batchSize, retentionDays, logger } = parseCoordinatorOptions(options);
    // Loaded here and not at the top: an application with a store of its own does not load the driver of this one.
    // biome-ignore lint/style/noRestrictedImports: `connect` is the one place that names our store, for its caller's comfort.
    const { PostgresPersistenceHandler } = await import("../postgres/postgres-persistence-handler.ts");
    const handler = await PostgresPersistenceHandler.connect({
      databaseUrl,
      directUrl,
      maxConnections,
      connectTimeoutMs,
      batchSize,
      batchBytes,
      retentionDays,
      applicationName,
      onConnectionLost: (error) => logger.warn({ error: errorFields(error) }, "database.connection_lost"),
    });
    const coordinator = new Coordinator(handler, options);
    coordinator.#ownsHandler = true;
    return coordinator;
  }

  /** The engine that is asked first; undefined: none was given. */
  get activeEngine(): string | undefined {
    return this.#chain.active;
  }

  /**
   * Registers texts, each for each of its target locales. When it resolves, the work is committed; with `client`, it is
   * once that transaction commits. Calls made at the same time go to the store together.
   *
   * A string is short for `{ text }`. Options stand for what items leave out.
   *
   * @throws {InvalidItemError} The only item is not acceptable. In an array it lands in `rejected`, and the rest is
   *   registered.
   * @throws {CancelledError} `signal` aborted; what was committed before stays.
   */
  request(item: RequestInput, options?: RequestOptions): Promise<RequestReceipt>;
  request(items: readonly RequestInput[], options?: RequestOptions): Promise<RequestReceipt>;
  request(items: RequestInput | readonly RequestInput[], options: EnqueueOptions): Promise<EnqueueReceipt>;
  async request(
    items: RequestInput | readonly RequestInput[],
    options: RequestOptions | EnqueueOptions = {},
  ): Promise<RequestReceipt | EnqueueReceipt> {
    this.#requireOpen();
    const { client, signal, ...given } = options;
    const defaults = this.#withDefaults(given);
    const request: Promise<RequestReceipt | EnqueueReceipt> =
      client === undefined
        ? this.#requests.register(items, defaults, signal)
        : this.#requests.enqueue(client, items, defaults, signal);
    const { observer } = this.#settings;
    return this.#track(observer?.requested === undefined ? request : tellRequest(observer, request));
  }

  /**
   * Reads one translation, by its text or by the business id it was registered under (then of the text seen last).
   * May come from memory, at most `cacheTtlSeconds` old. Undefined: never requested.
   *
   * @throws {InvalidItemError}
   */
  async getTranslation({ targetLocale, fallback, ...name }: GetQuery): Promise<Translation | undefined> {
    const [translation] = await this.getTranslations([name], { targetLocale, fallback });
    return translation;
  }

  /**
   * Reads many in one round trip, in the order given. A string is short for `{ text }`.
   *
   * @throws {InvalidItemError} One of them can name no translation.
   */
  async getTranslations(
    items: readonly (TranslationName | string)[],
    { targetLocale, fallback = false, ...given }: GetOptions,
  ): Promise<(Translation | undefined)[]> {
    this.#requireOpen();
    const defaults = this.#withDefaults(given);
    const references = items.map((item) => {
      const name: TranslationName & { targetLocale?: string } = typeof item === "string" ? { text: item } : item;
      return parseReference(name, name.targetLocale ?? targetLocale, defaults);
    });
    return this.#track(this.#reader.read(references, fallback));
  }

  /**
   * Every translation of one locale, page by page, in a stable order. Reading them so does not count as use.
   *
   * @throws {InvalidItemError}
   */
  async *listTranslations(query: ListQuery): AsyncGenerator<Translation, void, undefined> {
    this.#requireOpen();
    const { project = this.#settings.project, status, businessIdPrefix } = query;
    const filter = {
      project: parseName(project, "project", "TH_PROJECT"),
      targetLocale: canonicalLocale(query.targetLocale, "targetLocale"),
      status,
      businessIdPrefix,
    };
    let cursor: string | undefined;
    do {
      this.#requireOpen();
      const page = await this.#track(this.#handler.list(filter, { cursor, limit: 1_000 }));
      yield* page.items;
      cursor = page.nextCursor ?? undefined;
    } while (cursor !== undefined);
  }

  /**
   * Translates in this process what is ready for a locale, and yields each text as it is settled: translated, or failed
   * for good (see `error`). What is to be tried again later is not yielded. Workers may run beside it: nothing is done
   * twice. Leaving the loop early hands back what was claimed.
   *
   * @throws {EngineNotFoundError} The coordinator has no engine.
   * @throws {CancelledError} `signal` aborted.
   */
  async *processPendingTranslations(
    locale: string,
    options: ProcessPendingOptions = {},
  ): AsyncGenerator<Translation, void, undefined> {
    this.#requireOpen();
    this.#chain.requireOne();
    const { limit, signal, project = this.#settings.project, drainMs = 5_000 } = options;
    if (limit !== undefined && !(Number.isInteger(limit) && limit >= 0)) {
      throw new SettingsError([{ key: "limit", problem: "must be a whole number from 0" }]);
    }
    if (limit === 0) return;
    const { batchSize, maxAttempts, engineTimeoutSeconds, engineLimits, logger } = this.#settings;
    const chain = this.#chain;
    const translate = translateBatch({
      get engines() {
        return chain.engines;
      },
      maxAttempts,
      engineTimeoutMs: engineTimeoutSeconds * 1_000,
      limits: engineLimits,
      gate: this.#handler.engineGate,
      onFault: (error, engine) => logger.error({ engine, code: error.code, hint: error.hint }, "engine.fault"),
      onLimitChange: (change) => logger.warn(change, "engine.limit"),
    });
    // With a limit, what is claimed at once sums up to no more than it.
    const concurrency = Math.min(
      this.#settings.concurrency,
      Math.ceil((limit ?? Number.POSITIVE_INFINITY) / batchSize),
    );
    yield* processPending(
      {
        work: (workOptions, work) => this.#track(this.#handler.work(workOptions, work)),
        readKeys: (keys) => this.#handler.readKeys(keys),
      },
      translate,
      {
        locales: [canonicalLocale(locale, "locale")],
        project: parseName(project, "project", "TH_PROJECT"),
        concurrency,
        maxItems: limit === undefined ? batchSize : Math.min(batchSize, Math.ceil(limit / concurrency)),
        limit,
        drainMs,
        lifetimeSeconds: this.#settings.requestLifetimeSeconds,
        signal,
        closing: this.#closing.signal,
        settled: (settlement) => this.#cache.forget(changedBy(settlement)),
        fault: (error) => logger.warn({ error: errorFields(error) }, "work.fault"),
      },
    );
  }

  /**
   * Waits until a text is settled in each of the locales, and gives the translations in their order. One that failed for
   * good is settled too: its `error` says why. Never answered from memory.
   *
   * @throws {WaitTimeoutError} Nothing is lost: the work goes on.
   * @throws {CancelledError} `signal` aborted.
   * @throws {InvalidItemError}
   */
  async waitFor(query: WaitQuery): Promise<Translation[]> {
    this.#requireOpen();
    const { targetLocales, timeoutMs = 30_000, signal, ...name } = query;
    if (!Array.isArray(targetLocales)) {
      throw new InvalidItemError("TH_ITEM_SHAPE", "targetLocales", "must be an array");
    }
    const references = targetLocales.map((locale: unknown, at) =>
      parseReference(name, locale, this.#settings, `targetLocales[${at}]`),
    );
    const ending = new AbortController();
    const onAbort = () => ending.abort(new CancelledError("Waiting was cancelled", { cause: signal?.reason }));
    const onClose = () => ending.abort(this.#closing.signal.reason);
    if (signal?.aborted) onAbort();
    signal?.addEventListener("abort", onAbort, { once: true });
    this.#closing.signal.addEventListener("abort", onClose, { once: true });
    try {
      const read = (open: typeof references) => this.#track(this.#reader.readStored(open));
      return await waitForTranslations(references, { read, timeoutMs, signal: ending.signal });
    } finally {
      signal?.removeEventListener("abort", onAbort);
      this.#closing.signal.removeEventListener("abort", onClose);
    }
  }

  /**
   * A person's word: approves the stored text, or the given one. No machine overwrites it.
   *
   * @throws {TranslationNotFoundError} No such translation, or no text to approve.
   * @throws {RevisionChangedError} It changed since it was read.
   * @throws {InvalidItemError}
   */
  async approve({ targetLocale, approvedText, revision, by, ...name }: ApproveQuery): Promise<Translation> {
    this.#requireOpen();
    const reference = parseReference(name, targetLocale, this.#settings);
    const text = approvedText === undefined ? undefined : parseText(approvedText, this.#settings.maxTextBytes);
    const approved = await this.#track(this.#handler.approve({ reference, text, revision, by }));
    this.#cache.forget([approved]);
    return approved;
  }

  /** Removes what nobody requested or read for the retention. `dryRun` counts and changes nothing. */
  async runGarbageCollection(options: Partial<CollectOptions> = {}): Promise<CollectReport> {
    this.#requireOpen();
    const { retentionDays = this.#settings.retentionDays } = options;
    if (!(Number.isFinite(retentionDays) && retentionDays >= 0)) {
      throw new SettingsError([{ key: "retentionDays", problem: "must be 0 or more" }]);
    }
    // What was read a moment ago must count.
    await this.#track(this.#touches.flush());
    const report = await this.#track(this.#handler.collect({ ...options, retentionDays }));
    if (!report.dryRun) this.#cache.clear();
    return report;
  }

  /**
   * Removes a text of a project from every table, in one transaction: its uses, translations (approved ones too), dead
   * letters and waiting requests, and the text itself unless another project uses it. By a business id, a text that
   * another id of the project uses stays for it.
   *
   * Work under way on it stores nothing, but an engine may have it in hand at this moment. Other processes may answer reads
   * from memory for as long as their `cacheTtlSeconds`.
   *
   * @throws {InvalidItemError}
   * @throws {DatabaseUnavailableError} A transaction of somebody else held the text for long; nothing was changed.
   */
  async forget(query: ForgetQuery): Promise<ForgetReport> {
    this.#requireOpen();
    const reference = parseForgetReference(query, this.#settings);
    const report = await this.#track(this.#handler.forget(reference));
    this.#cache.clear();
    return report;
  }

  /**
   * Takes back what a project has pending: a text that was never translated is no request any more, one that is being
   * translated anew is as it was. Work under way on it stores nothing. Gives how many rows (texts × locales).
   *
   * Asked for again, a text is registered anew. Who waits for one (`waitFor`) waits until its timeout.
   *
   * @throws {InvalidItemError} Also for anything that is no filter: it would cancel more than was meant.
   */
  async cancel(query: CancelQuery = {}): Promise<number> {
    this.#requireOpen();
    const { project = this.#settings.project, targetLocale, businessIdPrefix, ...unknown } = query;
    const [first] = Object.keys(unknown);
    if (first !== undefined) {
      throw new InvalidItemError("TH_ITEM_SHAPE", first, "is no filter of what to cancel", {
        hint: "These are: project, targetLocale, businessIdPrefix. A single text is forgotten, not cancelled.",
      });
    }
    const filter = {
      project: parseName(project, "project", "TH_PROJECT"),
      ...(targetLocale !== undefined && { targetLocale: canonicalLocale(targetLocale, "targetLocale") }),
      businessIdPrefix,
    };
    const cancelled = await this.#track(this.#handler.cancel(filter));
    this.#cache.clear();
    return cancelled;
  }

  /**
   * Has the whole fleet leave an engine, a project or a target locale alone, or with none of them everything. Within a beat
   * (2 s) nothing of it is begun any more; what an engine has in hand is finished and stored. Requests are taken as ever.
   * Gives everything that is paused then.
   *
   * @throws {InvalidItemError} More than one of them is named.
   */
  async pause(target: PauseTarget = {}): Promise<Pause[]> {
    this.#requireOpen();
    return this.#track(this.#handler.pause(parsePauseTarget(target)));
  }

  /** Ends a pause, with no target every pause: what waited goes on at once. Gives what is still paused. */
  async resume(target: PauseTarget = {}): Promise<Pause[]> {
    this.#requireOpen();
    return this.#track(this.#handler.resume(parsePauseTarget(target)));
  }

  /** Totals. `project` null: all projects. Default: the coordinator's. */
  async status({ project = this.#settings.project }: { project?: string | null } = {}): Promise<StoreStatus> {
    this.#requireOpen();
    return this.#track(this.#handler.status(project ?? undefined));
  }

  /** Texts past their last attempt, oldest first. Default project: the coordinator's. */
  async listDeadLetters(filter: DeadLetterFilter & PageRequest = {}): Promise<Page<DeadLetter>> {
    this.#requireOpen();
    const { cursor, limit, ...given } = filter;
    return this.#track(this.#handler.listDeadLetters(this.#deadLetters(given), { cursor, limit }));
  }

  /** Puts dead letters back to work, each once however often it is asked. Gives how many. */
  async replayDeadLetters(filter: DeadLetterFilter = {}): Promise<number> {
    this.#requireOpen();
    const replayed = await this.#track(this.#handler.replayDeadLetters(this.#deadLetters(filter)));
    this.#cache.clear();
    return replayed;
  }

  /** Removes dead letters and the failed translations they speak of. Gives how many. */
  async purgeDeadLetters(filter: DeadLetterFilter = {}): Promise<number> {
    this.#requireOpen();
    const purged = await this.#track(this.#handler.purgeDeadLetters(this.#deadLetters(filter)));
    this.#cache.clear();
    return purged;
  }

  /**
   * Makes another of the given engines the one that is asked first, in this process only and from the next batch on.
   *
   * @throws {EngineNotFoundError} With the name that was meant, where one is close.
   */
  async switchEngine(name: string): Promise<void> {
    this.#requireOpen();
    this.#chain.activate(name);
  }

  /**
   * Ends it: waits for what is under way, ends what would wait longer, writes the notes of what was read. A store that
   * `connect` opened is closed. May be called any number of times.
   */
  close(): Promise<void> {
    this.#closed ??= this.#end();
    return this.#closed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #end(): Promise<void> {
    this.#closing.abort(new ClosedError("The coordinator was closed"));
    while (this.#underWay.size > 0) await Promise.allSettled(this.#underWay);
    await this.#touches.flush();
    this.#settings.observer?.closed?.(this.#state);
    if (this.#ownsHandler) await this.#handler.close();
  }

  readonly #state = (): CoordinatorState => {
    const { rows, waiting } = this.#requests.load;
    return { queuedRows: rows, heldBackCalls: waiting, connections: this.#handler.connectionUse?.() ?? [] };
  };

  #requireOpen(): void {
    if (this.#closed !== undefined) throw new ClosedError("The coordinator is closed");
  }

  /** Keeps `close` waiting until it is over. */
  #track<Value>(promise: Promise<Value>): Promise<Value> {
    this.#underWay.add(promise);
    const over = () => this.#underWay.delete(promise);
    promise.then(over, over);
    return promise;
  }

  #withDefaults<Given extends ReferenceDefaults>(given: Given): Given {
    const { project, sourceLocale } = this.#settings;
    return { ...given, project: given.project ?? project, sourceLocale: given.sourceLocale ?? sourceLocale };
  }

  #deadLetters(filter: DeadLetterFilter): DeadLetterFilter {
    const { project = this.#settings.project, targetLocale } = filter;
    return {
      ...filter,
      project,
      ...(targetLocale !== undefined && { targetLocale: canonicalLocale(targetLocale, "targetLocale") }),
    };
  }

  /** What was just registered may make answers in memory wrong: a forced text, a business id with another text. */
  #forgetChanged(items: readonly RegisterItem[]): void {
    const forced = items.filter(({ force }) => force);
    if (forced.length > 0) this.#cache.forget(forced.flatMap(rowsOf));
    for (const { project, businessId, targetLocales, text } of items) {
      if (businessId === "") continue;
      for (const targetLocale of targetLocales) {
        this.#cache.namedAnew(cacheKey(targetLocale, useKey({ project, targetLocale, businessId })), text);
      }
    }
  }
}

function rowsOf({ project, sourceLocale, targetLocales, text }: RegisterItem): Changed[] {
  return targetLocales.map((targetLocale) => ({ project, sourceLocale, targetLocale, sourceText: text }));
}

function changedBy({ batch }: Settlement): Changed[] {
  const { project, sourceLocale, targetLocale } = batch;
  return batch.items.map(({ text }) => ({ project, sourceLocale, targetLocale, sourceText: text }));
}
