/** Looks at the fleet for scrapes: seldom, one look at a time, and never for long. */
import type { FleetMeasure } from "@trans-hub/core";

export interface FleetLookOptions {
  /** Undefined where the store is not open yet, or has nothing to tell. */
  measure(): Promise<FleetMeasure> | undefined;
  /** For how long what was seen is told again. Default 5,000. */
  keepMs?: number | undefined;
  /** How long a scrape waits for the database. Default 1,000. */
  patienceMs?: number | undefined;
}

export interface Look {
  isUp: boolean;
  /** Undefined unless it is up: what was true a while ago would keep alerts quiet. */
  fleet: FleetMeasure | undefined;
}

const NOTHING: Look = { isUp: false, fleet: undefined };

export class FleetLook {
  readonly #measure: FleetLookOptions["measure"];
  readonly #keepMs: number;
  readonly #patienceMs: number;
  #seen: { fleet: FleetMeasure; at: number } | undefined;
  #looking: Promise<Look> | undefined;

  constructor({ measure, keepMs = 5_000, patienceMs = 1_000 }: FleetLookOptions) {
    this.#measure = measure;
    this.#keepMs = keepMs;
    this.#patienceMs = patienceMs;
  }

  /**
   * Never rejects. Scrapes at the same time share a look; one that the database leaves without an answer goes on, and keeps
   * others from being made: it holds one connection, not one a scrape.
   */
  async look(): Promise<Look> {
    if (this.#seen !== undefined && performance.now() - this.#seen.at < this.#keepMs) {
      return { isUp: true, fleet: this.#seen.fleet };
    }
    this.#looking ??= this.#ask().finally(() => {
      this.#looking = undefined;
    });
    const { promise, resolve } = Promise.withResolvers<Look>();
    const timer = setTimeout(() => resolve(NOTHING), this.#patienceMs);
    try {
      return await Promise.race([this.#looking, promise]);
    } finally {
      clearTimeout(timer);
    }
  }

  async #ask(): Promise<Look> {
    try {
      const fleet = await this.#measure();
      if (fleet === undefined) return NOTHING;
      this.#seen = { fleet, at: performance.now() };
      return { isUp: true, fleet };
    } catch {
      return NOTHING;
    }
  }
}
