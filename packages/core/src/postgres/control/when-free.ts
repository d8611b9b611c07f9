import { setTimeout as wait } from "node:timers/promises";
import { DatabaseUnavailableError } from "../../contract/errors.ts";
import { isContended } from "../register/register-store.ts";

/** Tries against the locks of other sessions, about 5 s each. */
const TRIES = 4;

const HINT =
  "End the transaction that has been open for long, and try again: while something waits, `trans-hub doctor` names the server process in the way (locks).";

/**
 * Repeats an act that met another session's lock.
 *
 * @throws {DatabaseUnavailableError} A lock was still held after all tries.
 */
export async function whenFree<Result>(act: () => Promise<Result>): Promise<Result> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await act();
    } catch (error) {
      if (!isContended(error)) throw error;
      if (tries === TRIES) {
        const message = "A long transaction of another session is in the way; this step changed nothing";
        throw new DatabaseUnavailableError(message, { cause: error, hint: HINT });
      }
      await wait(Math.random() * 100 * tries);
    }
  }
}
