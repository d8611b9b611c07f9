/**
 * YAML: Rails' locale files (a root key that is the locale, plural forms side by side under one key) and plain ones.
 *
 * An alias is no text of its own: it shows what its anchor holds. Symbols, numbers, dates and values with a tag are listed and
 * never translated. Of two equal keys in a map the last counts, as it does for Ruby and Python.
 */
import { CatalogError } from "@trans-hub/core/operations";
import { type Document, type ParsedNode, parseAllDocuments, type YAMLError } from "yaml";
import type { CatalogDocument, Format, ReadOptions, Unit, Value } from "../contract.ts";
import { Places } from "../places.ts";
import { decodeFile, type TextFile } from "../text-file.ts";
import { categoriesOf, SourceUnits } from "../tree/families.ts";
import { localeOfName } from "../tree/locales.ts";
import { pathId, type Slot, type TreeEntry, type TreeNode, trailOfList } from "../tree/tree.ts";
import { TreeDocument } from "../tree/tree-document.ts";
import type { Style } from "./literal.ts";
import { nodeOf } from "./nodes.ts";
import { formsOf, localeKey } from "./rails.ts";
import { LOCALE_KEY, type YamlHabits, YamlWriter } from "./writer.ts";

export const yaml: Format = {
  name: "yaml",
  layout: "one-locale",
  read(bytes, options): CatalogDocument {
    const { file } = options;
    const source = decodeFile(bytes, { file, format: "yaml" });
    try {
      return read(source, options);
    } catch (error) {
      // The parser is recursive.
      if (error instanceof RangeError) throw new CatalogError(file, "is nested too deeply");
      throw error;
    }
  },
};

function read(source: TextFile, options: ReadOptions): CatalogDocument {
  const { text } = source;
  const places = new Places(text);
  const contents = parse(options.file, text, places);
  const { file, locale } = options;
  const key = localeKey(contents, { file, locale, places });
  const isRuby = key !== undefined;
  const top = nodeOf({ text, isRuby }, contents, text.length, { isFlow: false, indent: 0 });
  const root: TreeEntry = { key: "", keySpan: top, start: top.start, end: top.end, node: rooted(top, key, text) };
  const slots = new Slots(options, places, key).of(root);
  const localeEntry = root.node.entries.find((entry) => entry.key === LOCALE_KEY);
  const newLocale = locale ?? localeOfName(file);
  const habits = habitsOf(source, root, { localeEntry, newLocale });
  const writer = new YamlWriter(habits);
  // Rails takes `zero` for the number 0 in each language.
  return new TreeDocument({ file: source, locale: key, zeroIsNumber: isRuby, root, slots, writer });
}

function parse(file: string, text: string, places: Places): ParsedNode | null {
  const documents = parseAllDocuments(text, { schema: "failsafe", uniqueKeys: false, prettyErrors: false });
  const [first, second] = documents as Document.Parsed[];
  for (const document of [first, second]) {
    const [error] = document?.errors ?? [];
    if (error !== undefined) throw new CatalogError(file, `invalid YAML: ${problemOf(error)}`, places.at(error.pos[0]));
  }
  if (second !== undefined) {
    throw new CatalogError(file, "holds several documents", {
      ...places.at(second.range[0]),
      hint: "Give each document a file of its own.",
    });
  }
  return (first?.contents as ParsedNode | undefined) ?? null;
}

/** The parser's messages may quote the file; its codes do not. */
function problemOf({ code }: YAMLError): string {
  return PROBLEMS[code] ?? code.toLowerCase().replaceAll("_", " ");
}

const PROBLEMS: Readonly<Record<string, string>> = {
  BAD_INDENT: "wrong indentation",
  BLOCK_AS_IMPLICIT_KEY: "a map on the line of another value; a text with a colon needs quotes",
  BLOCK_IN_FLOW: "a block inside brackets",
  KEY_OVER_1024_CHARS: "a key of more than 1,024 characters",
  MISSING_CHAR: "a quote, bracket, comma or space is missing",
  MULTILINE_IMPLICIT_KEY: "a key on several lines, or a line without a colon",
  TAB_AS_INDENT: "a tab as indentation; use spaces",
  UNEXPECTED_TOKEN: "an unexpected character; a text that begins with it needs quotes",
  BAD_SCALAR_START: "a text that begins with a reserved character needs quotes",
  BAD_DQ_ESCAPE: "an unknown escape in double quotes",
};

/** The tree with {@link LOCALE_KEY} in the place of the locale. A locale without texts is a map without entries. */
function rooted(top: TreeNode, key: string | undefined, text: string): TreeNode {
  if (top.kind === "empty") {
    const end = text.search(/^\.{3}(?:\s|$)/m);
    const at = end === -1 ? text.length : end;
    return { ...top, kind: "map", start: at, end: at };
  }
  if (key === undefined) return top;
  const entries = top.entries.map((entry) => {
    if (entry.key !== key) return entry;
    const node: TreeNode = entry.node.kind === "empty" ? { ...entry.node, kind: "map" } : entry.node;
    return { ...entry, key: LOCALE_KEY, node };
  });
  return { ...top, entries };
}

