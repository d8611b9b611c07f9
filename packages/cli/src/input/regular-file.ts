/**
 * Reads whole files that a person named: settings, secrets, catalogs and the lock.
 *
 * Only regular files, of a bounded size. To open a pipe waits for its writer in a thread that no signal ends, so such a
 * command could not be stopped; `/dev/zero` has no end. Reading is synchronous, because settings are needed first.
 */
import { closeSync, constants, fstatSync, openSync, readSync, type Stats } from "node:fs";

/** A file could not be read. `problem` continues a sentence that begins with the file's name. */
export class UnreadableFileError extends Error {
  /** The system's code, such as `ENOENT`; undefined: the content is at fault. */
  readonly code: string | undefined;
  readonly problem: string;

  constructor(problem: string, code?: string, cause?: unknown) {
    super(problem, { cause });
    this.name = "UnreadableFileError";
    this.problem = problem;
    this.code = code;
  }
}

const MEBIBYTE = 1_048_576;
const CHUNK_BYTES = 65_536;

/**
 * Reads a regular file, through symbolic links.
 *
 * @param maxBytes Largest accepted size.
 * @throws {UnreadableFileError} The file is missing, larger, no regular file, or may not be read.
 */
export function readRegularFile(path: string, maxBytes: number): Buffer {
  let file: number | undefined;
  try {
    // Without O_NONBLOCK, a pipe that has no writer would keep the process here. Windows has neither.
    file = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
    const stats = fstatSync(file);
    const problem = irregularity(stats);
    if (problem !== undefined) throw new UnreadableFileError(problem, problem === FOLDER ? "EISDIR" : undefined);
    if (stats.size > maxBytes)
      throw new UnreadableFileError(`${tooLarge(maxBytes)}: it has ${grouped(stats.size)} bytes`);
    return readAll(file, stats.size, maxBytes);
  } catch (error) {
    throw error instanceof UnreadableFileError ? error : systemProblem(error);
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

/**
 * Reads a regular file of UTF-8. A byte order mark at its beginning is not part of the text.
 *
 * @throws {UnreadableFileError} Also: the file is not UTF-8.
 */
export function readTextFile(path: string, maxBytes: number): string {
  const bytes = readRegularFile(path, maxBytes);
  try {
    if (!isUtf16(bytes)) return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new UnreadableFileError("is not valid UTF-8", undefined, cause);
  }
  throw new UnreadableFileError(UTF16_PROBLEM);
}

/** Said of a file for which {@link isUtf16} is true. */
export const UTF16_PROBLEM = "is UTF-16, not UTF-8";

/** Whether a file begins like UTF-16: with its byte order mark, or with one character of ASCII in two bytes. */
export function isUtf16(bytes: Uint8Array): boolean {
  const [first, second] = bytes;
  if (first === undefined || second === undefined) return false;
  const isMarked = (first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff);
  return isMarked || (first === 0) !== (second === 0);
}

/** Said of a folder by {@link irregularity}. */
export const FOLDER = "is a folder";

/** The reason why a file is not a regular one; undefined: it is one. */
export function irregularity(stats: Stats): string | undefined {
  if (stats.isFile()) return undefined;
  if (stats.isDirectory()) return FOLDER;
  const kind = stats.isFIFO() ? "a pipe" : stats.isSocket() ? "a socket" : "a device";
  return `is ${kind}, not a regular file`;
}

/** A problem that the system reported with a path. */
export function systemProblem(cause: unknown): UnreadableFileError {
  const { code = "unknown" } = cause as NodeJS.ErrnoException;
  return new UnreadableFileError(`${SYSTEM_PROBLEMS[code] ?? "cannot be read"} (${code})`, code, cause);
}

const SYSTEM_PROBLEMS: Readonly<Record<string, string>> = {
  ENOENT: "does not exist",
  ELOOP: "is a loop of symbolic links",
  EACCES: "cannot be read: no right to read it",
  EPERM: "cannot be read: no right to read it",
  EISDIR: FOLDER,
};

/** @param size The size that the system says: of some files it says 0, and a file may grow. */
function readAll(file: number, size: number, maxBytes: number): Buffer {
  let content = Buffer.allocUnsafe(Math.max(size + 1, CHUNK_BYTES));
  let length = 0;
  for (;;) {
    if (length === content.length) content = Buffer.concat([content], 2 * length);
    const count = readSync(file, content, length, content.length - length, null);
    if (count === 0) return content.subarray(0, length);
    length += count;
    if (length > maxBytes) throw new UnreadableFileError(tooLarge(maxBytes));
  }
}

function tooLarge(maxBytes: number): string {
  return `is larger than ${maxBytes / MEBIBYTE} MiB`;
}

/** `1,000`. */
function grouped(number: number): string {
  return String(number).replace(/\B(?=(\d{3})+$)/g, ",");
}
