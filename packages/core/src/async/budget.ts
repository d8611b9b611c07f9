import { orAbort } from "./or-abort.ts";

interface Waiting {
  amount: number;
  admit(): void;
}

/**
 * Bounds how much is under way at once, in any unit (rows, bytes). Work beyond the bound waits in the order of its
 * calls, and none of it fails.
 */
export class Budget {
  readonly #max: number;
  #used = 0;
  readonly #waiting: Waiting[] = [];

  constructor(max: number) {
    this.#max = max;
  }

  /** The amount admitted and not done, and the number of calls that wait for room. */
  get load(): { used: number; waiting: number } {
    return { used: this.#used, waiting: this.#waiting.length };
  }

  /**
   * Runs `work` once there is room for its amount. An amount beyond the bound runs when nothing else is under way.
   *
   * @throws The signal's reason, when the signal aborts before there is room.
   */
  async spend<Value>(amount: number, work: () => Promise<Value>, signal?: AbortSignal): Promise<Value> {
    const spent = Math.min(amount, this.#max);
    await this.#admission(spent, signal);
    try {
      return await work();
    } finally {
      this.#used -= spent;
      this.#admitWaiting();
    }
  }

  async #admission(amount: number, signal: AbortSignal | undefined): Promise<void> {
    if (this.#waiting.length === 0 && this.#used + amount <= this.#max) {
      this.#used += amount;
      return;
    }
    const { promise, resolve } = Promise.withResolvers<void>();
    const waiting: Waiting = { amount, admit: resolve };
    this.#waiting.push(waiting);
    try {
      await (signal === undefined ? promise : orAbort(promise, signal));
    } catch (error) {
      const at = this.#waiting.indexOf(waiting);
      if (at >= 0) this.#waiting.splice(at, 1);
      // The call was admitted in the same turn of the event loop as it was cancelled.
      else this.#used -= amount;
      this.#admitWaiting();
      throw error;
    }
  }

  #admitWaiting(): void {
    for (let next = this.#waiting[0]; next !== undefined; next = this.#waiting[0]) {
      if (this.#used + next.amount > this.#max) return;
      this.#used += next.amount;
      this.#waiting.shift();
      next.admit();
    }
  }
}
