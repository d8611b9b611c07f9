/**
 * The engines that give no answer to this process, whatever they give to the other members.
 *
 * A member whose own network is down fails within milliseconds, and so would take text after text from the members that get
 * answers. It tries the engine with one text every few seconds instead.
 */

interface Faults {
  count: number;
  /** By `performance.now()`, like {@link triesAt}. */
  since: number;
  /** From this time on one call may try. */
  triesAt: number;
}

export class OwnFaults {
  readonly #least: number;
  readonly #overMs: number;
  readonly #tryEveryMs: number;
  readonly #faults = new Map<string, Faults>();

  /** @param least The number of calls without an answer, over `overMs` milliseconds or more, from which on calls wait. */
  constructor(least: number, overMs: number, tryEveryMs: number) {
    this.#least = least;
    this.#overMs = overMs;
    this.#tryEveryMs = tryEveryMs;
  }

  failed(engine: string): void {
    const now = performance.now();
    const faults = this.#faults.get(engine) ?? { count: 0, since: now, triesAt: now };
    this.#faults.set(engine, { ...faults, count: faults.count + 1, triesAt: now + this.#tryEveryMs });
  }

  answered(engine: string): void {
    this.#faults.delete(engine);
  }

  /** Whether so many calls got no answer that this process may be the one at fault. */
  isMany(engine: string): boolean {
    return (this.#faults.get(engine)?.count ?? 0) >= this.#least;
  }

  /** Milliseconds until a call may try the engine; 0: now, and every other call waits for it. Undefined: any call may be made. */
  waitMs(engine: string): number | undefined {
    const now = performance.now();
    const faults = this.#faults.get(engine);
    if (faults === undefined || !this.isMany(engine) || now - faults.since < this.#overMs) return undefined;
    if (faults.triesAt > now) return faults.triesAt - now;
    faults.triesAt = now + this.#tryEveryMs;
    return 0;
  }
}
