/** How fast an engine answers, and how much of its work one slot takes at once. */

/**
 * Milliseconds. If calls finish within this time, a slot takes several calls' worth of items at once, because marking
 * batches as begun takes a round trip to the database.
 */
const TURN_MS = 20;

/** Upper bound of the calls of a turn: all of its items are under suspicion when the worker dies. */
const MAX_CALLS_A_TURN = 4;

/**
 * Milliseconds. A call slower than this means that the engine is no longer fast: the surplus that was claimed at the higher
 * speed goes back, so that urgent work does not queue behind it.
 */
const SLOW_CALL_MS = 250;

export class Pace {
  /** A moving average over about eight calls. Undefined before the first call. */
  #meanCallMs: number | undefined;

  /** Notes how long a call took. */
  note(elapsedMs: number): void {
    this.#meanCallMs ??= elapsedMs;
    this.#meanCallMs += (elapsedMs - this.#meanCallMs) / 8;
  }

  /** Calls that fit into one turn; 0 while calls take longer than a turn. */
  get callsATurn(): number {
    return Math.min(MAX_CALLS_A_TURN, Math.floor(TURN_MS / (this.#meanCallMs ?? TURN_MS)));
  }

  isSlow(elapsedMs: number): boolean {
    return elapsedMs > SLOW_CALL_MS;
  }
}
