/**
 * Markdown and MDX: headings, paragraphs, items of lists, cells of tables and footnotes are texts, with their inline markup. Code,
 * HTML, link definitions, directives, imports and expressions stand as they are.
 */
import { CatalogError } from "@trans-hub/core/operations";
import type { Nodes, Root } from "mdast";
import { fromMarkdown, type Options } from "mdast-util-from-markdown";
import type { Format, Span } from "../contract.ts";
import type { Block, DocumentSyntax, ParsedDocument } from "../documents/block.ts";
import { readDocument } from "../documents/document.ts";
import { Places } from "../places.ts";
import { decodeFile } from "../text-file.ts";
import { refuseDeep } from "./depth.ts";
import { frontMatterOf, frontMatterSpan } from "./front-matter.ts";
import { cellLiteral, cellValue, DIRECTIVE, Paragraphs } from "./literal.ts";

export function markdownFormat(name: "markdown" | "mdx", options: Options): Format {
  const syntax = new MarkdownSyntax(options);
  return {
    name,
    layout: "one-locale",
    isKeyless: true,
    read(bytes, readOptions) {
      return readDocument(decodeFile(bytes, { file: readOptions.file, format: name }), syntax, readOptions);
    },
  };
}

class MarkdownSyntax implements DocumentSyntax {
  readonly syntax = "markdown";
  readonly #options: Options;
  readonly #paragraphs: Paragraphs;

  constructor(options: Options) {
    this.#options = options;
    this.#paragraphs = new Paragraphs(options);
  }

  parse(text: string, file: string): ParsedDocument {
    refuseDeep(file, text);
    const frontSpan = frontMatterSpan(text);
    const root = this.#tree(blanked(text, frontSpan?.end ?? 0), file);
    const front = frontSpan === undefined ? undefined : frontMatterOf(text, frontSpan, file);
    const sections: Span[] = [];
    const blocks: Block[] = [];
    const finder = new BlockFinder(text, this.#paragraphs, blocks);
    for (const node of root.children) {
      for (const child of node.type === "list" ? node.children : [node]) {
        finder.addSection(child, node.type === "list" ? containerKind(node) : "", sections.length);
        sections.push(spanOf(child));
      }
    }
    return { blocks, sections, front };
  }

  #tree(text: string, file: string): Root {
    try {
      return fromMarkdown(text, this.#options);
    } catch (error) {
      const at = placeOf(error);
      if (at === undefined) throw error;
      throw new CatalogError(file, "invalid MDX: an expression, a tag or an import that does not parse", {
        ...new Places(text).at(at),
      });
    }
  }

  literal(value: string, block: Block, lineEnd: string): string | undefined {
    const { kind, isVerbatim, prefixes = [], prefix = "" } = block;
    const leaf = kind.slice(kind.lastIndexOf(".") + 1);
    if (/^t[hd]$/.test(leaf)) return cellLiteral(value);
    if (/^h\d$/.test(leaf) && /[\r\n]/.test(value)) return undefined;
    const escaped = isVerbatim || /^h\d$/.test(leaf) ? value : this.#paragraphs.escaped(value);
    return escaped
      ?.split("\n")
      .map((line, at) => (at === 0 ? line : `${prefixes[at - 1] ?? (line === "" ? prefix.trimEnd() : prefix)}${line}`))
      .join(lineEnd);
  }
}

/** The text with a beginning of empty lines, so that all places stay. */
function blanked(text: string, end: number): string {
  return end === 0 ? text : `${text.slice(0, end).replace(/[^\r\n]/g, " ")}${text.slice(end)}`;
}

function spanOf({ position }: Pick<Nodes, "position">): Span {
  return { start: position?.start.offset ?? 0, end: position?.end.offset ?? 0 };
}

/** The offset of a fault that the MDX parser found. */
function placeOf(error: unknown): number | undefined {
  if (!(error instanceof Error) || !("place" in error)) return undefined;
  const place = error.place as { offset?: number; start?: { offset?: number } } | undefined;
  return place?.offset ?? place?.start?.offset ?? 0;
}

interface Within {
  /** The containers, with a dot behind each. */
  readonly path: string;
  /** The number of block quotes around. */
  readonly quotes: number;
}

type Container = Nodes & { children: Nodes[] };

const CONTAINERS: Readonly<Record<string, string>> = {
  blockquote: "q.",
  footnoteDefinition: "fn.",
  list: "ul.",
  listItem: "",
};

function isContainer(node: Nodes): node is Container {
  return node.type in CONTAINERS;
}

function containerKind(node: Nodes): string {
  return node.type === "list" && node.ordered ? "ol." : (CONTAINERS[node.type] ?? "");
}

/** Finds the blocks of a section. */
class BlockFinder {
  readonly #text: string;
  readonly #paragraphs: Paragraphs;
  readonly #blocks: Block[];

  constructor(text: string, paragraphs: Paragraphs, blocks: Block[]) {
    this.#text = text;
    this.#paragraphs = paragraphs;
    this.#blocks = blocks;
  }

