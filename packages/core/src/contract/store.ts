/**
 * The seam between Trans-Hub and its store.
 *
 * `PostgresPersistenceHandler` is the shipped implementation; a team may implement another store behind this interface.
 * The duties of an implementation are described method by method here and tested by `persistenceConformance` in
 * `@trans-hub/core/testing`, which uses only this interface and which `InMemoryPersistenceHandler` passes too.
 *
 * Every method rejects with the catalogue's errors only: `DatabaseUnavailableError` for "not now", `ClosedError` after
 * `close`.
 */
import type { Budget, BudgetStatus, BudgetToSet, UsageConfirmation, UsageConfirmed } from "./budget.ts";
import type { CollectOptions, CollectReport } from "./collect.ts";
import type { CancelFilter, ForgetOptions, ForgetReference, ForgetReport, Pause, PauseTarget } from "./control.ts";
import type { DeadLetter, DeadLetterFilter, DeadLetterPageRequest } from "./dead-letter.ts";
import type { EngineGate } from "./engine-gate.ts";
import type { EventPage, EventQuery, FeedListener } from "./event.ts";
import type { ConnectionUse, FleetMeasure } from "./fleet-measure.ts";
import type { Glossary, GlossaryEdit, GlossaryEdited, StaleFilter, StaleTranslation, StyleInput } from "./glossary.ts";
import type { RegisterItem } from "./item.ts";
import type { MemoryStore } from "./memory.ts";
import type { OnceCall, OnceEnd, OnceKey } from "./once.ts";
import type { Page, PageRequest } from "./page.ts";
import type { ExportFilter, ListFilter, ReadOptions, ReviewFilter, ReviewPage, StoredExport, UseKey } from "./read.ts";
import type { ItemReceipt, RegisterOptions } from "./register.ts";
import type { Approval, Contribution, ContributionOutcome, HistoryEntry, ReviewAct, ReviewResult } from "./review.ts";
import type { StoreStatus } from "./status.ts";
import type { TokenStore } from "./token.ts";
import type { TransactionClient } from "./transaction.ts";
import type {
  IdReference,
  NamedReference,
  OutdatedText,
  Prefer,
  Translation,
  TranslationKey,
  TranslationReference,
} from "./translation.ts";
import type { UsageQuery, UsageReport } from "./usage.ts";
import type {
  Webhook,
  WebhookChanges,
  WebhookClaim,
  WebhookName,
  WebhookOutcome,
  WebhookToCreate,
  WebhookTurn,
} from "./webhook.ts";
import type { TranslationFacts } from "./why.ts";
import type { TranslateWork, WorkOptions, WorkSummary } from "./work.ts";

export interface PersistenceHandler {
  /**
   * The fleet's shared state about its engines: rates, pauses, circuits. Optional: without it, each process keeps that
   * state by itself.
   */
  readonly engineGate?: EngineGate;

  /** The tokens of the HTTP API. */
  readonly tokens: TokenStore;

  /**
   * The translation memory. `approve`, `contribute` and every other act of a person keep it in step, in their own transactions: an approved
   * text has its pair, and the pair goes with the approval, the row or the text.
   */
  readonly memory: MemoryStore;

  /**
   * Registers items, each once for each of its target locales, durably: when this resolves, the work is committed.
   * Receipts come in the order of the items. One bad item never fails another.
   */
  register(items: readonly RegisterItem[], options?: RegisterOptions): Promise<ItemReceipt[]>;

  /**
   * Registers items as calls of `register` do, unless a request with the key has run. For requests that are not idempotent by
   * themselves, such as `force`. One transaction: the answer is stored with the work, and both are there, or neither. A key is
   * kept for a day.
   *
   * @param answerOf Makes the answer from the receipts of each call: JSON, and no text. It may throw where every item was refused:
   *   the key is then free.
   */
  registerOnce<Answer>(
    key: OnceKey,
    calls: readonly OnceCall[],
    answerOf: (receipts: readonly ItemReceipt[][]) => Answer,
  ): Promise<OnceEnd<Answer>>;

