/**
 * `trans-hub.lock`, committed beside the catalogs: for each value in a target file, the hash of the source text it was
 * made from. It is how a later run knows a value whose source has changed since.
 *
 * ```json
 * {
 *   "version": 1,
 *   "targets": {
 *     "locales/fr.json": {
 *       "cart.title": "9f86d081884c7d659a2feaa0c55ad015"
 *     }
 *   }
 * }
 * ```
 *
 * Kept per target file, not per source: after a run where `fr` failed and `de` did not, the two differ. One line a value,
 * sorted by code unit, so a diff shows what was translated anew and is the same on every machine. Hashes only, no text.
 */
import { createHash } from "node:crypto";
import { dirname, relative, resolve, sep } from "node:path";
import { CatalogError } from "@trans-hub/core/operations";
import { readCatalogFile } from "./catalog-file.ts";
import type { FormattedCatalog } from "./json-catalog.ts";
import { type JsonDocument, type JsonMember, type JsonNode, parseJsonDocument } from "./json-document.ts";
import { writeFileByRename } from "./write-file.ts";

/** Source hashes by target file (see {@link targetName}), then by message key. */
export type Lock = Map<string, Map<string, string>>;

/** What to do with one message of one target file. */
export type ValueDecision =
  /** Keep the value in the file: it was made from this source. */
  | "keep"
  /** Keep the value in the file although the lock has no entry for it: the value is older than the use of Trans-Hub. */
  | "adopt"
  /** The value is missing, its source changed, or the message is forced. */
  | "translate";

const lockVersion = 1;
const damagedHint =
  "Restore it from version control, or delete it; without it, existing values of target files are kept.";

/**
 * The first 16 bytes of SHA-256, in hex, of the text; with a context, of the text, U+0000 and the context's canonical
 * JSON.
 */
export function sourceHash(text: string, context = ""): string {
  const hash = createHash("sha256").update(text);
  if (context !== "") hash.update("\0").update(context);
  return hash.digest("hex").slice(0, 32);
}

/** A target file's name in the lock: relative to the lock's folder, with forward slashes on every system. */
export function targetName(lockFile: string, targetFile: string): string {
  return relative(dirname(resolve(lockFile)), resolve(targetFile))
    .split(sep)
    .join("/");
}

/**
 * Decides whether a value in a target file is kept.
 *
 * An empty value counts as missing: many tools write `""` for "not translated yet". A value edited by hand is kept as
 * long as its source stays the same, because the lock holds no hashes of values.
 */
export function decideValue(message: {
  existing: string | undefined;
  sourceHash: string;
  lockedHash: string | undefined;
  force?: boolean | undefined;
}): ValueDecision {
  if (message.existing === undefined || message.existing === "" || message.force) return "translate";
  if (message.lockedHash === undefined) return "adopt";
  return message.lockedHash === message.sourceHash ? "keep" : "translate";
}

/**
 * The lock's entries for a target file that was just written.
 *
 * Write the lock after the file. A crash between the two then leaves a value without an entry, which is adopted, or
 * with an old entry, which is looked up once more; it never leaves an entry that calls an old value current. A message
 * that was left out gets no entry, so a text that a person adds there is adopted and not considered outdated. A stale
 * value keeps its old entry and is translated by the next run.
 *
 * @param sourceHashes Hashes of the present source, by message key.
 * @param previous The entries before the write.
 */
export function hashesAfterWrite(
  formatted: Pick<FormattedCatalog, "written" | "stale">,
  sourceHashes: ReadonlyMap<string, string>,
  previous: ReadonlyMap<string, string> = new Map(),
): Map<string, string> {
  const hashes = new Map<string, string>();
  for (const [key, hash] of sourceHashes) {
    const entry = formatted.written.has(key) ? hash : formatted.stale.has(key) ? previous.get(key) : undefined;
    if (entry !== undefined) hashes.set(key, entry);
  }
  return hashes;
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
    .filter(([, hashes]) => hashes.size > 0)
    .map(([target, hashes]) => {
      const lines = sorted(hashes).map(([key, hash]) => `\n      ${JSON.stringify(key)}: ${JSON.stringify(hash)}`);
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
    const hashes = membersOf(file, target.value).map(({ name, value }): [string, string] => {
      if (value.kind === "string" && /^[0-9a-f]{32}$/.test(value.value)) return [name, value.value];
      throw damaged(file, "a hash must be 32 hexadecimal digits", value);
    });
    lock.set(target.name, new Map(hashes));
  }
  return lock;
}

function parseDocument(file: string, content: Uint8Array): JsonDocument {
  try {
    return parseJsonDocument(file, content);
  } catch (cause) {
    if (!(cause instanceof CatalogError)) throw cause;
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
  if (found === lockVersion) return;
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
