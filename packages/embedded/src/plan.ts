import type { Account } from "./account.ts";
import type { Binaries } from "./binaries.ts";

/**
 * What a keeper is told on its command line. It is all settled before, in the command, where an obstacle becomes one
 * clear error; the keeper itself can only write to the log.
 */
export interface KeeperPlan {
  /** The real data folder, made ready. */
  dataDir: string;
  binaries: Binaries;
  /** The user to become; undefined: stay. */
  account?: Account | undefined;
  /** How long there must be no session before the server is stopped. */
  idleMs: number;
}

/** How a keeper ended. Anything else means that it failed. */
export const keeperExit = {
  /** The server was stopped, or another keeper looks after it. */
  done: 0,
  failed: 1,
  /** The server could not start now but may later: its folder is still in use. */
  tryAgain: 75,
} as const;
