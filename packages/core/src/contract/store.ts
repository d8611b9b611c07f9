/**
 * The seam between Trans-Hub and its store.
 *
 * `PostgresPersistenceHandler` is the one we ship; a team may implement another store behind this interface. What an
 * implementation must hold is said method by method here and tried by `persistenceConformance` in
 * `@trans-hub/core/testing`, which speaks only this interface and which `InMemoryPersistenceHandler` passes too.
 *
 * Every method rejects with the catalogue's errors only: `DatabaseUnavailableError` for "not now",
 * `ClosedError` after `close`.
 */
import type pg from "pg";
import type { CollectOptions, CollectReport } from "./collect.ts";
import type { CancelFilter, ForgetReference, ForgetReport, Pause, PauseTarget } from "./control.ts";
import type { DeadLetter, DeadLetterFilter } from "./dead-letter.ts";
import type { EngineGate } from "./engine-gate.ts";
import type { ConnectionUse, FleetMeasure } from "./fleet-measure.ts";
import type { RegisterItem } from "./item.ts";
import type { Page, PageRequest } from "./page.ts";
import type { ListFilter } from "./read.ts";
import type { ItemReceipt, RegisterOptions } from "./register.ts";
import type { Approval } from "./review.ts";
import type { StoreStatus } from "./status.ts";
import type { Translation, TranslationKey, TranslationReference } from "./translation.ts";
import type { TranslateWork, WorkOptions, WorkSummary } from "./work.ts";

export interface PersistenceHandler {
  /**
   * What the fleet agrees on about its engines: rates, pauses, circuits. Left out by a store that cannot: each process
   * then keeps them by itself.
   */
  readonly engineGate?: EngineGate;

  /**
   * Registers items, each once for each of its target locales, durably: when this resolves, the work is committed.
   * Receipts come in the order of the items. One bad item never fails another.
   */
  register(items: readonly RegisterItem[], options?: RegisterOptions): Promise<ItemReceipt[]>;

  /**
   * Appends items inside the caller's open transaction and takes no lock anybody could wait for. They are registered
   * after its commit; if it rolls back, they never were.
   */
  enqueue(client: pg.ClientBase, items: readonly RegisterItem[], options?: RegisterOptions): Promise<void>;

  /** Reads, in the order of the references; undefined where there is nothing. One round trip. */
  read(references: readonly TranslationReference[]): Promise<(Translation | undefined)[]>;

  /** Reads rows by the keys that `work` gave; those that are gone are left out. */
  readKeys(keys: readonly TranslationKey[]): Promise<Translation[]>;

  /** Translations of one project and locale, in a stable order. */
  list(filter: ListFilter, page?: PageRequest): Promise<Page<Translation>>;

  /**
   * Notes that these were read, so that collection leaves them. Writes only where the last note is older than a day
   * or a tenth of the retention.
   */
  touch(references: readonly TranslationReference[]): Promise<void>;

  /**
   * Makes the stored text, or the given one, a person's word: no machine overwrites it, and an open dead letter closes.
   *
   * @throws {TranslationNotFoundError} No such row, or no text to approve.
   * @throws {RevisionChangedError} `revision` is not the row's.
   */
  approve(approval: Approval): Promise<Translation>;

  /**
   * Removes what nobody has used for the retention: uses, then translations, texts and contexts without a use. A text
   * registered at the same moment is never lost. Dead letters that were closed so long ago go too, and the accounts of calls, these
   * after 90 days at the earliest.
   */
  collect(options: CollectOptions): Promise<CollectReport>;

  /**
   * Removes a text of a project from everywhere, in one transaction: uses, translations (approved ones too), dead letters,
   * requests that wait to be registered, and the text and its contexts themselves unless somebody else uses them. Work on
   * it that is under way stores nothing; an engine that has it in hand cannot be told. A text that is requested later
   * is a new one.
   */
  forget(reference: ForgetReference): Promise<ForgetReport>;

  /**
   * Takes back what is pending and was requested before: a row that never had a text goes, one that is being translated
   * anew is as it was. Work on it that is under way stores nothing. Gives how many rows. Not one transaction: cut off, it
   * has done a part, and asked again does the rest.
   */
  cancel(filter: CancelFilter): Promise<number>;

  /**
   * Has every member of the fleet leave something alone: within a beat nothing of it is begun any more, what was claimed
   * goes back without an attempt, and what an engine has in hand is finished and stored. Nothing is lost, and nothing
   * else waits. Gives what is paused then; pausing twice is pausing once.
   */
  pause(target: PauseTarget): Promise<Pause[]>;

  /** Ends a pause; of everything: every pause. What waited goes on at once. Gives what is still paused. */
  resume(target: PauseTarget): Promise<Pause[]>;

  /** Totals; cheap at any size. `project` undefined: all. */
  status(project?: string): Promise<StoreStatus>;

  /** The whole fleet for a monitor, in one look that costs next to nothing. Left out by a store that cannot. */
  measure?(): Promise<FleetMeasure>;

  /** This process's connections. Never waits. Left out by a store that has none. */
  connectionUse?(): ConnectionUse[];

  /** Open dead letters, oldest first. */
  listDeadLetters(filter: DeadLetterFilter, page?: PageRequest): Promise<Page<DeadLetter>>;

  /** Puts dead letters back to work, each once however often it is asked. Gives how many. */
  replayDeadLetters(filter: DeadLetterFilter): Promise<number>;

  /** Removes dead letters and the failed rows they speak of. Gives how many. */
  purgeDeadLetters(filter: DeadLetterFilter): Promise<number>;

  /**
   * Runs `translate` for each claimed batch and settles what it returns, in one transaction each: good texts stored,
   * the batch gone, the calls booked, the rest handed to a later batch or to the dead letters. A late settlement of
   * work that somebody else took over changes nothing. Resolves when the work ended as `until` says; with `stopped`
   * it survives an outage of the store, otherwise a lost store rejects.
   */
  work(options: WorkOptions, translate: TranslateWork): Promise<WorkSummary>;

  /** Ends connections. Idempotent; resolves when all is still. */
  close(): Promise<void>;
}
