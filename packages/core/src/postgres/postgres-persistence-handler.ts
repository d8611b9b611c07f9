/** The store on PostgreSQL. Each method is one line to the room where its work is done. */
import type pg from "pg";
import type { Budget, BudgetStatus, BudgetToSet, UsageConfirmation, UsageConfirmed } from "../contract/budget.ts";
import type { CollectOptions, CollectReport } from "../contract/collect.ts";
import type {
  CancelFilter,
  ForgetOptions,
  ForgetReference,
  ForgetReport,
  Pause,
  PauseTarget,
} from "../contract/control.ts";
import type { DeadLetter, DeadLetterFilter, DeadLetterPageRequest } from "../contract/dead-letter.ts";
import type { EngineGate } from "../contract/engine-gate.ts";
import { ClosedError, SettingsError } from "../contract/errors.ts";
import type { EventPage, EventQuery, FeedListener } from "../contract/event.ts";
import type { ConnectionUse, FleetMeasure } from "../contract/fleet-measure.ts";
import type {
  Glossary,
  GlossaryEdit,
  GlossaryEdited,
  StaleFilter,
  StaleTranslation,
  StyleInput,
} from "../contract/glossary.ts";
import type { RegisterItem } from "../contract/item.ts";
import type { LockWait } from "../contract/lock-wait.ts";
import type { MemoryStore } from "../contract/memory.ts";
import type { OnceCall, OnceEnd, OnceKey } from "../contract/once.ts";
import type { Page, PageRequest } from "../contract/page.ts";
import type {
  ExportFilter,
  ListFilter,
  ReadOptions,
  ReviewFilter,
  ReviewPage,
  StoredExport,
  UseKey,
} from "../contract/read.ts";
import type { ItemReceipt, RegisterOptions } from "../contract/register.ts";
import type {
  Approval,
  Contribution,
  ContributionOutcome,
  HistoryEntry,
  ReviewAct,
  ReviewResult,
} from "../contract/review.ts";
import type { StoreStatus } from "../contract/status.ts";
import type { PersistenceHandler } from "../contract/store.ts";
import type { TokenStore } from "../contract/token.ts";
import type { TransactionClient } from "../contract/transaction.ts";
import type {
  IdReference,
  NamedReference,
  OutdatedText,
  Prefer,
  Translation,
  TranslationKey,
  TranslationReference,
} from "../contract/translation.ts";
import type { UsageQuery, UsageReport } from "../contract/usage.ts";
import type {
  Webhook,
  WebhookChanges,
  WebhookClaim,
  WebhookName,
  WebhookOutcome,
  WebhookToCreate,
  WebhookTurn,
} from "../contract/webhook.ts";
import type { TranslationFacts } from "../contract/why.ts";
import type { TranslateWork, WorkOptions, WorkSummary } from "../contract/work.ts";
import { parseEventQuery } from "../rules/event-cursor.ts";
import { optionKinds as kinds, optionCheck } from "../rules/options.ts";
import { checkCollectOptions, checkWorkOptions } from "../rules/store-options.ts";
import { checkUsageQuery } from "../rules/usage-report.ts";
import { checkWebhook, checkWebhookChanges } from "../rules/webhooks.ts";
import { confirmUsage, listBudgets, removeBudget, setBudget } from "./budget/budget-store.ts";
import { collect } from "./collect/collect.ts";
import { cancel } from "./control/cancel.ts";
import { countDeadLetters, listDeadLetters, purgeDeadLetters, replayDeadLetters } from "./control/dead-letter-store.ts";
import { forget } from "./control/forget.ts";
import { pause, resume } from "./control/pause.ts";
import { checkSchema } from "./database/check-schema.ts";
import type { ConnectionUrl } from "./database/connection-url.ts";
import { openDirectPool } from "./database/direct-pool.ts";
import { LockWatch } from "./database/lock-watch.ts";
import { ConnectionPool } from "./database/pool.ts";
import { PostgresEngineGate } from "./engine-limit/postgres-engine-gate.ts";
import { PostgresFeed } from "./feed/feed.ts";
import { editGlossary, listStale, readGlossary, removeStyle, setStyle } from "./glossary/glossary-store.ts";
import { PostgresMemory } from "./memory/postgres-memory.ts";
import { readOutdated, readTranslationsByKey, touchTranslations, touchUses } from "./read/read-store.ts";
import { ReplicaReads } from "./read/replica.ts";
import { appendItems } from "./register/append.ts";
import { type RegisterSettings, Registrar } from "./register/register-store.ts";
import { contribute } from "./review/contribute.ts";
import { approve, history, review } from "./review/review.ts";
import { type ChangeListener, Voice } from "./settle/voice.ts";
import { measure } from "./status/fleet-store.ts";
import { readStatus } from "./status/status-store.ts";
import { readUsage } from "./status/usage.ts";
import { PostgresTokenStore } from "./token/token-store.ts";
import {
  changeWebhook,
  claimWebhooks,
  createWebhook,
  listWebhooks,
  noteWebhook,
  removeWebhook,
  rotateWebhook,
} from "./webhook/webhook-store.ts";
import { translationFacts } from "./why/why.ts";

