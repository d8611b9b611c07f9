import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { promisify } from "node:util";
import { EmbeddedDatabaseError } from "@trans-hub/core/operations";

const run = promisify(execFile);

/** The operating system user the server runs as. */
export interface Account {
  uid: number;
  gid: number;
}

/** Trans-Hub's own user: made when there is no other. */
const OWN_NAME = "trans-hub";

/**
 * Users made to run a database. `nobody` is not among them: every process of the server's user can read the password
 * and every text, and half the services of a machine run as `nobody`.
 */
const SERVER_NAMES = [OWN_NAME, "postgres", "_postgres"];

/** True when this process is root. PostgreSQL refuses to run as root. */
function isRoot(): boolean {
  return process.getuid?.() === 0;
}

/**
 * The user that runs the server of a data folder owned by `owner` (undefined: not made yet); undefined: this process's
 * own user.
 *
 * For root: the folder's owner, so that root and the owner can take turns; otherwise the person behind `sudo`;
 * otherwise a user made for databases; otherwise a system user `trans-hub`, made here.
 *
 * @throws {EmbeddedDatabaseError} There is no such user, and none could be made.
 */
export async function serverAccount(owner: Account | undefined): Promise<Account | undefined> {
  if (!isRoot()) return undefined;
  if (owner !== undefined && owner.uid !== 0) return owner;
  return sudoAccount() ?? (await databaseAccounts())[0] ?? (await makeAccount());
}

/**
 * Whether a data folder of this owner may be used. Another person's folder must not be used: its owner knows its
 * password, and may have placed it as a trap, as `/tmp/.trans-hub` would catch every command below `/tmp`.
 */
export async function mayUseFolderOf(owner: Account): Promise<boolean> {
  const self = process.getuid?.();
  if (self === undefined || owner.uid === self) return true;
  if (self !== 0) return false;
  return owner.uid === sudoAccount()?.uid || (await databaseAccounts()).some((account) => account.uid === owner.uid);
}

function sudoAccount(): Account | undefined {
  const uid = Number(process.env.SUDO_UID ?? 0);
  const gid = Number(process.env.SUDO_GID ?? 0);
  return uid > 0 && gid > 0 ? { uid, gid } : undefined;
}

async function databaseAccounts(): Promise<Account[]> {
  const lines = (await readFile("/etc/passwd", "utf8")).split("\n").map((line) => line.split(":"));
  return SERVER_NAMES.flatMap((wanted) => lines.filter(([name]) => name === wanted))
    .map(([, , uid, gid]) => ({ uid: Number(uid), gid: Number(gid) }))
    .filter(({ uid, gid }) => uid > 0 && gid > 0);
}

async function makeAccount(): Promise<Account> {
  const command = [
    ...["--system", "--user-group", "--no-create-home", "--home-dir", "/nonexistent"],
    ...["--shell", "/usr/sbin/nologin", OWN_NAME],
  ];
  // This failure alone decides nothing: another command may have made the user at the same moment.
  const failure = await run("useradd", command).then(
    () => undefined,
    (error: unknown) => error,
  );
  const [account] = await databaseAccounts();
  if (account !== undefined) return account;
  throw new EmbeddedDatabaseError("PostgreSQL refuses to run as root, and this machine has no ordinary user for it", {
    cause: failure,
    hint: `Run the command as an ordinary user, or create one for the server (useradd --system ${OWN_NAME}), or set TH_DATABASE_URL to a database.`,
  });
}
