/** The formats by name and by file. A parser is loaded with the first file that needs it. */
import { basename } from "node:path";
import { closestName } from "@trans-hub/core/engine";
import { CatalogError } from "@trans-hub/core/operations";
import type { Format } from "./contract.ts";

interface KnownFormat {
  readonly name: string;
  /** The endings of its files, with the dot. */
  readonly extensions: readonly string[];
  /** Whether a file is of this format, by its name and the first 4 KiB of its text. */
  matches(name: string, head: string): boolean;
  load(): Promise<Format>;
}

/** A new format is its folder, and its entry here. The first that matches a file is taken. */
const FORMATS: readonly KnownFormat[] = [
  {
    name: "android-xml",
    extensions: [".xml"],
    matches: (name, head) => name.endsWith(".xml") && /<resources[\s>]/.test(head),
    load: async () => (await import("./android-xml/android-xml.ts")).androidXml,
  },
  {
    name: "apple-strings",
    extensions: [".strings"],
    matches: (name) => name.endsWith(".strings"),
    load: async () => (await import("./apple-strings/apple-strings.ts")).appleStrings,
  },
  {
    name: "gettext-po",
    extensions: [".po", ".pot"],
    matches: (name) => /\.pot?$/.test(name),
    load: async () => (await import("./gettext-po/gettext-po.ts")).gettextPo,
  },
  {
    name: "properties",
    extensions: [".properties"],
    matches: (name) => name.endsWith(".properties"),
    load: async () => (await import("./properties/properties.ts")).properties,
  },
];

/** The names of the formats, sorted. */
export const FORMAT_NAMES: readonly string[] = FORMATS.map(({ name }) => name).sort();

/** The endings of the files that some format may read, with the dot. */
export const EXTENSIONS: readonly string[] = [...new Set(FORMATS.flatMap(({ extensions }) => extensions))];

/** The bytes that {@link formatOf} looks at. */
const HEAD_BYTES = 4_096;

/**
 * The format of a file, by its name and its beginning.
 *
 * @throws {CatalogError} No format takes such a file.
 */
export async function formatOf(file: string, bytes: Uint8Array): Promise<Format> {
  const head = new TextDecoder().decode(bytes.subarray(0, HEAD_BYTES));
  const known = FORMATS.find(({ matches }) => matches(basename(file).toLowerCase(), head));
  if (known !== undefined) return known.load();
  throw new CatalogError(file, "has no known catalog format", { hint: `Formats are: ${FORMAT_NAMES.join(", ")}.` });
}

/**
 * The format of a name.
 *
 * @throws {CatalogError} There is no such format.
 */
export async function formatNamed(name: string): Promise<Format> {
  const known = FORMATS.find((format) => format.name === name);
  if (known !== undefined) return known.load();
  const meant = closestName(name, FORMAT_NAMES);
  throw new CatalogError(name, "is no known catalog format", {
    hint: `${meant === undefined ? "" : `Did you mean "${meant}"? `}Formats are: ${FORMAT_NAMES.join(", ")}.`,
  });
}
