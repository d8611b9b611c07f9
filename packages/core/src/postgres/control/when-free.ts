import { setTimeout as wait } from "node:timers/promises";
import { DatabaseUnavailableError } from "../../contract/errors.ts";
import { isContended } from "../register/register-store.ts";

/** How often something is tried against strangers' locks, some 5 s each. */
const TRIES = 4;

/**
 * Runs what may meet somebody's lock, again where it did.
 *
 * @throws {DatabaseUnavailableError} A lock stood in the way for long.
 */
export async function whenFree<Result>(act: () => Promise<Result>): Promise<Result> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await act();
    } catch (error) {
      if (!isContended(error)) throw error;
      if (tries === TRIES) {
        const message = "A long transaction of somebody else is in the way; this step changed nothing";
        throw new DatabaseUnavailableError(message, { cause: error });
      }
      await wait(Math.random() * 100 * tries);
    }
  }
}
