/** Finds the files that may be catalogs, from the paths that a person names. */
import { existsSync, statSync } from "node:fs";
import { dirname, join, relative, resolve, sep } from "node:path";
import { UsageError } from "../usage-error.ts";
import { mayBeCatalog } from "./read-catalogs.ts";
import { filesUnder } from "./walk.ts";

export interface NamedPaths {
  /** Whether a file is one of those that were asked for: it was named, or lies in a folder that was. */
  isNamed(file: string): boolean;
}

export interface Look extends NamedPaths {
  /** All files that may be catalogs, relative to the working directory, with forward slashes. */
  files: string[];
  /** Whether some folder had more files than are looked at. */
  isCut: boolean;
}

/** @throws {UsageError} A path does not exist. */
export function namedPaths(paths: readonly string[], cwd: string): NamedPaths {
  const lost = paths.find((path) => !existsSync(resolve(cwd, path)));
  if (lost !== undefined) throw new UsageError(`${lost} does not exist`);
  const named = paths.map((path) => resolve(cwd, path));
  return { isNamed: (file) => named.some((path) => isWithin(resolve(cwd, file), path)) };
}

/**
 * Looks round each path. A catalog is known by its neighbours, so the look goes from the checkout that the path is in, but
 * never from above the working directory.
 *
 * @throws {UsageError} A path does not exist, or a folder cannot be read.
 */
export async function lookRound(paths: readonly string[], cwd: string, signal: AbortSignal): Promise<Look> {
  const { isNamed } = namedPaths(paths, cwd);
  const named = paths.map((path) => resolve(cwd, path));
  const files = new Set<string>();
  let isCut = false;
  const walk = async (root: string) => {
    const found = await filesUnder(root, { wants: mayBeCatalog, signal }).catch((error: NodeJS.ErrnoException) => {
      if (error.code === undefined) throw error;
      throw new UsageError(`${shown(cwd, root)} cannot be read (${error.code})`);
    });
    isCut ||= found.isCut;
    for (const file of found.files) files.add(shown(cwd, join(root, file)));
  };
  for (const root of new Set(named.map((path) => rootOf(path, cwd)))) await walk(root);
  // A file that .gitignore names is looked at all the same once it is asked for.
  for (const path of named) {
    if ([...files].some((file) => isWithin(resolve(cwd, file), path))) continue;
    await walk(statSync(path).isDirectory() ? path : dirname(path));
  }
  return { files: [...files].sort(), isNamed, isCut };
}

function isWithin(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder.endsWith(sep) ? folder : `${folder}${sep}`);
}

/** Folders between a target file and its source: `locale/fr/LC_MESSAGES/django.po` beside `locale/django.pot`. */
const LEVELS = 3;

function rootOf(path: string, cwd: string): string {
  const stats = statSync(path);
  const start = stats.isDirectory() ? path : dirname(path);
  for (let folder = start; ; folder = dirname(folder)) {
    if (folder === cwd || existsSync(join(folder, ".git"))) {
      const isHome = !existsSync(join(folder, ".git"));
      // A working directory that is no checkout may be anything, such as a home: only the near files are looked at.
      return isHome ? near(start, stats.isDirectory(), folder) : folder;
    }
    if (dirname(folder) === folder) return near(start, stats.isDirectory(), folder);
  }
}

function near(start: string, isFolder: boolean, limit: string): string {
  let folder = start;
  for (let level = isFolder ? LEVELS : 0; level < LEVELS && folder !== limit; level += 1) folder = dirname(folder);
  return folder;
}

function shown(cwd: string, path: string): string {
  return relative(cwd, path).split(sep).join("/") || ".";
}