export interface PostgresOptions {
  /** `postgres://…`, or a function that gives the URL of this moment: each new connection calls it. It must not throw. */
  databaseUrl: ConnectionUrl;
  /** PostgreSQL itself, where `databaseUrl` goes through a transaction-mode pooler. */
  directUrl?: ConnectionUrl | undefined;
  /**
   * A standby of the database. Reads and lists go there; everything else, and texts that the standby does not have, go to
   * `databaseUrl`. Default: none.
   */
  readUrl?: ConnectionUrl | undefined;
  /** Of this process. Default 10. */
  maxConnections?: number | undefined;
  /** Milliseconds to wait for a connection. Default 30,000. */
  connectTimeoutMs?: number | undefined;
  /** Milliseconds to wait for the answer to a statement. Default 60,000. */
  answerTimeoutMs?: number | undefined;
  /** The most texts of one batch, which is one job. Default 50. */
  batchSize?: number | undefined;
  /** The most bytes of text of one batch; a single longer text is a batch of its own. Default 32,768. */
  batchBytes?: number | undefined;
  /** Decides how often a use is noted again: after a tenth of it, a day at most. Default 90. */
  retentionDays?: number | undefined;
  /** Seconds between looks for work when nothing announces any. Default 2. */
  pollSeconds?: number | undefined;
  /** Seconds between beats. Default 2. */
  heartbeatSeconds?: number | undefined;
  /** Seconds of silence after which a member of the fleet counts as dead. Default 12. */
  rescueAfterSeconds?: number | undefined;
  applicationName?: string | undefined;
  /** Hears of connections lost while idle. */
  onConnectionLost?: ((error: Error) => void) | undefined;
  /** Hears of each change that this process committed to stored texts; see `TextChange`. Default: none, at no cost. */
  onChange?: ChangeListener | undefined;
  /**
   * Hears of each statement that has waited for a lock for three seconds, and every 30 s after that. Behind a pooler it hears
   * of all sessions with the same `applicationName`. A look is made only while a statement takes that long; where all
   * connections are in use, it takes one more for a moment. Default: nothing is looked at.
   */
  onLockWait?: ((wait: LockWait) => void) | undefined;
}

const DAY_SECONDS = 86_400;

const checkOptions = optionCheck<PostgresOptions>("PostgresPersistenceHandler", {
  databaseUrl: kinds.required(kinds.connectionUrl),
  directUrl: kinds.connectionUrl,
  readUrl: kinds.connectionUrl,
  maxConnections: kinds.whole(1, 10_000),
  connectTimeoutMs: kinds.milliseconds,
  answerTimeoutMs: kinds.milliseconds,
  batchSize: kinds.whole(1, 1_000),
  batchBytes: kinds.whole(1, 104_857_600),
  retentionDays: kinds.decimal(0, 36_500),
  pollSeconds: kinds.positive(DAY_SECONDS),
  heartbeatSeconds: kinds.positive(DAY_SECONDS),
  rescueAfterSeconds: kinds.positive(DAY_SECONDS),
  applicationName: kinds.text,
  onConnectionLost: kinds.callback,
  onChange: kinds.callback,
  onLockWait: kinds.callback,
});

