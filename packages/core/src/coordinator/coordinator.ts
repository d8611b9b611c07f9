/**
 * The entry for applications: registers texts, reads translations, and translates if it was given engines.
 *
 * It holds no state that matters: every acknowledged request is in the store, and any number of coordinators may share
 * one store, in one process or in many.
 */
import type { Budget, BudgetStatus, BudgetToSet, UsageConfirmation, UsageConfirmed } from "../contract/budget.ts";
import type { CollectOptions, CollectReport } from "../contract/collect.ts";
import type { ForgetReport, Pause, PauseTarget } from "../contract/control.ts";
import type { DeadLetter, DeadLetterFilter, DeadLetterPageRequest } from "../contract/dead-letter.ts";
import {
  CancelledError,
  ClosedError,
  InvalidItemError,
  TranslationNotFoundError,
  WaitTimeoutError,
} from "../contract/errors.ts";
import type { EventPage } from "../contract/event.ts";
import type { Glossary, GlossaryEdited, StaleFilter, StaleTranslation, StyleInput } from "../contract/glossary.ts";
import type { MemoryMatch, MemoryUnit } from "../contract/memory.ts";
import type { OnceEnd, OnceKey } from "../contract/once.ts";
import type { Page, PageRequest } from "../contract/page.ts";
import type { ExportedText, ReviewPage } from "../contract/read.ts";
import {
  type ApprovedTranslation,
  type HistoryEntry,
  NOT_FOUND_HINT,
  type ReviewAct,
  type ReviewResult,
} from "../contract/review.ts";
import type { StoreStatus } from "../contract/status.ts";
import type { PersistenceHandler } from "../contract/store.ts";
import type { ApiToken } from "../contract/token.ts";
import type { Translation } from "../contract/translation.ts";
import type { UsageQuery, UsageReport } from "../contract/usage.ts";
import type { Webhook, WebhookChanges, WebhookName } from "../contract/webhook.ts";
import { checkBudget, checkBudgetName, checkConfirmation } from "../rules/budgets.ts";
import { parseFormat } from "../rules/item.ts";
import { canonicalLocale } from "../rules/locale.ts";
import { parseName } from "../rules/name.ts";
import { preferred } from "../rules/prefer.ts";
import { isSettled } from "../rules/settled.ts";
import { requestsOf } from "../rules/stale-requests.ts";
import { checkTokenId, makeToken, type TokenOptions } from "../rules/token.ts";
import { checkUsageQuery } from "../rules/usage-report.ts";
import {
  checkOverlap,
  checkWebhook,
  checkWebhookChanges,
  checkWebhookName,
  type WebhookInput,
} from "../rules/webhooks.ts";
import { CachedReads, type HarmlessStore } from "./cached-reads.ts";
import { EngineChain } from "./engine-chain.ts";
import { type EventsQuery, type FollowQuery, followEvents, parseEvents, parseFollow } from "./follow-events.ts";
import type { EditGlossaryQuery, RetranslateReport, StaleQuery } from "./glossary-queries.ts";
import { importPairs } from "./import-pairs.ts";
import {
  type MemoryListQuery,
  type MemoryPairInput,
  type MemoryReceipt,
  type MemorySearchQuery,
  parseMemoryList,
  parseMemorySearch,
} from "./memory-queries.ts";
import { type CoordinatorState, reportRequest, reportReview } from "./observer.ts";
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
  type CancelQuery,
  checkGetOptions,
  checkWaitOptions,
  type ExportQuery,
  type ForgetQuery,
  type GetOptions,
  type GetQuery,
  type IdQuery,
  LISTED_LETTER_KEYS,
  type ListQuery,
  parseCancel,
  parseDeadLetters,
  parseExport,
  parseForget,
  parseId,
  parseList,
  parseNames,
  parsePauseTarget,
  parseReference,
  parseReviewList,
  parseWait,
  type ReadName,
  type ReferenceDefaults,
  type ReviewListQuery,
  requireGetQuery,
  type WaitOptions,
  type WaitQuery,
} from "./queries.ts";
import { inRequestSpan } from "./request-span.ts";
import {
  checkRequestOptions,
  type EnqueueOptions,
  type EnqueueReceipt,
  type OnceReceipt,
  type RequestInput,
  type RequestOptions,
  type RequestReceipt,
  Requests,
} from "./requests.ts";
import {
  type ApproveQuery,
  type HistoryQuery,
  parseAct,
  parseApproval,
  parseHistory,
  parseWhy,
  type RejectQuery,
  type ReviewActQuery,
  type ReviewQuery,
  requireActs,
  type WhyQuery,
} from "./review-queries.ts";
import { waitForTranslations } from "./wait-for.ts";
import type { Why } from "./why.ts";

