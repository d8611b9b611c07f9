/** How far from the truth the estimates of one engine's tokens are, as its calls show. */

/** Each call counts for so much less than the one after it: some ten calls tell. */
const FADING = 0.9;

/** What an engine says of itself may be anything. */
const MOST_FACTOR = 8;

export class TokenMeter {
  #estimated = 0;
  #used = 0;

  /** By this, estimates are to be multiplied. 1 before anything is known. */
  get factor(): number {
    if (this.#estimated === 0) return 1;
    return Math.min(MOST_FACTOR, Math.max(1 / MOST_FACTOR, this.#used / this.#estimated));
  }

  /** Notes what one call was estimated at, before any correction, and what it used. */
  learn(estimated: number, used: number): void {
    if (estimated <= 0 || used <= 0) return;
    this.#estimated = FADING * this.#estimated + estimated;
    this.#used = FADING * this.#used + used;
  }
}
