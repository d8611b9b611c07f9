import { spawn } from "node:child_process";
import { closeSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { layoutOf } from "./layout.ts";
import { type KeeperPlan, keeperExit } from "./plan.ts";
import { serverEnvironment } from "./postmaster.ts";
import { openLog } from "./server-log.ts";

/** A keeper started by this process. */
export interface KeeperProcess {
  /** Its exit code once it has ended; -1 when it was killed. */
  readonly ended: number | undefined;
}

/**
 * Starts a keeper that outlives this process: in a session of its own, so that neither Ctrl-C nor the end of the
 * terminal reaches it, and with a log file instead of this process's streams, so that it neither holds nor fills our
 * pipes.
 */
export function startKeeper(plan: KeeperPlan): KeeperProcess {
  const log = openLog(layoutOf(plan.dataDir), plan.account);
  let ended: number | undefined;
  try {
    const child = spawn(process.execPath, [keeperEntry(), JSON.stringify(plan)], {
      cwd: plan.dataDir,
      detached: true,
      stdio: ["ignore", log, log],
      windowsHide: true,
      env: serverEnvironment(),
    });
    child.once("exit", (code) => {
      ended = code ?? -1;
    });
    child.once("error", () => {
      ended = keeperExit.failed;
    });
    child.unref();
  } finally {
    closeSync(log); // the keeper has its own copy
  }
  return {
    get ended() {
      return ended;
    },
  };
}

/** The entry file beside this one, as source (`.ts`) or built (`.js`). */
function keeperEntry(): string {
  return fileURLToPath(import.meta.url.replace(/[^/]*$/, import.meta.url.endsWith(".ts") ? "keeper.ts" : "keeper.js"));
}
