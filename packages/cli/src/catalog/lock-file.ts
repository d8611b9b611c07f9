/**
 * `trans-hub.lock`, committed beside the catalogs: for each value in a target file, the hash of the source text that it
 * belongs to, and the hash of the value. It is how a later run knows a value whose source has changed since, and a value
 * that a person wrote.
 *
 * ```json
 * {
 *   "version": 2,
 *   "targets": {
 *     "locales/fr.json": {
 *       "cart.pay": {"source":"9f86d081884c7d659a2feaa0c55ad015","written":"60303ae22b998861bce3b28f33eec1be"},
 *       "cart.title": {"source":"fcde2b2edba56bf408601fb721fe9b5c","person":"44136fa355b3678a1146ad16f7e8649e"},
 *       "cart.back": {"person":"d7e2afe5c0d2a1f1b5e1d1b0a1c9f3a2"}
 *     }
 *   }
 * }
 * ```
 *
 * - Kept per target file, not per source: after a run where `fr` failed and `de` did not, the two differ. One line a value,
 *   sorted by code unit, so a diff shows what was translated anew and is the same on every machine. Hashes only, no text.
 * - An entry without `source` is a value of unknown age: nobody has said which source it belongs to. A target file that the lock
 *   does not name has such values alone. Unknown is never current: `trans-hub lock adopt` says that the values fit.
 * - An entry may be a list: two branches wrote the value, and the one whose hash is the value's in the file holds.
 * - `was` is the entry of the value that was replaced. Version control joins the lock by lines: after a merge, one branch's entry may
 *   stand beside the other branch's older value. Without `was`, that value would count as a person's edit.
 * - A lock of version 1 has only the hash of the source, as a string: the author of its values is unknown.
 */
import { hash } from "node:crypto";
import { dirname, relative, resolve, sep } from "node:path";
import { CatalogError } from "@trans-hub/core/operations";
import type { FormattedFile } from "./catalog.ts";
import { readCatalogFile } from "./catalog-file.ts";
import { conflictSides, mergedLock } from "./lock-merge.ts";
import { candidates, formatLock, isForeign, type Lock, type LockEntry, parseLock } from "./lock-text.ts";
import { writeFileByRename } from "./write-file.ts";

export type { Lock, LockEntry } from "./lock-text.ts";

/** A value of a target file: its author, and the hash of the source text that it belongs to. */
export interface Standing {
  /** `person` also where the author is unknown: such a value may be a person's. */
  author: "tool" | "person" | "nobody";
  /** Undefined: unknown. Such a value is kept, and never current. */
  source: string | undefined;
}

/**
 * The first 16 bytes of SHA-256, in hex, of the text; with a context, of the text, U+0000 and the context's canonical
 * JSON.
 */
export function sourceHash(text: string, context = ""): string {
  // A third of the time of a hash object: a run over 24,000 messages in 10 locales makes a million hashes.
  return hash("sha256", context === "" ? text : `${text}\0${context}`, "hex").slice(0, 32);
}

/** A target file's name in the lock: relative to the lock's folder, with forward slashes on every system. */
export function targetName(lockFile: string, targetFile: string): string {
  return relative(dirname(resolve(lockFile)), resolve(targetFile))
    .split(sep)
    .join("/");
}

/**
 * Finds the author of a value in a target file, and the source text that it belongs to.
 *
 * - An empty value counts as missing: many tools write `""` for "not translated yet".
 * - A value that the lock does not know as written by Trans-Hub is a person's.
 * - A value without an entry, in a file that the lock names, came after the last run, and belongs to the present source.
 * - A value in a file that the lock does not name is of unknown age. A person's edit ends that.
 *
 * @param locked The entries of the file; undefined: the lock does not name it.
 */
export function standingOf(message: {
  key: string;
  existing: string | undefined;
  sourceHash: string;
  locked: ReadonlyMap<string, LockEntry> | undefined;
}): Standing {
  const { key, existing, sourceHash: present, locked } = message;
  if (existing === undefined || existing === "") return { author: "nobody", source: present };
  if (locked === undefined) return { author: "person", source: undefined };
  const entry = locked.get(key);
  if (entry === undefined) return { author: "person", source: present };
  const value = sourceHash(existing);
  // Most values: one branch knows them. Each line below makes a list.
  if (entry.others === undefined) {
    if (entry.written === value) return { author: "tool", source: entry.source };
    if (entry.person === value) return { author: "person", source: entry.source };
  }
  const told = candidates(entry);
  const own = told.find(({ written }) => written === value);
  if (own !== undefined) return { author: "tool", source: own.source };
  const known = told.find(({ person }) => person === value);
  if (known !== undefined) return { author: "person", source: known.source };
  const earlier = told.find(({ was }) => was?.written === value || was?.person === value)?.was;
  if (earlier !== undefined) {
    return { author: earlier.written === undefined ? "person" : "tool", source: earlier.source };
  }
  const isCurrent = told.some((side) => side.source === present || wasOvertaken(side, present));
  if (!isCurrent) return { author: "person", source: entry.source };
  // Of two branches that say nothing of the value, either may have written it.
  const isEither = told.length > 1 && told.some(({ written, person }) => written === undefined && person === undefined);
  return { author: "person", source: isEither ? undefined : present };
}

