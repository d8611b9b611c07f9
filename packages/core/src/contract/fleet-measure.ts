/** Figures of a store and its connections for monitoring: numbers, and a small set of names. */
import type { BudgetStatus } from "./budget.ts";
import type { EngineLimitStatus } from "./status.ts";
import type { Priority } from "./translation.ts";

/** The fleet as a whole: every member returns the same. */
export interface FleetMeasure {
  /** Waiting texts; a state without texts is left out. */
  backlog: BacklogCount[];
  /** Age in seconds of the oldest work that is due and not paused, including running work and the inbox; 0: none. */
  oldestReadySeconds: number;
  /** Items requested in a caller's transaction that the fleet has yet to register. */
  inbox: number;
  /** Items that cannot be registered, by the reason. */
  refused: Record<string, number>;
  /** Open dead letters; counted up to 100,000. */
  deadLetters: number;
  translated: number;
  approved: number;
  /** Members, including a dead one that has not been removed yet. */
  workers: number;
  /** Number of pauses, by their kind. */
  pauses: Record<string, number>;
  engines: EngineLimitStatus[];
  /** Events of the feed that have no position yet; counted up to 100,000. Readers do not see them. */
  unsequencedEvents: number;
  /** Pairs of the translation memory. An estimate will do. */
  memoryUnits: number;
  /** Of every project. */
  budgets: BudgetStatus[];
  /** Start of the last collection that finished; null: none has. */
  lastCollectionAt: Date | null;
  /** Webhooks by their state. A person's own `disabled` ones are left out. */
  webhooks: { ok: number; failing: number; disabled: number };
  /** Time in seconds for which the tries of a webhook have failed, of the one that fails longest; 0: none fails. */
  webhookFailingSeconds: number;
  /** Age in seconds of the oldest event that a webhook was not told, without those that fail; 0: none waits. */
  webhookLagSeconds: number;
}

export interface BacklogCount {
  priority: Priority;
  /**
   * `ready`: due. `running`: being translated. `scheduled`: due later. `paused`: due after a resume. `over_budget`: due when a
   * budget has an amount for it, or an engine a price.
   */
  state: "ready" | "running" | "scheduled" | "paused" | "over_budget";
  targetLocale: string;
  texts: number;
}

/** The connections of one pool of this process at this moment. */
export interface ConnectionUse {
  /** `statements`: the store's pool. `reads`: the pool of its standby. `direct`: the pool that bypasses a pooler. */
  pool: "statements" | "reads" | "direct";
  /** Open connections, idle ones included. */
  open: number;
  idle: number;
  /** Statements that wait for a connection. */
  waiting: number;
  max: number;
}
