/** A PgBouncer in transaction mode in front of the test server, where one is installed on this machine. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface PgBouncer {
  /** The given URL of the test server, routed through the pooler. */
  urlOf(databaseUrl: string): string;
  stop(): Promise<void>;
}

/** Debian and related systems install it where only root's PATH leads. */
const PATH = `${process.env.PATH}:/usr/sbin:/usr/local/sbin`;

export function hasPgBouncer(): boolean {
  return spawnSync("pgbouncer", ["--version"], { env: { PATH } }).status === 0;
}

/** @param serverUrl A superuser's URL. All clients of one database share two server connections. */
export async function startPgBouncer(serverUrl: string): Promise<PgBouncer> {
  const server = new URL(serverUrl);
  const folder = await mkdtemp(join(tmpdir(), "trans-hub-pgbouncer-"));
  const port = await freePort();
  const users = join(folder, "users.txt");
  const file = join(folder, "pgbouncer.ini");
  await writeFile(users, `"${decodeURIComponent(server.username)}" "${decodeURIComponent(server.password)}"\n`);
  await writeFile(
    file,
    `[databases]
* = host=${server.hostname} port=${server.port || 5432}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = plain
auth_file = ${users}
pool_mode = transaction
default_pool_size = 2
max_client_conn = 200
`,
  );
  // PgBouncer does not run as root either.
  for (const path of [folder, users, file]) await chmod(path, path === folder ? 0o755 : 0o644);
  const args = process.getuid?.() === 0 ? ["-u", "nobody", file] : [file];
  const pooler = spawn("pgbouncer", args, { env: { PATH }, stdio: ["ignore", "ignore", "pipe"] });
  await listening(pooler);
  return {
    urlOf(databaseUrl) {
      const url = new URL(databaseUrl);
      url.hostname = "127.0.0.1";
      url.port = String(port);
      return url.href;
    },
    async stop() {
      if (pooler.exitCode === null) {
        const ended = once(pooler, "exit");
        pooler.kill("SIGTERM");
        await ended;
      }
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Resolves once the pooler accepts connections. */
async function listening(pooler: ChildProcess): Promise<void> {
  let said = "";
  for (;;) {
    const [chunk] = await Promise.race([
      once(pooler.stderr as NonNullable<typeof pooler.stderr>, "data"),
      once(pooler, "exit").then(() => [undefined]),
    ]);
    if (chunk === undefined) throw new Error(`PgBouncer did not start:\n${said}`);
    said += chunk;
    if (said.includes("process up")) {
      pooler.stderr?.resume();
      return;
    }
  }
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, "close");
  return port;
}
