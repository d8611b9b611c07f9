/** A bucket of permits that fills at a steady rate. */

export interface TokenBucketOptions {
  /** Permits a second. */
  perSecond: number;
  /** The most permits in the bucket, which is full at first. Default: those of two seconds, and 1 at least. */
  burst?: number | undefined;
  /** Milliseconds, of a clock that never goes back. Default: `performance.now`. */
  now?: (() => number) | undefined;
}

export class TokenBucket {
  readonly #perSecond: number;
  readonly #burst: number;
  readonly #now: () => number;
  #permits: number;
  #filledAt: number;

  constructor({ perSecond, burst = Math.max(1, 2 * perSecond), now = () => performance.now() }: TokenBucketOptions) {
    this.#perSecond = perSecond;
    this.#burst = burst;
    this.#now = now;
    this.#permits = burst;
    this.#filledAt = now();
  }

  /** Takes one permit. False: there is none. */
  take(): boolean {
    this.#fill();
    if (this.#permits < 1) return false;
    this.#permits -= 1;
    return true;
  }

  /** Whole permits that are left. */
  get left(): number {
    this.#fill();
    return Math.floor(this.#permits);
  }

  /** Seconds until there is a permit; 0: there is one. */
  get waitSeconds(): number {
    this.#fill();
    return Math.max(0, (1 - this.#permits) / this.#perSecond);
  }

  #fill(): void {
    const now = this.#now();
    this.#permits = Math.min(this.#burst, this.#permits + ((now - this.#filledAt) / 1_000) * this.#perSecond);
    this.#filledAt = now;
  }
}
