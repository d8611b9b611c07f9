import { orAbort } from "../async/or-abort.ts";

interface Waiting {
  rows: number;
  admit(): void;
}

/**
 * Bounds how many rows wait in memory. Who comes over the bound waits its turn, first come first served, and none
 * fails.
 */
export class RowBudget {
  readonly #max: number;
  #used = 0;
  readonly #waiting: Waiting[] = [];

  constructor(max: number) {
    this.#max = max;
  }

  /** Rows admitted and not done, and calls that wait for room. */
  get load(): { rows: number; waiting: number } {
    return { rows: this.#used, waiting: this.#waiting.length };
  }

  /**
   * Runs `work` once there is room for its rows. More rows than the bound go when nothing else is under way.
   *
   * @throws The signal's reason, when it aborts before there was room.
   */
  async spend<Value>(rows: number, work: () => Promise<Value>, signal?: AbortSignal): Promise<Value> {
    const spent = Math.min(rows, this.#max);
    await this.#admission(spent, signal);
    try {
      return await work();
    } finally {
      this.#used -= spent;
      this.#admitWaiting();
    }
  }

  async #admission(rows: number, signal: AbortSignal | undefined): Promise<void> {
    if (this.#waiting.length === 0 && this.#used + rows <= this.#max) {
      this.#used += rows;
      return;
    }
    const { promise, resolve } = Promise.withResolvers<void>();
    const waiting: Waiting = { rows, admit: resolve };
    this.#waiting.push(waiting);
    try {
      await (signal === undefined ? promise : orAbort(promise, signal));
    } catch (error) {
      const at = this.#waiting.indexOf(waiting);
      if (at >= 0) this.#waiting.splice(at, 1);
      // Admitted in the same turn as it was cancelled.
      else this.#used -= rows;
      this.#admitWaiting();
      throw error;
    }
  }

  #admitWaiting(): void {
    for (let next = this.#waiting[0]; next !== undefined; next = this.#waiting[0]) {
      if (this.#used + next.rows > this.#max) return;
      this.#used += next.rows;
      this.#waiting.shift();
      next.admit();
    }
  }
}
