/**
 * Reads the pairs of source and translation that people made from the catalogs of a folder.
 *
 * The readers are for measuring: each takes the well-formed files of one catalog tool, and passes over a text that it does
 * not understand. Catalogs that a user translates are read by the adapters of the command.
 */
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { basename, join, relative } from "node:path";
import type { TextFormat } from "@trans-hub/core";
import { parse as parseYaml } from "yaml";

export interface Pair {
  /** `<format of the files>/<project>`. */
  catalog: string;
  key: string;
  source: string;
  translation: string;
  sourceLocale: string;
  targetLocale: string;
  /** The format that the owner of the catalog would declare. */
  format: TextFormat;
  pluralCategory?: string;
}

/** One text of a file, by its key. A form of a plural family has a category. */
interface Entry {
  text: string;
  family?: string;
  category?: string;
}
type Entries = Map<string, Entry>;

const CATEGORIES = new Set(["zero", "one", "two", "few", "many", "other"]);

/** Every pair of the folder whose texts are both there, in the order of the folders' names. */
export function readPairs(folder: string): Pair[] {
  return folders(folder).flatMap((format) =>
    folders(join(folder, format)).flatMap((project) => {
      const reader = READERS[format];
      return reader === undefined ? [] : reader(join(folder, format, project), `${format}/${project}`);
    }),
  );
}

type Reader = (folder: string, catalog: string) => Pair[];

const READERS: Readonly<Record<string, Reader>> = {
  "android-xml": (folder, catalog) =>
    ofFolders(folder, catalog, {
      locales: folders(folder).map((name) => [name, androidLocale(name)]),
      read: (name) => readAndroid(text(folder, name, "strings.xml")),
      sourceFolder: "values",
      format: "printf",
    }),
  "apple-strings": (folder, catalog) =>
    ofFolders(folder, catalog, {
      locales: folders(folder).map((name) => [name, basename(name, ".lproj")]),
      read: (name) => readStrings(text(folder, name, "Localizable.strings")),
      sourceFolder: "en.lproj",
      format: "printf",
    }),
  fluent: (folder, catalog) =>
    ofFolders(folder, catalog, {
      locales: folders(folder).map((name) => [name, name]),
      read: (name) => readFluentFolder(join(folder, name)),
      sourceFolder: "en",
      format: "auto",
    }),
  "apple-xcstrings": (folder, catalog) => files(folder).flatMap((file) => readXcstrings(text(folder, file), catalog)),
  "flutter-arb": (folder, catalog) =>
    ofFiles(folder, catalog, { source: "intl_en.arb", read: readArb, format: "auto" }),
  "gettext-po": (folder, catalog) =>
    files(folder).flatMap((file) => readPo(text(folder, file), localeIn(file), catalog)),
  "java-properties": (folder, catalog) =>
    ofFiles(folder, catalog, { source: "messages.properties", read: readProperties, format: "auto" }),
  "json-icu": (folder, catalog) =>
    ofFiles(folder, catalog, { source: /^(?:en|defaultMessages)\.json$/, read: readFormatJs, format: "icu" }),
  "json-nested": (folder, catalog) =>
    ofFiles(folder, catalog, {
      source: "en.json",
      read: (content) => readNested(JSON.parse(content)),
      format: catalog.endsWith("/homarr") ? "icu" : "i18next",
    }),
  "xliff-1.2": (folder, catalog) =>
    files(folder).flatMap((file) => readXliff(text(folder, file), localeIn(file), catalog)),
  "xliff-2.0": (folder, catalog) =>
    files(folder).flatMap((file) => readXliff(text(folder, file), localeIn(file), catalog)),
  yaml: (folder, catalog) =>
    ofFiles(folder, catalog, {
      source: /^en(?:_US)?\.ya?ml$/,
      read: (content) => readNested(withoutRoot(parseYaml(content))),
      format: "auto",
    }),
};

function ofFolders(
  folder: string,
  catalog: string,
  options: { locales: [string, string][]; read(name: string): Entries; sourceFolder: string; format: TextFormat },
): Pair[] {
  if (!existsSync(join(folder, options.sourceFolder))) return [];
  const source = options.read(options.sourceFolder);
  return options.locales
    .filter(([name]) => name !== options.sourceFolder)
    .flatMap(([name, locale]) => pair(source, options.read(name), { catalog, locale, format: options.format }));
}

