import { execFile } from "node:child_process";
import { link, readdir, readFile, readlink, rename, rm } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import { promisify } from "node:util";
import type { Account } from "./account.ts";
import type { Layout } from "./layout.ts";

const run = promisify(execFile);

const UNREADABLE_MS = 500;

/** The state of the process behind `postmaster.pid`. */
type PostmasterState =
  /** No file: never started, or stopped in an orderly way. */
  | { is: "stopped" }
  /** The process is gone: killed, or the machine went down. */
  | { is: "dead" }
  /**
   * The file names no process: the machine went down before its content was on the disk. PostgreSQL refuses to start
   * over such a file, for its own safety: a server that is just starting has not written its pid yet either.
   */
  | { is: "unreadable" }
  /**
   * The pid exists but is not a server: it was reused by another program, or its parent never collects the dead process
   * (PID 1 of many containers). PostgreSQL would consider it a server and never start again.
   */
  | { is: "replaced"; pid: number }
  /** Starting, serving or stopping. The port is absent in the first moments of a start. */
  | { is: "alive"; pid: number; port: number | undefined };

/** Examines `postmaster.pid` and the process that it names. */
export async function postmasterState(layout: Layout): Promise<PostmasterState> {
  const file = await readFile(layout.postmasterPid, "utf8").catch(() => undefined);
  if (file === undefined) return { is: "stopped" };
  const [pidLine, , , portLine] = file.split("\n");
  const pid = Number(pidLine);
  if (!Number.isInteger(pid) || pid <= 0) return { is: "unreadable" };
  if (!isProcessOfServerUser(pid)) return { is: "dead" };
  if (!(await mayBePostmaster(pid, layout))) return { is: "replaced", pid };
  return { is: "alive", pid, port: Number(portLine) || undefined };
}

/**
 * Removes an unreadable `postmaster.pid`, unless a process uses the data: a server that is starting, or orphaned
 * backends. Both have the data directory as their working directory. Where the system does not report working
 * directories, a file that stays unchanged for a while is considered a remnant: a start needs microseconds.
 */
export async function removeUnreadablePid(layout: Layout): Promise<void> {
  await delay(UNREADABLE_MS);
  if ((await postmasterState(layout)).is !== "unreadable" || (await isWorkedIn(layout.pgData))) return;
  // Moved aside first: between the check and this, another keeper may have cleared the file, and its server written a
  // good one.
  const aside = `${layout.postmasterPid}.${process.pid}`;
  await rename(layout.postmasterPid, aside).catch(() => undefined);
  const isGood = Number.parseInt(await readFile(aside, "utf8").catch(() => ""), 10) > 0;
  if (isGood) await link(aside, layout.postmasterPid).catch(() => undefined);
  await rm(aside, { force: true });
}

/** Stops the server now, with or without sessions, and returns when it has ended. */
export async function stopPostmaster(pgCtl: string, layout: Layout, account: Account | undefined): Promise<void> {
  await run(pgCtl, ["stop", "--pgdata", layout.pgData, "--mode", "fast", "--wait", "--timeout", "120", "--silent"], {
    cwd: "/",
    env: serverEnvironment(),
    ...(account ?? {}),
  });
}

/**
 * The environment of the server and its tools: enough to load programs, and no secret, because a keeper outlives the
 * command that started it. PG* variables would redirect initdb and pg_ctl.
 */
export function serverEnvironment(): NodeJS.ProcessEnv {
  const passed = ["PATH", "LD_LIBRARY_PATH", "TMPDIR", "SystemRoot", "TEMP"];
  const env: NodeJS.ProcessEnv = { LC_ALL: "C", TZ: "UTC" };
  for (const name of passed) if (process.env[name] !== undefined) env[name] = process.env[name];
  return env;
}

async function isWorkedIn(folder: string): Promise<boolean> {
  const processes = (await readdir("/proc").catch(() => [])).filter((name) => /^\d+$/.test(name));
  const folders = await Promise.all(processes.map((pid) => readlink(`/proc/${pid}/cwd`).catch(() => undefined)));
  return folders.includes(folder);
}

/**
 * By PostgreSQL's own rule: a process that this one may not signal belongs to another user, so it is not our server.
 */
function isProcessOfServerUser(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/**
 * A postmaster's working directory is its data directory. Systems other than Linux do not report it; there the pid is
 * trusted.
 */
async function mayBePostmaster(pid: number, layout: Layout): Promise<boolean> {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => undefined);
  const state = stat?.slice(stat.lastIndexOf(")") + 2, -1)[0];
  if (state === "Z" || state === "X") return false;
  const cwd = await readlink(`/proc/${pid}/cwd`).catch(() => undefined);
  return cwd === undefined || cwd === layout.pgData;
}
