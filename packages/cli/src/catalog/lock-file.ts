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
 *       "cart.title": {"source":"fcde2b2edba56bf408601fb721fe9b5c","person":"44136fa355b3678a1146ad16f7e8649e"}
 *     }
 *   }
 * }
 * ```
 *
 * Kept per target file, not per source: after a run where `fr` failed and `de` did not, the two differ. One line a value,
 * sorted by code unit, so a diff shows what was translated anew and is the same on every machine. Hashes only, no text.
 * A lock of version 1 has only the hash of the source, as a string: the author of its values is unknown.
 */
import { hash } from "node:crypto";
import { dirname, relative, resolve, sep } from "node:path";
import { CatalogError } from "@trans-hub/core/operations";
import { isUtf16 } from "../input/regular-file.ts";
import type { FormattedFile } from "./catalog.ts";
import { readCatalogFile } from "./catalog-file.ts";
import { type JsonDocument, type JsonMember, type JsonNode, parseJsonDocument } from "./json-document.ts";
import { writeFileByRename } from "./write-file.ts";

/** Hashes by target file (see {@link targetName}), then by message key. */
export type Lock = Map<string, Map<string, LockEntry>>;

/** The hashes of one value. Of `written` and `person` there is at most one; with neither, the author is unknown. */
export interface LockEntry {
  /** The source text that the value belongs to. */
  source: string;
  /** The value, if Trans-Hub wrote it. */
  written?: string;
  /** The value, if a person wrote it. */
  person?: string;
  /**
   * The changed source beside which the person's value stood at the last run. An edit of the value after that run makes
   * it current; an edit before may be older than the change.
   */
  seen?: string;
}

/** A value of a target file: its author, and the hash of the source text that it belongs to. */
export interface Standing {
  /** `person` also where the author is unknown: such a value may be a person's. */
  author: "tool" | "person" | "nobody";
  source: string;
}

const lockVersion = 2;
const damagedHint =
  "Restore it from version control, or delete it; without it, existing values of target files are kept as a person's.";

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
 * An empty value counts as missing: many tools write `""` for "not translated yet". A value that the lock does not know
 * as written by Trans-Hub is a person's; the lock has no entry for it if it is older than the use of Trans-Hub, and it
 * then belongs to the present source.
 */
export function standingOf(message: {
  existing: string | undefined;
  sourceHash: string;
  entry: LockEntry | undefined;
}): Standing {
  const { existing, sourceHash: present, entry } = message;
  if (existing === undefined || existing === "") return { author: "nobody", source: present };
  if (entry === undefined) return { author: "person", source: present };
  const value = sourceHash(existing);
  if (entry.written === value) return { author: "tool", source: entry.source };
  const wasEdited = entry.person !== undefined && entry.person !== value;
  return { author: "person", source: wasEdited && entry.seen === present ? present : entry.source };
}

/** The lock's entry for a value that stands in the written file. */
export function entryOf(value: string, { author, source }: Standing, presentSource: string): LockEntry {
  const valueHash = sourceHash(value);
  if (author !== "person") return { source, written: valueHash };
  return { source, person: valueHash, ...(source !== presentSource && { seen: presentSource }) };
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
    const entry = formatted.written.has(key) ? present.get(key) : previous.get(key);
    if (entry !== undefined) entries.set(key, entry);
  }
  return entries;
}

/**
 * Reads the lock; an empty lock when the file does not exist.
 *
 * @throws {CatalogError} The lock is damaged (a merge conflict left in it, edited by hand), unreadable, or of a newer
 * release.
 */
export async function readLockFile(file: string): Promise<Lock> {
  const content = readCatalogFile(file);
  if (content === undefined) return new Map();
  return parseLock(file, content);
}

/**
 * Writes the lock by rename.
 *
 * @throws {CatalogError} See {@link writeFileByRename}.
 */
export async function writeLockFile(file: string, lock: Lock): Promise<void> {
  await writeFileByRename(file, formatLock(lock));
}

/**
 * The lock as text, sorted; a target without entries is left out. Built without an object, which would reorder keys
 * such as `"10"`.
 */
export function formatLock(lock: Lock): string {
  const targets = sorted(lock)
    .filter(([, entries]) => entries.size > 0)
    .map(([target, entries]) => {
      const lines = sorted(entries).map(([key, entry]) => `\n      ${JSON.stringify(key)}: ${JSON.stringify(entry)}`);
      return `\n    ${JSON.stringify(target)}: {${lines.join(",")}\n    }`;
    });
  const body = targets.length === 0 ? "{}" : `{${targets.join(",")}\n  }`;
  return `{\n  "version": ${lockVersion},\n  "targets": ${body}\n}\n`;
}

/** Sorts by code unit: a locale's collation would give different orders on different machines. */
function sorted<Value>(entries: ReadonlyMap<string, Value>): [string, Value][] {
  return [...entries].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
}

function parseLock(file: string, content: Uint8Array): Lock {
  const document = parseDocument(file, content);
  const fields = new Map(document.root.members.map(({ name, value }) => [name, value]));
  checkVersion(file, document, fields.get("version"));
  const lock: Lock = new Map();
  const targets = fields.get("targets");
  if (targets === undefined) throw damaged(file, '"targets" is missing', document.root);
  for (const target of membersOf(file, targets)) {
    const entries = membersOf(file, target.value).map(({ name, value }): [string, LockEntry] => [
      name,
      parseEntry(file, value),
    ]);
    lock.set(target.name, new Map(entries));
  }
  return lock;
}

const ENTRY_FIELDS = ["source", "written", "person", "seen"] as const;

function parseEntry(file: string, node: JsonNode): LockEntry {
  if (node.kind === "string") return { source: parseHash(file, node) };
  const fields = new Map(membersOf(file, node).map(({ name, value }) => [name, value]));
  const entry: Partial<LockEntry> = {};
  for (const field of ENTRY_FIELDS) {
    const value = fields.get(field);
    if (value !== undefined) entry[field] = parseHash(file, value);
  }
  const { source } = entry;
  if (source === undefined) throw damaged(file, '"source" is missing', node);
  return { ...entry, source };
}

function parseHash(file: string, node: JsonNode): string {
  if (node.kind === "string" && /^[0-9a-f]{32}$/.test(node.value)) return node.value;
  throw damaged(file, "a hash must be 32 hexadecimal digits", node);
}

function parseDocument(file: string, content: Uint8Array): JsonDocument {
  try {
    return parseJsonDocument(file, content);
  } catch (cause) {
    if (!(cause instanceof CatalogError) || isUtf16(content)) throw cause;
    const merging = /^<{7} /m.test(new TextDecoder().decode(content));
    throw damaged(
      file,
      merging ? "is damaged: it holds an unresolved merge" : "is damaged: it is not valid JSON",
      cause,
      cause,
    );
  }
}

function checkVersion(file: string, document: JsonDocument, version: JsonNode | undefined): void {
  const found = version?.kind === "scalar" ? Number(document.text.slice(version.start, version.end)) : Number.NaN;
  if (found === lockVersion || found === 1) return;
  if (found > lockVersion) {
    throw new CatalogError(file, `was written by a newer Trans-Hub (version ${found} of the file)`, {
      hint: "Upgrade Trans-Hub on this machine to the release that wrote it.",
    });
  }
  throw damaged(file, `"version" must be ${lockVersion}`, version ?? document.root);
}

function membersOf(file: string, node: JsonNode): readonly JsonMember[] {
  if (node.kind === "object") return node.members;
  throw damaged(file, "must be an object", node);
}

function damaged(
  file: string,
  problem: string,
  place: { line?: number | undefined; column?: number | undefined },
  cause?: unknown,
): CatalogError {
  return new CatalogError(file, problem, {
    hint: damagedHint,
    ...(cause === undefined ? {} : { cause }),
    ...(place.line === undefined ? {} : { line: place.line }),
    ...(place.column === undefined ? {} : { column: place.column }),
  });
}
