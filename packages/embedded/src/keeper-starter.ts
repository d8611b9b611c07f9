import { performance } from "node:perf_hooks";
import { EmbeddedDatabaseError } from "@trans-hub/core/operations";
import { locateDataDir } from "./data-dir.ts";
import { type KeeperProcess, startKeeper } from "./keeper-process.ts";
import { layoutOf } from "./layout.ts";
import { keeperExit } from "./plan.ts";
import { prepare } from "./prepare.ts";
import { logTail } from "./server-log.ts";

/** Pause before the successor of a keeper that ended; doubled each time. Milliseconds. */
const PAUSE_MS = 500;
const MAX_PAUSE_MS = 5_000;

/** Number of keepers that may fail in a row: one may have been killed, or its initdb. */
const MAX_FAILURES = 3;

/** Starts keepers for one data folder: one at a time, and a bounded number of failures. */
export class KeeperStarter {
  readonly #dataDir: string;
  #keeper: KeeperProcess | undefined;
  #failures = 0;
  #pauseMs = PAUSE_MS;
  #nextAt = 0;

  constructor(dataDir: string) {
    this.#dataDir = dataDir;
  }

  /**
   * Starts a keeper, unless one started here still runs or has just ended.
   *
   * @throws {EmbeddedDatabaseError} No keeper can be started, or keepers fail repeatedly.
   */
  async next(): Promise<void> {
    if (this.#keeper !== undefined) {
      if (this.#keeper.ended === undefined) return;
      this.#failures = this.#keeper.ended === keeperExit.failed ? this.#failures + 1 : 0;
      this.#keeper = undefined;
    }
    if (this.#failures >= MAX_FAILURES) throw await failedError(this.#dataDir);
    if (performance.now() < this.#nextAt) return;
    const plan = await prepare(this.#dataDir);
    this.#keeper = startKeeper(plan);
    this.#nextAt = performance.now() + this.#pauseMs;
    this.#pauseMs = Math.min(2 * this.#pauseMs, MAX_PAUSE_MS);
  }
}

/** The last lines of a data folder's log, as the cause of an error. */
export function logCause(dataDir: string): Error {
  const layout = layoutOf(dataDir);
  return new Error(`the last lines of ${layout.log}:\n${logTail(layout)}`);
}

async function failedError(asked: string): Promise<EmbeddedDatabaseError> {
  const dataDir = (await locateDataDir(asked))?.path ?? asked;
  return new EmbeddedDatabaseError(`The embedded PostgreSQL in ${dataDir} does not start`, {
    cause: logCause(dataDir),
    hint: `${layoutOf(dataDir).log} gives the reason. You can also set TH_DATABASE_URL to a database of your own.`,
  });
}