  /** A section without a text stands as it is. */
  addSection(node: Nodes, path: string, section: number): void {
    const before = this.#blocks.length;
    this.#find(node, { path, quotes: 0 }, section);
    if (this.#blocks.length === before) this.#addVerbatim("raw", node, { path: "", quotes: 0 }, section);
  }

  #find(node: Nodes, within: Within, section: number): void {
    const { path, quotes } = within;
    if (node.type === "heading") {
      const span = hasWords(node) ? this.#headingSpan(node.children) : undefined;
      if (span !== undefined) this.#add(`${path}h${node.depth}`, span, within, section);
    } else if (node.type === "paragraph") {
      const span = hasWords(node) ? this.#withoutDirectives(spanOf(node)) : undefined;
      if (span !== undefined) this.#add(`${path}p`, span, within, section);
    } else if (node.type === "code" || node.type === "html") {
      if (path !== "") this.#addVerbatim(node.type, node, within, section);
    } else if (node.type === "table") {
      for (const [at, row] of node.children.entries()) {
        for (const cell of row.children) this.#addCell(cell.children, `${path}${at === 0 ? "th" : "td"}`, section);
      }
    } else if (isContainer(node)) {
      const isQuote = node.type === "blockquote";
      const inside = { path: `${path}${containerKind(node)}`, quotes: isQuote ? quotes + 1 : quotes };
      for (const child of node.children) this.#find(child, inside, section);
    }
  }

  #addCell(children: readonly Nodes[], kind: string, section: number): void {
    const [first, last] = [children[0], children.at(-1)];
    if (first === undefined || last === undefined || !children.some(hasWords)) return;
    const span = { start: spanOf(first).start, end: spanOf(last).end };
    this.#blocks.push({
      ...{ ...span, kind, section, isVerbatim: false },
      value: cellValue(this.#text.slice(span.start, span.end)),
    });
  }

  /** Each line without what its containers put before it. */
  #addVerbatim(kind: string, node: Nodes, { path }: Within, section: number): void {
    const span = spanOf(node);
    const prefix = path === "" ? "" : this.#prefixAt(span.start);
    const [first = "", ...rest] = this.#text.slice(span.start, span.end).split(/\r\n|\n|\r/);
    const prefixes = rest.map((line) => commonStart(line, prefix));
    const value = [first, ...rest.map((line, at) => line.slice(prefixes[at]?.length))].join("\n");
    this.#blocks.push({ ...span, kind: `${path}${kind}`, value, isVerbatim: true, section, prefixes, prefix });
  }

  #add(kind: string, span: Span, { quotes }: Within, section: number): void {
    const literal = this.#text.slice(span.start, span.end);
    const [first = "", ...rest] = literal.split(/\r\n|\n|\r/);
    const marks = new RegExp(`^[ \\t]*${">?[ \\t]*".repeat(Math.min(quotes, 50))}`);
    const prefixes = rest.map((line) => marks.exec(line)?.[0] ?? "");
    const joined = [first, ...rest.map((line, at) => line.slice(prefixes[at]?.length))].join("\n");
    const value = /h\d$/.test(kind) ? joined : this.#paragraphs.unescaped(joined);
    const prefix = prefixes.at(-1) ?? this.#prefixAt(span.start);
    this.#blocks.push({ ...span, kind, value, isVerbatim: false, section, prefixes, prefix });
  }

  /** The beginning of each further line: the marks of block quotes, and spaces below those of lists. */
  #prefixAt(offset: number): string {
    let start = offset;
    while (start > 0 && !/[\r\n]/.test(this.#text[start - 1] ?? "")) start -= 1;
    return this.#text.slice(start, offset).replace(/[^>\s]/g, " ");
  }

  /** Without marks of the heading and without its `{#anchor}`. */
  #headingSpan(children: readonly Nodes[]): Span | undefined {
    const [first, last] = [children[0], children.at(-1)];
    if (first === undefined || last === undefined) return undefined;
    const [start, end] = [spanOf(first).start, spanOf(last).end];
    const text = this.#text.slice(start, end);
    const words = text.replace(/[ \t]*\{[ \t]*#[^{}\n]*\}[ \t]*$/, "");
    return words === "" ? undefined : { start, end: start + words.length };
  }

  /** Without lines such as `:::note` above and below the text. */
  #withoutDirectives({ start, end }: Span): Span | undefined {
    const text = this.#text.slice(start, end);
    if (!DIRECTIVE.test(text)) return { start, end };
    const above = /^(?:[ \t>]*(?::{3}|\/{3})[^\r\n]*(?:\r\n|\n|\r|$))*[ \t>]*/.exec(text)?.[0] ?? "";
    const below = /(?:(?:\r\n|\n|\r)[ \t>]*(?::{3}|\/{3})[^\r\n]*)*$/.exec(text.slice(above.length))?.[0] ?? "";
    const words = text.slice(above.length, text.length - below.length);
    if (words === "" || DIRECTIVE.test(words)) return undefined;
    return { start: start + above.length, end: end - below.length };
  }
}

function commonStart(line: string, prefix: string): string {
  let length = 0;
  while (length < prefix.length && line[length] === prefix[length]) length += 1;
  return line.slice(0, length);
}

/** Macros and shortcodes: `{{< figure >}}`, `{% include %}`, `{* code.py *}`. */
const MACRO = /\{[{%*<][^{}]*[}%*>]\}+/g;

/** Whether there is something to translate: a word outside code and macros, or the description of an image. */
function hasWords(node: Nodes): boolean {
  if (node.type === "text") return /\p{L}/u.test(node.value.replace(MACRO, ""));
  if (node.type === "image" || node.type === "imageReference") return /\p{L}/u.test(node.alt ?? "");
  return "children" in node && node.children.some(hasWords);
}
