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
  /** Whether one file holds all locales. Default: false. */
  readonly holdsAllLocales?: boolean;
  /** Whether it is a document: its texts have no keys by which a program asks for them. Default: false. */
  readonly isDocument?: boolean;
  /** Decides by the whole file where its name and beginning do not. */
  confirms?(bytes: Uint8Array): Promise<boolean>;
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
    name: "arb",
    extensions: [".arb"],
    matches: (name) => name.endsWith(".arb"),
    load: async () => (await import("./json/json.ts")).arb,
  },
  {
    name: "chrome-json",
    extensions: [".json"],
    matches: (name, head) => name.endsWith(".json") && head.includes('"message"'),
    confirms: async (bytes) => {
      const { chromeJson, isLaidOutAs } = await import("./json/json.ts");
      return isLaidOutAs(chromeJson, bytes);
    },
    load: async () => (await import("./json/json.ts")).chromeJson,
  },
  {
    name: "csv",
    extensions: [".csv", ".tsv"],
    holdsAllLocales: true,
    matches: (name) => /\.[ct]sv$/.test(name),
    load: async () => (await import("./csv/csv.ts")).csv,
  },
  {
    name: "fluent",
    extensions: [".ftl"],
    matches: (name) => name.endsWith(".ftl"),
    load: async () => (await import("./fluent/fluent.ts")).fluent,
  },
  {
    name: "formatjs-json",
    extensions: [".json"],
    matches: (name, head) => name.endsWith(".json") && /"(?:defaultMessage|string)"/.test(head),
    confirms: async (bytes) => {
      const { formatjsJson, isLaidOutAs } = await import("./json/json.ts");
      return isLaidOutAs(formatjsJson, bytes);
    },
    load: async () => (await import("./json/json.ts")).formatjsJson,
  },
  {
    name: "gettext-po",
    extensions: [".po", ".pot"],
    matches: (name) => /\.pot?$/.test(name),
    load: async () => (await import("./gettext-po/gettext-po.ts")).gettextPo,
  },
  {
    name: "html",
    extensions: [".html", ".htm"],
    isDocument: true,
    matches: (name) => /\.html?$/.test(name),
    load: async () => (await import("./html/html.ts")).html,
  },
  {
    name: "json",
    extensions: [".json", ".jsonc"],
    matches: (name) => /\.jsonc?$/.test(name),
    load: async () => (await import("./json/json.ts")).json,
  },
  {
    name: "markdown",
    extensions: [".md", ".markdown"],
    isDocument: true,
    matches: (name) => /\.(?:md|markdown)$/.test(name),
    load: async () => (await import("./markdown/markdown.ts")).markdown,
  },
  {
    name: "mdx",
    extensions: [".mdx"],
    isDocument: true,
    matches: (name) => name.endsWith(".mdx"),
    load: async () => (await import("./markdown/mdx.ts")).mdx,
  },
  {
    name: "php-array",
    extensions: [".php"],
    matches: (name) => name.endsWith(".php"),
    load: async () => (await import("./php-array/php-array.ts")).phpArray,
  },
  {
    name: "properties",
    extensions: [".properties"],
    matches: (name) => name.endsWith(".properties"),
    load: async () => (await import("./properties/properties.ts")).properties,
  },
  {
    name: "resx",
    extensions: [".resx", ".resw"],
    matches: (name) => /\.res[xw]$/.test(name),
    load: async () => (await import("./resx/resx.ts")).resx,
  },
  {
    name: "srt",
    extensions: [".srt"],
    isDocument: true,
    matches: (name) => name.endsWith(".srt"),
    load: async () => (await import("./subtitles/subtitles.ts")).srt,
  },
  {
    name: "stringsdict",
    extensions: [".stringsdict"],
    matches: (name) => name.endsWith(".stringsdict"),
    load: async () => (await import("./stringsdict/stringsdict.ts")).stringsdict,
  },
  {
    name: "toml",
    extensions: [".toml"],
    matches: (name) => name.endsWith(".toml"),
    load: async () => (await import("./toml/toml.ts")).toml,
  },
  {
    name: "vtt",
    extensions: [".vtt"],
    isDocument: true,
    matches: (name) => name.endsWith(".vtt"),
    load: async () => (await import("./subtitles/subtitles.ts")).vtt,
  },
  {
    name: "xcstrings",
    extensions: [".xcstrings"],
    holdsAllLocales: true,
    matches: (name) => name.endsWith(".xcstrings"),
    load: async () => (await import("./xcstrings/xcstrings.ts")).xcstrings,
  },
  {
    name: "xliff",
    extensions: [".xlf", ".xliff", ".xml"],
    matches: (name, head) =>
      /\.(?:xlf|xliff)$/.test(name) || (name.endsWith(".xml") && /<(?:\w+:)?xliff[\s>]/.test(head)),
    load: async () => (await import("./xliff/xliff.ts")).xliff,
  },
  {
    name: "yaml",
    extensions: [".yml", ".yaml"],
    matches: (name) => /\.ya?ml$/.test(name),
    load: async () => (await import("./yaml/yaml.ts")).yaml,
  },
];

/** The names of the formats, sorted. */
export const FORMAT_NAMES: readonly string[] = FORMATS.map(({ name }) => name).sort();

/** The endings of the files that some format may read, with the dot. */
export const EXTENSIONS: readonly string[] = [...new Set(FORMATS.flatMap(({ extensions }) => extensions))];

/** The endings of the files that hold all locales, with the dot. */
export const MULTI_LOCALE_EXTENSIONS: readonly string[] = FORMATS.flatMap(({ extensions, holdsAllLocales = false }) =>
  holdsAllLocales ? extensions : [],
);

/** The endings of documents, with the dot. */
export const DOCUMENT_EXTENSIONS: readonly string[] = FORMATS.flatMap(({ extensions, isDocument = false }) =>
  isDocument ? extensions : [],
);

/** The bytes that {@link formatOf} looks at. */
const HEAD_BYTES = 4_096;

/**
 * The format of a file, by its name and its beginning.
 *
 * @throws {CatalogError} No format takes such a file.
 */
export async function formatOf(file: string, bytes: Uint8Array): Promise<Format> {
  const head = new TextDecoder().decode(bytes.subarray(0, HEAD_BYTES));
  const name = basename(file).toLowerCase();
  for (const { matches, confirms, load } of FORMATS) {
    if (matches(name, head) && (confirms === undefined || (await confirms(bytes)))) return load();
  }
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
