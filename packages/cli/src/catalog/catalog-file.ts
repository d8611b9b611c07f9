/** Reads a catalog file or the lock, whole. */
import { CatalogError } from "@trans-hub/core/operations";
import { readRegularFile, UnreadableFileError } from "../input/regular-file.ts";

/** The tree of a parsed file takes some 20 times the file's size in memory. */
const MAX_BYTES = 67_108_864;

/**
 * The file's content; `undefined` when the file does not exist.
 *
 * @throws {CatalogError} The file is unreadable, no regular file, or larger than 64 MiB.
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
