/**
 * The entry for applications: registers texts, reads translations, and translates if it was given engines.
 *
 * It holds no state that matters: every acknowledged request is in the store, and any number of coordinators may share
 * one store, in one process or in many.
 */
import type { CollectOptions, CollectReport } from "../contract/collect.ts";
import type { ForgetReport, Pause, PauseTarget } from "../contract/control.ts";
import type { DeadLetter, DeadLetterFilter, DeadLetterPageRequest } from "../contract/dead-letter.ts";
import { ClosedError, InvalidItemError } from "../contract/errors.ts";
import type { Page } from "../contract/page.ts";
import type { ApprovedTranslation } from "../contract/review.ts";
import type { StoreStatus } from "../contract/status.ts";
import type { PersistenceHandler } from "../contract/store.ts";
import type { Translation } from "../contract/translation.ts";
import { parseFormat } from "../rules/item.ts";
import { approvalWarnings } from "./approval-warnings.ts";
import { CachedReads, type HarmlessStore } from "./cached-reads.ts";
import { EngineChain } from "./engine-chain.ts";
import { type CoordinatorState, reportRequest } from "./observer.ts";
import { openPostgresStore } from "./open-store.ts";
import {
  type ConnectOptions,
  type CoordinatorOptions,
  type CoordinatorSettings,
  checkCollectOptions,
  checkEngineName,
  checkStatusOptions,
  checkStore,
  parseConnectOptions,
  parseCoordinatorOptions,
} from "./options.ts";
import { checkProcessPendingOptions, type ProcessPendingOptions, processPending } from "./process-pending.ts";
import {
  type ApproveQuery,
  type CancelQuery,
  checkGetOptions,
  type ForgetQuery,
  type GetOptions,
  type GetQuery,
  LISTED_LETTER_KEYS,
  type ListQuery,
  parseApproval,
  parseCancel,
  parseDeadLetters,
  parseForget,
  parseList,
  parsePauseTarget,
  parseReference,
  parseWait,
  type ReferenceDefaults,
  requireGetQuery,
  requireName,
  type TranslationName,
  type WaitQuery,
} from "./queries.ts";
import { inRequestSpan } from "./request-span.ts";
import {
  checkRequestOptions,
  type EnqueueOptions,
  type EnqueueReceipt,
  type RequestInput,
  type RequestOptions,
  type RequestReceipt,
  Requests,
} from "./requests.ts";
import { waitForTranslations } from "./wait-for.ts";

/** A page of `listTranslations`: large enough that reading it costs more than asking for it. */
const ROWS_PER_PAGE = 1_000;

export class Coordinator implements AsyncDisposable {
  readonly #store: HarmlessStore;
  readonly #reads: CachedReads;
  readonly #settings: CoordinatorSettings;
  readonly #chain: EngineChain;
  readonly #requests: Requests;
  /** Aborts waiting calls when the coordinator closes. */
  readonly #closing = new AbortController();
  /** Calls that must end before the store is closed. */
  readonly #underWay = new Set<Promise<unknown>>();
  /** The store that `connect` opened, and `close` therefore closes. */
  #ownStore: Pick<PersistenceHandler, "close"> | undefined;
  #closed: Promise<void> | undefined;

