import { lstat, mkdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

const STATE_FOLDER = "/var/lib/trans-hub";

/**
 * A folder that every user can reach and only root can write to, for files that must leave a closed folder; undefined
 * when there is none.
 *
 * @param lasting Must survive a restart of the machine: never below the temporary folder.
 */
export async function rootFolder(options: { lasting: boolean }): Promise<string | undefined> {
  const candidates = options.lasting ? [STATE_FOLDER] : [STATE_FOLDER, join(tmpdir(), "trans-hub-root")];
  for (const folder of candidates) if (await isSafe(folder)) return folder;
  return undefined;
}

/** In the temporary folder any user may have made the name first, so the owner is checked. */
async function isSafe(folder: string): Promise<boolean> {
  try {
    await mkdir(folder, { mode: 0o755 }).catch(unlessThere);
    const found = await lstat(folder);
    return found.isDirectory() && found.uid === 0 && (found.mode & 0o022) === 0 && (found.mode & 0o005) === 0o005;
  } catch {
    return false; // a read-only system, for example: the next candidate
  }
}

function unlessThere(error: NodeJS.ErrnoException): void {
  if (error.code !== "EEXIST") throw error;
}
