import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statfsSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import pg from "pg";
import { test as base, expect } from "vitest";
import { openEmbedded, stopEmbedded } from "../src/index.ts";

/**
 * `dataDir` is a data folder that does not exist yet; `usedDir` is one whose cluster exists and does not run, which
 * saves its tests an initdb. After the test their servers are stopped and the folders removed.
 */
export const test = base
  // biome-ignore lint/correctness/noEmptyPattern: vitest reads the fixtures a function needs from the pattern
  .extend("model", { scope: "file" }, async ({}, { onCleanup }) => {
    const dataDir = makeRoom(onCleanup, memoryFolder());
    await (await openEmbedded({ dataDir })).close();
    await stopEmbedded({ dataDir });
    rmSync(join(dataDir, "server.log"));
    return dataDir;
  })
  // biome-ignore lint/correctness/noEmptyPattern: as above
  .extend("dataDir", async ({}, { onCleanup }) => makeRoom(onCleanup, tmpdir()))
  .extend("usedDir", async ({ model }, { onCleanup }) => {
    const dataDir = makeRoom(onCleanup, memoryFolder());
    execFileSync("cp", ["-a", model, dataDir]);
    return dataDir;
  });

/**
 * A folder in memory, because copying a cluster of 47 MB takes a second on a slow disk. A container may have hardly any
 * memory for it.
 */
function memoryFolder(): string {
  const memory = "/dev/shm";
  if (!existsSync(memory)) return tmpdir();
  const { bavail, bsize } = statfsSync(memory);
  return bavail * bsize > 1_000_000_000 ? memory : tmpdir();
}

function makeRoom(onCleanup: (cleanUp: () => Promise<void>) => void, place: string): string {
  const room = mkdtempSync(join(place, "trans-hub-embedded-"));
  chmodSync(room, 0o755); // the server's user must have access when the tests run as root
  const dataDir = join(room, ".trans-hub");
  onCleanup(async () => {
    await stopEmbedded({ dataDir });
    rmSync(room, { recursive: true, force: true, maxRetries: 5 });
  });
  return dataDir;
}

/** Idle time after which the servers of these tests stop, in milliseconds. */
export const IDLE_MS = 400;
process.env.TRANS_HUB_EMBEDDED_IDLE_MS = String(IDLE_MS);

/** Runs one query over a connection of its own. */
export async function ask<Row extends pg.QueryResultRow>(databaseUrl: string, sql: string): Promise<Row[]> {
  const client = new pg.Client(databaseUrl);
  client.on("error", () => undefined);
  await client.connect();
  try {
    return (await client.query<Row>(sql)).rows;
  } finally {
    await client.end();
  }
}

/** Waits until the database answers. */
export async function untilAnswering(databaseUrl: string): Promise<void> {
  const answer = () =>
    ask(databaseUrl, "select 1").then(
      () => "answers",
      (error: Error) => error.message,
    );
  await expect.poll(answer, { timeout: 20_000, interval: 50 }).toBe("answers");
}

/** The pid in `postmaster.pid`; undefined when the server was stopped in an orderly way. */
export function postmasterPid(dataDir: string): number | undefined {
  const file = join(dataDir, "cluster", "postgres", "postmaster.pid");
  return existsSync(file) ? Number.parseInt(readFileSync(file, "utf8"), 10) : undefined;
}

/** Waits until the server was stopped in an orderly way. */
export async function untilStopped(dataDir: string): Promise<void> {
  await expect.poll(() => postmasterPid(dataDir), { timeout: 20_000, interval: 50 }).toBeUndefined();
}

export function serverLog(dataDir: string): string {
  const file = join(dataDir, "server.log");
  return existsSync(file) ? readFileSync(file, "utf8") : "";
}

/** The pids of the keepers that watched, oldest first. */
export function keeperPids(dataDir: string): number[] {
  return [...serverLog(dataDir).matchAll(/\[(\d+)\] keeper: watching/g)].map(([, pid]) => Number(pid));
}

/** Kills the keeper, and waits until the server has noticed: until then, new clients believe that there is a keeper. */
export async function killKeeper(dataDir: string, databaseUrl: string): Promise<void> {
  await kill(await keeperPid(dataDir));
  const keepers = () => ask(databaseUrl, "select from pg_stat_activity where application_name like '% keeper'");
  await expect.poll(keepers).toEqual([]);
}

/**
 * Whether the process runs. A dead process that PID 1 has not collected yet does not count. Linux only, like everything
 * that reads /proc.
 */
export function lives(pid: number): boolean {
  const stat = readOr(() => readFileSync(`/proc/${pid}/stat`, "utf8"));
  return stat !== "" && !/\) [ZX] /.test(stat);
}

/** The pid of the present keeper, which logs it a moment after clients can connect. */
export async function keeperPid(dataDir: string): Promise<number> {
  const living = () => keeperPids(dataDir).filter(lives);
  await expect.poll(living, { timeout: 10_000 }).toHaveLength(1);
  return living()[0] ?? 0;
}

/** `kill -9`, and waits until the processes are gone. */
export async function kill(...pids: number[]): Promise<void> {
  for (const pid of pids) {
    try {
      process.kill(pid, "SIGKILL");
    } catch {
      // ended by itself meanwhile, as backends do without their postmaster
    }
  }
  await expect.poll(() => pids.filter(lives), { interval: 20 }).toEqual([]);
}

/** Processes with this text in their command line. */
export function processesWith(text: string): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .filter((name) => readOr(() => readFileSync(`/proc/${name}/cmdline`, "utf8")).includes(text))
    .map(Number);
}

/** Processes with this working directory: servers and their backends. */
export function processesIn(folder: string): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .filter((name) => readOr(() => readlinkSync(`/proc/${name}/cwd`)) === folder)
    .map(Number);
}

function readOr(read: () => string): string {
  try {
    return read();
  } catch {
    return ""; // ended meanwhile
  }
}

/** The output of a client process. */
export interface Said {
  databaseUrl: string;
  dataDir: string;
  error?: { code: string; message: string; hint: string };
}

/** A command in a process of its own. */
export interface ClientProcess {
  process: ChildProcess;
  said: Promise<Said>;
  /** Lets it close the database and end; resolves to its exit code. */
  finish(): Promise<number | null>;
}

/** Starts `client.ts` in a process group of its own, by default as the user of the tests. */
export function startClient(dataDir: string, options: { as?: readonly string[]; how?: string } = {}): ClientProcess {
  const script = fileURLToPath(new URL("./client.ts", import.meta.url));
  const [command = "", ...args] = [...(options.as ?? []), process.execPath, script, dataDir, options.how ?? ""];
  const child = spawn(command, args, { stdio: ["pipe", "pipe", "inherit"], detached: true });
  // A client that has already ended cannot be written to.
  child.stdin.on("error", () => undefined);
  const ended = once(child, "exit");
  const said = once(child.stdout, "data").then(([line]) => JSON.parse(String(line)) as Said);
  return {
    process: child,
    said,
    finish: async () => {
      child.stdin.write("\n");
      const [code] = await ended;
      return code as number | null;
    },
  };
}
