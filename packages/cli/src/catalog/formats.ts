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
import { pluralMessageKeys } from "./message-syntax.ts";

export interface CatalogFormat {
  extensions: readonly string[];
  /** Undefined when there is no such file. */
  read(file: string): Promise<Catalog | undefined>;
  format(source: Catalog, values: ReadonlyMap<string, string>, options?: FormatCatalogOptions): FormattedCatalog;
  /** Keys of the messages that must not be translated as if they were one plain sentence. */
  pluralKeys(source: Catalog): ReadonlySet<string>;
}

const FORMATS: readonly CatalogFormat[] = [
  {
    extensions: [".json"],
    read: readCatalog,
    format: formatCatalog,
    pluralKeys: ({ messages }) => pluralMessageKeys(messages),
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
