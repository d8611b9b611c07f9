/** The files of a folder that may be catalogs: not those that other tools made or installed, and not those that `.gitignore` names. */
import { readdir, readFile, realpath, stat } from "node:fs/promises";
import { dirname, join, relative, sep } from "node:path";
import ignore, { type Ignore } from "ignore";

export interface Walk {
  /** Relative to the folder, with forward slashes, sorted by code unit. */
  files: string[];
  /** Whether the walk ended at {@link MAX_ENTRIES}. */
  isCut: boolean;
}

export interface WalkOptions {
  /** Chooses files by their name. */
  wants(name: string): boolean;
  signal: AbortSignal;
}

/** Files and folders that are looked at. A repository of a million files is walked in part, and a message says so. */
export const MAX_ENTRIES = 500_000;
const MAX_DEPTH = 40;

/** Folders of tools. A folder whose name begins with a dot is passed over as well. */
const FOREIGN_FOLDERS: ReadonlySet<string> = new Set([
  "__pycache__", "bower_components", "build", "Carthage", "coverage", "DerivedData", "dist", "node_modules", "obj", "out", "Pods",
  "site-packages", "target", "vendor", "venv",
]); // biome-ignore format: a table

/**
 * Walks a folder. Links to folders are not followed, so a loop of links ends nothing; links to files are files.
 *
 * @param root An absolute path. The folder itself is walked, also where its name or `.gitignore` would leave it out.
 * @throws {Error} The folder itself cannot be read.
 */
export async function filesUnder(root: string, { wants, signal }: WalkOptions): Promise<Walk> {
  const files: string[] = [];
  let entries = 0;
  const folders: Folder[] = [{ path: await realpath(root), name: "", depth: 0, rules: await outerRules(root) }];
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    signal.throwIfAborted();
    const found = await readFolder(folder);
    entries += found.length;
    if (entries > MAX_ENTRIES) return { files: sorted(files), isCut: true };
    const rules = found.some((entry) => entry.name === ".gitignore" && entry.isFile())
      ? [...folder.rules, await rulesOf(folder.path)]
      : folder.rules;
    for (const entry of found) {
      const path = join(folder.path, entry.name);
      const name = folder.name === "" ? entry.name : `${folder.name}/${entry.name}`;
      if (entry.isDirectory()) {
        if (folder.depth >= MAX_DEPTH || isForeign(entry.name, folder.path) || isIgnored(`${path}/`, rules)) continue;
        folders.push({ path, name, depth: folder.depth + 1, rules });
      } else if (wants(entry.name) && !isIgnored(path, rules)) {
        if (entry.isFile() || (entry.isSymbolicLink() && (await isFile(path)))) files.push(name);
      }
    }
  }
  return { files: sorted(files), isCut: false };
}

interface Folder {
  path: string;
  /** Relative to the root, with forward slashes. */
  name: string;
  depth: number;
  rules: readonly Rules[];
}

/** The rules of one `.gitignore`. */
interface Rules {
  folder: string;
  ignore: Ignore;
}

/** A folder below the root that may not be read, or is gone, is passed over. */
async function readFolder({ path, depth }: Folder) {
  try {
    return await readdir(path, { withFileTypes: true });
  } catch (error) {
    if (depth === 0) throw error;
    return [];
  }
}

function isForeign(name: string, parent: string): boolean {
  if (name.startsWith(".")) return true;
  // Laravel keeps the translations of packages in lang/vendor.
  if (name === "vendor" && parent.endsWith(`${sep}lang`)) return false;
  return FOREIGN_FOLDERS.has(name);
}

/** The deepest file that names the path decides, as in git. */
function isIgnored(path: string, rules: readonly Rules[]): boolean {
  for (const { folder, ignore: own } of rules.toReversed()) {
    const result = own.test(relative(folder, path).split(sep).join("/") + (path.endsWith("/") ? "/" : ""));
    if (result.ignored) return true;
    if (result.unignored) return false;
  }
  return false;
}

/**
 * The rules of the folders around the root, up to the one that holds `.git`. None where there is no such folder, or where
 * they ignore the root itself.
 */
async function outerRules(root: string): Promise<Rules[]> {
  const rules: Rules[] = [];
  const start = await realpath(root);
  for (let folder = start; ; folder = dirname(folder)) {
    if ((await stat(join(folder, ".git")).catch(() => undefined)) !== undefined) {
      return isIgnored(`${start}/`, rules) ? [] : rules;
    }
    const parent = dirname(folder);
    if (parent === folder) return [];
    rules.unshift(await rulesOf(parent));
  }
}

async function rulesOf(folder: string): Promise<Rules> {
  const text = await readFile(join(folder, ".gitignore"), "utf8").catch(() => "");
  return { folder, ignore: ignore().add(text) };
}

async function isFile(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isFile() ?? false;
}

function sorted(files: string[]): string[] {
  return files.sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
}
