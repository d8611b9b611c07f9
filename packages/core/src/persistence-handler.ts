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
import type { TextFormat } from "./engine.ts";
import type { Circuit, EngineGate } from "./engine-limit/engine-gate.ts";
import type { TransHubError } from "./errors.ts";
import type { RegisterItem } from "./item.ts";
import type { ConnectionUse, FleetMeasure } from "./status/fleet-measure.ts";
import type {
  Translation,
  TranslationKey,
  TranslationReference,
  TranslationStatus,
} from "./translation/translation.ts";

/** What became of one item, counted in rows (one a target locale). */
export interface ItemReceipt {
  /** Rows that this call made, or put back to work (`force`). */
  registered: number;
  /** All others, duplicates inside the call included. */
  existing: number;
  /** Those of `existing` that lie in the dead letters. */
  failed: number;
  /** Set when the store refused this item alone: nothing of it was stored. */
  error?: TransHubError;
}

export interface RegisterOptions {
  /** The active engine of who registers, when it has one: rows stored by `pseudo` then count as missing. */
  engine?: string | undefined;
  /**
   * The most texts that may wait. An item whose new rows would go over it is refused with `BacklogFullError`; rows that are
   * there are not, unless they are to be translated anew. Calls at the same moment may go over it together.
   * Default: the store's own bound, or none.
   */
  maxBacklog?: number | undefined;
  signal?: AbortSignal | undefined;
}

export interface ListFilter {
  project: string;
  targetLocale: string;
  status?: TranslationStatus | undefined;
  businessIdPrefix?: string | undefined;
}

/** A page of a keyset-paged list. `nextCursor` is opaque, and null on the last page. */
export interface Page<Item> {
  items: Item[];
  nextCursor: string | null;
}

export interface PageRequest {
  /** From the page before; undefined: the first. */
  cursor?: string | undefined;
  /** Default 100, at most 1,000. */
  limit?: number | undefined;
}

export interface Approval {
  reference: TranslationReference;
  /** A person's own text; undefined approves the stored one. */
  text?: string | undefined;
  /** The revision the reviewer read; undefined: whatever stands now. */
  revision?: number | undefined;
  /** Who approved, for the record. */
  by?: string | undefined;
}

export interface CollectOptions {
  /** Only what this project uses. Undefined: every project. */
  project?: string | undefined;
  /** What nobody requested or read for longer than this is collected. Days, fractions allowed. */
  retentionDays: number;
  /** Count what would go, and change nothing. */
  dryRun?: boolean | undefined;
  /** Also collect texts that a person approved. */
  includeApproved?: boolean | undefined;
  signal?: AbortSignal | undefined;
}

export interface CollectReport {
  dryRun: boolean;
  /** Uses (project, business id, text, context) that aged out. */
  sources: number;
  translations: number;
  contents: number;
  contexts: number;
}

/** Which text of a project is to be forgotten. */
export type ForgetReference =
  /** Every text that was ever registered under the id, unless another id of the project uses it too. */
  | { project: string; businessId: string }
  /** A text under all its ids: in every context, or only within one (canonical JSON or null, and the declared format). */
  | {
      project: string;
      text: string;
      sourceLocale: string;
      within?: { context: string | null; format: string } | undefined;
    };

export interface ForgetReport {
  /** Texts, each context its own, that the project has no more. Requests that waited to be registered count too. */
  forgotten: number;
  /** Texts among those named that stay in the store: another business id, context or project uses them. */
  stillUsed: number;
}

/** Which requests of a project are to be cancelled. */
export interface CancelFilter {
  project: string;
  /** Undefined: into every locale. */
  targetLocale?: string | undefined;
  /** Only texts that the project uses under business ids beginning so, and under no other id. */
  businessIdPrefix?: string | undefined;
}

/** What is to be paused or resumed: one of these, or everything. */
export interface PauseTarget {
  /** It is not asked: the next engine of the chain is, or else the text waits. */
  engine?: string | undefined;
  project?: string | undefined;
  targetLocale?: string | undefined;
}

