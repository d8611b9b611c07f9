/** What `PersistenceHandler.work` hands out, and what it takes back. */
import type { CollectReport } from "./collect.ts";
import type { AttemptError } from "./dead-letter.ts";
import type { TextFormat } from "./engine.ts";
import type { TranslationKey } from "./translation.ts";

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
  /**
   * Store it. `flags`: the names of the warning checks that the text failed, sorted. Left out: none. A store keeps a name
   * that it does not know: it may be that of a later release.
   */
  | { kind: "translated"; text: string; engine: string; model: string | null; flags?: readonly string[] | undefined }
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