function ofFiles(
  folder: string,
  catalog: string,
  options: { source: string | RegExp; read(content: string): Entries; format: TextFormat },
): Pair[] {
  const isSource = (file: string) =>
    typeof options.source === "string" ? file === options.source : options.source.test(file);
  const sourceFile = files(folder).find(isSource);
  if (sourceFile === undefined) return [];
  const source = options.read(text(folder, sourceFile));
  return files(folder)
    .filter((file) => !isSource(file))
    .flatMap((file) =>
      pair(source, options.read(text(folder, file)), { catalog, locale: localeIn(file), format: options.format }),
    );
}

function pair(
  source: Entries,
  target: Entries,
  { catalog, locale, format }: { catalog: string; locale: string; format: TextFormat },
): Pair[] {
  const others = new Map<string, string>();
  for (const { family, category, text } of source.values()) {
    if (family !== undefined && category === "other") others.set(family, text);
  }
  return [...target].flatMap(([key, entry]) => {
    // A language has forms that English lacks: they stand for the form "other".
    const found = source.get(key)?.text ?? (entry.family === undefined ? undefined : others.get(entry.family));
    if (found === undefined || found.trim() === "" || entry.text.trim() === "") return [];
    return [
      {
        catalog,
        key,
        source: found,
        translation: entry.text,
        sourceLocale: "en",
        targetLocale: locale,
        format,
        ...(entry.category === undefined ? {} : { pluralCategory: entry.category }),
      },
    ];
  });
}

// --- One reader a format ---------------------------------------------------------------------------------------------

function readAndroid(xml: string): Entries {
  const entries: Entries = new Map();
  const content = xml.replace(/<!--[\s\S]*?-->/g, "");
  for (const [, name = "", inner = ""] of content.matchAll(/<string\s+name="([^"]*)"[^>]*>([\s\S]*?)<\/string>/g)) {
    entries.set(name, { text: androidText(inner) });
  }
  for (const [, family = "", inner = ""] of content.matchAll(/<plurals\s+name="([^"]*)"[^>]*>([\s\S]*?)<\/plurals>/g)) {
    for (const [, category = "", form = ""] of inner.matchAll(/<item\s+quantity="([^"]*)"[^>]*>([\s\S]*?)<\/item>/g)) {
      entries.set(`${family}#${category}`, { text: androidText(form), family, category });
    }
  }
  return entries;
}