  /** Over an open store, which stays open when the coordinator closes. */
  constructor(handler: PersistenceHandler, options: CoordinatorOptions = {}) {
    const settings = parseCoordinatorOptions(options);
    checkStore({ handler });
    const { cacheSize, cacheTtlSeconds, logger, observer } = settings;
    this.#store = handler;
    this.#settings = settings;
    this.#chain = new EngineChain(settings.engines);
    this.#reads = new CachedReads(handler, { size: cacheSize, ttlSeconds: cacheTtlSeconds, logger, observer });
    this.#requests = new Requests(handler, this.#reads, {
      maxRows: settings.maxConcurrentRequests,
      maxTextBytes: settings.maxTextBytes,
      maxBacklog: settings.maxBacklog,
      engine: () => this.#chain.active ?? settings.registersFor,
      closing: this.#closing.signal,
      observer,
    });
    observer?.opened?.(this.#state);
  }

  /**
   * Opens the store and a coordinator over it; `close` ends both.
   *
   * @throws {SettingsError} An option is missing or has a bad value.
   * @throws {DatabaseUnavailableError | DatabaseRefusedError | SchemaMissingError | SchemaNewerError}
   */
  static async connect(options: ConnectOptions): Promise<Coordinator> {
    const { handler, store, coordinator: own } = parseConnectOptions(options);
    if (handler !== undefined) return new Coordinator(handler, own);
    const opened = await openPostgresStore(store, parseCoordinatorOptions(own));
    const coordinator = new Coordinator(opened, own);
    coordinator.#ownStore = opened;
    return coordinator;
  }

  /** The name of the engine that is asked first; undefined: the coordinator has no engine. */
  get activeEngine(): string | undefined {
    return this.#chain.active;
  }

  /**
   * Registers texts, each for each of its target locales. Resolves when the work is committed; with `client`, the work
   * commits with the caller's transaction. Concurrent calls share statements.
   *
   * A string is short for `{ text }`. Options supply the fields that items leave out.
   *
   * @throws {SettingsError} `signal` or `client` has a bad value, or an option is unknown.
   * @throws {InvalidItemError} The only item was refused. A refused item of an array is listed in `rejected`, and the
   *   others are registered.
   * @throws {BacklogFullError} Likewise, if the backlog has reached `maxBacklog`.
   * @throws {CancelledError} `signal` aborted. Items committed before stay registered.
   */
  request(item: RequestInput, options?: RequestOptions): Promise<RequestReceipt>;
  request(items: readonly RequestInput[], options?: RequestOptions): Promise<RequestReceipt>;
  request(items: RequestInput | readonly RequestInput[], options: EnqueueOptions): Promise<EnqueueReceipt>;
  async request(
    items: RequestInput | readonly RequestInput[],
    options: RequestOptions | EnqueueOptions = {},
  ): Promise<RequestReceipt | EnqueueReceipt> {
    this.#requireOpen();
    const { client, signal, ...given } = checkRequestOptions(options);
    const defaults = this.#withDefaults(given);
    const receipt = inRequestSpan(
      items,
      (span): Promise<RequestReceipt | EnqueueReceipt> =>
        client === undefined
          ? this.#requests.register(items, defaults, signal, span)
          : this.#requests.enqueue(client, items, defaults, signal, span),
    );
    const { observer } = this.#settings;
    const reported = observer?.requested === undefined ? receipt : reportRequest(observer, receipt);
    // The caller's connection is not the store's, and `close` cannot end a wait for it.
    return client === undefined ? this.#track(reported) : reported;
  }

  /**
   * Reads one translation, by its text or by the business id it was registered under (then of the newest text). The
   * answer may come from memory and is then at most `cacheTtlSeconds` old. Undefined: never requested.
   *
   * @throws {InvalidItemError}
   */
  async getTranslation(query: GetQuery): Promise<Translation | undefined> {
    requireGetQuery(query);
    const { targetLocale, fallback, ...name } = query;
    const [translation] = await this.getTranslations([name], { targetLocale, fallback });
    return translation;
  }

  /**
   * Reads many translations in one round trip, in the order given. A string is short for `{ text }`.
   *
   * @throws {InvalidItemError} A name is not valid.
   */
  async getTranslations(
    items: readonly (TranslationName | string)[],
    options: GetOptions,
  ): Promise<(Translation | undefined)[]> {
    this.#requireOpen();
    const { targetLocale, fallback = false, ...given } = checkGetOptions(options);
    if (!Array.isArray(items)) throw new InvalidItemError("TH_ITEM_SHAPE", "items", "must be an array");
    const defaults = this.#withDefaults(given);
    const references = items.map((item: TranslationName | string) => {
      const name: TranslationName & { targetLocale?: string } = typeof item === "string" ? { text: item } : item;
      requireName(name);
      return parseReference(name, name.targetLocale ?? targetLocale, defaults);
    });
    return this.#track(this.#reads.read(references, fallback));
  }

  /**
   * Yields every translation of one locale, page by page, in a stable order. It does not count as use of the texts.
   *
   * @throws {InvalidItemError}
   */
  async *listTranslations(query: ListQuery): AsyncGenerator<Translation, void, undefined> {
    this.#requireOpen();
    const filter = parseList(query, this.#settings);
    let cursor: string | undefined;
    do {
      this.#requireOpen();
      const page = await this.#track(this.#store.list(filter, { cursor, limit: ROWS_PER_PAGE }));
      yield* page.items;
      cursor = page.nextCursor ?? undefined;
    } while (cursor !== undefined);
  }

  /**
   * Translates in this process the texts that are ready for a locale, and yields each once it is settled: translated,
   * or failed for good (see `error`). A text that is to be tried again later is not yielded. Workers may run at the same
   * time: no text is translated twice. Leaving the loop early hands claimed texts back.
   *
   * @throws {EngineNotFoundError} The coordinator has no engine.
   * @throws {EngineNotAllowedError} It has none that the project may use (`projectEngines`).
   * @throws {CancelledError} `signal` aborted.
   */
  async *processPendingTranslations(
    locale: string,
    options: ProcessPendingOptions = {},
  ): AsyncGenerator<Translation, void, undefined> {
    this.#requireOpen();
    checkProcessPendingOptions(options);
    yield* processPending(
      {
        work: (work, translate) => this.#track(this.#reads.work(work, translate)),
        readKeys: (keys) => this.#store.readKeys(keys),
        engineGate: this.#store.engineGate,
      },
      this.#chain,
      locale,
      { ...this.#settings, ...options, project: options.project ?? this.#settings.project },
      this.#closing.signal,
    );
  }

  /**
   * Waits until a text is settled in each of the locales, and resolves to the translations in their order. A text that
   * failed for good is settled too: its `error` has the reason. The answer never comes from memory.
   *
   * @throws {WaitTimeoutError} The time is over; the work goes on.
   * @throws {CancelledError} `signal` aborted.
   * @throws {InvalidItemError}
   */
  async waitFor(query: WaitQuery): Promise<Translation[]> {
    this.#requireOpen();
    const { references, timeoutMs, signal } = parseWait(query, this.#settings);
    const read = (open: typeof references) => this.#track(this.#reads.readSettled(open));
    return waitForTranslations(references, { read, timeoutMs, signal, closing: this.#closing.signal });
  }

  /**
   * Approves the stored text, or the reviewer's own. No machine overwrites an approved text.
   *
   * The text is stored as it is. If it has other placeholders, tags or ICU arguments than its source, `warnings` says so.
   *
   * @throws {TranslationNotFoundError} There is no such translation, or it has no text to approve.
   * @throws {RevisionChangedError} The translation changed since the reviewer read it.
   * @throws {InvalidItemError}
   */
  async approve(query: ApproveQuery): Promise<ApprovedTranslation> {
    this.#requireOpen();
    const approval = parseApproval(query, this.#settings);
    const approved = await this.#track(
      this.#reads.write(
        (store) => store.approve(approval),
        (cache, approved) => (approved === undefined ? cache.clear() : cache.forget([approved])),
      ),
    );
    return { ...approved, warnings: approvalWarnings(approved, parseFormat(query.format)) };
  }

  /** Collects texts that nobody requested or read during the retention. `dryRun` counts them and removes none. */
  async runGarbageCollection(options: Partial<CollectOptions> = {}): Promise<CollectReport> {
    this.#requireOpen();
    const { retentionDays = this.#settings.retentionDays } = checkCollectOptions(options);
    // Reads of the last minute must count as use.
    await this.#track(this.#reads.flushUses());
    return this.#track(
      this.#reads.write(
        (store) => store.collect({ ...options, retentionDays }),
        (cache) => {
          if (!options.dryRun) cache.clear();
        },
      ),
    );
  }

  /**
   * Removes a text of a project from every table, in one transaction: its uses, translations (approved ones too), dead
   * letters and waiting requests, and the text itself unless another project uses it. By a business id, a text stays if
   * another id of the project uses it.
   *
   * A prefix of business ids names the texts of all of them. They go in bounded transactions: a call that was cut off has
   * done a part, and the same call does the rest. `dryRun` counts them and removes none.
   *
   * Running work on the text stores nothing, but an engine may be translating it at this moment. Other processes may
   * answer reads from memory until their `cacheTtlSeconds` are over.
   *
   * @throws {InvalidItemError}
   * @throws {DatabaseUnavailableError} Another transaction held the text for too long; nothing was changed.
   */
  async forget(query: ForgetQuery): Promise<ForgetReport> {
    const reference = parseForget(query, this.#settings);
    const { dryRun = false } = query;
    this.#requireOpen();
    return this.#track(
      this.#reads.write(
        (store) => store.forget(reference, { dryRun }),
        (cache) => {
          if (!dryRun) cache.clear();
        },
      ),
    );
  }

  /**
   * Cancels the pending requests of a project: a text that was never translated is no longer requested, and a text that
   * is being translated anew keeps its old translation. Running work on them stores nothing.
   *
   * A later request registers the text again. A pending `waitFor` on a cancelled text runs into its timeout.
   *
   * @returns The number of cancelled rows (texts × locales).
   * @throws {InvalidItemError} Also for a field that is not a filter: the rest would cancel more than was meant.
   */
  async cancel(query: CancelQuery = {}): Promise<number> {
    const filter = parseCancel(query, this.#settings);
    return this.#outdateAll((store) => store.cancel(filter));
  }

  /**
   * Pauses one engine, project or target locale for the whole fleet; with an empty target, pauses all work. Within a
   * beat (2 s) no new work on it begins; running engine calls are finished and stored. Requests are still accepted.
   *
   * @returns Every pause that then stands.
   * @throws {InvalidItemError} The target names more than one thing.
   */
  async pause(target: PauseTarget = {}): Promise<Pause[]> {
    this.#requireOpen();
    return this.#track(this.#store.pause(parsePauseTarget(target)));
  }

  /**
   * Ends one pause; with an empty target, ends all of them. An engine that was resumed is called again at once, also when
   * the fleet itself had stopped the calls (a wrong key that was corrected, a rate limit). Waiting work goes on at once.
   *
   * @returns Every pause that still stands.
   * @throws {InvalidItemError} The target names more than one thing.
   */
  async resume(target: PauseTarget = {}): Promise<Pause[]> {
    this.#requireOpen();
    return this.#track(this.#store.resume(parsePauseTarget(target)));
  }

  /** Totals of a project; null: of all projects. Default: the coordinator's. */
  async status(options: { project?: string | null } = {}): Promise<StoreStatus> {
    this.#requireOpen();
    const { project = this.#settings.project } = checkStatusOptions(options);
    return this.#track(this.#store.status(project ?? undefined));
  }

  /** The open dead letters, oldest first: texts past their last attempt. Default project: the coordinator's. */
  async listDeadLetters(query: DeadLetterFilter & DeadLetterPageRequest = {}): Promise<Page<DeadLetter>> {
    this.#requireOpen();
    const { filter, page } = parseDeadLetters(query, this.#settings, LISTED_LETTER_KEYS);
    return this.#track(this.#store.listDeadLetters(filter, page));
  }

  /** Puts dead letters back to work, each once, however often it is called. Resolves to their number. */
  async replayDeadLetters(filter: DeadLetterFilter = {}): Promise<number> {
    const { filter: letters } = parseDeadLetters(filter, this.#settings);
    return this.#outdateAll((store) => store.replayDeadLetters(letters));
  }

  /** Removes dead letters and their failed translations. Resolves to their number. */
  async purgeDeadLetters(filter: DeadLetterFilter = {}): Promise<number> {
    const { filter: letters } = parseDeadLetters(filter, this.#settings);
    return this.#outdateAll((store) => store.purgeDeadLetters(letters));
  }

  /**
   * Makes another of the given engines the first to be asked, in this process only and from the next batch on.
   *
   * @throws {EngineNotFoundError} No engine has this name; the hint suggests a similar one.
   */
  async switchEngine(name: string): Promise<void> {
    this.#requireOpen();
    checkEngineName({ name });
    this.#chain.activate(name);
  }

  /**
   * Closes the coordinator: running calls finish, waiting ones end with `ClosedError`, noted uses are written. A store
   * that `connect` opened is closed. Requests with `client` are not waited for: they end with their transaction. May be
   * called any number of times.
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
    await this.#reads.flushUses();
    this.#settings.observer?.closed?.(this.#state);
    await this.#ownStore?.close();
  }

  readonly #state = (): CoordinatorState => {
    const { rows, waiting } = this.#requests.load;
    return { queuedRows: rows, heldBackCalls: waiting, connections: this.#store.connectionUse?.() ?? [] };
  };

  /** A write that may change any translation. */
  #outdateAll<Result>(act: (store: PersistenceHandler) => Promise<Result>): Promise<Result> {
    this.#requireOpen();
    return this.#track(this.#reads.write(act, (cache) => cache.clear()));
  }

  #requireOpen(): void {
    if (this.#closed !== undefined) throw new ClosedError("The coordinator is closed");
  }

  /** Makes `close` wait until the call has ended. */
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
}
