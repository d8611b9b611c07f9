/**
 * A store in memory. Every method is synchronous, so each is a transaction. Each subject has a file of its own beside
 * this one.
 *
 * The rules are those of the tables: a pending row at revision r is in exactly one batch at r, and a decision about a
 * row counts only while the row is still pending at the revision of the claim.
 */
import type {
  BatchBudget,
  Budget,
  BudgetStatus,
  BudgetToSet,
  UsageConfirmation,
  UsageConfirmed,
} from "../../contract/budget.ts";
import type { CollectOptions, CollectReport } from "../../contract/collect.ts";
import type {
  CancelFilter,
  ForgetOptions,
  ForgetReference,
  ForgetReport,
  Pause,
  PauseTarget,
} from "../../contract/control.ts";
import type { AttemptError, DeadLetter, DeadLetterFilter } from "../../contract/dead-letter.ts";
import type { TransHubError } from "../../contract/errors.ts";
import type { EventPage, FeedListener } from "../../contract/event.ts";
import type { Hint } from "../../contract/hint.ts";
import type { RegisterItem } from "../../contract/item.ts";
import type { OnceCall, OnceEnd, OnceKey } from "../../contract/once.ts";
import type { ExportFilter, QueueReason, StoredExport, UseKey } from "../../contract/read.ts";
import type { ItemReceipt, RegisterOptions } from "../../contract/register.ts";
import type {
  Approval,
  Contribution,
  ContributionOutcome,
  HistoryEntry,
  ReviewAct,
  ReviewResult,
} from "../../contract/review.ts";
import type { StoreStatus } from "../../contract/status.ts";
import type {
  IdReference,
  NamedReference,
  OutdatedText,
  Prefer,
  Translation,
  TranslationKey,
  TranslationReference,
} from "../../contract/translation.ts";
import type { UsageQuery, UsageReport } from "../../contract/usage.ts";
import type { TranslationFacts } from "../../contract/why.ts";
import type { EngineCall, WorkOutcome } from "../../contract/work.ts";
import type { EventFilter } from "../../rules/event-cursor.ts";
import { type Pauses, pauseOf } from "../../rules/pauses.ts";
import { LocalEngineGate } from "../../translate/limits/local-engine-gate.ts";
import { historyOf, takeActs } from "./acts.ts";
import { type Batch, type BatchItem, InMemoryBatches } from "./batches.ts";
import { InMemoryBudgets } from "./budgets.ts";
import { type Clock, SYSTEM_CLOCK } from "./clock.ts";
import { collectUnused } from "./collect.ts";
import { cancelRows, InMemoryPauses } from "./control.ts";
import { forgetTexts } from "./forget.ts";
import { InMemoryGlossaries } from "./glossaries.ts";
import type { InMemoryMemory } from "./memory.ts";
import { reasonToReview } from "./queue.ts";
import { exportedTexts, queuedTranslation, rowsOf, touchUse, touchUses, translationOf } from "./read.ts";
import { registerItems, takeInbox } from "./register.ts";
import { contributeRow, purgeLetters, replayLetters } from "./review.ts";
import type { Row } from "./row.ts";
import { buryExpiredItems, settleItems } from "./settle.ts";
import { statusOf } from "./status.ts";
import { InMemoryTables } from "./tables.ts";
import { InMemoryTokens } from "./tokens.ts";
import { usageOf } from "./usage.ts";
import { InMemoryWebhooks } from "./webhooks.ts";
import { factsOf } from "./why.ts";

export interface InMemoryStoreOptions {
  /** Default: the system's. */
  clock?: Clock;
  /** The most texts of one batch. Default 50. */
  batchSize?: number;
  /** The most bytes of text of one batch; a single longer text is a batch of its own. Default 32,768. */
  batchBytes?: number;
}

const DAY_MS = 86_400_000;

export class InMemoryStore {
  readonly clock: Clock;
  /** Claimed by `InMemoryWork`; the outcomes of a claim go to {@link settle}. */
  readonly batches: InMemoryBatches;
  readonly engineGate: LocalEngineGate;
  readonly tokens: InMemoryTokens;
  readonly webhooks: InMemoryWebhooks;
  readonly glossaries: InMemoryGlossaries;
  readonly #tables: InMemoryTables;
  readonly #paused = new InMemoryPauses();
  readonly #budgets: InMemoryBudgets;
  readonly #listeners = new Set<() => void>();
  /** The answers of requests that run once, by owner and key. */
  readonly #answers = new Map<string, { body: string; answer: unknown; at: number }>();

