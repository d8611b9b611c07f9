import { execFile } from "node:child_process";
import { readFile, readlink } from "node:fs/promises";
import { promisify } from "node:util";
import type { Account } from "./account.ts";
import type { Layout } from "./layout.ts";

const run = promisify(execFile);

/** What is known of the process behind `postmaster.pid`. */
export type PostmasterState =
  /** No file: never started, or stopped in an orderly way. */
  | { is: "stopped" }
  /** The process is gone: killed, or the machine went down. */
  | { is: "dead" }
  /** The pid went to another program. PostgreSQL would take that one for the server and never start again. */
  | { is: "replaced"; pid: number }
  /** Starting, serving or stopping. The port is absent in the first moments of a start. */
  | { is: "alive"; pid: number; port: number | undefined };

/** Looks at `postmaster.pid` and at the process it names. */
export async function postmasterState(layout: Layout): Promise<PostmasterState> {
  const file = await readFile(layout.postmasterPid, "utf8").catch(() => undefined);
  if (file === undefined) return { is: "stopped" };
  const [pidLine, , , portLine] = file.split("\n");
  const pid = Number(pidLine);
  if (!Number.isInteger(pid) || pid <= 0 || !exists(pid)) return { is: "dead" };
  // A postmaster works in its data directory. Other systems than Linux do not tell; then the pid is believed.
  const cwd = await readlink(`/proc/${pid}/cwd`).catch(() => undefined);
  if (cwd !== undefined && cwd !== layout.pgData) return { is: "replaced", pid };
  return { is: "alive", pid, port: Number(portLine) || undefined };
}

/** Stops the server now, sessions or not, and returns when it is still. */
export async function stopPostmaster(pgCtl: string, layout: Layout, account: Account | undefined): Promise<void> {
  await run(pgCtl, ["stop", "--pgdata", layout.pgData, "--mode", "fast", "--wait", "--timeout", "120", "--silent"], {
    cwd: "/",
    env: serverEnvironment(),
    ...(account ?? {}),
  });
}

/**
 * What the server and its tools see of our environment: enough to load programs, and no secret, for a keeper outlives
 * the command that started it. PG* variables would redirect initdb and pg_ctl.
 */
export function serverEnvironment(): NodeJS.ProcessEnv {
  const passed = ["PATH", "LD_LIBRARY_PATH", "TMPDIR", "SystemRoot", "TEMP"];
  const env: NodeJS.ProcessEnv = { LC_ALL: "C", TZ: "UTC" };
  for (const name of passed) if (process.env[name] !== undefined) env[name] = process.env[name];
  return env;
}

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
