/** The batches that `PersistenceHandler.work` hands out, and the outcomes that it takes back. */
import type { BatchBudget } from "./budget.ts";
import type { CollectReport } from "./collect.ts";
import type { AttemptError, BestTry } from "./dead-letter.ts";
import type { TextFormat, TrustedText } from "./engine.ts";
import type { Glossary } from "./glossary.ts";
import type { Hint } from "./hint.ts";
import type { BatchMemory } from "./memory.ts";
import type { TranslationKey } from "./translation.ts";

/** One claimed text to translate. */
export interface WorkItem {
  readonly key: TranslationKey;
  readonly revision: number;
  /** Empty where the stored text is over 16 MiB: no engine can be asked for it. */
  readonly text: string;
  readonly context: Record<string, unknown> | null;
  readonly format: TextFormat;
  /** What its producers say of it now, beside the context. Left out: nothing. */
  readonly hint?: Hint | undefined;
  /**
   * The note of the reviewer who rejected the text before, until another one is stored or a person decides anew. Empty: the
   * reviewer gave none. Left out: it was not rejected.
   */
  readonly reviewNote?: string | undefined;
  /** Its translation into the second language that the project's style trusts. Left out: there is none. */
  readonly also?: TrustedText | undefined;
  /** Which attempt this is, counted from 1. */
  readonly attempt: number;
  /** The message of the last attempt's error; undefined on the first attempt. */
  readonly previousFailure: string | undefined;
}

/** Texts of one project, source and target locale, which one engine call may carry. */
export interface WorkBatch {
  readonly project: string;
  readonly sourceLocale: string;
  readonly targetLocale: string;
  readonly items: readonly WorkItem[];
  /** The contexts of the traces that asked for it, as W3C's `traceparent`. Left out: none. */
  readonly traceparents?: readonly string[];
  /** The tag of the requests that asked for it first, for the accounts. Null or left out: none. */
  readonly tag?: string | null | undefined;
  /** The terms and the style of its project, as they were when it was claimed. Left out: there are none. */
  readonly glossary?: Glossary | undefined;
  /** Whether an engine is paused at this moment; may change while the batch is translated. Left out: none is. */
  readonly isEnginePaused?: (engine: string) => boolean;
  /**
   * Whether texts that still wait for their turn at an engine are better handed back: the work is to end, or more urgent
   * texts wait for this slot. Left out: never.
   */
  readonly isToYield?: () => boolean;
  /** Whether texts of another project wait for this slot: waiting for a budget in it would hold them up. Left out: never. */
  readonly isSlotWanted?: () => boolean;
  /**
   * The budgets that hold each engine call of it; asked before each call, as a budget may be set meanwhile. Left out, or undefined: its
   * project has none.
   */
  readonly budget?: () => BatchBudget | undefined;
  /** The translation memory. Left out: it is empty, for every project. */
  readonly memory?: BatchMemory | undefined;
}

/**
 * The event that a parked text waits for. `budget`: an amount in its project's budget. `price`: a price or a bound by which an
 * engine can be held to the budget.
 */
export type ParkedFor = "budget" | "price";

/** The decision about one text. */
export type WorkOutcome =
  /**
   * Store it. `flags`: the names of the warning checks that the text failed, sorted. Left out: none. A store keeps a name
   * that it does not know: it may be that of a later release.
   */
  | {
      kind: "translated";
      text: string;
      engine: string;
      model: string | null;
      flags?: readonly string[] | undefined;
      /** The numbers of the memory's pairs that the engine had with it, or that gave the text. Left out: none. */
      memoryUnits?: readonly string[] | undefined;
    }
  /** Try again later; the attempt counts. `split`: with fewer neighbours. */
  | { kind: "retry"; error: AttemptError; delayMs: number; split: boolean }
  /** Try again later; no attempt counts (a rate limit, an open circuit). */
  | { kind: "postponed"; delayMs: number }
  /** Try again after a resume; no attempt counts (an engine is paused, and no other engine can translate it). */
  | { kind: "paused" }
  /**
   * Try again when the event comes, or after `delayMs` at the latest; no attempt counts. `WorkOptions.until` `empty` does not wait
   * for it.
   */
  | { kind: "parked"; waitsFor: ParkedFor; delayMs: number }
  /** To the dead letters. `bestTry`: the translation that came nearest, for the person who looks at the letter. Left out: none. */
  | { kind: "failed"; error: AttemptError; bestTry?: BestTry | undefined }
  /** It was not tried: it goes back as it was, at once (a drain). */
  | { kind: "released" };

/** One engine call, for the accounts. */
export interface EngineCall {
  /** A UUID made before the call, so that settling twice books it once. */
  callId: string;
  engine: string;
  model: string | null;
  items: number;
  inputTokens: number;
  outputTokens: number;
  cachedTokens: number;
  /** Characters of source text that the provider bills. Default: 0, as where it bills tokens. */
  characters?: number | undefined;
  /** The confirmed cost, an exact decimal number. Left out: no price is known, or the call cannot be bounded. */
  cost?: string | undefined;
  /** Of `cost` and `unconfirmed`. Left out with them. */
  currency?: string | undefined;
  /** The most that the provider may bill beyond `cost`, an exact decimal number. */
  unconfirmed?: string | undefined;
  /** The amount that its project's budgets hold for it; the settlement ends the hold. Left out: none. */
  held?: string | undefined;
  latencyMs: number;
  /** `ok`, `partial`, or the kind of the failure. */
  outcome: string;
  /** How often an answer was repaired before it was judged, by the name of the repair. Default: never. */
  repairs?: Readonly<Record<string, number>> | undefined;
  /** How many of its items went without the hint of their text, because a call cannot hold both. Default: none. */
  hintsLeftOut?: number | undefined;
}