/** Finds the units of a tree. */
class Slots {
  readonly #options: ReadOptions;
  readonly #places: Places;
  readonly #locale: string | undefined;
  readonly #source: SourceUnits;
  readonly #slots: Slot[] = [];

  constructor(options: ReadOptions, places: Places, locale: string | undefined) {
    this.#options = options;
    this.#places = places;
    this.#locale = locale;
    this.#source = new SourceUnits(options.source);
  }

  of(root: TreeEntry): Slot[] {
    this.#visit([root]);
    return this.#slots;
  }

  #visit(trail: readonly TreeEntry[]): void {
    const node = trail.at(-1)?.node;
    if (node === undefined || node.kind === "foreign") return;
    const id = this.#id(trail);
    const forms = trail.length > 1 ? this.#family(id, node) : undefined;
    if (forms !== undefined)
      this.#push(
        trail,
        id,
        { forms },
        [...forms.values()].some((text) => text !== ""),
      );
    else if (node.kind === "map" || node.kind === "list") {
      const last = new Map(node.entries.map((entry) => [entry.key, entry]));
      for (const entry of node.entries) if (last.get(entry.key) === entry) this.#visit([...trail, entry]);
    } else if (trail.length > 1) this.#push(trail, id, node.value, node.kind === "text" && node.value !== "");
  }

  #push(trail: readonly TreeEntry[], id: string, value: Value | undefined, translate: boolean): void {
    const entry = trail.at(-1);
    if (entry === undefined) return;
    const list = trailOfList(trail);
    const unit: Unit = {
      ...{ id, value, translate, syntax: this.#options.syntax ?? "auto", state: "translated" },
      ...(list && { group: this.#id(list) }),
      ...(entry.note !== undefined && { note: entry.note }),
      ...this.#places.at(entry.node.start),
    };
    this.#slots.push({ unit, trail });
  }

  #id(trail: readonly TreeEntry[]): string {
    const path = trail.slice(1).map(({ key }) => key);
    if (this.#locale === undefined) return pathId(path);
    // No key begins with a backslash that escapes nothing, so this is no path under the locale.
    return path[0] === LOCALE_KEY ? pathId(path.slice(1)) : `\\~${pathId(path)}`;
  }

  #family(id: string, node: TreeNode): Map<string, string> | undefined {
    const nodes = formsOf(node);
    if (nodes === undefined) return undefined;
    const inSource = this.#source.family(id);
    const categories = categoriesOf(this.#locale ?? this.#options.locale ?? localeOfName(this.#options.file));
    if (inSource === undefined) {
      if (this.#source.has(`${id}.other`)) return undefined;
      // `other` by itself may be any key, except in a language that has no other form.
      if (nodes.size === 1 && categories?.length !== 1) return undefined;
    }
    const forms = new Map<string, string>();
    for (const [category, { value }] of nodes) {
      forms.set(category, typeof value === "string" ? value : "");
    }
    return forms;
  }
}

function habitsOf(
  { text, lineEnd }: TextFile,
  root: TreeEntry,
  locales: Pick<YamlHabits, "localeEntry" | "newLocale">,
): YamlHabits {
  const counts = { plain: 0, single: 0, double: 0 };
  const aliases: { name: string; entry: TreeEntry }[] = [];
  const keptEnds = new Set<number>();
  let step: number | undefined;
  let listStep: number | undefined;
  const visit = ({ node }: TreeEntry) => {
    if (node.kind === "text" && node.style in counts) counts[node.style as keyof typeof counts] += 1;
    if (/^[|>]\d?\+/.test(text.slice(node.start, node.start + 3)) && node.kind === "text") keptEnds.add(node.end);
    for (const entry of node.entries) {
      const child = entry.node;
      if (child.kind === "foreign" && child.style.startsWith("*")) aliases.push({ name: child.style.slice(1), entry });
      if (!node.isFlow && node.kind === "map" && child.entries.length > 0 && !child.isFlow) {
        if (child.kind === "map") step ??= child.indent - node.indent;
        else listStep ??= child.indent - node.indent;
      }
      visit(entry);
    }
  };
  visit(root);
  const quote = counts.single > counts.double ? "single" : "double";
  const most = Math.max(counts.plain, counts.single, counts.double);
  const style: Style | undefined = most === 0 ? undefined : counts.plain === most ? "plain" : quote;
  return {
    text,
    lineEnd,
    step: step ?? 2,
    listStep: listStep ?? step ?? 2,
    style,
    quote,
    keptEnds,
    aliases,
    ...locales,
  };
}
