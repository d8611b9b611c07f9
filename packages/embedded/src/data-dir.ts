import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { chmod, lchown, mkdir, readdir, readlink, realpath, stat, symlink, writeFile } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { promisify } from "node:util";
import { EmbeddedDatabaseError } from "@trans-hub/core/operations";
import { type Account, mayUseFolderOf } from "./account.ts";
import { DATA_DIR_NAME, DATA_DIR_VARIABLE, isOwnEntry, layoutOf } from "./layout.ts";
import { rootFolder } from "./root-folder.ts";

const run = promisify(execFile);

/** A data folder as found on disk: the real one, with links followed. */
interface FoundDataDir {
  path: string;
  owner: Account;
}

/**
 * The real data folder behind the requested one; undefined when there is none yet. Changes nothing.
 *
 * @throws {EmbeddedDatabaseError} The path is not a folder, or belongs to another user.
 */
export async function locateDataDir(asked: string): Promise<FoundDataDir | undefined> {
  const found = await lookAt(asked);
  if (found === undefined) return undefined;
  const elsewhere = await readlink(layoutOf(found.path).elsewhere).catch(() => undefined);
  if (elsewhere === undefined) return found;
  const target = await lookAt(elsewhere);
  // A new, empty database in its place would hide the loss.
  if (target === undefined)
    throw folderError(asked, `The data of ${asked} was in ${elsewhere}, which no longer exists`);
  return target;
}

/**
 * Makes the data folder ready for a server run by `account` (undefined: this process's user): existing, closed to all
 * others, owned by that user, ignored by git. Returns the real folder, which is elsewhere when that user cannot reach
 * the requested one.
 *
 * @throws {EmbeddedDatabaseError} The folder cannot be made, holds other content, or cannot be reached by `account`.
 */
export async function prepareDataDir(asked: string, account: Account | undefined): Promise<string> {
  try {
    return await prepare(asked, account);
  } catch (error) {
    if (error instanceof EmbeddedDatabaseError) throw error;
    throw folderError(asked, `The data folder ${asked} cannot be prepared`, { cause: error });
  }
}

async function prepare(asked: string, account: Account | undefined): Promise<string> {
  const found = await locateDataDir(asked);
  const dataDir = found?.path ?? (await makeFolder(asked));
  await refuseOtherContent(dataDir);
  if (account !== undefined && !(await canEnter(dirname(dataDir), account))) {
    await takeOver(dataDir, undefined);
    return await settleElsewhere(dataDir, account);
  }
  await takeOver(dataDir, account);
  return dataDir;
}

async function lookAt(folder: string): Promise<FoundDataDir | undefined> {
  const found = await stat(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw folderError(folder, `The data folder ${folder} cannot be read`, { cause: error });
  });
  if (found === undefined) return undefined;
  if (!found.isDirectory()) throw folderError(folder, `The data folder ${folder} is not a folder`);
  const owner = { uid: found.uid, gid: found.gid };
  if (!(await mayUseFolderOf(owner))) {
    throw folderError(folder, `The data folder ${folder} belongs to another user (uid ${owner.uid})`, {
      cure: "Run the command as that user, or set",
    });
  }
  return { path: await realpath(folder), owner };
}

async function makeFolder(asked: string): Promise<string> {
  try {
    await mkdir(dirname(resolve(asked)), { recursive: true });
    await mkdir(asked, { mode: 0o700 }).catch(unlessThere);
    return await realpath(asked);
  } catch (error) {
    throw folderError(asked, `The data folder ${asked} cannot be made`, { cause: error });
  }
}

/** The folder is about to be closed and to change its owner: a project or home folder named by mistake must not be. */
async function refuseOtherContent(dataDir: string): Promise<void> {
  if (basename(dataDir) === DATA_DIR_NAME) return;
  const stranger = (await readdir(dataDir)).find((name) => !isOwnEntry(name));
  if (stranger === undefined) return;
  throw folderError(dataDir, `The data folder ${dataDir} contains other files already, such as ${stranger}`);
}

async function takeOver(dataDir: string, account: Account | undefined): Promise<void> {
  const { gitignore } = layoutOf(dataDir);
  await writeFile(gitignore, "*\n", { flag: "wx", mode: 0o600 }).catch(unlessThere);
  await chmod(dataDir, 0o700);
  if (account === undefined) return;
  // lchown, because in a folder of that user a link may be in the way
  await lchown(gitignore, account.uid, account.gid);
  await lchown(dataDir, account.uid, account.gid);
}

/** Asks the system itself, as that user: mode bits alone do not cover access lists and security modules. */
async function canEnter(folder: string, account: Account): Promise<boolean> {
  const { uid, gid } = account;
  const test = run("/bin/sh", ["-c", 'cd "$1"', "sh", folder], { uid, gid, cwd: "/" });
  return await test.then(
    () => true,
    () => false,
  );
}

/**
 * Root works below a folder closed to others, such as /root: the data goes to a folder that the server's user can
 * reach. A link stays in the requested place, so the data moves along with the project and counts as lost when no link
 * points to it.
 */
async function settleElsewhere(closed: string, account: Account): Promise<string> {
  const base = await rootFolder({ lasting: true });
  const holdsData = (await readdir(closed)).includes(basename(layoutOf(closed).cluster));
  if (base === undefined || holdsData) {
    throw new EmbeddedDatabaseError(
      `The server's user (uid ${account.uid}) cannot reach the data folder ${closed}: a parent folder is closed to that user`,
      {
        hint: `Set ${DATA_DIR_VARIABLE} to a folder with open parent folders, such as /srv/trans-hub; you can move the data there.`,
      },
    );
  }
  const name = basename(closed) === DATA_DIR_NAME ? basename(dirname(closed)) : basename(closed);
  const dataDir = join(base, `${name || "data"}-${randomBytes(6).toString("hex")}`);
  await mkdir(dataDir, { mode: 0o700 });
  await takeOver(dataDir, account);
  try {
    await symlink(dataDir, layoutOf(closed).elsewhere);
    return dataDir;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    // Another command was first; this folder holds nothing but its .gitignore.
    await run("/bin/rm", ["-rf", dataDir]);
    return await readlink(layoutOf(closed).elsewhere);
  }
}

function unlessThere(error: NodeJS.ErrnoException): void {
  if (error.code !== "EEXIST") throw error;
}

function folderError(
  folder: string,
  problem: string,
  options: { cause?: unknown; cure?: string } = {},
): EmbeddedDatabaseError {
  const { cure = "Set", ...rest } = options;
  return new EmbeddedDatabaseError(problem, {
    ...rest,
    hint: `${cure} ${DATA_DIR_VARIABLE} to a folder of your own instead of ${folder}, or name a database in TH_DATABASE_URL.`,
  });
}
