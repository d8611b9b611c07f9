/** Reads a catalog file or the lock, whole. */
import { CatalogError } from "@trans-hub/core/operations";
import { readRegularFile, UnreadableFileError } from "../input/regular-file.ts";

/** A parsed file takes up to 40 times its size in memory (measured on 400,000 keys). */
const MAX_BYTES = 33_554_432;

/**
 * The file's content; `undefined` when the file does not exist.
 *
 * @throws {CatalogError} The file is unreadable, no regular file, or larger than 32 MiB.
 */
export function readCatalogFile(file: string): Buffer | undefined {
  try {
    return readRegularFile(file, MAX_BYTES);
  } catch (cause) {
    if (!(cause instanceof UnreadableFileError)) throw cause;
    if (cause.code === "ENOENT") return undefined;
    throw new CatalogError(file, cause.problem, { cause });
  }
}
