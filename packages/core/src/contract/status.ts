/** Totals of the store and the state of the fleet. */
import type { BudgetStatus } from "./budget.ts";
import type { Pause } from "./control.ts";
import type { Circuit } from "./engine-gate.ts";
import type { StoredStatus } from "./translation.ts";

export interface StoreStatus {
  translations: Record<StoredStatus, number>;
  /** The same for each target locale. */
  locales: Record<string, Record<StoredStatus, number>>;
  /**
   * How many texts were stored with a warning, by the name of the check, since the store was made. A total of events: it does
   * not fall when such a text is replaced, approved or collected.
   */
  flagged: Record<string, number>;
  /** Numbers of jobs: due, running, due later. */
  jobs: { ready: number; running: number; scheduled: number };
  /** Items requested in a caller's transaction that the fleet has yet to register. */
  inbox: number;
  /**
   * Items requested in a caller's transaction that cannot be registered, by the reason: a code of the catalogue, or an
   * SQLSTATE. They stay until a person has looked at them. Counted over every project, because their project is not
   * known.
   */
  refused: Record<string, number>;
  /** Age in seconds of the oldest due work; null when there is none. */
  oldestReadySeconds: number | null;
  workers: WorkerStatus[];
  /** The pauses of every project. Paused work counts as scheduled. */
  paused: Pause[];
  /** The budgets, of one project or of every one. */
  budgets: BudgetStatus[];
  /** Engines that were ever limited, paused or at fault, by name. */
  limits: EngineLimitStatus[];
  /** Start of the last collection that finished; null: none has. */
  lastCollectionAt: Date | null;
}

export interface EngineLimitStatus {
  engine: string;
  /** By the store's clock; null: not paused. */
  pausedUntil: Date | null;
  /**
   * `closed`: called normally; `open`: not called, because its account or setting is at fault or because it gives no answer;
   * `half_open`: one call is trying it.
   */
  circuit: Circuit;
  /** The time at which an open circuit is tried. */
  openUntil: Date | null;
  /** The code of the error that opened the circuit. */
  reason: string | null;
  /** Of an outage (`TH_ENGINE_TRANSIENT`): when the first of the calls failed since which none succeeded. Else null. */
  faultySince: Date | null;
  /** Of an outage: the message of the last call's error. Else null. */
  fault: string | null;
  /** Calls in progress, counted only where concurrent calls are limited. */
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
  /** Seconds since its last heartbeat by the store's clock; for people only, no decision depends on it. */
  beatSecondsAgo: number;
  running: number;
}
