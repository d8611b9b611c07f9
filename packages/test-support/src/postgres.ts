/** A real PostgreSQL for tests, which always ends with the process that started it. */
import { type ChildProcess, fork } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { join } from "node:path";

/** The orders of `startPostgres` to its keeper. `crash` is a stop without any clean-up, then a start. */
export type KeeperOrder = "restart" | "crash" | "end";
/** The keeper's answer once the server accepts connections, or failed to start. */
export type KeeperAnswer = { port: number } | { error: string };

export interface TestPostgres {
  /** The URL of the superuser `postgres` and the database `postgres`. Stays the same over a restart. */
  readonly url: string;
  /** Stops the server as an operator does (`restart`) or as a power cut does (`crash`), and starts it again. */
  restart(how?: "restart" | "crash"): Promise<void>;
  /** Stops the server and removes its data. May be called twice. */
  stop(): Promise<void>;
}

/**
 * Starts a PostgreSQL on a free port of the loopback, its data in a temporary folder: the embedded one, or the one in
 * the folder named by `TH_TEST_POSTGRES`.
 *
 * @param settings Server settings such as `["fsync=on"]`. Default: fsync off, since no test outlives the machine; a
 * `crash` loses nothing even so, because the kernel keeps the written data.
 * @param env Variables of the server, added to this process's own. `TMPDIR` is the parent of its folder;
 * `TH_TEST_BASE_BACKUP` names a data folder to start from a copy of: the passwords are then those of the copy, and not
 * the URL's.
 */
export async function startPostgres(
  settings: readonly string[] = [],
  env: Record<string, string> = {},
): Promise<TestPostgres> {
  const password = randomBytes(12).toString("hex");
  const all = ["max_connections=200", "fsync=off", ...settings];
  const keeper = fork(join(import.meta.dirname, "postgres-keeper.ts"), [password, ...all], {
    detached: true, // its own session: Ctrl-C is for the tests
    execArgv: [],
    env: { ...process.env, ...env },
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });
  const port = await nextPort(keeper);
  const url = `postgresql://postgres:${password}@127.0.0.1:${port}/postgres`;

  return {
    url,
    async restart(how = "restart") {
      const answered = nextPort(keeper);
      keeper.send(how satisfies KeeperOrder);
      if ((await answered) !== port) throw new Error("PostgreSQL came back on another port");
    },
    async stop() {
      if (keeper.exitCode !== null || keeper.signalCode !== null) return;
      const exited = once(keeper, "exit");
      if (keeper.connected) keeper.send("end" satisfies KeeperOrder);
      await exited;
    },
  };
}

async function nextPort(keeper: ChildProcess): Promise<number> {
  const [answer] = (await Promise.race([
    once(keeper, "message"),
    once(keeper, "exit").then(() => [{ error: "the keeper of the test server ended" }]),
  ])) as [KeeperAnswer];
  if ("error" in answer) throw new Error(answer.error);
  return answer.port;
}
