/**
 * The phase of a worker's batches, and the signal that ends its engine calls.
 *
 * | phase     | a batch that comes  | calls under way                                   | leads to             |
 * |-----------|---------------------|---------------------------------------------------|----------------------|
 * | working   | waits for a slot    | go on                                             | draining, abandoned  |
 * | draining  | goes back           | go on until the deadline, then are aborted        | abandoned            |
 * | abandoned | (no such moment)    | are aborted; their results are not settled        | a new life, at once  |
 *
 * Abandoning ends a life: the fleet has given the work to others. Each life has a signal of its own, so work that began in
 * an ended life is known by its signal. Draining outlasts an abandonment.
 */
export class Phase {
  #isDraining = false;
  #calls = new AbortController();

  get isDraining(): boolean {
    return this.#isDraining;
  }

  /** Aborts when the engine calls of the present life must end. */
  get signal(): AbortSignal {
    return this.#calls.signal;
  }

  /** @throws The reason of the abandonment, if the life of this signal has ended. */
  throwIfAbandoned(signal: AbortSignal): void {
    if (signal !== this.signal) throw signal.reason;
  }

  drain(): void {
    this.#isDraining = true;
  }

  abortCalls(reason: Error): void {
    this.#calls.abort(reason);
  }

  abandon(reason: Error): void {
    this.#calls.abort(reason);
    this.#calls = new AbortController();
  }
}