export class PostgresPersistenceHandler implements PersistenceHandler {
  readonly engineGate: EngineGate = new PostgresEngineGate(() => this.#open());
  readonly tokens: TokenStore = new PostgresTokenStore(() => this.#open());
  readonly memory: MemoryStore = new PostgresMemory(() => this.#open());
  readonly #options: PostgresOptions;
  readonly #pool: ConnectionPool;
  readonly #reads: ReplicaReads;
  readonly #register: RegisterSettings;
  readonly #registrar: Registrar;
  readonly #voice: Voice;
  readonly #feed: PostgresFeed;
  readonly #lockWatch: LockWatch | undefined;
  #directPool: pg.Pool | undefined;
  readonly #works = new Set<Promise<unknown>>();
  readonly #closing = new AbortController();
  #closed: Promise<void> | undefined;

  private constructor(options: PostgresOptions) {
    this.#options = checkOptions(options);
    this.#pool = new ConnectionPool(options);
    this.#reads = new ReplicaReads(this.#pool, options);
    this.#voice = new Voice(options.onChange);
    this.#feed = new PostgresFeed(this.#pool);
    if (options.onLockWait !== undefined) {
      this.#lockWatch = new LockWatch({
        pool: this.#pool,
        directUrl: options.directUrl ?? options.databaseUrl,
        pooledName: this.#pool.prepared ? undefined : (options.applicationName ?? "trans-hub"),
        onWaiting: options.onLockWait,
      });
      this.#lockWatch.watch(this.#pool.raw);
    }
    this.#register = {
      batchSize: options.batchSize ?? 50,
      batchBytes: options.batchBytes ?? 32_768,
      touchAfterSeconds: Math.min(DAY_SECONDS, ((options.retentionDays ?? 90) * DAY_SECONDS) / 10),
    };
    this.#registrar = new Registrar(this.#pool, this.#register, this.#voice);
  }

  /** Opens without a statement to the database, for a caller that waits until the database is there. */
  static open(options: PostgresOptions): PostgresPersistenceHandler {
    return new PostgresPersistenceHandler(options);
  }

