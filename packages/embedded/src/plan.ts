import type { Account } from "./account.ts";
import type { Binaries } from "./binaries.ts";

/**
 * A keeper's command line. Everything is decided before, in the command, where an obstacle becomes one clear error; the
 * keeper itself can only write to the log.
 */
export interface KeeperPlan {
  /** The real data folder, made ready. */
  dataDir: string;
  binaries: Binaries;
  /** The user to become; undefined: stay. */
  account?: Account | undefined;
  /** Time without any session after which the server is stopped, in milliseconds. */
  idleMs: number;
}

/** Exit codes of a keeper. Any other code means that it failed. */
export const keeperExit = {
  /** The server was stopped, or another keeper watches it. */
  done: 0,
  failed: 1,
  /** The server could not start now but may later: its folder is still in use. */
  tryAgain: 75,
} as const;
