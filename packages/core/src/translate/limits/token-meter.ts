/** The error of one engine's token estimates, learned from its calls. */

/** The weight of a call beside the next one: about the last ten calls decide. */
const FADING = 0.9;

/** An engine may report any number of tokens; no report moves the estimates by more than this. */
const MOST_FACTOR = 8;

export class TokenMeter {
  #estimated = 0;
  #used = 0;

  /** Estimates are to be multiplied by it. 1 before the first call. */
  get factor(): number {
    if (this.#estimated === 0) return 1;
    return Math.min(MOST_FACTOR, Math.max(1 / MOST_FACTOR, this.#used / this.#estimated));
  }

  /** Learns from one call: its estimate before any correction, and the tokens it used. */
  learn(estimated: number, used: number): void {
    if (estimated <= 0 || used <= 0) return;
    this.#estimated = FADING * this.#estimated + estimated;
    this.#used = FADING * this.#used + used;
  }
}
