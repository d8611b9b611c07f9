/** The formats by name and by file. A parser is loaded with the first file that needs it. */
import { basename } from "node:path";
import { closestName } from "@trans-hub/core/engine";
import { CatalogError } from "@trans-hub/core/operations";
import type { Format } from "./contract.ts";

interface KnownFormat {
  readonly name: string;
  /** Whether a file is of this format, by its name and the first 4 KiB of its text. */
  matches(name: string, head: string): boolean;
  load(): Promise<Format>;
}

/** A new format is its folder, and its entry here. The first that matches a file is taken. */
const FORMATS: readonly KnownFormat[] = [
  {
    name: "android-xml",
    matches: (name, head) => name.endsWith(".xml") && /<resources[\s>]/.test(head),
    load: async () => (await import("./android-xml/android-xml.ts")).androidXml,
  },
  {
    name: "apple-strings",
    matches: (name) => name.endsWith(".strings"),
    load: async () => (await import("./apple-strings/apple-strings.ts")).appleStrings,
  },
  {
    name: "gettext-po",
    matches: (name) => /\.pot?$/.test(name),
    load: async () => (await import("./gettext-po/gettext-po.ts")).gettextPo,
  },
  {
    name: "properties",
    matches: (name) => name.endsWith(".properties"),
    load: async () => (await import("./properties/properties.ts")).properties,
  },
];

/** The names of the formats, sorted. */
export const FORMAT_NAMES: readonly string[] = FORMATS.map(({ name }) => name).sort();

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
