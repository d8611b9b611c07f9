import { execFile } from "node:child_process";
import { link, readdir, readFile, readlink, rename, rm } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import { promisify } from "node:util";
import type { Account } from "./account.ts";
import type { Layout } from "./layout.ts";

const run = promisify(execFile);

const UNREADABLE_MS = 500;

/** What is known of the process behind `postmaster.pid`. */
type PostmasterState =
  /** No file: never started, or stopped in an orderly way. */
  | { is: "stopped" }
  /** The process is gone: killed, or the machine went down. */
  | { is: "dead" }
  /**
   * The file names no process: the machine went down before its content was on the disk. PostgreSQL refuses to start over it,
   * for its own sake: a server that is just being started has written nothing yet either.
   */
  | { is: "unreadable" }
  /**
   * The pid is there but is no server: it went to another program, or nobody collects the dead process (PID 1 of many
   * containers does not). PostgreSQL would take it for the server and never start again.
   */
  | { is: "replaced"; pid: number }
  /** Starting, serving or stopping. The port is absent in the first moments of a start. */
  | { is: "alive"; pid: number; port: number | undefined };

/** Looks at `postmaster.pid` and at the process it names. */
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
 * Takes an unreadable `postmaster.pid` away, unless somebody is at the data: a server that is being started or orphaned
 * backends. Both work in the data directory. Where the system does not tell who does, a file that stays as it is for a
 * while is believed to be a remnant: a start needs microseconds.
 */
export async function removeUnreadablePid(layout: Layout): Promise<void> {
  await delay(UNREADABLE_MS);
  if ((await postmasterState(layout)).is !== "unreadable" || (await isWorkedIn(layout.pgData))) return;
  // Aside first: between our look and this, another keeper may have cleared the way and its server written a good one.
  const aside = `${layout.postmasterPid}.${process.pid}`;
  await rename(layout.postmasterPid, aside).catch(() => undefined);
  const isGood = Number.parseInt(await readFile(aside, "utf8").catch(() => ""), 10) > 0;
  if (isGood) await link(aside, layout.postmasterPid).catch(() => undefined);
  await rm(aside, { force: true });
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

async function isWorkedIn(folder: string): Promise<boolean> {
  const processes = (await readdir("/proc").catch(() => [])).filter((name) => /^\d+$/.test(name));
  const folders = await Promise.all(processes.map((pid) => readlink(`/proc/${pid}/cwd`).catch(() => undefined)));
  return folders.includes(folder);
}

/** As PostgreSQL sees it: a process that we may not signal belongs to another user, so it is not our server. */
function isProcessOfServerUser(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** A postmaster works in its data directory. Systems other than Linux do not tell; then the pid is believed. */
async function mayBePostmaster(pid: number, layout: Layout): Promise<boolean> {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => undefined);
  const state = stat?.slice(stat.lastIndexOf(")") + 2, -1)[0];
  if (state === "Z" || state === "X") return false;
  const cwd = await readlink(`/proc/${pid}/cwd`).catch(() => undefined);
  return cwd === undefined || cwd === layout.pgData;
}
