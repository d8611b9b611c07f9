import { performance } from "node:perf_hooks";
import { setTimeout as delay } from "node:timers/promises";
import { CancelledError } from "@trans-hub/core";
import { EmbeddedDatabaseError } from "@trans-hub/core/operations";
import { locateDataDir } from "./data-dir.ts";
import { readEndpoint } from "./endpoint.ts";
import { KeeperStarter, logCause } from "./keeper-starter.ts";
import { layoutOf } from "./layout.ts";
import { connectOwnServer, type OwnServer } from "./own-server.ts";
import { isWatched, tryUse } from "./server-locks.ts";

const RETRY_MS = 30;

/** Time to wait for the keeper's lock: a server that has just become ready is locked a moment later. Milliseconds. */
const UNWATCHED_MS = 300;

/** A server held open: while this session lives, it is not stopped for idleness. */
export interface Hold extends OwnServer {
  /** The real data folder. */
  dataDir: string;
}

interface HoldOptions {
  /** The requested folder; the real one may be elsewhere. */
  dataDir: string;
  signal?: AbortSignal | undefined;
  timeoutMs: number;
  /** Lets the process end during the waits. */
  background?: boolean;
  /** Called while the server is unavailable: an answer of true ends the attempt. */
  giveUp?: (dataDir: string) => Promise<boolean>;
}

/**
 * Connects to the server of the data folder and starts it when necessary: connect, otherwise start a keeper and try
 * again. Undefined only after `giveUp` returned true.
 *
 * @throws {EmbeddedDatabaseError} The server did not come up in time, or cannot.
 * @throws {CancelledError} The signal was aborted. A server that is starting is stopped by its keeper.
 */
export async function holdServer(options: HoldOptions): Promise<Hold | undefined> {
  const until = performance.now() + options.timeoutMs;
  const keepers = new KeeperStarter(options.dataDir);
  for (;;) {
    refuseAborted(options);
    const hold = await tryHold(options.dataDir);
    if (!(hold instanceof Error)) {
      await ensureWatched(hold, keepers, until, options);
      return hold;
    }
    if (await options.giveUp?.(options.dataDir)) return undefined;
    if (performance.now() > until) throw await timeoutError(options, hold);
    await keepers.next();
    await pause(options);
  }
}

/** Tries once, without starting anything; an error when the server is not ready for clients. */
async function tryHold(asked: string): Promise<Hold | Error> {
  const dataDir = (await locateDataDir(asked))?.path;
  if (dataDir === undefined) return new Error(`there is no ${asked} yet`);
  const layout = layoutOf(dataDir);
  const endpoint = await readEndpoint(layout);
  if (endpoint === undefined) return new Error(`there is no ${layout.endpoint} yet`);
  let server: OwnServer | undefined;
  try {
    server = await connectOwnServer(layout, "trans-hub");
    if (endpoint.port !== server.port || endpoint.systemIdentifier !== server.systemIdentifier) {
      throw new Error(`${layout.endpoint} is not of the running server`);
    }
    if (!(await tryUse(server.session))) throw new Error("the server is being stopped");
    return { ...server, dataDir };
  } catch (error) {
    await server?.session.end();
    return error as Error;
  }
}

/**
 * A server whose keeper was killed would never be stopped, so it gets a new one. It serves without one too: the lack of
 * a keeper is no reason to refuse the database.
 */
async function ensureWatched(hold: Hold, keepers: KeeperStarter, until: number, options: HoldOptions): Promise<void> {
  const since = performance.now();
  while (performance.now() < until) {
    if (await isWatched(hold.session).catch(() => true)) return; // a lost session is reported separately
    if (options.signal?.aborted) await hold.session.end();
    refuseAborted(options);
    if (performance.now() - since > UNWATCHED_MS && !(await couldStart(keepers))) return;
    await pause(options);
  }
}

async function couldStart(keepers: KeeperStarter): Promise<boolean> {
  return await keepers.next().then(
    () => true,
    () => false,
  );
}

/** Ends at once on abort. */
async function pause({ signal, background }: HoldOptions): Promise<void> {
  await delay(RETRY_MS, undefined, { signal, ref: !background }).catch(() => undefined);
}

function refuseAborted({ signal }: HoldOptions): void {
  if (!signal?.aborted) return;
  throw new CancelledError("Waiting for the embedded PostgreSQL was cancelled", { cause: signal.reason });
}

async function timeoutError(options: HoldOptions, last: Error): Promise<EmbeddedDatabaseError> {
  const dataDir = (await locateDataDir(options.dataDir))?.path ?? options.dataDir;
  return new EmbeddedDatabaseError(
    `The embedded PostgreSQL in ${dataDir} was not ready within ${options.timeoutMs / 1_000} s: ${last.message}`,
    {
      cause: logCause(dataDir),
      hint: `${layoutOf(dataDir).log} shows its last steps. You can also set TH_DATABASE_URL to a database of your own.`,
    },
  );
}