  /**
   * Appends items inside the caller's open transaction, without a lock that others could wait for. They are registered
   * after its commit, and never if it rolls back.
   *
   * @throws {BacklogFullError} The items together would go over the bound of the backlog. Nothing was appended, and the
   * transaction is as it was.
   */
  enqueue(client: TransactionClient, items: readonly RegisterItem[], options?: RegisterOptions): Promise<void>;

  /**
   * Reads translations, in the order of the references; undefined for a missing one. One round trip. An id of another project or
   * locale is a missing one. A text without a row
   * whose request waits to be registered is `queued`, or `failed` if the store refuses that request for good.
   */
  read(references: readonly TranslationReference[], options?: ReadOptions): Promise<(Translation | undefined)[]>;

  /**
   * Of business ids, in their order: the translation of the text that each stood for before, of several the one that was seen last.
   * Undefined: there is none.
   */
  readOutdated(
    references: readonly Extract<NamedReference, { businessId: string }>[],
    options: { prefer: Prefer },
  ): Promise<(OutdatedText | undefined)[]>;

  /** Reads rows by the keys from `work`; deleted rows are left out. */
  readKeys(keys: readonly TranslationKey[]): Promise<Translation[]>;

  /** Lists translations of one project and locale, in a stable order. */
  list(filter: ListFilter, page?: PageRequest): Promise<Page<Translation>>;

  /**
   * A page of the business ids under which the project requested a text in one of the locales, in a stable order; each with the
   * text of these that was seen last under it. In the locale of its source, a text stands for itself. `limit` is at most 10,000.
   */
  exportTexts(filter: ExportFilter, page?: PageRequest): Promise<Page<StoredExport>>;

  /**
   * Lists translations of one project and locale that a filter fits, in the order of their least business ids that begin with the
   * filter's prefix. The work of a page is bounded, whatever the filter: see `ReviewPage`. The queue has those with the first reason
   * first, each text once.
   */
  listForReview(filter: ReviewFilter, page?: PageRequest): Promise<ReviewPage>;

  /**
   * Notes that these texts were read, so that collection keeps them. Writes only where the last note is older than a
   * day or a tenth of the retention.
   */
  touch(references: readonly NamedReference[]): Promise<void>;

  /** Notes the uses that an export read, by the same rule. It changes nothing about which text an id stands for. */
  touchUses(project: string, uses: readonly UseKey[]): Promise<void>;

  /**
   * Stores the present text, or the given one, as approved by a person: no machine overwrites it, and an open dead
   * letter is closed.
   *
   * @throws {TranslationNotFoundError} No such row, or no text to approve.
   * @throws {RevisionChangedError} `revision` is not the row's.
   */
  approve(approval: Approval): Promise<Translation>;

  /**
   * Takes acts of people, at most `MAX_REVIEW_ACTS`, in their order and in one transaction. One result for each, in their order:
   * an act that cannot be taken changes nothing, and stops no other. Each act that is taken is in the history once.
   *
   * A rejected text goes back to work with priority, and its note goes to the engine. If the work fails, the text stays as
   * `translated`, and its dead letter says so; a text that was hidden stays hidden, and its row is `failed`. Cancelling does the same.
   *
   * An undo restores the text, engine, model, flags, status and approval from before the act, at a new revision. A row that was
   * `pending` goes back to work; the dead letter of one that was `failed` is open again.
   */
  review(acts: readonly ReviewAct[]): Promise<ReviewResult[]>;

  /**
   * The history of a translation, latest entry first: the acts of people, and every text that a machine replaced. It goes with its
   * translation, when that is forgotten, collected or purged. An unknown translation has none.
   */
  history(reference: TranslationReference, page?: PageRequest): Promise<Page<HistoryEntry>>;

  /** The facts of a translation beside its text and its history. Undefined: the project has no such translation in the locale. */
  why(reference: IdReference): Promise<TranslationFacts | undefined>;

  /**
   * Stores people's translations of texts, also of texts that were never registered. An approved text is never replaced by
   * another one. No engine is asked for a text that has one by then: running work on it stores nothing, and an open dead letter
   * is closed. One outcome for each contribution, in their order; of an item with several target locales, the least good one.
   *
   * Not one transaction: an interrupted call has done a part, and a repeated one does the rest.
   */
  contribute(contributions: readonly Contribution[]): Promise<ContributionOutcome[]>;

