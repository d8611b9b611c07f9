/** The catalog formats that `translate` knows, by the file's ending. Another format is another entry. */
import { extname } from "node:path";
import { UsageError } from "../usage-error.ts";
import {
  type Catalog,
  type FormatCatalogOptions,
  type FormattedCatalog,
  formatCatalog,
  readCatalog,
} from "./json-catalog.ts";
import { withSyntax } from "./message-syntax.ts";
import { type Locales, orphanedKeys, shapedFor } from "./plural-families.ts";

export interface CatalogFormat {
  extensions: readonly string[];
  /** Undefined when there is no such file. */
  read(file: string): Promise<Catalog | undefined>;
  format(source: Catalog, values: ReadonlyMap<string, string>, options?: FormatCatalogOptions): FormattedCatalog;
  /** The source with the plural forms of the target locale in the place of its own, and the syntax of its texts. */
  shapedFor(source: Catalog, locales: Locales): Catalog;
  /** Keys of a target file's plural forms whose family the source has no more. */
  orphanedKeys: typeof orphanedKeys;
}

const FORMATS: readonly CatalogFormat[] = [
  {
    extensions: [".json"],
    read: readCatalog,
    format: formatCatalog,
    shapedFor: (source, locales) => withSyntax(shapedFor(source, locales)),
    orphanedKeys,
  },
];

/** @throws {UsageError} No format has this ending. */
export function catalogFormat(file: string): CatalogFormat {
  const extension = extname(file).toLowerCase();
  const format = FORMATS.find(({ extensions }) => extensions.includes(extension));
  if (format !== undefined) return format;
  const known = FORMATS.flatMap(({ extensions }) => extensions).join(", ");
  throw new UsageError(`${file} has no known catalog format`, `Files may end in: ${known}.`);
}
