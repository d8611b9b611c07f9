/** Reads the catalogs of families one after the other: all at once, a large repository would not fit into memory. */
import { extname } from "node:path";
import { CatalogError } from "@trans-hub/core/operations";
import { DOCUMENT_EXTENSIONS, formatOf } from "@trans-hub/formats";
import type { Catalog, ReadCatalogOptions } from "../catalog/catalog.ts";
import { readCatalogFile } from "../catalog/catalog-file.ts";
import { CATALOG_EXTENSIONS, catalogFormat } from "../catalog/formats.ts";
import { explained } from "../translate/faults.ts";

/** Whether a file may be a catalog of texts with keys. Documents have none, so no two files of them can be compared. */
export function mayBeCatalog(name: string): boolean {
  const extension = extname(name).toLowerCase();
  return CATALOG_EXTENSIONS.includes(extension) && !DOCUMENT_EXTENSIONS.includes(extension);
}

/**
 * Reads a catalog.
 *
 * @returns the error of a file that is no catalog, or is gone.
 */
export async function readCatalogOrError(path: string, options?: ReadCatalogOptions): Promise<Catalog | CatalogError> {
  try {
    const catalog = await catalogFormat(path).read(path, options);
    return catalog ?? new CatalogError(path, "does not exist");
  } catch (error) {
    if (error instanceof CatalogError) return explained(error);
    throw error;
  }
}

/** The name of a catalog's format. */
export async function formatNameOf(path: string): Promise<string> {
  return (await formatOf(path, readCatalogFile(path) ?? new Uint8Array())).name;
}
