/**
 * The real apertium-apy, for tests. It listens on every address and has no option against that, so it runs in a network
 * namespace of its own, from which a Unix socket leads out: such sockets stand in the file system, and belong to no network.
 */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { type AddressInfo, connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

const MODES = "/usr/share/apertium/modes";
const PORT = 2737;

/** Within the namespace: from the Unix socket to the server, once the server answers. */
const RELAY = `
const { connect, createServer } = require("node:net");
const [path] = process.argv.slice(1);
const wait = () => connect(${PORT}, "127.0.0.1").once("connect", function () { this.destroy(); serve(); }).once("error", () => setTimeout(wait, 50));
const serve = () => createServer((client) => {
  const server = connect(${PORT}, "127.0.0.1");
  for (const [from, to] of [[client, server], [server, client]]) from.pipe(to).on("error", () => from.destroy());
}).listen(path, () => process.stdout.write("ready"));
wait();`;

/** The reason why the real server cannot run here; undefined: it can. */
export function whyNoApertium(): string | undefined {
  if (process.getuid?.() !== 0) return "needs root, for a network namespace";
  if (spawnSync("apertium-apy", ["--version"]).error) return "needs Debian's package apertium-apy";
  for (const pair of ["eng-spa", "eng-cat"]) {
    if (!existsSync(join(MODES, `${pair}.mode`))) return `needs Debian's package apertium-${pair}`;
  }
  const tried = spawnSync("unshare", ["--net", "ip", "link", "set", "lo", "up"]);
  return tried.status === 0 ? undefined : "unshare or ip (iproute2) is missing or not permitted here";
}

export async function startApertium(): Promise<{ url: string; close(): Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), "trans-hub-apertium-"));
  const path = join(folder, "socket");
  const script = `ip link set lo up; { apertium-apy -p ${PORT} ${MODES} >/dev/null 2>&1; kill $$; } & exec "$0" -e "$1" "$2"`;
  // With a namespace of processes, its end is the end of the server and of every pipeline below it.
  const namespaces = ["--net", "--pid", "--fork", "--kill-child"];
  const child = spawn("unshare", [...namespaces, "sh", "-c", script, process.execPath, RELAY, path], {
    stdio: ["ignore", "pipe", "inherit"],
    env: { ...process.env, LC_ALL: "C.UTF-8" }, // it refuses to start in another encoding
  });
  await Promise.race([
    once(child.stdout, "data"),
    once(child, "exit").then(() => Promise.reject(new Error("apertium-apy ended before it answered"))),
  ]);
  const door = createServer((client) => {
    const inside = connect(path);
    for (const [from, to] of [
      [client, inside],
      [inside, client],
    ] as const) {
      from.pipe(to).on("error", () => from.destroy());
    }
  });
  door.listen(0, "127.0.0.1");
  await once(door, "listening");
  return {
    url: `http://127.0.0.1:${(door.address() as AddressInfo).port}`,
    async close() {
      door.close();
      const ended = once(child, "exit");
      if (child.exitCode === null && child.signalCode === null && child.kill("SIGKILL")) await ended;
      await rm(folder, { recursive: true, force: true });
    },
  };
}
