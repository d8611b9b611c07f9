/**
 * Repeats what the database refused for the moment: an outage, a deadlock, a lock. An answer of the engine is in hand and
 * need not be bought twice.
 */
import { setTimeout as wait } from "node:timers/promises";
import { DatabaseUnavailableError } from "../../../contract/errors.ts";
import { errorCode } from "../../database/database-error.ts";

const LONGEST_WAIT_MS = 2_000;

export class Patience {
  readonly #ending = new AbortController();

  /** Tries until it works, or until it fails for good. */
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

  /** From now on every failure is for good. */
  end(): void {
    this.#ending.abort();
  }
}

function isPassing(error: unknown): boolean {
  return error instanceof DatabaseUnavailableError || /^(40001|40P01|55P03)$/.test(errorCode(error) ?? "");
}
