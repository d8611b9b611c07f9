import { stat } from "node:fs/promises";
import { resolve } from "node:path";
import { EmbeddedDatabaseError, optionKinds as kinds, optionCheck } from "@trans-hub/core/operations";
import { locateDataDir } from "./data-dir.ts";
import { databaseUrlOf } from "./endpoint.ts";
import { type Hold, holdServer } from "./hold.ts";
import { KeeperStarter } from "./keeper-starter.ts";
import { layoutOf } from "./layout.ts";
import { isWatched } from "./server-locks.ts";

const TIMEOUT_MS = 30_000;

export interface OpenEmbeddedOptions {
  /** The data folder; made when missing. */
  dataDir: string;
  signal?: AbortSignal | undefined;
  /** Time to wait for the server, initdb included, in milliseconds. Default 30,000. */
  timeoutMs?: number | undefined;
}

const checkOptions = optionCheck<OpenEmbeddedOptions>("openEmbedded", {
  dataDir: kinds.required(kinds.text),
  signal: kinds.signal,
  timeoutMs: kinds.milliseconds,
});

/** A database that is available until it is closed. */
export interface EmbeddedDatabase {
  /** The superuser's URL, password included: not for logs. */
  databaseUrl: string;
  /** The real folder of the data: not the requested one when root works below a folder closed to others. */
  dataDir: string;
  /**
   * Stops using the database; idempotent. The keeper stops the server some seconds after its last client. The keeper
   * also notices a process that ends without this call.
   */
  close(): Promise<void>;
}

/**
 * Opens the embedded PostgreSQL of a data folder: the running one, or a new one. The folder is made when missing,
 * closed to other users, and may be used by any number of processes of this machine at once. It must not be shared by
 * two machines or containers: like any PostgreSQL data directory, it would be damaged.
 *
 * While it is open, one idle connection shows the keeper that the database is in use; the connection does not keep the
 * process alive. A server that crashed is started again, on the same port if that is still free. A server that was
 * stopped on purpose stays stopped.
 *
 * @throws {SettingsError} An option is missing, unknown, or has a bad value.
 * @throws {EmbeddedDatabaseError} The database is unavailable; the message gives the reason, the hint the remedy.
 * @throws {CancelledError} `signal` was aborted.
 */
export async function openEmbedded(options: OpenEmbeddedOptions): Promise<EmbeddedDatabase> {
  checkOptions(options);
  const asked = resolve(options.dataDir);
  const hold = await holdServer({ dataDir: asked, signal: options.signal, timeoutMs: options.timeoutMs ?? TIMEOUT_MS });
  if (hold === undefined)
    throw new EmbeddedDatabaseError(`The wait for the embedded PostgreSQL in ${asked} ended early`);

  const closing = new AbortController();
  let current: Hold | undefined = hold;
  const follow = (held: Hold) => {
    held.session.unref();
    held.session.lost.then(async () => {
      current = undefined;
      current = await revive(asked, closing.signal);
      if (current === undefined) return;
      if (closing.signal.aborted) await current.session.end();
      else follow(current);
    });
  };
  follow(hold);

  let closed: Promise<void> | undefined;
  return {
    databaseUrl: databaseUrlOf(hold.port, hold.password),
    dataDir: hold.dataDir,
    close: () => {
      closing.abort();
      closed ??= letGo(asked, current);
      return closed;
    },
  };
}

/** Holds the server again after its crash; undefined when it was stopped on purpose, closed meanwhile, or is lost. */
async function revive(asked: string, closing: AbortSignal): Promise<Hold | undefined> {
  return await holdServer({
    dataDir: asked,
    signal: closing,
    timeoutMs: TIMEOUT_MS,
    background: true,
    giveUp: wasStopped,
  }).catch(() => undefined); // no caller is waiting for this error; the application's own connections report it
}

/** An orderly stop removes postmaster.pid, a crash leaves it. */
async function wasStopped(asked: string): Promise<boolean> {
  const dataDir = (await locateDataDir(asked))?.path;
  return dataDir === undefined || (await stat(layoutOf(dataDir).postmasterPid).catch(() => undefined)) === undefined;
}

/** The last check before leaving: if the keeper was killed, no process would ever stop the server. */
async function letGo(asked: string, hold: Hold | undefined): Promise<void> {
  if (hold === undefined) return;
  try {
    if (!(await isWatched(hold.session))) await new KeeperStarter(asked).next();
  } catch {
    // the server is gone, or no keeper can be started: closing goes on
  }
  await hold.session.end();
}