  /**
   * Removes everything that was unused for the retention: uses, then translations, texts and contexts without a use. A
   * text that is registered at the same moment is never lost. Dead letters that were closed before the retention go
   * too, unless a person's act closed them, and so do the records of engine calls, these after 90 days at the earliest.
   */
  collect(options: CollectOptions): Promise<CollectReport>;

  /**
   * Removes a text of a project completely, in one transaction: uses, translations (approved ones too), dead letters,
   * requests that wait to be registered, and the text and its contexts themselves unless another project uses them.
   * Running work on it stores nothing; a call that already reached an engine cannot be recalled. A later request for
   * the same text makes a new one.
   *
   * Texts named by a prefix of business ids go in bounded transactions: an interrupted call has done a part, and a repeated
   * one does the rest.
   */
  forget(reference: ForgetReference, options?: ForgetOptions): Promise<ForgetReport>;

  /**
   * Cancels work that is pending and was requested before this call: a row that never had a text is deleted, one that
   * is being translated anew returns to its state before. Running work on it stores nothing. Returns the number of
   * rows. This is not one transaction: an interrupted call has done a part, and a repeated one does the rest.
   */
  cancel(filter: CancelFilter): Promise<number>;

  /**
   * Pauses a target for every member of the fleet. Within a heartbeat none of its work is begun any more, claimed work
   * goes back without an attempt, and work that an engine is translating is finished and stored. Nothing is lost, and
   * no other work waits. Returns the pauses in force; pausing twice is the same as once.
   */
  pause(target: PauseTarget): Promise<Pause[]>;

  /**
   * Ends a pause; with an empty target, every pause. For an engine it also closes the circuit and ends the pause that the
   * fleet itself made, with an empty target for every engine. Waiting work goes on at once. Returns the remaining pauses.
   */
  resume(target: PauseTarget): Promise<Pause[]>;

  /**
   * Sets a budget, or changes the amount of one; gives the project's. A new budget counts what the ledger has of its present period.
   * Within a heartbeat every engine call of the project is reserved before it is made. Work that waits for the budget goes on.
   *
   * @throws {SettingsError} A part is missing, or is none; or the project's other budget is in another currency.
   */
  setBudget(budget: BudgetToSet): Promise<BudgetStatus[]>;

  /** Removes a budget. False: there was none. Work that waits for it goes on. */
  removeBudget(budget: Pick<Budget, "project" | "per">): Promise<boolean>;

  /** The budgets of a project, or of each, in their present periods. */
  listBudgets(project?: string): Promise<BudgetStatus[]>;

  /** The terms and styles of a project. */
  readGlossary(project: string): Promise<Glossary>;

  /**
   * Sets and removes terms; all of it holds, or nothing. Texts that are claimed after this call have the terms. Translations of texts
   * that have a changed term are stale from then on.
   *
   * @throws {SettingsError} A part is not valid.
   * @throws {RevisionChangedError} `revision` is not the glossary's.
   */
  editGlossary(edit: GlossaryEdit): Promise<GlossaryEdited>;

  /**
   * Sets the style of a project for a target locale, or for each; it takes the place of the one before.
   *
   * @throws {SettingsError} A part is not valid.
   */
  setStyle(style: StyleInput): Promise<Glossary>;

  /** Removes a style. False: there was none. */
  removeStyle(project: string, targetLocale: string | null): Promise<boolean>;

  /**
   * The translations of a lane that edits of the glossary made stale, in a stable order: of texts that have the term, as it was or as it
   * is. One that was translated anew or looked at by a person since is not stale.
   */
  listStale(filter: StaleFilter, page?: PageRequest): Promise<Page<StaleTranslation>>;

  /**
   * Confirms the costs of calls that a provider may not have billed; budgets count the confirmed amount from then on. Calls that are
   * confirmed already are left as they are.
   *
   * @throws {SettingsError} It names no call and no period, or a part is none.
   */
  confirmUsage(confirmation: UsageConfirmation): Promise<UsageConfirmed>;

