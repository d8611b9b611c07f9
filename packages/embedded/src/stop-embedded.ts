import { EmbeddedDatabaseError, optionKinds as kinds, optionCheck } from "@trans-hub/core/operations";
import { serverAccount } from "./account.ts";
import { findBinaries } from "./binaries.ts";
import { locateDataDir } from "./data-dir.ts";
import { logCause } from "./keeper-starter.ts";
import { layoutOf } from "./layout.ts";
import { postmasterState, stopPostmaster } from "./postmaster.ts";

const checkOptions = optionCheck<{ dataDir: string }>("stopEmbedded", { dataDir: kinds.required(kinds.text) });

/**
 * Stops the server of a data folder now, in use or not, and returns when it has ended; true when one ran. For tests and
 * `dev`: everything else leaves this to the keeper.
 *
 * @throws {SettingsError} `dataDir` is missing or no string, or an option is unknown.
 * @throws {EmbeddedDatabaseError} The server runs and could not be stopped.
 */
export async function stopEmbedded(options: { dataDir: string }): Promise<boolean> {
  checkOptions(options);
  const found = await locateDataDir(options.dataDir);
  if (found === undefined) return false;
  const layout = layoutOf(found.path);
  if ((await postmasterState(layout)).is !== "alive") return false;
  const account = await serverAccount(found.owner);
  const { pgCtl } = await findBinaries(account);
  try {
    await stopPostmaster(pgCtl, layout, account);
  } catch (error) {
    // Its keeper or another command may have stopped it at the same moment.
    if ((await postmasterState(layout)).is === "alive") {
      throw new EmbeddedDatabaseError(`The embedded PostgreSQL in ${found.path} could not be stopped`, {
        cause: new AggregateError([error, logCause(found.path)]),
        hint: `See ${layout.log}; ${layout.postmasterPid} contains the process id.`,
      });
    }
  }
  return true;
}