  constructor({ clock = SYSTEM_CLOCK, batchSize = 50, batchBytes = 32_768 }: InMemoryStoreOptions = {}) {
    this.clock = clock;
    this.batches = new InMemoryBatches({ clock, batchSize, batchBytes, pauses: () => this.pauses });
    this.#budgets = new InMemoryBudgets(clock, (project) => this.batches.waitingTexts(project));
    const onReset = () => {
      this.batches.hastenPostponed();
      this.changed();
    };
    this.engineGate = new LocalEngineGate(() => clock.now(), onReset);
    this.tokens = new InMemoryTokens(clock);
    this.#tables = new InMemoryTables(clock, this.batches);
    this.glossaries = new InMemoryGlossaries(clock, this.#tables);
    this.webhooks = new InMemoryWebhooks(clock, this.#tables.feed);
  }

  // --- Registering ---

  register(items: readonly RegisterItem[], options: RegisterOptions = {}): ItemReceipt[] {
    const receipts = registerItems(this.#tables, items, options);
    this.changed();
    return receipts;
  }

  registerOnce<Answer>(
    { owner, key, body }: OnceKey,
    calls: readonly OnceCall[],
    answerOf: (receipts: readonly ItemReceipt[][]) => Answer,
  ): OnceEnd<Answer> {
    const name = JSON.stringify([owner, key]);
    const at = this.clock.now();
    const first = this.#answers.get(name);
    if (first !== undefined && at - first.at < DAY_MS) {
      return first.body === body ? { kind: "done", answer: first.answer as Answer } : { kind: "other" };
    }
    const answer = answerOf(calls.map(({ items, options }) => this.register(items, options)));
    this.#answers.set(name, { body, answer, at });
    return { kind: "done", answer };
  }

  appendToInbox(items: readonly RegisterItem[], options: RegisterOptions = {}): void {
    for (const item of items) this.#tables.inbox.push({ item, options, at: this.clock.now() });
    this.changed();
  }

  registerInbox(): void {
    for (const { item, options } of takeInbox(this.#tables)) this.register([item], options);
  }

  // --- Reading ---

  read(reference: TranslationReference): Translation | undefined {
    const row = this.#tables.rowOf(reference);
    return row === undefined ? queuedTranslation(this.#tables, reference) : this.show(row);
  }

  readKey(key: TranslationKey): Translation | undefined {
    const row = this.#tables.row(key);
    return row && this.show(row);
  }

  /** Rows of a project and locale, in the order of their keys. */
  rows(project: string, targetLocale: string): Row[] {
    return rowsOf(this.#tables, project, targetLocale);
  }

  /** The reason to look at a row; see `QueueReason`. */
  reasonToReview(row: Row, sample: number): QueueReason | undefined {
    if (row.status === "approved") return this.glossaries.isStale(row) ? "changed" : undefined;
    return reasonToReview(this.#tables, row, sample);
  }

  exportTexts(filter: ExportFilter): StoredExport[] {
    return exportedTexts(this.#tables, filter);
  }

  touchUses(project: string, uses: readonly UseKey[]): void {
    touchUses(this.#tables, project, uses);
  }

  touch(reference: NamedReference): void {
    touchUse(this.#tables, reference);
  }

  /** What the uses of a row's text say of it. */
  hintOf({ key, content }: Row): Hint | undefined {
    return this.#tables.uses.hintOf({ project: key.project, contentNo: content.no, contextNo: key.contextNo });
  }

  get memory(): InMemoryMemory {
    return this.#tables.memory;
  }

  /** A row in the application's form. */
  show(row: Row): Translation {
    return translationOf(this.#tables, row);
  }

  // --- Reviewing and dead letters ---

  approve(approval: Approval): Translation {
    const [result] = this.review([{ ...approval, kind: "approve" }]);
    if (result?.translation === undefined) throw result?.error;
    return result.translation;
  }

  review(acts: readonly ReviewAct[]): ReviewResult[] {
    const taken = takeActs(this.#tables, acts);
    this.changed();
    return acts.map(({ reference }, at) => {
      const done = taken[at];
      if (done !== undefined && "acts" in done) return { translation: this.show(done) };
      const row = this.#tables.rowOf(reference);
      return { error: done as TransHubError, current: row && this.show(row) };
    });
  }

  history(reference: TranslationReference): HistoryEntry[] {
    const row = this.#tables.rowOf(reference);
    return row === undefined ? [] : historyOf(row);
  }

  outdated(
    { project, targetLocale, businessId }: Extract<NamedReference, { businessId: string }>,
    prefer: Prefer,
  ): OutdatedText | undefined {
    const [, ...earlier] = this.#tables.uses.seenUnder({ project, businessId });
    for (const { contentNo, contextNo } of earlier) {
      const row = this.#tables.row({ contentNo: String(contentNo), contextNo, targetLocale, project });
      if (row?.text == null || (prefer === "approved" && row.status !== "approved")) continue;
      return { text: row.text, engine: row.engine, model: row.model, flags: [...row.flags] };
    }
    return undefined;
  }

  facts(reference: IdReference): TranslationFacts | undefined {
    const row = this.#tables.rowOf(reference);
    return row && factsOf(this.#tables, row);
  }

  contribute(contributions: readonly Contribution[]): ContributionOutcome[] {
    const given = new Map<Row, string>();
    const outcomes = contributions.map((contribution) => {
      // Nothing else runs until the translation is in its row.
      this.register([{ ...contribution.item, force: false }], {});
      return contributeRow(this.#tables, contribution, given);
    });
    this.changed();
    return outcomes;
  }

  deadLetters(filter: DeadLetterFilter): DeadLetter[] {
    return this.#tables.letters.find(filter).map(({ row: _row, ...letter }) => letter);
  }

  replay(filter: DeadLetterFilter): number {
    const replayed = replayLetters(this.#tables, filter);
    this.changed();
    return replayed;
  }

  purge(filter: DeadLetterFilter): number {
    return purgeLetters(this.#tables, filter);
  }

  // --- Collecting and forgetting ---

  collect(options: CollectOptions): CollectReport {
    return collectUnused(this.#tables, options);
  }

  forget(reference: ForgetReference, options: ForgetOptions = {}): ForgetReport {
    return forgetTexts(this.#tables, reference, options);
  }

  // --- Control ---

  cancel(filter: CancelFilter): number {
    this.registerInbox();
    const cancelled = cancelRows(this.#tables, filter);
    this.changed();
    return cancelled;
  }

  /** The pauses in a worker's form. */
  get pauses(): Pauses {
    return this.#paused.current;
  }

  pause(target: PauseTarget): Pause[] {
    this.#paused.add(target, new Date(this.clock.now()));
    return this.#paused.list();
  }

  resume(target: PauseTarget): Pause[] {
    this.#paused.remove(target);
    const { kind, name } = pauseOf(target);
    if (kind === "engine" || kind === "everything") this.engineGate.resetNow(name ?? undefined, { pause: true });
    this.batches.bringForward(["pause"]);
    this.changed();
    return this.#paused.list();
  }

  // --- Budgets ---

  setBudget(budget: BudgetToSet): BudgetStatus[] {
    this.#budgets.set(budget);
    this.#goOn(budget.project, ["budget", "price"]);
    return this.listBudgets(budget.project);
  }

  removeBudget(budget: Pick<Budget, "project" | "per">): boolean {
    const isGone = this.#budgets.remove(budget);
    this.#goOn(budget.project, ["budget", "price"]);
    return isGone;
  }

  listBudgets(project?: string): BudgetStatus[] {
    return this.#budgets.list(project);
  }

  confirmUsage(confirmation: UsageConfirmation): UsageConfirmed {
    const confirmed = this.#budgets.confirm(confirmation);
    for (const { project } of this.#budgets.list()) if (this.#budgets.hasRoom(project)) this.#goOn(project, ["budget"]);
    return confirmed;
  }

  /** What holds the calls that a member makes for a project. Undefined: it has no budget. */
  budgetOf(project: string, member: object): BatchBudget | undefined {
    return this.#budgets.of(project, member);
  }

  #goOn(project: string, kinds: readonly ("budget" | "price")[]): void {
    this.batches.bringForward(kinds, project);
    this.changed();
  }

  // --- Work ---

  /**
   * Settles claimed texts. It changes no row that is no longer the batch's, so it may come late or twice. A translation
   * that PostgreSQL could not store is buried here too. Returns the outcome that was written for each text; undefined:
   * its row was not changed.
   */
  settle(
    batch: Batch,
    items: readonly BatchItem[],
    outcomes: readonly WorkOutcome[],
    calls: readonly EngineCall[],
  ): (WorkOutcome | undefined)[] {
    const written = settleItems(this.#tables, batch, items, outcomes, calls);
    this.#budgets.book(batch.project, calls);
    this.changed();
    return written;
  }

  /** Moves the expired texts of a batch to the dead letters; returns them. */
  buryExpired(batch: Batch, error: AttemptError): BatchItem[] {
    const gone = buryExpiredItems(this.#tables, batch, error);
    if (gone.length > 0) this.changed();
    return gone;
  }

  /** Returns a member's claimed work to the queue: the member is dead, or believed to be. */
  giveBack(member: object): void {
    this.batches.giveBack(member);
    this.#budgets.lose(member);
    this.changed();
  }

  // --- The feed of events ---

  events(filter: EventFilter): EventPage {
    return this.#tables.feed.events(filter);
  }

  watchEvents(listener: FeedListener): () => void {
    return this.#tables.feed.watch(listener);
  }

  // --- Observing ---

  /** Calls a function after every change that may bring work. Returns a function that ends this. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Calls the listeners. */
  changed(): void {
    for (const listener of this.#listeners) listener();
  }

  /** Every recorded engine call, oldest first. */
  get engineCalls(): readonly EngineCall[] {
    return [...this.#tables.calls.values()];
  }

  usage(query: UsageQuery): UsageReport {
    return usageOf(this.#tables, query);
  }

  status(project: string | undefined): Omit<StoreStatus, "workers"> {
    const status = statusOf(this.#tables, this.engineGate, this.#paused.list(), project);
    return { ...status, budgets: this.listBudgets(project) };
  }
}
