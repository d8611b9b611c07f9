import { setTimeout as wait } from "node:timers/promises";

/** The time of a store in memory; a test may bring its own. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Resolves after this time, or as soon as the signal aborts. */
  wait(ms: number, signal: AbortSignal): Promise<void>;
}

export const SYSTEM_CLOCK: Clock = {
  now: () => Date.now(),
  wait: (ms, signal) => wait(Math.min(ms, LONGEST_TIMER_MS), undefined, { signal }).catch(() => undefined),
};

/** A longer timer would fire at once in Node. Waiting code checks the time again. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** A clock that moves only when the test advances it. */
export class ManualClock implements Clock {
  #now: number;
  readonly #waiting = new Set<{ until: number; resolve(): void }>();

  constructor(now: number | Date = Date.UTC(2026, 0, 1)) {
    this.#now = Number(now);
  }

  now(): number {
    return this.#now;
  }

  wait(ms: number, signal: AbortSignal): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const entry = { until: this.#now + ms, resolve };
    if (ms <= 0 || signal.aborted) return Promise.resolve();
    this.#waiting.add(entry);
    const onAbort = () => {
      this.#waiting.delete(entry);
      resolve();
    };
    signal.addEventListener("abort", onAbort, { once: true });
    return promise.finally(() => signal.removeEventListener("abort", onAbort));
  }

  /** Advances the time; waits that end within it resolve. */
  advance(ms: number): void {
    this.#now += ms;
    for (const entry of [...this.#waiting]) {
      if (entry.until > this.#now) continue;
      this.#waiting.delete(entry);
      entry.resolve();
    }
  }
}
