/** A real PostgreSQL for tests, gone for sure when the process that started it is. */
import { type ChildProcess, fork } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { join } from "node:path";

/** What `startPostgres` tells its keeper. `crash` is a stop without any tidying up, then a start. */
export type KeeperOrder = "restart" | "crash" | "end";
/** What the keeper answers once the server accepts connections, or could not. */
export type KeeperAnswer = { port: number } | { error: string };

export interface TestPostgres {
  /** Of the superuser `postgres` and the database `postgres`. Stays the same over a restart. */
  readonly url: string;
  /** Stops the server as an operator does (`restart`) or as a power cut does (`crash`), and starts it again. */
  restart(how?: "restart" | "crash"): Promise<void>;
  /** Stops the server and removes its data. May be called twice. */
  stop(): Promise<void>;
}

/**
 * Starts a PostgreSQL on a free port of the loopback, its data in a temporary folder: the embedded one, or the one whose
 * folder `TH_TEST_POSTGRES` names.
 *
 * @param settings Server settings such as `["fsync=on"]`. Default: fsync off, since no test outlives the machine; a
 *   `crash` loses nothing all the same, because the kernel keeps what was written.
 * @param env Of the server, beside our own; `TMPDIR` says where its folder is made, `TH_TEST_BASE_BACKUP` which data folder it
 *   starts with a copy of: its passwords are those of that one then, and not the URL's.
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
