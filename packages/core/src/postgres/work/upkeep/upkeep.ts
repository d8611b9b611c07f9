/**
 * What a member of the fleet looks after beside its batches: it registers what waits in the inbox, gives lost batches a job,
 * and learns what is paused and which locales there are.
 *
 * Every beat asks for it; behind a stranger's lock it takes longer than a beat, and holds none up.
 */

import { NO_PAUSES, Pauses } from "../../../rules/pauses.ts";
import { readPauses, unpark } from "../../control/pause.ts";
import type { ConnectionPool } from "../../database/pool.ts";
import { rows } from "../../database/statement.ts";
import { registerInbox } from "../../register/inbox.ts";
import { openLanes } from "../../register/register.sql.ts";
import { reconcileBatches } from "../batch-store.ts";
import { foldCounts, listTargetLocales } from "../fleet/node.sql.ts";

export interface UpkeepOptions {
  pool: ConnectionPool;
  /** Whether locales are to be learned at present. */
  isToLearnLocales(): boolean;
  /** Hears of the locales there are, each time they are asked. */
  onLocales(locales: readonly string[]): void;
  /** Hears after each time that `pauses` was learned. */
  onPauses(): void;
  onFault(error: Error): void;
}

/** Batches without a job are looked for this often; the first look is at the start. */
const RECONCILE_MS = 60_000;

export class Upkeep {
  readonly #options: UpkeepOptions;
  #pauses = NO_PAUSES;
  #learning: Promise<void> | undefined;
  #busy = 0;
  #isLookingAfter = false;
  #lookedAfter: Promise<void> = Promise.resolve();
  #lastLocales = 0;
  #lastReconcile = Number.NEGATIVE_INFINITY;

  constructor(options: UpkeepOptions) {
    this.#options = options;
  }

  /** What is paused, as far as is known. */
  get pauses(): Pauses {
    return this.#pauses;
  }

  /** Whether it may be making new work at this moment. */
  get isBusy(): boolean {
    return this.#busy > 0;
  }

  /** After a beat. Told of by `onFault` only. */
  afterBeat(): void {
    this.learnPauses().catch((error) => this.#options.onFault(error as Error));
    // One round at a time: behind a stranger's lock, each beat's own would take one more connection.
    if (this.#isLookingAfter) return;
    this.#isLookingAfter = true;
    this.#lookedAfter = this.#lookAfter()
      .catch((error) => this.#options.onFault(error as Error))
      .finally(() => {
        this.#isLookingAfter = false;
      });
  }

  /** Resolves when the round of the last beat has ended. */
  async settled(): Promise<void> {
    await this.#lookedAfter;
  }

  registerInbox(): Promise<void> {
    return this.#counted(async () => {
      await registerInbox(this.#options.pool);
      await this.learnLocales(500);
    });
  }

  reconcile(): Promise<void> {
    return this.#counted(async () => {
      const { pool } = this.#options;
      this.#lastReconcile = performance.now();
      await rows(pool, openLanes, [null]);
      // Known before their jobs are announced, or those would wait for the next poll.
      await this.learnLocales(0);
      await reconcileBatches(pool);
      // What a resume that was cut off left behind.
      await unpark(pool, true);
    });
  }

  /** Has the next beat look for batches without a job. */
  reconcileSoon(): void {
    this.#lastReconcile = Number.NEGATIVE_INFINITY;
  }

  async foldCounts(): Promise<void> {
    await rows(this.#options.pool, foldCounts);
  }

  async listLocales(): Promise<string[]> {
    return (await rows(this.#options.pool, listTargetLocales)).map(({ locale }) => locale);
  }

  /** Beside the other upkeep, which may wait behind a stranger's lock. One at a time, whoever asks. */
  learnPauses(): Promise<void> {
    this.#learning ??= readPauses(this.#options.pool)
      .then((pauses) => {
        this.#pauses = new Pauses(pauses);
        this.#options.onPauses();
      })
      .finally(() => {
        this.#learning = undefined;
      });
    return this.#learning;
  }

  async learnLocales(atMostEveryMs: number): Promise<void> {
    if (!this.#options.isToLearnLocales()) return;
    if (performance.now() - this.#lastLocales < atMostEveryMs) return;
    this.#lastLocales = performance.now();
    try {
      this.#options.onLocales(await this.listLocales());
    } catch {
      // The next beat asks again.
    }
  }

  async #lookAfter(): Promise<void> {
    await this.learnLocales(1_000);
    // What was behind a lock when its job ran.
    await this.registerInbox();
    if (performance.now() - this.#lastReconcile >= RECONCILE_MS) await this.reconcile();
  }

  async #counted(act: () => Promise<void>): Promise<void> {
    this.#busy += 1;
    try {
      await act();
    } finally {
      this.#busy -= 1;
    }
  }
}
