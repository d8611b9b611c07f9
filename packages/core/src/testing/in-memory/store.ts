/**
 * A store in memory. Every method is synchronous, so each is a transaction. Each subject has a file of its own beside
 * this one.
 *
 * The rules are those of the tables: a pending row at revision r is in exactly one batch at r, and a decision about a
 * row counts only while the row is still pending at the revision of the claim.
 */
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
import type { RegisterItem } from "../../contract/item.ts";
import type { ItemReceipt, RegisterOptions } from "../../contract/register.ts";
import type { Approval } from "../../contract/review.ts";
import type { StoreStatus } from "../../contract/status.ts";
import type { Translation, TranslationKey, TranslationReference } from "../../contract/translation.ts";
import type { EngineCall, WorkOutcome } from "../../contract/work.ts";
import { type Pauses, pauseOf } from "../../rules/pauses.ts";
import { LocalEngineGate } from "../../translate/limits/local-engine-gate.ts";
import { type Batch, type BatchItem, InMemoryBatches } from "./batches.ts";
import { type Clock, SYSTEM_CLOCK } from "./clock.ts";
import { collectUnused } from "./collect.ts";
import { cancelRows, InMemoryPauses } from "./control.ts";
import { forgetTexts } from "./forget.ts";
import { queuedTranslation, rowsOf, touchUse, translationOf } from "./read.ts";
import { registerItems, takeInbox } from "./register.ts";
import { approveRow, purgeLetters, replayLetters } from "./review.ts";
import type { Row } from "./row.ts";
import { buryExpiredItems, settleItems } from "./settle.ts";
import { statusOf } from "./status.ts";
import { InMemoryTables } from "./tables.ts";

export interface InMemoryStoreOptions {
  /** Default: the system's. */
  clock?: Clock;
  /** The most texts of one batch. Default 50. */
  batchSize?: number;
  /** The most bytes of text of one batch; a single longer text is a batch of its own. Default 32,768. */
  batchBytes?: number;
}

export class InMemoryStore {
  readonly clock: Clock;
  /** Claimed by `InMemoryWork`; the outcomes of a claim go to {@link settle}. */
  readonly batches: InMemoryBatches;
  readonly engineGate: LocalEngineGate;
  readonly #tables: InMemoryTables;
  readonly #paused = new InMemoryPauses();
  readonly #listeners = new Set<() => void>();

  constructor({ clock = SYSTEM_CLOCK, batchSize = 50, batchBytes = 32_768 }: InMemoryStoreOptions = {}) {
    this.clock = clock;
    this.batches = new InMemoryBatches({ clock, batchSize, batchBytes, pauses: () => this.pauses });
    const onReset = () => {
      this.batches.hastenPostponed();
      this.changed();
    };
    this.engineGate = new LocalEngineGate(() => clock.now(), onReset);
    this.#tables = new InMemoryTables(clock, this.batches);
  }

  // --- Registering ---

  register(items: readonly RegisterItem[], options: RegisterOptions = {}): ItemReceipt[] {
    const receipts = registerItems(this.#tables, items, options);
    this.changed();
    return receipts;
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

  touch(reference: TranslationReference): void {
    touchUse(this.#tables, reference);
  }

  /** A row in the application's form. */
  show(row: Row): Translation {
    return translationOf(this.#tables, row);
  }

  // --- Reviewing and dead letters ---

  approve(approval: Approval): Translation {
    const row = approveRow(this.#tables, approval);
    this.changed();
    return this.show(row);
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
    this.batches.bringForward();
    this.changed();
    return this.#paused.list();
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
    this.changed();
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

  status(project: string | undefined): Omit<StoreStatus, "workers"> {
    return statusOf(this.#tables, this.engineGate, this.#paused.list(), project);
  }
}
