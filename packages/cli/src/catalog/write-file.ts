import { randomUUID } from "node:crypto";
import { type FileHandle, lstat, mkdir, open, readdir, realpath, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { CatalogError } from "@trans-hub/core/operations";
import { FOLDER, irregularity } from "../input/regular-file.ts";

/**
 * Writes a file so that a reader, a crash or a full disk finds the old content or the new content, never a part.
 *
 * The content is written beside the file, flushed to disk and renamed. Missing folders are made. An existing file keeps
 * its mode and, where the system allows it, its owner (a container that runs as root may write into a user's checkout).
 * A symbolic link stays one, and the file that it points to is replaced. Only regular files are replaced.
 *
 * @throws {CatalogError} The folder is not writable, the disk is full, or the path is in use as a folder, a pipe, a
 * device or a dangling link. The error names the path, keeps the system's error as `cause`, and leaves no temporary
 * file behind.
 */
export async function writeFileByRename(file: string, content: string | Uint8Array): Promise<void> {
  try {
    await mkdir(dirname(file), { recursive: true });
    const target = await writableTarget(file);
    await replace(target ?? file, content, target === undefined ? undefined : await stat(target));
  } catch (cause) {
    throw writeError(file, cause as NodeJS.ErrnoException);
  }
}

/**
 * The file that a write to this path will replace, through symbolic links; undefined: the write will make a new file.
 *
 * Ask before any work: a rename onto a pipe or a dangling link would put a regular file in its place.
 *
 * @throws {CatalogError} The path is in use, but not as a regular file.
 */
export async function writableTarget(file: string): Promise<string | undefined> {
  try {
    const target = await realpath(file);
    const problem = irregularity(await stat(target));
    if (problem === undefined) return target;
    throw new CatalogError(file, `cannot be written: it ${problem}`, {
      hint: problem === FOLDER ? "Name a file in that folder." : undefined,
    });
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (cause instanceof CatalogError) throw cause;
    if (code !== "ENOENT") throw writeError(file, cause as NodeJS.ErrnoException);
    const link = await lstat(file).catch(() => undefined);
    if (link === undefined) return undefined;
    throw new CatalogError(file, "cannot be written: it is a symbolic link to a file that does not exist", {
      hint: "Create that file, or remove the link.",
    });
  }
}

/** The leading dot and the suffix hide it from bundlers that watch `locales/*.json`. */
function temporaryPrefix(target: string): string {
  return `.${basename(target).slice(0, 100)}.`;
}

const TEMPORARY_SUFFIX = ".tmp";
/** A UUID and the suffix: no other program's temporary file has such a name. */
const TEMPORARY_END = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\.tmp$/;

interface Standing {
  mode: number;
  uid: number;
  gid: number;
}

async function replace(target: string, content: string | Uint8Array, before: Standing | undefined): Promise<void> {
  await removeAbandoned(target);
  const temporary = join(dirname(target), `${temporaryPrefix(target)}${randomUUID()}${TEMPORARY_SUFFIX}`);
  try {
    const handle = await open(temporary, "wx", 0o666);
    try {
      if (before) await takeOver(handle, before);
      await handle.writeFile(content);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, target);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => {});
    throw error;
  }
  await syncFolder(dirname(target));
}

/** Age after which the temporary file of a write is one of a killed process. Milliseconds. */
const ABANDONED_AFTER_MS = 60_000;

/** Removes what killed writers of this file left behind. Best effort: another process may do the same. */
async function removeAbandoned(target: string): Promise<void> {
  const folder = dirname(target);
  const prefix = temporaryPrefix(target);
  for (const name of await readdir(folder).catch(() => [])) {
    if (!name.startsWith(prefix) || !TEMPORARY_END.test(name.slice(prefix.length))) continue;
    const path = join(folder, name);
    const age = Date.now() - ((await stat(path).catch(() => undefined))?.mtimeMs ?? Number.POSITIVE_INFINITY);
    if (age > ABANDONED_AFTER_MS) await rm(path, { force: true }).catch(() => undefined);
  }
}

async function takeOver(handle: FileHandle, { mode, uid, gid }: Standing): Promise<void> {
  // The owner comes first: changing it may clear mode bits. Ordinary users are refused this, but usually own the file
  // already.
  await handle.chown(uid, gid).catch(() => {});
  await handle.chmod(mode & 0o7777);
}

/**
 * Without this flush the rename may be lost in a power cut. Where folders cannot be opened (Windows), the system
 * decides.
 */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, "r").catch(() => undefined);
  await handle?.sync().catch(() => {});
  await handle?.close();
}

function writeError(file: string, cause: NodeJS.ErrnoException | CatalogError): CatalogError {
  if (cause instanceof CatalogError) return cause;
  switch (cause.code) {
    case "ELOOP":
      return new CatalogError(file, "cannot be written: it is a loop of symbolic links", { cause });
    case "EACCES":
    case "EPERM":
      return new CatalogError(file, `cannot be written: no right to write in ${dirname(file)}`, { cause });
    case "EROFS":
      return new CatalogError(file, "cannot be written: the file system is read-only", { cause });
    case "ENOSPC":
    case "EDQUOT":
      return new CatalogError(file, "cannot be written: no space left on the disk", {
        cause,
        hint: "Free some space and run the same command again; no text is translated twice.",
      });
    case "EISDIR":
      return new CatalogError(file, "cannot be written: it is a folder", { cause });
    case "ENOTDIR":
    case "EEXIST":
      return new CatalogError(file, "cannot be written: a part of the path is a file, not a folder", { cause });
    default:
      return new CatalogError(file, `cannot be written (${cause.code ?? cause.name})`, { cause });
  }
}