/** Something that the fleet leaves alone until it is resumed. */
export interface Pause {
  kind: "everything" | "engine" | "project" | "locale";
  /** Null: everything. */
  name: string | null;
  since: Date;
}

export interface DeadLetter {
  /** Opaque; sorts by age. */
  id: string;
  project: string;
  sourceLocale: string;
  targetLocale: string;
  sourceText: string;
  context: Record<string, unknown> | null;
  code: string;
  message: string;
  engine: string | null;
  failedAt: Date;
  /** Every attempt, oldest first. */
  attempts: AttemptError[];
}

export interface DeadLetterFilter {
  project?: string | undefined;
  id?: string | undefined;
  engine?: string | undefined;
  targetLocale?: string | undefined;
  code?: string | undefined;
  /** Failed at or after this time. */
  since?: Date | undefined;
}

/** What went wrong with one text in one attempt. No text stands here. */
export interface AttemptError {
  /** ISO 8601. */
  at: string;
  engine: string | null;
  code: string;
  message: string;
}

export interface StoreStatus {
  translations: Record<TranslationStatus, number>;
  /** The same for each target locale. */
  locales: Record<string, Record<TranslationStatus, number>>;
  /** Jobs: waiting and due, being worked on, due later. */
  jobs: { ready: number; running: number; scheduled: number };
  /** Items requested in a caller's transaction that the fleet has yet to register. */
  inbox: number;
  /**
   * Items requested in a caller's transaction that cannot be registered, by the reason: a code of the catalogue, or an
   * SQLSTATE. They stay until somebody has looked at them. Of every project: whose they are is not known.
   */
  refused: Record<string, number>;
  /** Age in seconds of the oldest due work; null when there is none. */
  oldestReadySeconds: number | null;
  workers: WorkerStatus[];
  /** What is paused, whatever the project. Paused work counts as scheduled. */
  paused: Pause[];
  /** Engines that were ever limited, paused or at fault, by name. */
  limits: EngineLimitStatus[];
  /** When the last collection that ran to its end began; null: never. */
  lastCollectionAt: Date | null;
}

export interface EngineLimitStatus {
  engine: string;
  /** By the store's clock; null: not paused. */
  pausedUntil: Date | null;
  /** `closed`: asked; `open`: not asked, its account or setting is at fault; `half_open`: one call tries it now. */
  circuit: Circuit;
  /** When an open circuit is tried. */
  openUntil: Date | null;
  /** The code of the error that opened the circuit. */
  reason: string | null;
  /** Calls under way, counted only where calls at once are limited. */
  running: number;
}

export interface WorkerStatus {
  id: string;
  host: string;
  pid: number;
  version: string;
  /** Null: every locale. */
  locales: string[] | null;
  concurrency: number;
  startedAt: Date;
  /** Seconds since its last beat by the store's clock; for people, no decision rests on it. */
  beatSecondsAgo: number;
  running: number;
}

// --- Work ----------------------------------------------------------------------------------------------------------

/** One text to translate, as the store claimed it. */
export interface WorkItem {
  readonly key: TranslationKey;
  readonly revision: number;
  readonly text: string;
  readonly context: Record<string, unknown> | null;
  readonly format: TextFormat;
  /** Which attempt this is, counted from 1. */
  readonly attempt: number;
  /** Why the last one failed; undefined on the first. */
  readonly previousFailure: string | undefined;
}

/** Texts of one project, source and target locale: what one engine call may carry. */
export interface WorkBatch {
  readonly project: string;
  readonly sourceLocale: string;
  readonly targetLocale: string;
  readonly items: readonly WorkItem[];
  /** Whether an engine is not to be asked at this moment; may change while the batch is translated. Left out: none is. */
  readonly isEnginePaused?: (engine: string) => boolean;
  /**
   * Whether what still waits for its turn at an engine is better handed back: the work is to end, or something more
   * urgent waits for this place. Left out: never.
   */
  readonly isToYield?: () => boolean;
}

