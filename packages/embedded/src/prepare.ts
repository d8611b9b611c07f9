import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { EmbeddedDatabaseError } from "@trans-hub/core/operations";
import { serverAccount } from "./account.ts";
import { type Binaries, findBinaries } from "./binaries.ts";
import { locateDataDir, prepareDataDir } from "./data-dir.ts";
import { DATA_DIR_VARIABLE, layoutOf } from "./layout.ts";
import type { KeeperPlan } from "./plan.ts";

/** Time without any session after which the server is stopped, in milliseconds. */
const IDLE_MS = 10_000;

/** For tests. Its name does not begin with `TH_`, because it is not a setting and would cause a warning. */
const IDLE_VARIABLE = "TRANS_HUB_EMBEDDED_IDLE_MS";

/**
 * Decides everything that a keeper of this data folder needs, and makes the folder ready.
 *
 * @throws {EmbeddedDatabaseError} An obstacle that a person must remove.
 */
export async function prepare(asked: string): Promise<KeeperPlan> {
  const account = await serverAccount((await locateDataDir(asked))?.owner);
  const binaries = await findBinaries(account);
  const dataDir = await prepareDataDir(asked, account);
  await refuseOtherVersion(dataDir, binaries);
  const idleMs = Number(process.env[IDLE_VARIABLE]);
  return { dataDir, binaries, account, idleMs: idleMs > 0 ? idleMs : IDLE_MS };
}

async function refuseOtherVersion(dataDir: string, binaries: Binaries): Promise<void> {
  const { pgData } = layoutOf(dataDir);
  const made = (await readFile(join(pgData, "PG_VERSION"), "utf8").catch(() => undefined))?.trim();
  if (made === undefined || made === binaries.major) return;
  throw new EmbeddedDatabaseError(
    `The data in ${dataDir} was made by PostgreSQL ${made}; the installed one is ${binaries.major}`,
    {
      hint: `Use the release of Trans-Hub that made it, or move the data with pg_dump, or start with no data: remove the folder or set ${DATA_DIR_VARIABLE} to another one.`,
    },
  );
}
