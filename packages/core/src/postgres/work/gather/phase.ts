/**
 * The phase of a worker's batches, and the signal that ends its engine calls.
 *
 * | phase     | a batch that comes  | calls under way                                   | leads to                       |
 * |-----------|---------------------|---------------------------------------------------|--------------------------------|
 * | working   | waits for a slot    | go on                                             | held, draining, abandoned      |
 * | held      | waits, and no slot  | go on                                             | working (or draining) when the |
 * |           | is given            |                                                   | waiting batches have gone back |
 * | draining  | goes back           | go on until the deadline, then are aborted        | abandoned                      |
 * | abandoned | (no such moment)    | are aborted; they are booked, and no text settled | a new life, at once            |
 *
 * Abandoning ends a life: the fleet has given the work to others. Each life has a signal of its own, so work that began in
 * an ended life is known by its signal. Draining outlasts an abandonment.
 *
 * Claims have a signal too: it aborts when the batches that no call has begun with have gone back. A batch that was still
 * being read at that moment is recognized by it.
 */
export class Phase {
  #isDraining = false;
  #isHeld = false;
  #calls = new AbortController();
  #claims = new AbortController();

  get isDraining(): boolean {
    return this.#isDraining;
  }

  /** Aborts when the engine calls of the present life must end. */
  get signal(): AbortSignal {
    return this.#calls.signal;
  }

  /** Whether no call may begin: the pool that claimed the waiting batches has ended. */
  get isHeld(): boolean {
    return this.#isHeld;
  }

  /** Aborts when the batches that no call has begun with belong to others. */
  get claims(): AbortSignal {
    return this.#claims.signal;
  }

  /** Whether the life of this signal has ended. The signal's reason is that of the abandonment. */
  isAbandoned(signal: AbortSignal): boolean {
    return signal !== this.signal;
  }

  drain(): void {
    this.#isDraining = true;
  }

  abortCalls(reason: Error): void {
    this.#calls.abort(reason);
  }

  hold(): void {
    this.#isHeld = true;
  }

  /** Ends the hold: every batch that no call has begun with has gone back. */
  abandonWaiting(reason: Error): void {
    this.#isHeld = false;
    this.#claims.abort(reason);
    this.#claims = new AbortController();
  }

  abandon(reason: Error): void {
    this.abandonWaiting(reason);
    this.#calls.abort(reason);
    this.#calls = new AbortController();
  }
}