/** What the given function decided about one text. */
export type WorkOutcome =
  /** Store it. */
  | { kind: "translated"; text: string; engine: string; model: string | null }
  /** Try again later; the attempt counts. `split`: not with as many neighbours. */
  | { kind: "retry"; error: AttemptError; delayMs: number; split: boolean }
  /** Try again later; nothing counts (rate limit, circuit open). */
  | { kind: "postponed"; delayMs: number }
  /** Try again once something is resumed; nothing counts (an engine is paused, and no other can do it). */
  | { kind: "paused" }
  /** To the dead letters. */
  | { kind: "failed"; error: AttemptError }
  /** Not tried: back as it was, at once (drain). */
  | { kind: "released" };

/** One engine call, for the books. */
export interface EngineCall {
  /** Made before the call, so that settling twice books it once. UUID. */
  callId: string;
  engine: string;
  model: string | null;
  items: number;
  inputTokens: number;
  outputTokens: number;
  cachedTokens: number;
  latencyMs: number;
  /** `ok`, `partial`, or the kind of the failure. */
  outcome: string;
}

export interface WorkResult {
  /** One for each item, in the batch's order. */
  outcomes: readonly WorkOutcome[];
  calls: readonly EngineCall[];
}

/**
 * Translates one claimed batch. Never rejects for what an engine did; a rejection counts as a fault of the worker, and
 * the whole batch is left alone for a while without an attempt counted. `signal` aborts when the work must stop now: what was not answered is `released`.
 */
export type TranslateWork = (batch: WorkBatch, signal: AbortSignal) => Promise<WorkResult>;

/** Told after a batch's settlement is durable. */
export interface Settlement {
  batch: WorkBatch;
  outcomes: readonly WorkOutcome[];
  elapsedMs: number;
}

export interface WorkOptions {
  /** Canonical target locales; undefined: all, those that appear later included. */
  locales?: readonly string[] | undefined;
  /** Only this project's work; what else is claimed goes back untouched. Undefined: every project. */
  project?: string | undefined;
  /**
   * `ready`: through what is ready now. `empty`: also through what waits for its time, but not for what is paused.
   * `stopped`: until `signal`.
   */
  until: "ready" | "empty" | "stopped";
  /** Calls of `translate` at once. */
  concurrency: number;
  /** The most items that one call of `translate` is given. */
  maxItems: number;
  /** Ends the work: claims nothing more, waits `drainMs` for what runs, then aborts it and hands it back. */
  signal?: AbortSignal | undefined;
  /** Milliseconds. Default 20,000. */
  drainMs?: number | undefined;
  /**
   * A text that has waited so long, since it was requested or put back to work, is not given to `translate` any more: it
   * fails with `TH_EXPIRED`. Seconds. Undefined: it may wait for ever.
   */
  lifetimeSeconds?: number | undefined;
  /** Ends the work after about this many settled texts; what was claimed beyond goes back. */
  limit?: number | undefined;
  /** Upkeep that a fleet member does beside translating. Undefined: none. */
  upkeep?: { gcCron: string; retentionDays: number } | undefined;
  observer?: WorkObserver | undefined;
}

/** Hears what happens; must not throw. */
export interface WorkObserver {
  settled?(settlement: Settlement): void;
  /** True when work is being claimed; false while the store is out of reach or restarting. */
  ready?(isReady: boolean): void;
  /** A fault the work survives: a lost database, a runner that had to be started afresh. */
  fault?(error: Error): void;
  /** A collection by the crontab ended. */
  collected?(report: CollectReport): void;
  /** The work of a dead member was taken up. */
  rescued?(nodeId: string): void;
}

/** What one `work` did, in texts. */
export interface WorkSummary {
  translated: number;
  failed: number;
  /** Still to be tried again when the work ended. */
  retrying: number;
}

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