  /**
   * Makes a webhook, which hears of every event after this call, and switches the feed of events on.
   *
   * @throws {SettingsError} A part is missing, or is none; or the project has fifty webhooks.
   * @throws {FeedOpeningError}
   */
  createWebhook(webhook: WebhookToCreate): Promise<Webhook>;

  /** The webhooks of a project, or of each. */
  listWebhooks(project?: string): Promise<Webhook[]>;

  /**
   * Changes a webhook. The turn of a server ends: at most the message that is under way is still sent by the rules of before.
   *
   * @throws {SettingsError} A change is none.
   * @throws {WebhookNotFoundError}
   */
  changeWebhook(name: WebhookName, changes: WebhookChanges): Promise<Webhook>;

  /**
   * Begins the next version of a webhook's secret. The version before signs too for the seconds of the overlap.
   *
   * @throws {WebhookNotFoundError}
   */
  rotateWebhook(name: WebhookName, overlapSeconds: number): Promise<Webhook>;

  /** Removes a webhook. False: there was none. The feed goes on until nobody has read it for the retention of events. */
  removeWebhook(name: WebhookName): Promise<boolean>;

  /** Leases webhooks with something to deliver to the caller. */
  claimWebhooks(claim: WebhookClaim): Promise<WebhookTurn[]>;

  /**
   * Notes a part or the end of a turn; `sent` prolongs its lease. Undefined: the turn is another server's by now, or the webhook was
   * changed or removed. The caller then sends nothing more.
   */
  noteWebhook(turn: WebhookTurn, outcome: WebhookOutcome, leaseMs: number): Promise<Webhook | undefined>;

  /**
   * Changes of texts since a cursor, in one order for all readers: each committed change once, none that was rolled back. Of one
   * translation, events come in the order of its changes. The first call switches the feed on: changes before it have no event.
   *
   * @throws {CursorGoneError} Events after the cursor are missing.
   * @throws {FeedOpeningError} Transactions that began before the feed was switched on take too long.
   */
  events(query?: EventQuery): Promise<EventPage>;

  /**
   * Calls a listener with news of the feed until the returned function is called: soon after events come, and every two seconds
   * without. It asks the store once for all listeners, and does not switch the feed on.
   */
  watchEvents(listener: FeedListener): () => void;

  /** Totals; cheap at any size. `project` undefined: all. */
  status(project?: string): Promise<StoreStatus>;

  /** The accounts of engine calls, as long as their records are kept (see `collect`). */
  usage(query?: UsageQuery): Promise<UsageReport>;

  /** Figures of the whole fleet for monitoring, from one cheap query. Optional. */
  measure?(): Promise<FleetMeasure>;

  /** This process's connections. Never waits. Left out by a store without connections. */
  connectionUse?(): ConnectionUse[];

  /** Open dead letters, oldest first. */
  listDeadLetters(filter: DeadLetterFilter, page?: DeadLetterPageRequest): Promise<Page<DeadLetter>>;

  /** The number of open dead letters that a replay or a purge with this filter would take. */
  countDeadLetters(filter: DeadLetterFilter): Promise<number>;

  /** Puts dead letters back to work, each only once however often this is called. Returns their number. */
  replayDeadLetters(filter: DeadLetterFilter): Promise<number>;

  /** Deletes dead letters and their failed rows. Returns the number of dead letters. */
  purgeDeadLetters(filter: DeadLetterFilter): Promise<number>;

  /**
   * Runs `translate` for each claimed batch and settles its result in one transaction each: good texts are stored, the
   * batch is deleted, the calls are recorded, the rest goes to a later batch or to the dead letters. A late settlement
   * of work that another member took over changes nothing. Resolves when the work ended by `until`; with `stopped` it
   * survives an outage of the store, otherwise a lost store rejects.
   */
  work(options: WorkOptions, translate: TranslateWork): Promise<WorkSummary>;

  /** Ends connections. Idempotent; resolves when all work has ended. */
  close(): Promise<void>;
}
