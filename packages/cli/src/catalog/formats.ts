/** The formats of catalog files that `translate` knows. */
import { extname } from "node:path";
import { UsageError } from "../usage-error.ts";
import type { CatalogFormat } from "./catalog.ts";
import { documentCatalog, EXTENSIONS } from "./document-catalog.ts";

/** The endings of catalog files, with the dot. */
export const CATALOG_EXTENSIONS: readonly string[] = EXTENSIONS;

/**
 * The format of a file.
 *
 * @param name One of the names of formats. Default: the ending of the file decides.
 * @throws {UsageError} No format has this ending.
 */
export function catalogFormat(file: string, name?: string): CatalogFormat {
  if (name !== undefined || EXTENSIONS.includes(extname(file).toLowerCase())) return documentCatalog;
  throw new UsageError(
    `${file} has no known catalog format`,
    `Files may end in: ${[...EXTENSIONS].sort().join(", ")}.`,
  );
}
