/**
 * The keeper: a process of its own that runs initdb and the server of one data folder, and stops the server after it
 * has been unused for a while. Commands start a keeper whenever they find no server, or a server without a keeper.
 *
 *     make the cluster → a server runs? ─ yes ───────────────→ watch it, unless another keeper does
 *                              └ no → start postgres ─ ready ─→ watch it
 *                                           └ ends: another one holds postmaster.pid
 *
 * The keeper stores no state outside the server and its data folder, so any process may be killed at any moment.
 */
import { ensureCluster } from "./cluster.ts";
import { log } from "./keeper-log.ts";
import { layoutOf } from "./layout.ts";
import { connectOwnServer } from "./own-server.ts";
import { type KeeperPlan, keeperExit } from "./plan.ts";
import { postmasterState } from "./postmaster.ts";
import { startServer } from "./start-server.ts";
import { watch } from "./watch.ts";

const NAME = "trans-hub keeper";

try {
  process.exitCode = await keep(JSON.parse(process.argv[2] ?? "") as KeeperPlan);
} catch (error) {
  log(`failed: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = keeperExit.failed;
}
// A signal handler or a lingering socket must not keep alive a keeper without a server.
process.exit();

async function keep(plan: KeeperPlan): Promise<number> {
  becomeServerUser(plan);
  process.on("SIGHUP", () => undefined); // the terminal of the command that started this keeper was closed
  const layout = layoutOf(plan.dataDir);
  const { initdb, postgres, pgCtl } = plan.binaries;

  if (!(await ensureCluster(layout, initdb))) return keeperExit.done;
  if ((await postmasterState(layout)).is === "alive") {
    const running = await connectOwnServer(layout, NAME).catch(() => undefined);
    if (running === undefined) {
      log("a server lives and takes no sessions: starting or stopping, which the next keeper will find done");
      return keeperExit.tryAgain;
    }
    return await watch(running, { layout, pgCtl, idleMs: plan.idleMs, name: NAME });
  }
  const started = await startServer(layout, postgres, NAME);
  if (started !== undefined) return await watch(started, { layout, pgCtl, idleMs: plan.idleMs, name: NAME });
  // The server respected a postmaster.pid that is still there: another server's, or that of a killed one with living
  // backends.
  return (await postmasterState(layout)).is === "stopped" ? keeperExit.failed : keeperExit.tryAgain;
}

/**
 * Root drops its rights before it touches anything: PostgreSQL refuses to run as root, and links in another user's
 * folder could lead a root process anywhere. All modules are loaded by now, also from folders that only root can read.
 */
function becomeServerUser({ account }: KeeperPlan): void {
  if (account === undefined) return;
  process.setgroups?.([]);
  process.setgid?.(account.gid);
  process.setuid?.(account.uid);
}
