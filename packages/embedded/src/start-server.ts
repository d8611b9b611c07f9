import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { readEndpoint } from "./endpoint.ts";
import type { Layout } from "./layout.ts";
import { connectOwnServer, type OwnServer } from "./own-server.ts";
import { postmasterState, removeUnreadablePid, serverEnvironment } from "./postmaster.ts";
import { HOST } from "./session.ts";

/** Number of ports to try: a free port may be taken between the check and the server's start. */
const PORT_TRIES = 5;

/**
 * Starts the server and connects to it; undefined when it ended again, with the reason in the log.
 *
 * There is only one server because PostgreSQL's `postmaster.pid` and shared memory allow only one: after a `kill -9` of
 * the postmaster alone it refuses to start until the last orphaned backend is gone.
 *
 * @param name Name of the connection.
 */
export async function startServer(layout: Layout, postgres: string, name: string): Promise<OwnServer | undefined> {
  if ((await postmasterState(layout)).is === "unreadable") await removeUnreadablePid(layout);
  for (let attempt = 1; attempt <= PORT_TRIES; attempt++) {
    const port = await choosePort(layout);
    const child = await spawnPostgres(layout, postgres, port);
    const server = await untilReady(child, layout, name);
    if (server !== undefined) return server;
    if (await isFree(port)) return undefined; // it was not the port
  }
  return undefined;
}

async function spawnPostgres(layout: Layout, postgres: string, port: number): Promise<ChildProcess> {
  const settings: Record<string, string> = {
    listen_addresses: HOST,
    // No socket: its path would be too long in a deep folder, and /tmp is shared by all users.
    unix_socket_directories: "",
    // Enough for ten commands at once, each with its pool of ten and the session that it holds open.
    max_connections: "200",
    // No text may reach the log, but a failed statement and the "failing row" would show some. So errors, which the
    // client gets anyway, are not logged at all, and log lines have no DETAIL.
    log_min_messages: "log",
    log_error_verbosity: "terse",
    log_checkpoints: "off",
  };
  const options = Object.entries(settings).flatMap(([key, value]) => ["-c", `${key}=${value}`]);
  const state = await postmasterState(layout);
  const child = spawn(postgres, ["-D", layout.pgData, "-p", String(port), ...options], {
    cwd: layout.dataDir,
    stdio: ["ignore", "inherit", "inherit"], // our log
    windowsHide: true,
    env: {
      ...serverEnvironment(),
      // PostgreSQL considers any living pid in its file a server, except its own ancestors. pg_ctl names an ancestor by
      // this variable; all other checks, including the one for orphaned backends, stay.
      ...(state.is === "replaced" ? { PG_GRANDPARENT_PID: String(state.pid) } : {}),
    },
  });
  await once(child, "spawn");
  return child;
}

async function untilReady(child: ChildProcess, layout: Layout, name: string): Promise<OwnServer | undefined> {
  while (child.exitCode === null && child.signalCode === null) {
    // Refused at first, then "starting up": every failure here means "not yet" while the process lives.
    const server = await connectOwnServer(layout, name).catch(() => undefined);
    if (server !== undefined) return server;
    await delay(20);
  }
  return undefined;
}

/** The server's last port, so that commands which outlived the server find it again; otherwise a free one. */
async function choosePort(layout: Layout): Promise<number> {
  const last = (await readEndpoint(layout))?.port;
  return last !== undefined && (await isFree(last)) ? last : await listenOn(0);
}

async function isFree(port: number): Promise<boolean> {
  return await listenOn(port).then(
    () => true,
    () => false,
  );
}

/** Listens for a moment, and returns the port. */
async function listenOn(port: number): Promise<number> {
  const server = createServer().listen({ port, host: HOST, exclusive: true });
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string") throw new Error("a TCP server has no port");
  return address.port;
}
