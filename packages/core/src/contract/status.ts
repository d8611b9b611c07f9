/** Totals of the store and the state of the fleet. */
import type { Pause } from "./control.ts";
import type { Circuit } from "./engine-gate.ts";
import type { TranslationStatus } from "./translation.ts";

export interface StoreStatus {
  translations: Record<TranslationStatus, number>;
  /** The same for each target locale. */
  locales: Record<string, Record<TranslationStatus, number>>;
  /**
   * How many texts were stored with a warning, by the name of the check, since the store was made. A total of events: it does
   * not fall when such a text is replaced, approved or collected.
   */
  flagged: Record<string, number>;
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
