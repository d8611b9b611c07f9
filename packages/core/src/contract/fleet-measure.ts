/** What a monitor reads off a store and its connections: numbers, and names that are few. */
import type { EngineLimitStatus } from "./status.ts";
import type { Priority } from "./translation.ts";

/** The fleet as a whole: the same whoever asks. */
export interface FleetMeasure {
  /** Texts that wait; what is none is left out. */
  backlog: BacklogCount[];
  /** Age of the oldest work that is due and not paused, in hand or in the inbox included; 0: none. */
  oldestReadySeconds: number;
  /** Items requested in a caller's transaction that the fleet has yet to register. */
  inbox: number;
  /** Items that cannot be registered, by the reason. */
  refused: Record<string, number>;
  /** Open ones; 100,000 may stand for more. */
  deadLetters: number;
  translated: number;
  approved: number;
  /** Members, a dead one that nobody has buried yet included. */
  workers: number;
  /** How many pauses there are, by their kind. */
  pauses: Record<string, number>;
  engines: EngineLimitStatus[];
  /** When the last collection that ran to its end began; null: never. */
  lastCollectionAt: Date | null;
}

export interface BacklogCount {
  priority: Priority;
  /** `ready`: due. `running`: an engine has it in hand. `scheduled`: due later. `paused`: due when something is resumed. */
  state: "ready" | "running" | "scheduled" | "paused";
  targetLocale: string;
  texts: number;
}

/** The connections of one pool of this process at this moment. */
export interface ConnectionUse {
  /** `statements`: those of the store. `direct`: those past a pooler. */
  pool: "statements" | "direct";
  /** Open, idle ones included. */
  open: number;
  idle: number;
  /** Statements that wait for a connection. */
  waiting: number;
  max: number;
}
