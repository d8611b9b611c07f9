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
import type { CollectOptions, CollectReport } from "./collect.ts";
import type { CancelFilter, ForgetOptions, ForgetReference, ForgetReport, Pause, PauseTarget } from "./control.ts";
import type { DeadLetter, DeadLetterFilter, DeadLetterPageRequest } from "./dead-letter.ts";
import type { EngineGate } from "./engine-gate.ts";
import type { ConnectionUse, FleetMeasure } from "./fleet-measure.ts";
import type { RegisterItem } from "./item.ts";
import type { Page, PageRequest } from "./page.ts";
import type { ListFilter, ReadOptions } from "./read.ts";
import type { ItemReceipt, RegisterOptions } from "./register.ts";
import type { Approval } from "./review.ts";
import type { StoreStatus } from "./status.ts";
import type { TransactionClient } from "./transaction.ts";
import type { Translation, TranslationKey, TranslationReference } from "./translation.ts";
import type { TranslateWork, WorkOptions, WorkSummary } from "./work.ts";

export interface PersistenceHandler {
  /**
   * The fleet's shared state about its engines: rates, pauses, circuits. Optional: without it, each process keeps that
   * state by itself.
   */
  readonly engineGate?: EngineGate;

  /**
   * Registers items, each once for each of its target locales, durably: when this resolves, the work is committed.
   * Receipts come in the order of the items. One bad item never fails another.
   */
  register(items: readonly RegisterItem[], options?: RegisterOptions): Promise<ItemReceipt[]>;

  /**
   * Appends items inside the caller's open transaction, without a lock that others could wait for. They are registered
   * after its commit, and never if it rolls back.
   *
   * @throws {BacklogFullError} The items together would go over the bound of the backlog. Nothing was appended, and the
   * transaction is as it was.
   */
  enqueue(client: TransactionClient, items: readonly RegisterItem[], options?: RegisterOptions): Promise<void>;

  /**
   * Reads translations, in the order of the references; undefined for a missing one. One round trip. A text without a row
   * whose request waits to be registered is `queued`, or `failed` if the store refuses that request for good.
   */
  read(references: readonly TranslationReference[], options?: ReadOptions): Promise<(Translation | undefined)[]>;

  /** Reads rows by the keys from `work`; deleted rows are left out. */
  readKeys(keys: readonly TranslationKey[]): Promise<Translation[]>;

  /** Lists translations of one project and locale, in a stable order. */
  list(filter: ListFilter, page?: PageRequest): Promise<Page<Translation>>;

  /**
   * Notes that these texts were read, so that collection keeps them. Writes only where the last note is older than a
   * day or a tenth of the retention.
   */
  touch(references: readonly TranslationReference[]): Promise<void>;

  /**
   * Stores the present text, or the given one, as approved by a person: no machine overwrites it, and an open dead
   * letter is closed.
   *
   * @throws {TranslationNotFoundError} No such row, or no text to approve.
   * @throws {RevisionChangedError} `revision` is not the row's.
   */
  approve(approval: Approval): Promise<Translation>;

  /**
   * Removes everything that was unused for the retention: uses, then translations, texts and contexts without a use. A
   * text that is registered at the same moment is never lost. Dead letters that were closed before the retention go
   * too, and so do the records of engine calls, these after 90 days at the earliest.
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

  /** Totals; cheap at any size. `project` undefined: all. */
  status(project?: string): Promise<StoreStatus>;

  /** Figures of the whole fleet for monitoring, from one cheap query. Optional. */
  measure?(): Promise<FleetMeasure>;

  /** This process's connections. Never waits. Left out by a store without connections. */
  connectionUse?(): ConnectionUse[];

  /** Open dead letters, oldest first. */
  listDeadLetters(filter: DeadLetterFilter, page?: DeadLetterPageRequest): Promise<Page<DeadLetter>>;

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
