/**
 * What one member knows of the fleet: its own id in it, the pauses, and the target locales. It is handed down to every part
 * of the work that asks.
 *
 * Pauses are read at every beat, beside the other upkeep, which may wait behind another session's lock.
 */
import { NO_PAUSES, Pauses } from "../../../rules/pauses.ts";
import { listBudgetedProjects } from "../../budget/budget.sql.ts";
import { readPauses } from "../../control/pause.ts";
import type { ConnectionPool } from "../../database/pool.ts";
import { rows } from "../../database/statement.ts";
import { listTargetLocales } from "./node.sql.ts";

export class FleetView {
  readonly #pool: ConnectionPool;
  readonly #learnsLocales: boolean;
  readonly #pauseListeners: (() => void)[] = [];
  readonly #localeListeners: ((locales: readonly string[]) => void)[] = [];
  #nodeId = "";
  #isInFleet = false;
  #pauses = NO_PAUSES;
  #budgeted: ReadonlySet<string> = new Set();
  #learning: Promise<void> | undefined;
  #lastLocalesAt = 0;

  /** @param learnsLocales Whether the work is for all locales, those that appear later included. */
  constructor(pool: ConnectionPool, learnsLocales: boolean) {
    this.#pool = pool;
    this.#learnsLocales = learnsLocales;
  }

  /** The last node that entered the fleet. */
  get nodeId(): string {
    return this.#nodeId;
  }

  /** The pauses, as of the last time they were read. */
  get pauses(): Pauses {
    return this.#pauses;
  }

  /** Whether a project has a budget, as of the last time they were read. */
  isBudgeted(project: string): boolean {
    return this.#budgeted.has(project);
  }

  /** Calls `listener` after each time the pauses were read. */
  onPauses(listener: () => void): void {
    this.#pauseListeners.push(listener);
  }

  /** Calls `listener` with all target locales, each time they were read. */
  onLocales(listener: (locales: readonly string[]) => void): void {
    this.#localeListeners.push(listener);
  }

  /** A node entered the fleet. Learns the locales that appeared since they were listed. */
  entered(nodeId: string): void {
    this.#nodeId = nodeId;
    this.#isInFleet = true;
    void this.learnLocales(0);
  }

  /** The next node is on its way into the fleet. Until it is there, no locale is learned, because none may be claimed. */
  entering(): void {
    this.#isInFleet = false;
  }

  /** Reads the pauses and the projects with budgets. One read at a time, however many ask. */
  learnPauses(): Promise<void> {
    this.#learning ??= Promise.all([readPauses(this.#pool), rows(this.#pool, listBudgetedProjects)])
      .then(([pauses, budgeted]) => {
        this.#pauses = new Pauses(pauses);
        this.#budgeted = new Set(budgeted.map(({ project }) => project));
        for (const listener of this.#pauseListeners) listener();
      })
      .finally(() => {
        this.#learning = undefined;
      });
    return this.#learning;
  }

  /** Reads the locales, unless that was done within `atMostEveryMs`. Never rejects: the next beat asks again. */
  async learnLocales(atMostEveryMs: number): Promise<void> {
    if (!this.#learnsLocales || !this.#isInFleet) return;
    if (performance.now() - this.#lastLocalesAt < atMostEveryMs) return;
    this.#lastLocalesAt = performance.now();
    try {
      const locales = await this.listLocales();
      for (const listener of this.#localeListeners) listener(locales);
    } catch {
      // The next beat asks again.
    }
  }

  async listLocales(): Promise<string[]> {
    return (await rows(this.#pool, listTargetLocales)).map(({ locale }) => locale);
  }
}
