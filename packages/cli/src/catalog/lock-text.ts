/** The lock as text, and back. */
import { isDeepStrictEqual } from "node:util";

/** The entries of each target file (see `targetName` in lock-file.ts), then by message key. */
export type Lock = Map<string, Map<string, LockEntry>>;

/** The hashes of one value. Of `written` and `person` there is at most one; with neither, the author is unknown. */
export interface LockEntry {
  /** The source text that the value belongs to. Absent: unknown. */
  source?: string;
  /** The value, if Trans-Hub wrote it. */
  written?: string;
  /** The value, if a person wrote it. */
  person?: string;
  /**
   * The changed source beside which the person's value stood at the last run. An edit of the value after that run makes
   * it current; an edit before may be older than the change.
   */
  seen?: string;
  /** The entry of the value that this one replaced: a merge may bring that value back without its entry. */
  was?: Pick<LockEntry, "source" | "written" | "person">;
  /** The entries that the other branches of a merge have for the same value. */
  others?: readonly LockEntry[];
}

/** The present version of the file. */
export const LOCK_VERSION = 2;

/** A lock as it was read, or the reason why it could not be. */
export type ParsedLock = { lock: Lock } | { problem: string } | { newerVersion: number };

/**
 * The lock as text, sorted. Built without an object, which would reorder keys such as `"10"`.
 */
export function formatLock(lock: Lock): string {
  const targets = sorted(lock).map(([target, entries]) => {
    const lines = sorted(entries).map(([key, entry]) => `\n      ${JSON.stringify(key)}: ${formatEntry(entry)}`);
    return `\n    ${JSON.stringify(target)}: {${lines.join(",")}\n    }`;
  });
  const body = targets.length === 0 ? "{}" : `{${targets.join(",")}\n  }`;
  return `{\n  "version": ${LOCK_VERSION},\n  "targets": ${body}\n}\n`;
}

function formatEntry({ others = [], ...entry }: LockEntry): string {
  return JSON.stringify(others.length === 0 ? entry : [entry, ...others]);
}

/** Sorts by code unit: a locale's collation would give different orders on different machines. */
function sorted<Value>(entries: ReadonlyMap<string, Value>): [string, Value][] {
  return [...entries].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
}

/**
 * Reads a whole lock.
 *
 * Where its lines are those of {@link formatLock}, two lines with one key are two branches of a merge that kept both, and a
 * comma that such a merge lacks does not matter.
 */
