/** The formats of catalog files that `translate` knows. */
import { extname } from "node:path";
import { UsageError } from "../usage-error.ts";
import type { Catalog, CatalogFormat } from "./catalog.ts";
import { documentCatalog, EXTENSIONS } from "./document-catalog.ts";
import { formatCatalog, type JsonCatalog, parseCatalog, readCatalog } from "./json-catalog.ts";
import { withSyntax } from "./message-syntax.ts";
import { orphanedKeys, shapedFor } from "./plural-families.ts";

const json: CatalogFormat = {
  extensions: [".json"],
  read: readCatalog,
  parse: async (file, bytes) => parseCatalog(file, bytes),
  format(source, values, { existing, managed }) {
    const options = { existing: existing && asJson(existing), managed };
    const { text, written, stale } = formatCatalog(asJson(source), values, options);
    return { bytes: Buffer.from(text), written, stale };
  },
  shapedFor: (source, locales) => withSyntax(shapedFor(asJson(source), locales)),
  orphanedKeys,
};

function asJson(catalog: Catalog): JsonCatalog {
  if ("document" in catalog) return catalog as JsonCatalog;
  throw new TypeError("The catalog was not read as JSON");
}

const FORMATS: readonly CatalogFormat[] = [json, documentCatalog];

/** @throws {UsageError} No format has this ending. */
export function catalogFormat(file: string): CatalogFormat {
  const extension = extname(file).toLowerCase();
  const format = FORMATS.find(({ extensions }) => extensions.includes(extension));
  if (format !== undefined) return format;
  const known = ["json", ...EXTENSIONS].map((ending) => (ending.startsWith(".") ? ending : `.${ending}`)).join(", ");
  throw new UsageError(`${file} has no known catalog format`, `Files may end in: ${known}.`);
}
