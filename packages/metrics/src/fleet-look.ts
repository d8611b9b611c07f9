/** Looks at the fleet for scrapes: seldom, one look at a time, and so that hardly a scrape waits for it. */
import type { FleetMeasure } from "@trans-hub/core/store";

export interface FleetLookOptions {
  /** Undefined where the store is not open yet, or has nothing to tell. */
  measure(): Promise<FleetMeasure> | undefined;
  /** How long after a look the next is made. Milliseconds. Default 5,000. */
  keepMs?: number | undefined;
  /** How old a look may be to be told while the next is made. Milliseconds. Default 20,000. */
  staleMs?: number | undefined;
  /** After so long a database counts as one that does not answer, and a scrape waits no more. Milliseconds. Default 1,000. */
  patienceMs?: number | undefined;
}

export interface Look {
  isUp: boolean;
  /** Undefined unless it is up: what was true a while ago would keep alerts quiet. */
  fleet: FleetMeasure | undefined;
}

const NOTHING: Look = { isUp: false, fleet: undefined };

export class FleetLook {
  readonly #options: Required<{ [Key in keyof FleetLookOptions]: NonNullable<FleetLookOptions[Key]> }>;
  #last: Look = NOTHING;
  #lastAt = Number.NEGATIVE_INFINITY;
  #looking: Promise<Look> | undefined;
  #startedAt = 0;

  constructor({ measure, keepMs = 5_000, staleMs = 20_000, patienceMs = 1_000 }: FleetLookOptions) {
    this.#options = { measure, keepMs, staleMs, patienceMs };
  }

  /**
   * Never rejects. Tells the last look, and makes another meanwhile: five million pending texts take a tenth of a second to
   * count. Only who finds none that is fresh enough waits.
   *
   * One that the database leaves without an answer goes on, and keeps others from being made: it holds one connection, not
   * one a scrape.
   */
  async look(): Promise<Look> {
    const { keepMs, staleMs, patienceMs } = this.#options;
    const now = performance.now();
    if (this.#looking === undefined && now - this.#lastAt >= keepMs) this.#start(now);
    if (this.#looking === undefined) return this.#last;
    const leftMs = patienceMs - (now - this.#startedAt);
    if (leftMs <= 0) return NOTHING;
    if (this.#last.isUp && now - this.#lastAt < staleMs) return this.#last;

    const { promise, resolve } = Promise.withResolvers<Look>();
    const timer = setTimeout(() => resolve(NOTHING), leftMs);
    try {
      return await Promise.race([this.#looking, promise]);
    } finally {
      clearTimeout(timer);
    }
  }

  #start(now: number): void {
    this.#startedAt = now;
    this.#looking = this.#ask().then((look) => {
      this.#last = look;
      this.#lastAt = performance.now();
      this.#looking = undefined;
      return look;
    });
  }

  async #ask(): Promise<Look> {
    try {
      const fleet = await this.#options.measure();
      return fleet === undefined ? NOTHING : { isUp: true, fleet };
    } catch {
      return NOTHING;
    }
  }
}