export function parseLock(text: string): ParsedLock {
  const isWhole = /^\{\r?\n {2}"version": [12],/.test(text) && text.trimEnd().endsWith("\n}");
  const lock = isWhole ? parseLockLines(text) : undefined;
  return lock === undefined ? parseLockJson(text) : { lock };
}

/**
 * Whether a text is that of another file (a catalog, package.json), which must not be overwritten. The rest of a damaged lock has
 * an entry in it, or else its beginning: a brace, or the mark of a merge.
 */
export function isForeign(text: string): boolean {
  if (/^[\s\0]*$/.test(text) || /"(?:source|written|person)":\s*"[0-9a-f]{32}"/.test(text)) return false;
  if (!/^\s*(?:\{|\[|<{7})/.test(text)) return true;
  const content = parsedJson(text);
  if (!isObject(content) || "targets" in content || typeof content.version === "number") return false;
  return Object.keys(content).length > 0;
}

/** Another program's lines: JSON of short parts takes 30 times its size in memory. */
const MAX_JSON_LENGTH = 8_388_608;

function parseLockJson(text: string): ParsedLock {
  if (text.length > MAX_JSON_LENGTH) {
    const version = Number(/^\{\s*"version":\s*(\d{1,9}),/.exec(text)?.[1] ?? 0);
    if (version > LOCK_VERSION) return { newerVersion: version };
    return { problem: "its lines are not those that Trans-Hub writes" };
  }
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch {
    return { problem: "it is not valid JSON" };
  }
  if (!isObject(content)) return { problem: "it is no JSON object" };
  const { version, targets } = content;
  if (typeof version === "number" && version > LOCK_VERSION) return { newerVersion: version };
  if (version !== LOCK_VERSION && version !== 1) return { problem: `"version" must be ${LOCK_VERSION}` };
  if (!isObject(targets)) return { problem: '"targets" must be an object' };
  const lock: Lock = new Map();
  for (const [target, values] of Object.entries(targets)) {
    if (!isObject(values)) return { problem: `"${target}" must be an object` };
    const entries = new Map<string, LockEntry>();
    for (const [key, value] of Object.entries(values)) {
      const entry = parseEntry(value);
      if (entry === undefined) return { problem: `"${target}" holds an entry that is no hash and no object of hashes` };
      entries.set(key, entry);
    }
    lock.set(target, entries);
  }
  return { lock };
}

const TARGET_LINE = /^ {4}("(?:[^"\\]|\\.)*"): \{(\},?)?$/;
const ENTRY_LINE = /^ {6}("(?:[^"\\]|\\.)*"): (.*?),?$/;
const OTHER_LINE = /^(?:\{|\}| {2}"version": [12],| {2}"targets": \{(?:\})?| {2,4}\},?|)$/;

/**
 * Reads a lock line by line, as {@link formatLock} prints it: one side of a merge lacks commas or has some too many.
 *
 * @returns Undefined: a line is none of a lock.
 */
export function parseLockLines(text: string): Lock | undefined {
  const lock: Lock = new Map();
  let entries: Map<string, LockEntry> | undefined;
  for (let start = 0; start <= text.length; ) {
    const lineEnd = text.indexOf("\n", start);
    const next = lineEnd === -1 ? text.length : lineEnd;
    const end = lineEnd !== -1 && text.charCodeAt(lineEnd - 1) === RETURN ? lineEnd - 1 : next;
    const found = plainLine(text, start, end) ?? entryLine(text.slice(start, end));
    if (found !== undefined) {
      const { key, entry } = found;
      if (entry === undefined || entries === undefined) return undefined;
      const other = entries.get(key);
      entries.set(key, other === undefined ? entry : bothOf(other, entry));
    } else {
      const line = text.slice(start, end);
      const [, target] = TARGET_LINE.exec(line) ?? [];
      if (target !== undefined) {
        const name = parsedJson(target);
        if (typeof name !== "string") return undefined;
        entries = lock.get(name) ?? new Map();
        lock.set(name, entries);
      } else if (!OTHER_LINE.test(line)) return undefined;
    }
    start = next + 1;
  }
  return lock;
}

interface LockLine {
  key: string;
  /** Undefined: the line holds no entry of a lock. */
  entry: LockEntry | undefined;
}

/** A line of any value. Undefined: it is another kind of line. */
function entryLine(line: string): LockLine | undefined {
  const [, key, value] = ENTRY_LINE.exec(line) ?? [];
  if (key === undefined || value === undefined) return undefined;
  const name = parsedJson(key);
  return typeof name === "string" ? { key: name, entry: parseEntry(parsedJson(value)) } : { key, entry: undefined };
}

const BEFORE_KEY = '      "';
const BEFORE_SOURCE = '": {"source":"';
const BEFORE_PERSON_ALONE = '": {"person":"';
const BEFORE_WRITTEN = '","written":"';
const BEFORE_PERSON = '","person":"';
const AFTER_HASH = '"}';
const HASH_LENGTH = 32;

/**
 * A line of the commonest kinds: a source with a value, or a person's value alone. Undefined: it is another kind of line.
 *
 * A lock of 24,000 texts in 10 locales has 240,000 such lines. Their places are fixed, so reading them takes a third of the time
 * of expressions and `JSON.parse`.
 */
function plainLine(text: string, start: number, lineEnd: number): LockLine | undefined {
  if (!text.startsWith(BEFORE_KEY, start)) return undefined;
  const end = text.charCodeAt(lineEnd - 1) === COMMA ? lineEnd - 1 : lineEnd;
  const lastHash = end - AFTER_HASH.length - HASH_LENGTH;
  if (!text.startsWith(AFTER_HASH, end - AFTER_HASH.length) || !isHashAt(text, lastHash)) return undefined;
  const isWritten = text.startsWith(BEFORE_WRITTEN, lastHash - BEFORE_WRITTEN.length);
  const isPerson = !isWritten && text.startsWith(BEFORE_PERSON, lastHash - BEFORE_PERSON.length);
  let keyEnd = lastHash - BEFORE_SOURCE.length;
  let source: string | undefined;
  if (isWritten || isPerson) {
    const firstHash = lastHash - (isWritten ? BEFORE_WRITTEN : BEFORE_PERSON).length - HASH_LENGTH;
    keyEnd = firstHash - BEFORE_SOURCE.length;
    if (!text.startsWith(BEFORE_SOURCE, keyEnd) || !isHashAt(text, firstHash)) return undefined;
    source = text.slice(firstHash, firstHash + HASH_LENGTH);
  } else if (!text.startsWith(BEFORE_PERSON_ALONE, keyEnd)) return undefined;
  const keyStart = start + BEFORE_KEY.length;
  if (keyEnd < keyStart) return undefined;
  const key = isPlainKey(text, keyStart, keyEnd)
    ? text.slice(keyStart, keyEnd)
    : parsedJson(text.slice(keyStart - 1, keyEnd + 1));
  if (typeof key !== "string") return undefined;
  const value = text.slice(lastHash, lastHash + HASH_LENGTH);
  if (source === undefined) return { key, entry: { person: value } };
  return { key, entry: isWritten ? { source, written: value } : { source, person: value } };
}

const RETURN = 0x0d;
const COMMA = 0x2c;
const SPACE = 0x20;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const DIGIT_0 = 0x30;
const DIGIT_9 = 0x39;
const LETTER_A = 0x61;
const LETTER_F = 0x66;

function isHashAt(text: string, start: number): boolean {
  if (start < 0) return false;
  for (let at = start; at < start + HASH_LENGTH; at += 1) {
    const code = text.charCodeAt(at);
    if (!((code >= DIGIT_0 && code <= DIGIT_9) || (code >= LETTER_A && code <= LETTER_F))) return false;
  }
  return true;
}

function isPlainKey(text: string, start: number, end: number): boolean {
  for (let at = start; at < end; at += 1) {
    const code = text.charCodeAt(at);
    if (code < SPACE || code === QUOTE || code === BACKSLASH) return false;
  }
  return true;
}

/** The entries that the branches of a merge have for one value. */
export function candidates(entry: LockEntry): readonly LockEntry[] {
  if (entry.others === undefined) return [entry];
  const { others, ...own } = entry;
  return [own, ...others];
}

/** The entries of two branches for one value: the one that knows the value's hash will hold. */
export function bothOf(one: LockEntry, other: LockEntry): LockEntry {
  const all = [...candidates(one), ...candidates(other)];
  const [first = one, ...others] = all.filter((entry, at) => all.findIndex((e) => isDeepStrictEqual(e, entry)) === at);
  return others.length === 0 ? first : { ...first, others };
}

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const ENTRY_FIELDS = ["source", "written", "person", "seen"] as const;

function parseEntry(value: unknown): LockEntry | undefined {
  if (isHash(value)) return { source: value };
  if (Array.isArray(value)) {
    const entries = value.map(parseOne);
    const [first, ...others] = entries.filter((entry) => entry !== undefined);
    return first === undefined || others.length < entries.length - 1 ? undefined : { ...first, others };
  }
  return parseOne(value);
}

function parseOne(value: unknown): LockEntry | undefined {
  const entry = parseHashes(value);
  if (entry === undefined || !isObject(value) || value.was === undefined) return entry;
  const was = parseHashes(value.was);
  return was && { ...entry, was };
}

function parseHashes(value: unknown): LockEntry | undefined {
  if (!isObject(value)) return undefined;
  const entry: LockEntry = {};
  for (const field of ENTRY_FIELDS) {
    const found = value[field];
    if (found === undefined) continue;
    if (!isHash(found)) return undefined;
    entry[field] = found;
  }
  return entry.source === undefined && entry.person === undefined ? undefined : entry;
}

function isHash(value: unknown): value is string {
  return typeof value === "string" && /^[0-9a-f]{32}$/.test(value);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
