import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdir, open, readdir, rename, rm, stat, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { setTimeout as delay } from "node:timers/promises";
import { promisify } from "node:util";
import { type Layout, passwordIn, pgDataIn } from "./layout.ts";
import { serverEnvironment } from "./postmaster.ts";
import { SUPERUSER } from "./session.ts";

const run = promisify(execFile);

/**
 * Interval at which the folder is touched while initdb runs, in milliseconds. A folder untouched for much longer is
 * abandoned.
 */
const BEAT_MS = 300;
const ABANDONED_MS = 2_000;

/**
 * Runs initdb unless the cluster exists; false when another keeper made it meanwhile, and so will run it.
 *
 * initdb writes into `cluster.new`, renamed when complete: a cluster is whole or absent. The keeper that makes
 * `cluster.new` runs initdb, so ten first starts do not run ten at once; a folder that is no longer touched (`kill -9`)
 * is moved aside. After a pause of the machine two keepers may both run it; then one rename fails, harmlessly.
 */
export async function ensureCluster(layout: Layout, initdb: string): Promise<boolean> {
  let waited = false;
  while (!(await isThere(layout.cluster))) {
    if (await makeFolder(layout.newCluster)) {
      if (await makeCluster(layout, initdb)) return true;
    } else {
      await outlast(layout.newCluster);
    }
    waited = true;
  }
  return !waited;
}

/** Removes the remains of killed or losing keepers, which are of no use once a server runs. */
export async function removeLeftovers(layout: Layout): Promise<void> {
  await moveAside(layout.newCluster);
  for (const name of await readdir(layout.dataDir)) {
    if (!name.startsWith("cluster.old-") && !name.startsWith("trans-hub.json.")) continue;
    // An orphaned initdb may still be writing there: then the next start removes it.
    await rm(join(layout.dataDir, name), { recursive: true, force: true }).catch(() => undefined);
  }
}

/** False when another keeper considered this one dead meanwhile, and is making the cluster or has made it. */
async function makeCluster(layout: Layout, initdb: string): Promise<boolean> {
  const { ino } = await stat(layout.newCluster);
  const beat = setInterval(() => {
    const now = new Date();
    utimes(layout.newCluster, now, now).catch(() => undefined);
  }, BEAT_MS);
  try {
    await fillCluster(layout.newCluster, initdb);
    await rename(layout.newCluster, layout.cluster);
    await sync(layout.dataDir);
    return true;
  } catch (error) {
    const folder = await stat(layout.newCluster).catch(() => undefined);
    if (folder?.ino !== ino || (await isThere(layout.cluster))) return false;
    await rm(layout.newCluster, { recursive: true, force: true }); // else the next keeper would wait for it
    throw error;
  } finally {
    clearInterval(beat);
  }
}

async function fillCluster(folder: string, initdb: string): Promise<void> {
  await writeFile(passwordIn(folder), `${randomBytes(24).toString("hex")}\n`, { flag: "wx", mode: 0o600, flush: true });
  const options = [
    `--pgdata=${pgDataIn(folder)}`,
    `--username=${SUPERUSER}`,
    "--auth=scram-sha-256", // every kind of connection, so no other user of the machine gets in
    `--pwfile=${passwordIn(folder)}`,
    "--encoding=UTF8",
    // PostgreSQL's own C.UTF-8: knows the letters of all scripts (lower(), pg_trgm), sorts by code point, and is the
    // same on every machine; --locale=C.UTF-8 would use the system's library, which does not have it everywhere.
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
    "--locale=C",
    // No --no-sync: the files from initdb are not written again, so no later checkpoint would make them durable; and
    // the cost of the sync could not be measured here (0.7 to 1.0 s with and without).
  ];
  await run(initdb, options, { env: serverEnvironment() });
  await sync(folder);
}

/** Waits until the folder is gone. Moves it aside when it was not touched for long by this process's own clock. */
async function outlast(folder: string): Promise<void> {
  let lastTouch: number | undefined;
  let since = performance.now();
  for (;;) {
    const touch = (await stat(folder).catch(() => undefined))?.mtimeMs;
    if (touch === undefined) return;
    if (touch !== lastTouch) {
      lastTouch = touch;
      since = performance.now();
    } else if (performance.now() - since > ABANDONED_MS) {
      return await moveAside(folder);
    }
    await delay(BEAT_MS / 3);
  }
}

async function moveAside(folder: string): Promise<void> {
  const aside = folder.replace(/\.new$/, `.old-${randomBytes(6).toString("hex")}`);
  await rename(folder, aside).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "ENOENT") throw error;
  });
}

/** True when this call made it. */
async function makeFolder(folder: string): Promise<boolean> {
  try {
    await mkdir(folder, { mode: 0o700 });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}

async function isThere(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined)) !== undefined;
}

/** Makes the names in a folder durable; initdb does so for its own files only. Windows has no such operation. */
async function sync(folder: string): Promise<void> {
  if (process.platform === "win32") return;
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
