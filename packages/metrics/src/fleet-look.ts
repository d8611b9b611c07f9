/** Queries the fleet's state for scrapes: rarely, one query at a time, and so that hardly any scrape waits for it. */
import type { FleetMeasure } from "@trans-hub/core/store";

export interface FleetLookOptions {
  /** Undefined where the store is not open yet or measures nothing. */
  measure(): Promise<FleetMeasure> | undefined;
  /** Age of a look at which the next one is made. Milliseconds. Default 5,000. */
  keepMs?: number | undefined;
  /** Greatest age of a look that is still reported while the next one is made. Milliseconds. Default 20,000. */
  staleMs?: number | undefined;
  /**
   * After this time without an answer the database counts as down, and the scrape stops waiting. Milliseconds. Default
   * 1,000.
   */
  patienceMs?: number | undefined;
}

export interface Look {
  isUp: boolean;
  /** Undefined unless the database is up: old values would keep alerts quiet. */
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
   * Never rejects. Returns the last look, and makes another one meanwhile: five million pending texts take a tenth of a
   * second to count. A scrape waits only when no look is fresh enough.
   *
   * A look that the database leaves without an answer goes on, and no other is started meanwhile: a hanging database
   * holds one connection, not one per scrape.
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