function androidText(inner: string): string {
  const unescaped = inner
    .trim()
    .replace(/^"([\s\S]*)"$/, "$1")
    .replace(/<!\[CDATA\[([\s\S]*?)\]\]>/g, "$1")
    .replace(/\\n/g, "\n")
    .replace(/\\(["'@?\\])/g, "$1");
  return decodeXml(unescaped, /<[A-Za-z]/.test(unescaped));
}

function decodeXml(text: string, keepsAngles: boolean): string {
  return text
    .replace(/&(lt|gt);/g, (entity, name) => (keepsAngles ? entity : name === "lt" ? "<" : ">"))
    .replace(/&quot;/g, '"')
    .replace(/&(?:apos|#39);/g, "'")
    .replace(/&#([0-9]+);/g, (_, code) => String.fromCodePoint(Number(code)))
    .replace(/&#x([0-9A-Fa-f]+);/g, (_, code) => String.fromCodePoint(Number.parseInt(code, 16)))
    .replace(/&amp;/g, "&");
}

function readStrings(content: string): Entries {
  const entries: Entries = new Map();
  for (const [, key = "", value = ""] of content.matchAll(/"((?:[^"\\]|\\.)*)"\s*=\s*"((?:[^"\\]|\\.)*)"\s*;/g)) {
    entries.set(key, { text: value.replace(/\\n/g, "\n").replace(/\\(["'\\])/g, "$1") });
  }
  return entries;
}

function readFluentFolder(folder: string): Entries {
  const entries: Entries = new Map();
  for (const file of readdirSync(folder, { recursive: true, encoding: "utf8" }).sort()) {
    if (!file.endsWith(".ftl")) continue;
    for (const message of text(folder, file).split(/\n(?=[A-Za-z-])/)) {
      const [, key, value] = /^(-?[A-Za-z][\w-]*)\s*=[ ]*([\s\S]*)$/.exec(message.replace(/^#.*\n?/gm, "")) ?? [];
      // Selectors and attributes make several texts of one message, which this reader does not take apart.
      if (key === undefined || value === undefined || /->|^\s+\.[a-z]/m.test(value)) continue;
      entries.set(`${file}#${key}`, { text: value.replace(/\n[ \t]+/g, "\n").trim() });
    }
  }
  return entries;
}

function readXcstrings(content: string, catalog: string): Pair[] {
  const { strings } = JSON.parse(content) as { strings: Record<string, { localizations?: Record<string, unknown> }> };
  return Object.entries(strings).flatMap(([key, { localizations = {} }]) => {
    const source = xcstringsEntries(key, localizations.en);
    if (source.size === 0) source.set(key, { text: key });
    return Object.entries(localizations)
      .filter(([locale]) => locale !== "en")
      .flatMap(([locale, localization]) =>
        pair(source, xcstringsEntries(key, localization), { catalog, locale, format: "printf" }),
      );
  });
}

interface Localization {
  stringUnit?: { state: string; value: string };
  variations?: { plural?: Record<string, Localization> };
}

function xcstringsEntries(key: string, localization: unknown): Entries {
  const { stringUnit, variations } = (localization ?? {}) as Localization;
  const entries: Entries = new Map();
  if (stringUnit !== undefined) entries.set(key, { text: stringUnit.value });
  for (const [category, form] of Object.entries(variations?.plural ?? {})) {
    const unit = form.stringUnit;
    if (unit !== undefined) entries.set(`${key}#${category}`, { text: unit.value, family: key, category });
  }
  return entries;
}

function readArb(content: string): Entries {
  const entries: Entries = new Map();
  for (const [key, value] of Object.entries(JSON.parse(content))) {
    if (!key.startsWith("@") && typeof value === "string") entries.set(key, { text: value });
  }
  return entries;
}

function readFormatJs(content: string): Entries {
  const messages = JSON.parse(content) as Record<string, unknown>;
  const isFlat = Object.values(messages).every(
    (message) => typeof (message as { string?: unknown }).string === "string",
  );
  if (!isFlat) return readNested(messages);
  return new Map(
    Object.entries(messages).map(([key, message]) => [key, { text: (message as { string: string }).string }]),
  );
}

function readPo(content: string, locale: string, catalog: string): Pair[] {
  if (locale === "en" || !content.includes("\nmsgstr")) return [];
  const formCount = Number(/nplurals=([0-9]+)/.exec(content)?.[1] ?? 2);
  const categories = formCount === 1 ? ["other"] : formCount === 2 ? ["one", "other"] : undefined;
  return content.split(/\n\s*\n/).flatMap((entry) => {
    if (/^#,.*fuzzy/m.test(entry)) return [];
    const fields = new Map<string, string>();
    const lines = entry.split("\n").filter((line) => !line.startsWith("#"));
    let field = "";
    for (const line of lines) {
      const [, name, quoted] = /^(?:(msg[a-z_]+(?:\[[0-9]+\])?)\s+)?"(.*)"$/.exec(line) ?? [];
      if (quoted === undefined) continue;
      field = name ?? field;
      const value = quoted
        .replace(/\\n/g, "\n")
        .replace(/\\t/g, "\t")
        .replace(/\\(["\\])/g, "$1");
      fields.set(field, (fields.get(field) ?? "") + value);
    }
    const [source, plural] = [fields.get("msgid") ?? "", fields.get("msgid_plural")];
    if (source === "") return [];
    const common = { catalog, key: source, sourceLocale: "en", targetLocale: locale, format: "printf" as const };
    const forms = [...fields].filter(([name, value]) => name.startsWith("msgstr") && value.trim() !== "");
    return forms.flatMap(([name, translation]) => {
      const index = /\[([0-9]+)\]/.exec(name)?.[1];
      if (index === undefined) return [{ ...common, source, translation }];
      const pluralCategory = categories?.[Number(index)];
      if (pluralCategory === undefined) return [];
      return [
        { ...common, source: pluralCategory === "one" ? source : (plural ?? source), translation, pluralCategory },
      ];
    });
  });
}

function readProperties(content: string): Entries {
  const entries: Entries = new Map();
  for (const line of content.replace(/\\\r?\n\s*/g, "").split(/\r?\n/)) {
    const [, key, value] = /^\s*([^#!\s=:][^\s=:]*)\s*[=:]\s*(.*)$/.exec(line) ?? [];
    if (key === undefined || value === undefined) continue;
    const unescaped = value
      .replace(/\\u([0-9A-Fa-f]{4})/g, (_, code) => String.fromCharCode(Number.parseInt(code, 16)))
      .replace(/\\n/g, "\n")
      .replace(/\\t/g, "\t")
      .replace(/\\(.)/g, "$1");
    entries.set(key, { text: unescaped });
  }
  return entries;
}

/** The leaves of an object, as of YAML and nested JSON. An object of plural categories, and keys that end in one, are a family. */
function readNested(tree: unknown, path = "", entries: Entries = new Map()): Entries {
  if (typeof tree === "string") entries.set(path, { text: tree });
  if (typeof tree !== "object" || tree === null) return entries;
  const keys = Object.keys(tree);
  const isFamily = keys.length > 1 && keys.includes("other") && keys.every((key) => CATEGORIES.has(key));
  for (const [key, value] of Object.entries(tree)) {
    const at = `${path}.${key}`;
    const [, family, category] = /^(.*)_(zero|one|two|few|many|other)$/.exec(key) ?? [];
    if (typeof value !== "string") readNested(value, at, entries);
    else if (isFamily) entries.set(at, { text: value, family: path, category: key });
    else if (family !== undefined && category !== undefined && keys.includes(`${family}_other`)) {
      entries.set(at, { text: value, family: `${path}.${family}`, category });
    } else entries.set(at, { text: value });
  }
  return entries;
}

function withoutRoot(tree: unknown): unknown {
  const values = Object.values(tree as object);
  return values.length === 1 ? values[0] : tree;
}

function readXliff(xml: string, locale: string, catalog: string): Pair[] {
  const units = xml.matchAll(/<source[^>]*>([\s\S]*?)<\/source>\s*<target[^>]*>([\s\S]*?)<\/target>/g);
  return [...units].flatMap(([, source = "", target = ""], at) => {
    if (source.trim() === "" || target.trim() === "") return [];
    // The attributes of inline elements keep their entities, as in a file that is written back.
    const text = (inner: string) =>
      inner.replace(/<[^<>]*>|[^<>]+/g, (piece) =>
        piece.startsWith("<") ? piece : decodeXml(piece, /<[A-Za-z]/.test(inner)),
      );
    return [
      {
        catalog,
        key: String(at),
        source: text(source),
        translation: text(target),
        sourceLocale: "en",
        targetLocale: locale,
        format: "html" as const,
      },
    ];
  });
}

// --- Files and locales -----------------------------------------------------------------------------------------------

/** `de` of `messages_de.properties`, `zh-Hans` of `admin.zh_Hans.po`. Chinese is called `cn` by some. */
function localeIn(file: string): string {
  const stem = file.replace(/\.(?:v2\.xlf|[a-z]+)$/, "");
  const found = /(?:^|[._])([a-z]{2,3}(?:[-_][A-Za-z]{2,4})?)$/.exec(stem)?.[1] ?? "und";
  return found === "cn" ? "zh-CN" : found.replace("_", "-");
}

/** `zh-CN` of `values-zh-rCN`. */
function androidLocale(folder: string): string {
  return folder.replace(/^values-/, "").replace("-r", "-");
}

function folders(path: string): string[] {
  return readdirSync(path)
    .filter((name) => statSync(join(path, name)).isDirectory())
    .sort();
}

function files(path: string): string[] {
  return readdirSync(path, { recursive: true, encoding: "utf8" })
    .filter((name) => statSync(join(path, name)).isFile())
    .map((name) => relative(path, join(path, name)))
    .sort();
}

function text(...path: string[]): string {
  return readFileSync(join(...path), "utf8").replace(/^\ufeff/, "");
}