/** A new token of the HTTP API. */
export interface CreatedToken extends ApiToken {
  /** The token itself: `thk_<id>_<secret>_<checksum>`. */
  token: string;
}

/** A page of `listTranslations`: large enough that reading it costs more than asking for it. */
const ROWS_PER_PAGE = 1_000;

const DAY_SECONDS = 86_400;

/** What a repeated request of a key reports to observers. */
const NOTHING_REGISTERED: OnceReceipt = { registered: 0, existing: 0, queued: 0, failed: 0, rejected: [] };

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
   * Registers texts as `request` does, once for a key: a request with a key that has run is not run again, and gives the first answer.
   * The answer is committed with the work, so a caller that lost its answer may send the request again. For requests with
   * `force`; others are idempotent by themselves. A key is kept for a day.
   *
   * All of it is one transaction, which shares no statement with other calls.
   *
   * @throws {SettingsError} An option has a bad value, or is unknown.
   * @throws {InvalidItemError | BacklogFullError} The only item was refused. The key is free.
   */
  async requestOnce(
    key: OnceKey,
    items: RequestInput | readonly RequestInput[],
    options: Omit<RequestOptions, "signal" | "client"> = {},
  ): Promise<OnceEnd<OnceReceipt>> {
    this.#requireOpen();
    const { client: _client, signal: _signal, ...given } = checkRequestOptions(options);
    const defaults = this.#withDefaults(given);
    let end: OnceEnd<OnceReceipt> = { kind: "running" };
    const receipt = inRequestSpan(items, async (span) => {
      const once = await this.#requests.registerOnce(key, items, defaults, span);
      end = once.end;
      return once.ran ?? NOTHING_REGISTERED;
    });
    const { observer } = this.#settings;
    await this.#track(observer?.requested === undefined ? receipt : reportRequest(observer, receipt));
    return end;
  }

  /**
   * Reads one translation, by its text or by the business id it was registered under (then of the newest text). The
   * answer may come from memory and is then at most `cacheTtlSeconds` old. Undefined: never requested.
   *
   * @throws {InvalidItemError}
   */
  async getTranslation(query: GetQuery): Promise<Translation | undefined> {
    requireGetQuery(query);
    const { targetLocale, fallback, prefer, outdated, ...name } = query;
    this.#requireOpen();
    const options = checkGetOptions({ targetLocale, fallback, prefer, outdated });
    const reference = parseReference(name, options.targetLocale, this.#withDefaults({}));
    const [translation] = await this.#track(this.#reads.read([reference], wishesOf(options)));
    return translation;
  }

  /**
   * Reads one translation by its `id`, as the store has it at this moment: never from memory. It does not count as use of the
   * text. For a review, or for an event; many ids are read by `getTranslations([{ id }, …])`.
   *
   * @throws {TranslationNotFoundError} The project has no such translation, also where another project has it.
   * @throws {InvalidItemError}
   */
  async getTranslationById(query: IdQuery): Promise<Translation> {
    this.#requireOpen();
    const reference = parseId(query, this.#settings);
    const [found] = await this.#track(this.#reads.readSettled([reference]));
    if (found === undefined) {
      throw new TranslationNotFoundError("The project has no translation with this id in this locale", {
        hint: "A text that was forgotten, collected or cancelled has lost its id. Read it by its text or business id.",
      });
    }
    return found;
  }

  /**
   * Reads many translations in one round trip, in the order given. A string is short for `{ text }`.
   *
   * @throws {InvalidItemError} A name is not valid.
   */
  async getTranslations(
    items: readonly (ReadName | string)[],
    options: GetOptions,
  ): Promise<(Translation | undefined)[]> {
    this.#requireOpen();
    const { targetLocale, fallback, prefer, outdated, ...given } = checkGetOptions(options);
    const references = parseNames(items, targetLocale, this.#withDefaults(given));
    return this.#track(this.#reads.read(references, wishesOf({ fallback, prefer, outdated })));
  }

  /**
   * Yields every translation of one locale, page by page, in a stable order. It does not count as use of the texts.
   *
   * @throws {InvalidItemError}
   */
  async *listTranslations(query: ListQuery): AsyncGenerator<Translation, void, undefined> {
    this.#requireOpen();
    const filter = parseList(query, this.#settings);
    const { prefer = "approved-or-translated" } = query;
    let cursor: string | undefined;
    do {
      this.#requireOpen();
      const page = await this.#track(this.#store.list(filter, { cursor, limit: ROWS_PER_PAGE }));
      for (const translation of page.items) yield preferred(translation, prefer);
      cursor = page.nextCursor ?? undefined;
    } while (cursor !== undefined);
  }

  /**
   * Yields the text of every business id that was requested for a locale, for a program that loads all of them. An id stands for
   * the text that was seen last under it; one without a translation yields null. In the locale of its source, a text stands for
   * itself. It counts as use of the texts.
   *
   * @throws {InvalidItemError}
   */
  async *exportTexts(query: ExportQuery): AsyncGenerator<ExportedText, void, undefined> {
    this.#requireOpen();
    const filter = parseExport(query, this.#settings);
    let cursor: string | undefined;
    do {
      this.#requireOpen();
      const page = await this.#track(this.#reads.exportTexts(filter, cursor));
      yield* page.items;
      cursor = page.nextCursor ?? undefined;
    } while (cursor !== undefined);
  }

  /**
   * A page of the translations of one locale that a filter fits, in the order of their business ids; or, with `queue`, of those that a
   * person has to look at: with a warning, changed since a decision, then a sample. Its work is bounded: it may have fewer items
   * than `limit` (default 100, at most 1,000), or none, and still a cursor. It never comes from memory, and is no use of the texts.
   *
   * @throws {InvalidItemError}
   * @throws {SettingsError} `limit` has a bad value.
   */
  async listForReview(query: ReviewListQuery): Promise<ReviewPage> {
    this.#requireOpen();
    const { filter, page } = parseReviewList(query, this.#settings);
    return this.#track(this.#store.listForReview(filter, page));
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
    return waitForTranslations(references, {
      read,
      watch: (listener) => this.#store.watchEvents(listener),
      timeoutMs,
      signal,
      closing: this.#closing.signal,
    });
  }

  /**
   * Changes of texts since a cursor, in the order in which every reader gets them: each committed change once. The first call switches
   * the feed on, for as long as it is read at least once in the retention of events (`TH_EVENT_RETENTION_DAYS`).
   *
   * For a copy of the translations: get `next` of `events({ after: "now" })`, list the translations, and go on from that cursor.
   *
   * @throws {CursorGoneError} Events after the cursor are missing: list the translations anew.
   * @throws {FeedOpeningError} Transactions that began before the feed was switched on take too long.
   * @throws {SettingsError | InvalidItemError} A part of the query has a bad value.
   */
  async events(query: EventsQuery = {}): Promise<EventPage> {
    this.#requireOpen();
    const page = await this.#track(this.#store.events(parseEvents(query, this.#settings)));
    return this.#reads.told(page);
  }

  /**
   * Yields pages of {@link events} as they come, until the loop is left or `signal` aborts; then it ends. A page without events comes at
   * most every five seconds, where the feed has gone on without one for this filter: keep its `next`, so that the cursor does not grow too old. All
   * followers of the process share one look at the store in 50 ms. An outage of the store is waited for.
   *
   * @throws {CursorGoneError} Events after the cursor are missing, also later on: after a restore.
   * @throws {SettingsError | InvalidItemError} A part of the query has a bad value.
   */
  async *followEvents(query: FollowQuery = {}): AsyncGenerator<EventPage, void, undefined> {
    this.#requireOpen();
    const { signal, ...filter } = parseFollow(query, this.#settings);
    const pages = followEvents(filter, {
      events: (page) => this.#track(this.#store.events(page)),
      watch: (listener) => this.#store.watchEvents(listener),
      signal,
      closing: this.#closing.signal,
    });
    for await (const page of pages) yield this.#reads.told(page);
  }

  /**
   * Waits until many texts are settled in one locale, or until the time is up, and resolves to what stands then, in the order
   * given. The answer never comes from memory. Aborting `signal` ends the wait like the time.
   *
   * @throws {InvalidItemError}
   * @throws {SettingsError} An option is unknown, or has a bad value.
   */
  async waitForTranslations(
    items: readonly (ReadName | string)[],
    options: WaitOptions,
  ): Promise<{ translations: (Translation | undefined)[]; settled: boolean }> {
    this.#requireOpen();
    const { targetLocale, timeoutMs = 30_000, signal, ...given } = checkWaitOptions(options);
    const references = parseNames(items, targetLocale, this.#withDefaults(given));
    const read = (open: typeof references) => this.#track(this.#reads.readSettled(open));
    try {
      const translations = await waitForTranslations(references, {
        read,
        watch: (listener) => this.#store.watchEvents(listener),
        timeoutMs,
        signal,
        closing: this.#closing.signal,
      });
      return { translations, settled: true };
    } catch (error) {
      if (!(error instanceof WaitTimeoutError || error instanceof CancelledError)) throw error;
      const translations = await read(references);
      return { translations, settled: translations.every((each) => each !== undefined && isSettled(each)) };
    }
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
    const approving = this.#reads.write(
      (store) => store.approve(approval),
      (cache, approved) => (approved === undefined ? cache.clear() : cache.forget([approved])),
    );
    this.#reportActs(
      [{ kind: "approve" }],
      approving.then(() => [{}]),
    );
    return this.#withWarnings(await this.#track(approving), query.format);
  }

  /**
   * Rejects a text: it is translated anew, ahead of other work, and the note goes to the engine. Readers get the old text until
   * then, or none (`hide`). If that fails, the old text stays, as `translated`; a hidden one stays hidden.
   *
   * @throws {TranslationNotFoundError} There is no such translation, or it has no text to reject.
   * @throws {RevisionChangedError} The translation changed since the reviewer read it.
   * @throws {InvalidItemError}
   */
  reject(query: RejectQuery): Promise<Translation> {
    return this.#act({ ...query, kind: "reject" });
  }

  /**
   * Takes an approval back: the text stays, and a machine may replace it when it is told to.
   *
   * @throws {TranslationNotFoundError}
   * @throws {NotApprovedError}
   * @throws {RevisionChangedError} The translation changed since the reviewer read it.
   * @throws {InvalidItemError}
   */
  reopen(query: ReviewQuery): Promise<Translation> {
    return this.#act({ ...query, kind: "reopen" });
  }

  /**
   * Takes back the latest act of a person that is not undone: text, engine, model, flags, status and approval are as before it, at a
   * new revision. A text that waited goes back to work; a dead letter that the act closed is open again. Called again, it takes back
   * the act before.
   *
   * @throws {TranslationNotFoundError}
   * @throws {NothingToUndoError}
   * @throws {RevisionChangedError} The translation changed since the person read it; without a revision, since the last act.
   * @throws {InvalidItemError}
   */
  undo(query: ReviewQuery): Promise<Translation> {
    return this.#act({ ...query, kind: "undo" });
  }

  /**
   * Takes up to 500 acts, in their order and in one commit. One result for each, in their order: an act that cannot be taken has
   * its error, and stops no other. An approved text comes with `warnings`, as from {@link approve}.
   *
   * @throws {InvalidItemError} The acts are no list, or more than 500. A fault of one act is in its result.
   */
  async review(acts: readonly ReviewActQuery[]): Promise<ReviewResult[]> {
    this.#requireOpen();
    requireActs(acts);
    const results = new Array<ReviewResult>(acts.length);
    const sound: { at: number; act: ReviewAct }[] = [];
    for (const [at, query] of acts.entries()) {
      try {
        sound.push({ at, act: parseAct(query, this.#settings) });
      } catch (error) {
        if (!(error instanceof InvalidItemError)) throw error;
        results[at] = { error: error.at(at) };
      }
    }
    const taken = await this.#review(sound.map(({ act }) => act));
    for (const [place, result] of taken.entries()) {
      const { at = 0, act } = sound[place] ?? {};
      const { format } = acts[at] ?? {};
      if (act?.kind === "approve" && result.translation !== undefined) {
        results[at] = { translation: await this.#withWarnings(result.translation, format) };
      } else results[at] = result;
    }
    return results;
  }

  /**
   * The history of a translation, latest entry first: the acts of people, and every text that a machine replaced. It never comes
   * from memory.
   *
   * @throws {InvalidItemError}
   * @throws {SettingsError} `limit` has a bad value.
   */
  async history(query: HistoryQuery): Promise<Page<HistoryEntry>> {
    this.#requireOpen();
    const { reference, page } = parseHistory(query, this.#settings);
    return this.#track(this.#store.history(reference, page));
  }

  /**
   * One translation's whole story: where its text comes from, who uses it and with which hint, the checks of today, the pairs of the
   * memory that went along, the latest acts of people, its dead letter, and what it waits for. It does not count as use of the text.
   *
   * The version of an engine's instructions and the cost of one text are not told: an engine call has many texts, and neither is stored with each.
   *
   * @throws {TranslationNotFoundError}
   * @throws {InvalidItemError}
   */
  async why(query: WhyQuery): Promise<Why> {
    this.#requireOpen();
    const reference = parseWhy(query, this.#settings);
    const [found] = await this.#track(this.#reads.readSettled([reference]));
    if (found === undefined)
      throw new TranslationNotFoundError("there is no such translation", { hint: NOT_FOUND_HINT });
    // The checks are a third of the modules of core, and most programs ask nothing.
    const { tellWhy } = await import("./why.ts");
    return this.#track(tellWhy(this.#store, found));
  }

  /**
   * The pairs of the translation memory whose sources are like a text, the best first: a score of 1 is the text itself, and 0.7 the
   * least.
   *
   * @throws {InvalidItemError}
   * @throws {SettingsError} `limit` has a bad value.
   */
  async searchMemory(query: MemorySearchQuery): Promise<MemoryMatch[]> {
    this.#requireOpen();
    return this.#track(this.#store.memory.search(parseMemorySearch(query, this.#settings)));
  }

  /**
   * Stores pairs of texts that people have translated elsewhere. A bad pair does not keep the others from being stored. Pairs go in
   * steps of 1,000: a call that was cut off has done a part, and the same call does the rest.
   *
   * @throws {InvalidItemError} The project is not valid.
   */
  async importMemory(
    pairs: readonly MemoryPairInput[],
    { project = this.#settings.project }: { project?: string | undefined } = {},
  ): Promise<MemoryReceipt> {
    this.#requireOpen();
    const own = parseName(project, "project", "TH_PROJECT");
    return this.#track(importPairs(this.#store.memory, own, pairs, this.#settings));
  }

  /**
   * Lists the pairs of the translation memory, in the order in which they were first stored.
   *
   * @throws {InvalidItemError}
   */
  async *listMemory(query: MemoryListQuery = {}): AsyncGenerator<MemoryUnit, void, undefined> {
    this.#requireOpen();
    const filter = parseMemoryList(query, this.#settings);
    let cursor: string | undefined;
    do {
      this.#requireOpen();
      const page = await this.#track(this.#store.memory.list(filter, { cursor, limit: ROWS_PER_PAGE }));
      yield* page.items;
      cursor = page.nextCursor ?? undefined;
    } while (cursor !== undefined);
  }

  /**
   * The pairs of the translation memory that an engine had when it made the present text of a translation, or that gave it its text.
   *
   * @throws {InvalidItemError}
   */
  async memoryUsed(query: GetQuery): Promise<MemoryUnit[]> {
    this.#requireOpen();
    requireGetQuery(query);
    return this.#track(this.#store.memory.usedFor(parseReference(query, query.targetLocale, this.#settings)));
  }

  async #act(query: ReviewActQuery): Promise<Translation> {
    this.#requireOpen();
    const [result] = await this.#review([parseAct(query, this.#settings)]);
    if (result?.translation === undefined) throw result?.error ?? new Error("the store gave no result for an act");
    return result.translation;
  }

  #review(acts: readonly ReviewAct[]): Promise<ReviewResult[]> {
    if (acts.length === 0) return Promise.resolve([]);
    const reviewing = this.#reads.write(
      (store) => store.review(acts),
      (cache, results) => {
        if (results === undefined) cache.clear();
        else cache.forget(results.flatMap(({ translation }) => translation ?? []));
      },
    );
    this.#reportActs(acts, reviewing);
    return this.#track(reviewing);
  }

  #reportActs(
    acts: readonly Pick<ReviewAct, "kind">[],
    results: Promise<readonly Pick<ReviewResult, "error">[]>,
  ): void {
    const { observer } = this.#settings;
    if (observer?.reviewed !== undefined) void reportReview(observer, acts, results);
    else results.catch(() => undefined);
  }

  async #withWarnings(translation: Translation, format: ReviewActQuery["format"]): Promise<ApprovedTranslation> {
    // The checks are a third of the modules of core, and most programs approve nothing.
    const { approvalWarnings } = await import("./approval-warnings.ts");
    return { ...translation, warnings: approvalWarnings(translation, parseFormat(format)) };
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
   * Sets a budget of a project, or changes its amount; returns the project's budgets. Within two seconds every engine call of the
   * project is held to it, in all processes. Work that waits for the budget goes on.
   *
   * @throws {SettingsError} A part is missing, or has a bad value; or the project's other budget is in another currency.
   */
  async setBudget(budget: BudgetToSet): Promise<BudgetStatus[]> {
    this.#requireOpen();
    return this.#track(this.#store.setBudget(checkBudget(budget)));
  }

  /** Removes a budget; work that waits for it goes on. False: there was none. */
  async removeBudget(budget: Pick<Budget, "project" | "per">): Promise<boolean> {
    this.#requireOpen();
    return this.#track(this.#store.removeBudget(checkBudgetName(budget)));
  }

  /**
   * The budgets in their present periods. `project` null: of every project; default: the coordinator's.
   *
   * @throws {InvalidItemError} The project is not valid.
   */
  async listBudgets({ project = this.#settings.project }: { project?: string | null } = {}): Promise<BudgetStatus[]> {
    this.#requireOpen();
    const own = project === null ? undefined : parseName(project, "project", "TH_PROJECT");
    return this.#track(this.#store.listBudgets(own));
  }

  /**
   * The terms and styles of a project. Default: the coordinator's.
   *
   * @throws {InvalidItemError} The project is not valid.
   */
  async glossary({ project = this.#settings.project }: { project?: string | undefined } = {}): Promise<Glossary> {
    this.#requireOpen();
    return this.#track(this.#store.readGlossary(parseName(project, "project", "TH_PROJECT")));
  }

  /**
   * Sets and removes terms of a project's glossary; all of it holds, or nothing. Texts that a worker claims after this call are
   * translated with them. Translations of texts that have a changed term are stale: see `listStale` and `retranslateStale`.
   *
   * @throws {SettingsError} A part is missing, or has a bad value.
   * @throws {RevisionChangedError} `revision` is not the glossary's.
   */
  async editGlossary(edit: EditGlossaryQuery): Promise<GlossaryEdited> {
    this.#requireOpen();
    return this.#track(this.#store.editGlossary({ ...edit, project: edit.project ?? this.#settings.project }));
  }

  /**
   * Sets the style of a project for a target locale, or (null) for each. It takes the place of the one before.
   *
   * @throws {SettingsError} A part is missing, or has a bad value.
   */
  async setStyle(style: Omit<StyleInput, "project"> & { project?: string | undefined }): Promise<Glossary> {
    this.#requireOpen();
    return this.#track(this.#store.setStyle({ ...style, project: style.project ?? this.#settings.project }));
  }

  /** Removes a style. False: there was none. */
  async removeStyle(style: { targetLocale: string | null; project?: string | undefined }): Promise<boolean> {
    this.#requireOpen();
    const project = parseName(style.project ?? this.#settings.project, "project", "TH_PROJECT");
    const locale = style.targetLocale === null ? null : canonicalLocale(style.targetLocale, "targetLocale");
    return this.#track(this.#store.removeStyle(project, locale));
  }

  /**
   * The translations that edits of the glossary made stale, in a stable order: of texts that have the term, as it was or as it is. One
   * that was translated anew or looked at by a person since is not stale.
   */
  async listStale(query: StaleQuery, page?: PageRequest): Promise<Page<StaleTranslation>> {
    this.#requireOpen();
    return this.#track(this.#store.listStale(this.#laneOf(query), page));
  }

  /** Asks for every stale translation anew, with low priority. Approved ones stay as they are. An interrupted call has asked for a part. */
  async retranslateStale(query: StaleQuery): Promise<RetranslateReport> {
    this.#requireOpen();
    const lane = this.#laneOf(query);
    const retranslate = async (store: PersistenceHandler): Promise<RetranslateReport> => {
      const report = { requested: 0, approved: 0 };
      for (let cursor: string | undefined | null; cursor !== null; ) {
        const page: Page<StaleTranslation> = await store.listStale(lane, { limit: ROWS_PER_PAGE, cursor });
        const requests = requestsOf(page);
        const receipts = requests.length > 0 ? await store.register(requests) : [];
        const refused = receipts.find(({ error }) => error !== undefined);
        if (refused?.error !== undefined) throw refused.error;
        report.requested += requests.length;
        report.approved += page.items.filter(({ translation }) => translation.status === "approved").length;
        cursor = page.nextCursor;
      }
      return report;
    };
    return this.#track(this.#reads.write(retranslate, (cache) => cache.clear()));
  }

  #laneOf({ targetLocale, project = this.#settings.project }: StaleQuery): StaleFilter {
    return {
      project: parseName(project, "project", "TH_PROJECT"),
      targetLocale: canonicalLocale(targetLocale, "targetLocale"),
    };
  }

  /**
   * Confirms what a provider billed for calls that ended without an answer; budgets count the confirmed amount from then on.
   *
   * @throws {SettingsError} It names no call and no period, or a part has a bad value.
   */
  async confirmUsage(confirmation: UsageConfirmation): Promise<UsageConfirmed> {
    this.#requireOpen();
    return this.#track(this.#store.confirmUsage(checkConfirmation(confirmation)));
  }

  /**
   * Makes a webhook: servers (`trans-hub serve`) tell its URL of every event after this call, and no text. Switches the feed of events
   * on.
   *
   * @throws {SettingsError} A part is missing, or has a bad value; or the project has fifty webhooks.
   * @throws {FeedOpeningError} The feed is being switched on, and a transaction that began before is still running.
   */
  async createWebhook(webhook: WebhookInput): Promise<Webhook> {
    this.#requireOpen();
    const { project = this.#settings.project } = webhook;
    return this.#track(this.#store.createWebhook(checkWebhook({ ...webhook, project })));
  }

  /** The webhooks with their state. `project` null: of every project; default: the coordinator's. */
  async listWebhooks({ project = this.#settings.project }: { project?: string | null } = {}): Promise<Webhook[]> {
    this.#requireOpen();
    return this.#track(this.#store.listWebhooks(project ?? undefined));
  }

  /**
   * Changes a webhook, disables it, enables it again, or has it begin anew at a place in the feed (`after`).
   *
   * @throws {SettingsError} A change has a bad value.
   * @throws {WebhookNotFoundError}
   */
  async changeWebhook(name: WebhookName, changes: WebhookChanges): Promise<Webhook> {
    this.#requireOpen();
    return this.#track(this.#store.changeWebhook(checkWebhookName(name), checkWebhookChanges(changes)));
  }

  /**
   * Begins the next secret of a webhook. The one before signs too for `overlapSeconds`; default: a day.
   *
   * @throws {WebhookNotFoundError}
   */
  async rotateWebhook({
    overlapSeconds = DAY_SECONDS,
    ...name
  }: WebhookName & { overlapSeconds?: number | undefined }): Promise<Webhook> {
    this.#requireOpen();
    return this.#track(this.#store.rotateWebhook(checkWebhookName(name), checkOverlap(overlapSeconds)));
  }

  /** Removes a webhook. False: there was none. The feed is switched off once nobody has read it for the retention of events. */
  async removeWebhook(name: WebhookName): Promise<boolean> {
    this.#requireOpen();
    return this.#track(this.#store.removeWebhook(checkWebhookName(name)));
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

  /**
   * The accounts of engine calls: tokens, characters and costs, split as asked. Records are kept for the retention of the
   * collection, and for 90 days at least.
   *
   * @throws {SettingsError} An option is unknown, or has a bad value.
   */
  async usage(query: UsageQuery = {}): Promise<UsageReport> {
    this.#requireOpen();
    return this.#track(this.#store.usage(checkUsageQuery(query)));
  }

  /** The open dead letters, oldest first: texts past their last attempt. Default project: the coordinator's. */
  async listDeadLetters(query: DeadLetterFilter & DeadLetterPageRequest = {}): Promise<Page<DeadLetter>> {
    this.#requireOpen();
    const { filter, page } = parseDeadLetters(query, this.#settings, LISTED_LETTER_KEYS);
    return this.#track(this.#store.listDeadLetters(filter, page));
  }

  /** The open dead letters that a replay or a purge with this filter would take. */
  async countDeadLetters(filter: DeadLetterFilter = {}): Promise<number> {
    this.#requireOpen();
    const { filter: letters } = parseDeadLetters(filter, this.#settings);
    return this.#track(this.#store.countDeadLetters(letters));
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
   * Makes a token for the HTTP API. `token` is the token itself, which no later call can give again: only its hash is stored.
   *
   * @throws {SettingsError} An option is missing, is unknown, or has a bad value.
   */
  async createToken(options: TokenOptions): Promise<CreatedToken> {
    this.#requireOpen();
    const { token, stored } = makeToken(options);
    return { token, ...(await this.#track(this.#store.tokens.create(stored))) };
  }

  /** Every token of the HTTP API, revoked and ended ones too, the newest first. Neither a token nor a hash is in the answer. */
  async listTokens(): Promise<ApiToken[]> {
    this.#requireOpen();
    return this.#track(this.#store.tokens.list());
  }

  /**
   * Ends a token. Servers refuse it within ten seconds.
   *
   * @returns False: there is no token of this id. True also for one that was revoked before.
   * @throws {SettingsError} `id` is no id of a token.
   */
  async revokeToken(id: string): Promise<boolean> {
    this.#requireOpen();
    return this.#track(this.#store.tokens.revoke(checkTokenId(id)));
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

function wishesOf({
  fallback = false,
  prefer = "approved-or-translated",
  outdated = "none",
}: Pick<GetOptions, "fallback" | "outdated" | "prefer">) {
  return { fallback, prefer, outdated };
}
