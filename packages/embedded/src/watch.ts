import { performance } from "node:perf_hooks";
import { setTimeout as delay } from "node:timers/promises";
import { removeLeftovers } from "./cluster.ts";
import { DATABASE, publishEndpoint, readEndpoint } from "./endpoint.ts";
import { log } from "./keeper-log.ts";
import type { Layout } from "./layout.ts";
import { connectOwnServer, type OwnServer } from "./own-server.ts";
import { keeperExit } from "./plan.ts";
import { postmasterState, stopPostmaster } from "./postmaster.ts";
import { countSessions, tryRetire, tryWatch } from "./server-locks.ts";
import type { Session } from "./session.ts";

/** Least time between two counts of the sessions, in milliseconds. */
const LOOK_MS = 1_000;

/** How long a living server may refuse connections: it recovers after the crash of a backend. Milliseconds. */
const RECONNECT_MS = 60_000;

interface WatchOptions {
  layout: Layout;
  pgCtl: string;
  idleMs: number;
  /** Name of the keeper's connection. */
  name: string;
}

/**
 * Makes the running server ready for clients, and stops it after `idleMs` without a session or when this process is
 * asked to end. Returns an exit code, also when the server ends in another way or another keeper watches it.
 */
export async function watch(server: OwnServer, options: WatchOptions): Promise<number> {
  const ending = new AbortController();
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => ending.abort());

  for (let current: OwnServer | undefined = server; current !== undefined; current = await reconnect(options)) {
    if (!(await makeReady(current, options))) return keeperExit.done;
    log(`watching the server on port ${current.port}`);
    if (await untilUnused(current.session, options.idleMs, ending.signal)) {
      log(ending.signal.aborted ? "asked to end: stopping the server" : "no user is left: stopping the server");
      await stopPostmaster(options.pgCtl, options.layout, undefined);
      return keeperExit.done;
    }
    log("the server ended our session"); // it was stopped or killed, or restarts after the crash of a backend
  }
  return keeperExit.done;
}

/** False when another keeper watches the server. The endpoint is published in any case: it may be missing or stale. */
async function makeReady(server: OwnServer, { layout }: WatchOptions): Promise<boolean> {
  const watching = await tryWatch(server.session);
  await ensureDatabase(server.session);
  const published = await readEndpoint(layout);
  if (published?.port !== server.port || published.systemIdentifier !== server.systemIdentifier) {
    await publishEndpoint(layout, { port: server.port, systemIdentifier: server.systemIdentifier });
  }
  if (watching) await removeLeftovers(layout);
  else await server.session.end();
  return watching;
}

async function ensureDatabase(session: Session): Promise<void> {
  const found = await session.query("select from pg_database where datname = $1", [DATABASE]);
  if (found.length > 0) return;
  await session.query(`create database ${DATABASE}`).catch((error: { code?: string }) => {
    // duplicate_database, or the unique violation of a concurrent creation
    if (error.code !== "42P04" && error.code !== "23505") throw error;
  });
}

/** True when the server is to be stopped and no client can come any more; false when the session was lost. */
async function untilUnused(session: Session, idleMs: number, ending: AbortSignal): Promise<boolean> {
  let lost = false;
  const loss = session.lost.then(() => {
    lost = true;
  });
  let usedAt = performance.now();
  for (;;) {
    try {
      if (ending.aborted) return true;
      if ((await countSessions(session)) > 0) usedAt = performance.now();
      else if (performance.now() - usedAt >= idleMs && (await tryRetire(session))) return true;
    } catch (error) {
      if (lost) return false;
      log(`could not look: ${(error as Error).message}`); // slow, not gone: try again
    }
    if (lost) return false;
    const nap = delay(Math.min(LOOK_MS, idleMs / 4), undefined, { signal: ending }).catch(() => undefined);
    await Promise.race([loss, nap]);
  }
}

/** Connects again while the server lives; undefined when that fails. The keeper of a later client may succeed. */
async function reconnect({ layout, name }: WatchOptions): Promise<OwnServer | undefined> {
  const until = performance.now() + RECONNECT_MS;
  while ((await postmasterState(layout)).is === "alive" && performance.now() < until) {
    const server = await connectOwnServer(layout, name).catch(() => undefined);
    if (server !== undefined) return server;
    await delay(200);
  }
  return undefined;
}
