/**
 * Repeats acts that the database refuses for the moment: an outage, a deadlock, a lock. The worker holds the engine's
 * answer, and need not buy it twice.
 */
import { setTimeout as wait } from "node:timers/promises";
import { DatabaseUnavailableError } from "../../contract/errors.ts";
import { errorCode } from "../database/database-error.ts";

/** Milliseconds. The first wait is 25 to 75 ms, and each is about twice the one before, up to this. */
const LONGEST_WAIT_MS = 2_000;

export class Patience {
  readonly #ending = new AbortController();

  /** Tries until it works. Rejects with an error that does not pass, or with any error after `end`. */
  async keepTrying<Result>(act: () => Promise<Result>): Promise<Result> {
    const { signal } = this.#ending;
    for (let tries = 0; ; tries += 1) {
      try {
        return await act();
      } catch (error) {
        if (!isPassing(error) || signal.aborted) throw error;
        const delayMs = Math.min(LONGEST_WAIT_MS, 50 * 2 ** tries) * (0.5 + Math.random());
        await wait(delayMs, undefined, { signal }).catch(() => {
          throw error;
        });
      }
    }
  }

  /** From now on no failure is repeated. */
  end(): void {
    this.#ending.abort();
  }
}

function isPassing(error: unknown): boolean {
  return error instanceof DatabaseUnavailableError || /^(40001|40P01|55P03)$/.test(errorCode(error) ?? "");
}
