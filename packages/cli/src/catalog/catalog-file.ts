/** Reads a catalog file or the lock, whole. */
import { CatalogError } from "@trans-hub/core/operations";
import { readRegularFile, UnreadableFileError } from "../input/regular-file.ts";

/** The most that any format reads (`SIZE_BOUNDS` of @trans-hub/formats). */
const MAX_BYTES = 16 * 1_048_576;

/**
 * The file's content; `undefined` when the file does not exist.
 *
 * @param maxBytes Default: 16 MiB.
 * @throws {CatalogError} The file is unreadable, no regular file, or larger.
 */
export function readCatalogFile(file: string, maxBytes = MAX_BYTES): Buffer | undefined {
  try {
    return readRegularFile(file, maxBytes);
  } catch (cause) {
    if (!(cause instanceof UnreadableFileError)) throw cause;
    if (cause.code === "ENOENT") return undefined;
    throw new CatalogError(file, cause.problem, { cause });
  }
}

/** The file's content as UTF-8, to look for signs in it; empty where there is none, or where it cannot be read. */
export function readableText(file: string): string {
  try {
    return readCatalogFile(file)?.toString() ?? "";
  } catch {
    return "";
  }
}