  /**
   * Connects and looks whether the schema is one that this release may run on.
   *
   * @throws {DatabaseUnavailableError}
   * @throws {DatabaseRefusedError}
   * @throws {SchemaMissingError} It is not there, or older.
   * @throws {SchemaNewerError} It is newer, and does not say that this release may run beside it.
   */
  static async connect(options: PostgresOptions): Promise<PostgresPersistenceHandler> {
    const handler = PostgresPersistenceHandler.open(options);
    try {
      await checkSchema(handler.#pool);
      return handler;
    } catch (error) {
      await handler.close();
      throw error;
    }
  }

  async register(items: readonly RegisterItem[], options?: RegisterOptions): Promise<ItemReceipt[]> {
    this.#open();
    return this.#registrar.register(items, options);
  }

  async registerOnce<Answer>(
    key: OnceKey,
    calls: readonly OnceCall[],
    answerOf: (receipts: readonly ItemReceipt[][]) => Answer,
  ): Promise<OnceEnd<Answer>> {
    this.#open();
    return this.#registrar.registerOnce(key, calls, answerOf);
  }

  async enqueue(client: TransactionClient, items: readonly RegisterItem[], options?: RegisterOptions): Promise<void> {
    this.#open();
    await appendItems(client, items, options);
  }

  async read(references: readonly TranslationReference[], options?: ReadOptions): Promise<(Translation | undefined)[]> {
    this.#open();
    return this.#reads.read(references, options);
  }

  async readKeys(keys: readonly TranslationKey[]): Promise<Translation[]> {
    return readTranslationsByKey(this.#open(), keys);
  }

  async list(filter: ListFilter, page?: PageRequest): Promise<Page<Translation>> {
    this.#open();
    return this.#reads.list(filter, page);
  }

  async exportTexts(filter: ExportFilter, page?: PageRequest): Promise<Page<StoredExport>> {
    this.#open();
    return this.#reads.exportTexts(filter, page);
  }

  async listForReview(filter: ReviewFilter, page?: PageRequest): Promise<ReviewPage> {
    this.#open();
    return this.#reads.listForReview(filter, page);
  }

  async touch(references: readonly NamedReference[]): Promise<void> {
    await touchTranslations(this.#open(), references, this.#register.touchAfterSeconds);
  }

  async touchUses(project: string, uses: readonly UseKey[]): Promise<void> {
    await touchUses(this.#open(), project, uses);
  }

  async approve(approval: Approval): Promise<Translation> {
    return this.#seen(approve(this.#open(), this.#voice, this.#register, approval));
  }

  async review(acts: readonly ReviewAct[]): Promise<ReviewResult[]> {
    return this.#seen(review(this.#open(), this.#voice, this.#register, acts));
  }

  async history(reference: TranslationReference, page?: PageRequest): Promise<Page<HistoryEntry>> {
    return history(this.#open(), reference, page);
  }

  async readOutdated(
    references: readonly Extract<NamedReference, { businessId: string }>[],
    { prefer }: { prefer: Prefer },
  ): Promise<(OutdatedText | undefined)[]> {
    return readOutdated(this.#open(), references, prefer);
  }

  async why(reference: IdReference): Promise<TranslationFacts | undefined> {
    return translationFacts(this.#open(), reference);
  }

  async contribute(contributions: readonly Contribution[]): Promise<ContributionOutcome[]> {
    return this.#seen(contribute(this.#open(), this.#voice, this.#register, contributions));
  }

  async collect(options: CollectOptions): Promise<CollectReport> {
    return collect(this.#open(), this.#voice, checkCollectOptions(options));
  }

  async forget(reference: ForgetReference, options?: ForgetOptions): Promise<ForgetReport> {
    return this.#seen(forget(this.#open(), this.#voice, reference, options));
  }

  async cancel(filter: CancelFilter): Promise<number> {
    return this.#seen(cancel(this.#open(), this.#voice, filter));
  }

  async pause(target: PauseTarget): Promise<Pause[]> {
    return pause(this.#open(), target);
  }

  async resume(target: PauseTarget): Promise<Pause[]> {
    return resume(this.#open(), this.engineGate, target);
  }

  async setBudget(budget: BudgetToSet): Promise<BudgetStatus[]> {
    return setBudget(this.#open(), budget);
  }

  async removeBudget(budget: Pick<Budget, "project" | "per">): Promise<boolean> {
    return removeBudget(this.#open(), budget);
  }

  async listBudgets(project?: string): Promise<BudgetStatus[]> {
    return listBudgets(this.#open(), project);
  }

  async readGlossary(project: string): Promise<Glossary> {
    return readGlossary(this.#open(), project);
  }

  async editGlossary(edit: GlossaryEdit): Promise<GlossaryEdited> {
    return editGlossary(this.#open(), edit);
  }

  async setStyle(style: StyleInput): Promise<Glossary> {
    return setStyle(this.#open(), style);
  }

  async removeStyle(project: string, targetLocale: string | null): Promise<boolean> {
    return removeStyle(this.#open(), project, targetLocale);
  }

  async listStale(filter: StaleFilter, page?: PageRequest): Promise<Page<StaleTranslation>> {
    return listStale(this.#open(), filter, page);
  }

  async confirmUsage(confirmation: UsageConfirmation): Promise<UsageConfirmed> {
    return confirmUsage(this.#open(), confirmation);
  }

  async events(query: EventQuery = {}): Promise<EventPage> {
    this.#open();
    return this.#feed.events(parseEventQuery(query));
  }

  watchEvents(listener: FeedListener): () => void {
    this.#open();
    return this.#feed.watch(listener);
  }

  async createWebhook(webhook: WebhookToCreate): Promise<Webhook> {
    const checked = checkWebhook(webhook);
    const { next } = await this.events({ after: "now", limit: 1 });
    return createWebhook(this.#open(), checked, next);
  }

  async listWebhooks(project?: string): Promise<Webhook[]> {
    return listWebhooks(this.#open(), project);
  }

  async changeWebhook(name: WebhookName, changes: WebhookChanges): Promise<Webhook> {
    const checked = checkWebhookChanges(changes);
    // The feed may have been switched off while every webhook was disabled.
    if (checked.isDisabled === false || checked.after !== undefined) await this.events({ after: "now", limit: 1 });
    return changeWebhook(this.#open(), name, checked);
  }

  async rotateWebhook(name: WebhookName, overlapSeconds: number): Promise<Webhook> {
    return rotateWebhook(this.#open(), name, overlapSeconds);
  }

  async removeWebhook(name: WebhookName): Promise<boolean> {
    return removeWebhook(this.#open(), name);
  }

  async claimWebhooks(claim: WebhookClaim): Promise<WebhookTurn[]> {
    return claimWebhooks(this.#open(), claim);
  }

  async noteWebhook(turn: WebhookTurn, outcome: WebhookOutcome, leaseMs: number): Promise<Webhook | undefined> {
    return noteWebhook(this.#open(), turn, outcome, leaseMs);
  }

  async status(project?: string): Promise<StoreStatus> {
    return readStatus(this.#open(), project);
  }

  async usage(query: UsageQuery = {}): Promise<UsageReport> {
    return readUsage(this.#open(), checkUsageQuery(query));
  }

  async measure(): Promise<FleetMeasure> {
    return measure(this.#open());
  }

  connectionUse(): ConnectionUse[] {
    const uses = [useOf("statements", this.#pool.raw)];
    if (this.#reads.pool !== undefined) uses.push(useOf("reads", this.#reads.pool.raw));
    if (this.#directPool !== undefined) uses.push(useOf("direct", this.#directPool));
    return uses;
  }

  async listDeadLetters(filter: DeadLetterFilter, page?: DeadLetterPageRequest): Promise<Page<DeadLetter>> {
    return listDeadLetters(this.#open(), filter, page);
  }

  async countDeadLetters(filter: DeadLetterFilter): Promise<number> {
    return countDeadLetters(this.#open(), filter);
  }

  async replayDeadLetters(filter: DeadLetterFilter): Promise<number> {
    const { batchSize, batchBytes } = this.#register;
    return this.#seen(replayDeadLetters(this.#open(), this.#voice, filter, batchSize, batchBytes));
  }

  async purgeDeadLetters(filter: DeadLetterFilter): Promise<number> {
    return this.#seen(purgeDeadLetters(this.#open(), this.#voice, filter));
  }

  async work(options: WorkOptions, translate: TranslateWork): Promise<WorkSummary> {
    const work = this.#work(this.#open(), checkWorkOptions(options), translate);
    this.#works.add(work);
    try {
      return await work;
    } finally {
      this.#works.delete(work);
    }
  }

  async #work(pool: ConnectionPool, options: WorkOptions, translate: TranslateWork): Promise<WorkSummary> {
    if (pool.prepared && pool.maxConnections < 2) {
      const problem = "must be at least 2 where work is done: one listens for jobs all the time";
      throw new SettingsError([{ key: "maxConnections", problem }], { hint: "See TH_MAX_CONNECTIONS." });
    }
    const { postgresWork } = await import("./work/postgres-work.ts");
    const signal = options.signal ? AbortSignal.any([options.signal, this.#closing.signal]) : this.#closing.signal;
    return postgresWork(
      {
        pool,
        directPool: this.#direct(options.concurrency),
        pollMs: (this.#options.pollSeconds ?? 2) * 1_000,
        beatMs: (this.#options.heartbeatSeconds ?? 2) * 1_000,
        rescueAfterMs: (this.#options.rescueAfterSeconds ?? 12) * 1_000,
        voice: this.#voice,
        collect: (retention) => collect(pool, this.#voice, retention),
      },
      { ...options, signal },
      translate,
    );
  }

  close(): Promise<void> {
    this.#closed ??= this.#end();
    return this.#closed;
  }

  async #end(): Promise<void> {
    this.#closing.abort();
    this.#feed.close();
    await Promise.allSettled(this.#works);
    await Promise.all([this.#pool.end(), this.#reads.end(), this.#directPool?.end(), this.#lockWatch?.stop()]);
  }

  #open(): ConnectionPool {
    if (this.#closing.signal.aborted) throw new ClosedError("The store is closed");
    return this.#pool;
  }

  /**
   * A person's act is to be seen by the reads that follow it, also where they go to a standby. One that failed may be
   * committed too, in part or with its answer lost. What workers do is not waited for: it never ends, and the standby would
   * be left unused.
   */
  async #seen<Result>(act: Promise<Result>): Promise<Result> {
    try {
      return await act;
    } finally {
      this.#reads.changed();
    }
  }

  /** graphile-worker's connections: ours, unless those go through a pooler, which cannot LISTEN. */
  #direct(concurrency: number): pg.Pool {
    if (this.#pool.prepared) return this.#pool.raw;
    if (this.#directPool !== undefined) return this.#directPool;
    this.#directPool = openDirectPool(this.#options, this.#pool.maxConnections, concurrency);
    this.#lockWatch?.watch(this.#directPool);
    return this.#directPool;
  }
}

function useOf(name: ConnectionUse["pool"], pool: pg.Pool): ConnectionUse {
  const { totalCount, idleCount, waitingCount, options } = pool;
  return { pool: name, open: totalCount, idle: idleCount, waiting: waitingCount, max: options.max };
}