export interface WorkResult {
  /** One for each item, in the batch's order. */
  outcomes: readonly WorkOutcome[];
  calls: readonly EngineCall[];
  /**
   * Milliseconds for which this process is to claim no text of the batch's target locale: no engine of it answers here, while other members
   * get answers, or other locales have engines that do; or its engine is paused, and other locales have others. A store that claims on would be given back the same texts at once, again and again. Left out: it claims on.
   */
  restMs?: number | undefined;
}

/**
 * Translates one claimed batch. It never rejects because of an engine; a rejection counts as a fault of the worker, and the
 * whole batch is left alone for a while without counting an attempt. `signal` aborts when the work must stop now: texts
 * without an answer are `released`.
 */
export type TranslateWork = (batch: WorkBatch, signal: AbortSignal) => Promise<WorkResult>;

/**
 * A settlement as its observer hears it, after it is durable.
 *
 * It holds the texts whose rows it changed, each with the outcome that was written. Left out are texts that were approved,
 * cancelled, forgotten, collected or requested anew while an engine had them: nothing was written for those. The outcome is
 * not always the engine's: a translation that the store cannot hold is `failed`.
 */
export interface Settlement {
  /** The texts that were translated together, or ended together without a try. */
  batch: WorkBatch;
  /** One for each text of `batch`, in its order. */
  outcomes: readonly WorkOutcome[];
  /** Milliseconds from the start of their turn until they were stored; 0 without a try. */
  elapsedMs: number;
  /** How often an answer of its calls was repaired before it was judged. Left out: never. */
  repairs?: number | undefined;
}

export interface WorkOptions {
  /** Canonical target locales. Undefined: all, including those that appear later. */
  locales?: readonly string[] | undefined;
  /** Only this project's work; claimed batches of others go back untouched. Undefined: every project. */
  project?: string | undefined;
  /**
   * `ready`: until no batch is ready. `empty`: until no batch waits for its time either; paused batches do not count.
   * `stopped`: until `signal` aborts.
   */
  until: "ready" | "empty" | "stopped";
  /** Calls of `translate` at once. */
  concurrency: number;
  /** The most items that one call of `translate` is given. */
  maxItems: number;
  /** Ends the work: nothing more is claimed, running calls get `drainMs`, then they are aborted and their texts handed back. */
  signal?: AbortSignal | undefined;
  /** Milliseconds. Default 20,000. */
  drainMs?: number | undefined;
  /**
   * Seconds after which a waiting text is not given to `translate` any more and fails with `TH_EXPIRED`, counted from its
   * request or from the moment it was put back to work. Undefined: it may wait for ever.
   */
  lifetimeSeconds?: number | undefined;
  /** Ends the work after about this many settled texts; other claimed texts go back. */
  limit?: number | undefined;
  /** The upkeep of a fleet member beside translating. Undefined: none. */
  upkeep?: { gcCron: string; retentionDays: number; eventRetentionDays?: number | undefined } | undefined;
  observer?: WorkObserver | undefined;
}

/** An item of the inbox that cannot be registered. It stays there for a person to look at, and `status` counts it. */
export interface RefusedInboxItem {
  /** Its row in `trans_hub.inbox`. */
  id: number;
  /** A code of the catalogue, or the SQLSTATE of the database. */
  code: string;
}

/** A job of graphile-worker that failed. graphile-worker tries it again, later each time. */
export interface FailedJob {
  /** The task, such as `translate:fr`. */
  task: string;
  /** The batch of the job; undefined for a job of another kind. */
  batch: string | undefined;
  error: Error;
}

/** Hears of the events of one `work`; must not throw. */
export interface WorkObserver {
  /** Texts were settled. Called once for each settlement, after its commit, and never for batches that went back untried. */
  settled?(settlement: Settlement): void;
  /** True while work is claimed; false while the store is out of reach or the pool restarts. */
  ready?(isReady: boolean): void;
  /** A fault that the work survives: a lost database, a pool that had to be started again. */
  fault?(error: Error): void;
  /** A job failed, and its work waits until the job is tried again. Not called for work that the fleet gave to others. */
  jobFailed?(job: FailedJob): void;
  /** An item that was requested inside a transaction is refused for good. */
  refused?(item: RefusedInboxItem): void;
  /** A collection that the crontab started has ended. */
  collected?(report: CollectReport): void;
  /** The work of a dead member was taken over. */
  rescued?(nodeId: string): void;
}

/** Counts of one `work`, in texts. */
export interface WorkSummary {
  translated: number;
  failed: number;
  /** Texts to be tried again when the work ended. */
  retrying: number;
}