/** Whether an edit since the last run says that a person's value fits the present source. */
function wasOvertaken({ source, person, seen }: LockEntry, present: string): boolean {
  return person !== undefined && (source === undefined || seen === present);
}

/** The lock's entry for a value that stands in the written file. */
export function entryOf(value: string, { author, source }: Standing, presentSource: string): LockEntry {
  const own = sourceHash(value);
  const known = source === undefined ? {} : { source };
  if (author !== "person") return { ...known, written: own };
  const isOutdated = source !== undefined && source !== presentSource;
  return { ...known, person: own, ...(isOutdated && { seen: presentSource }) };
}

/**
 * The lock's entries for a target file that was just written.
 *
 * Write the lock after the file. A crash between the two leaves values that the lock calls a person's; the next run
 * finds the same texts in the store, and knows them again. It never leaves an entry that calls an old value current. A
 * message that was left out gets no entry, so a text that a person adds there is adopted and not considered outdated. A
 * stale value keeps its old entry and is translated by the next run.
 *
 * @param present The entries of the written values, by message key.
 * @param previous The entries before the write.
 */
export function entriesAfterWrite(
  formatted: Pick<FormattedFile, "written" | "stale">,
  present: ReadonlyMap<string, LockEntry>,
  previous: ReadonlyMap<string, LockEntry> = new Map(),
): Map<string, LockEntry> {
  const entries = new Map<string, LockEntry>();
  for (const key of [...formatted.written, ...formatted.stale]) {
    const [now, before] = [present.get(key), previous.get(key)];
    const entry = formatted.written.has(key) ? now && withFormer(now, before) : before;
    if (entry !== undefined) entries.set(key, entry);
  }
  return entries;
}

/** The entry of a value, with that of the value which stood there for an earlier source. Of a merge's two branches, the first counts. */
function withFormer(now: LockEntry, before: LockEntry | undefined): LockEntry {
  const value = valueHash(now);
  if (before === undefined || value === undefined) return now;
  const told = candidates(before);
  const same = told.find((each) => valueHash(each) === value);
  if (same !== undefined) return same.was === undefined ? now : { ...now, was: same.was };
  const isEarlier = (each: LockEntry) => each.source !== undefined && each.source !== now.source;
  const former = told.find((each) => valueHash(each) !== undefined && isEarlier(each));
  if (former === undefined) return now;
  const { source, written, person } = former;
  return { ...now, was: { ...(source && { source }), ...(written && { written }), ...(person && { person }) } };
}

function valueHash({ written, person }: LockEntry): string | undefined {
  return written ?? person;
}

export interface ReadLock {
  lock: Lock;
  /** Why the file could not be read, as a clause. Its values are then of unknown age. Undefined: it could. */
  damage?: string;
  /** Whether the marks of a merge stood in it. They were read by key, and nothing of either side is lost. */
  isMerged?: true;
}

/** Two million values. A lock of 24,000 texts in 10 locales has 33 MB. */
const MAX_LOCK_BYTES = 256 * 1_048_576;

/**
 * Reads the lock; an empty lock when the file does not exist or is damaged.
 *
 * @throws {CatalogError} The lock is unreadable, or of a newer release, or the file is no lock.
 */
export async function readLockFile(file: string): Promise<ReadLock> {
  const content = readCatalogFile(file, MAX_LOCK_BYTES);
  if (content === undefined) return { lock: new Map() };
  const text = new TextDecoder().decode(content);
  if (isForeign(text)) {
    throw new CatalogError(file, "is no lock file, and would be overwritten", {
      hint: "Name another file by --lock, or by lock in the configuration.",
    });
  }
  const sides = conflictSides(text);
  if (sides !== undefined) return { lock: mergedLock(...sides), isMerged: true };
  const parsed = parseLock(text);
  if ("lock" in parsed) return parsed;
  if ("problem" in parsed) return { lock: new Map(), damage: parsed.problem };
  throw new CatalogError(file, `was written by a newer Trans-Hub (version ${parsed.newerVersion} of the file)`, {
    hint: "Upgrade Trans-Hub on this machine to the release that wrote it.",
  });
}

/**
 * Writes the lock by rename.
 *
 * @throws {CatalogError} See {@link writeFileByRename}.
 */
export async function writeLockFile(file: string, lock: Lock): Promise<void> {
  await writeFileByRename(file, formatLock(lock));
}
