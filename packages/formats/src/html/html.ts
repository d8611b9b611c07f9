/**
 * HTML: what stands in a block element is a text with its inline markup; so are the title, the description and the
 * attributes that readers see. Scripts, styles, code and what is marked `translate="no"` stand as they are.
 */
import { type DefaultTreeAdapterTypes, parse } from "parse5";
import type { Format, Span } from "../contract.ts";
import type { Block, DocumentSyntax, Holder, ParsedDocument } from "../documents/block.ts";
import { readDocument } from "../documents/document.ts";
import { decodeFile } from "../text-file.ts";

type Node = DefaultTreeAdapterTypes.ChildNode;
type Element = DefaultTreeAdapterTypes.Element;
type ParentNode = DefaultTreeAdapterTypes.ParentNode;

const syntax: DocumentSyntax = {
  syntax: "html",
  parse(text): ParsedDocument {
    const finder = new BlockFinder(text);
    const document = parse(text, { sourceCodeLocationInfo: true });
    finder.findIn(document.childNodes, "", 0);
    const { blocks, locale } = finder;
    // One section: where blocks came or went, the document is made anew from the source's.
    return { blocks, sections: blocks.length === 0 ? [] : [{ start: 0, end: text.length }], locale };
  },
  literal(value, { kind }, lineEnd) {
    if (value === "" || value !== value.trim()) return undefined;
    const lines = value.replaceAll("\n", lineEnd);
    if (!kind.startsWith("@")) return lines;
    const quote = kind.at(-1) ?? "";
    return lines.replaceAll(quote, quote === '"' ? "&quot;" : "&#39;");
  },
};

export const html: Format = {
  name: "html",
  layout: "one-locale",
  isKeyless: true,
  read(bytes, options) {
    return readDocument(decodeFile(bytes, { file: options.file, format: "html" }), syntax, options);
  },
};

const OPAQUE: ReadonlySet<string> = new Set(
  "script style code pre textarea template svg math noscript iframe object canvas kbd samp var".split(" "),
);
const INLINE: ReadonlySet<string> = new Set(
  `a abbr acronym b bdi bdo big br cite code data del dfn em font i img ins kbd label mark q s samp small span strike strong sub
  sup time tt u var wbr`.split(/\s+/),
);
const VOID: ReadonlySet<string> = new Set("area base br col embed hr img input link meta source track wbr".split(" "));
const PAGE_PARTS: ReadonlySet<string> = new Set(["html", "head", "body"]);
const ATTRIBUTES = ["alt", "title", "placeholder", "aria-label"];
const META = /^(?:description|og:title|og:description|twitter:title|twitter:description)$/;
/** Deeper trees are cut: no reader sees what is below. */
const MOST_LEVELS = 1_000;

class BlockFinder {
  readonly blocks: Block[] = [];
  readonly #holders = new Map<Element, Holder>();
  locale: ParsedDocument["locale"];
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  /** Texts and inline elements in a row are one text. */
  findIn(nodes: readonly Node[], kind: string, depth: number): void {
    if (depth > MOST_LEVELS) throw new RangeError("nested too deeply");
    let row: Node[] = [];
    for (const node of nodes) {
      if (isInline(node, depth)) row.push(node);
      else {
        this.#addRow(row, kind);
        row = [];
        if ("tagName" in node) this.#find(node, depth);
      }
    }
    this.#addRow(row, kind);
  }

  #find(element: Element, depth: number): void {
    const { tagName } = element;
    if (tagName === "html") this.#findLocale(element);
    if (isClosed(element)) return;
    if (tagName === "meta" && META.test(attribute(element, "name") ?? attribute(element, "property") ?? "")) {
      this.#addAttribute(element, "content");
    }
    for (const name of ATTRIBUTES) this.#addAttribute(element, name);
    this.findIn(element.childNodes, tagName, depth + 1);
  }

  #findLocale(element: Element): void {
    const span = this.#valueSpan(element, "lang");
    const value = attribute(element, "lang");
    if (span !== undefined && value !== undefined) this.locale = { start: span.start, end: span.end, value };
  }

  #addRow(row: readonly Node[], kind: string): void {
    if (!row.some(hasWords)) {
      for (const node of row) this.#attributesWithin(node);
      return;
    }
    const [only, ...others] = row.filter((node) => !("value" in node) || node.value.trim() !== "");
    if (only !== undefined && "tagName" in only && others.length === 0) {
      // An element around the whole text is no part of it.
      for (const name of ATTRIBUTES) this.#addAttribute(only, name);
      this.#addRow(only.childNodes, kind);
      return;
    }
    const [first, last] = [row.find(spanOf), row.findLast(spanOf)];
    const [start = 0, end = 0] = [first && spanOf(first)?.start, last && spanOf(last)?.end];
    const literal = this.#text.slice(start, end);
    const trimmed = literal.trim();
    const at = start + literal.indexOf(trimmed);
    this.#add({ start: at, end: at + trimmed.length }, kind, row[0]?.parentNode);
  }

  #attributesWithin(node: Node): void {
    if (!("tagName" in node) || isClosed(node)) return;
    for (const name of ATTRIBUTES) this.#addAttribute(node, name);
    for (const child of node.childNodes) this.#attributesWithin(child);
  }

  #addAttribute(element: Element, name: string): void {
    const span = this.#valueSpan(element, name);
    if (span !== undefined && hasLetters(attribute(element, name) ?? ""))
      this.#add(span, `@${name}${span.quote}`, element);
  }

  /** The stretch of a value in quotes. */
  #valueSpan(element: Element, name: string): (Span & { quote: string }) | undefined {
    const place = element.sourceCodeLocation?.attrs?.[name];
    if (place === undefined) return undefined;
    const literal = this.#text.slice(place.startOffset, place.endOffset);
    const [opening, quote = ""] = /^[^=]*=\s*(["'])/.exec(literal) ?? [];
    if (opening === undefined) return undefined;
    return { start: place.startOffset + opening.length, end: place.endOffset - 1, quote };
  }

  #add({ start, end }: Span, kind: string, parent: ParentNode | null | undefined): void {
    const literal = this.#text.slice(start, end);
    const isAttribute = kind.startsWith("@");
    const lines = literal.replace(/\r\n|\r/g, "\n");
    const value = !isAttribute ? lines : lines.replaceAll(...(kind.endsWith('"') ? DOUBLE : SINGLE));
    if (value !== value.trim()) return;
    this.blocks.push({ start, end, kind, value, isVerbatim: false, section: 0, holder: this.#holderOf(parent) });
  }

  #holderOf(element: ParentNode | null | undefined): Holder | undefined {
    if (!element || !("tagName" in element)) return undefined;
    const found = this.#holders.get(element);
    if (found !== undefined) return found;
    const { tagName: name, sourceCodeLocation: place, parentNode } = element;
    const isWhole = !PAGE_PARTS.has(name) && (place?.endTag !== undefined || VOID.has(name));
    const holder = { name, span: isWhole ? spanOf(element) : undefined, parent: this.#holderOf(parentNode) };
    this.#holders.set(element, holder);
    return holder;
  }
}

const DOUBLE: [string, string] = ["&quot;", '"'];
const SINGLE: [string, string] = ["&#39;", "'"];

function spanOf({ sourceCodeLocation: place }: Node): Span | undefined {
  return place ? { start: place.startOffset, end: place.endOffset } : undefined;
}

function attribute({ attrs }: Element, name: string): string | undefined {
  return attrs.find((attr) => attr.name === name)?.value;
}

/** Whether the text of an element is not to be translated. */
function isClosed(element: Element): boolean {
  if (OPAQUE.has(element.tagName) || attribute(element, "translate")?.toLowerCase() === "no") return true;
  return /(?:^|\s)notranslate(?:\s|$)/.test(attribute(element, "class") ?? "");
}

function isInline(node: Node, depth: number): boolean {
  if (depth > MOST_LEVELS) throw new RangeError("nested too deeply");
  if (node.nodeName === "#text") return true;
  return "tagName" in node && INLINE.has(node.tagName) && node.childNodes.every((child) => isInline(child, depth + 1));
}

function hasWords(node: Node): boolean {
  if ("value" in node) return hasLetters(node.value);
  return "tagName" in node && !isClosed(node) && node.childNodes.some(hasWords);
}

/** A letter outside the placeholders of templates. */
function hasLetters(text: string): boolean {
  return /\p{L}/u.test(text.replace(/\{\{[\s\S]*?\}\}|\{%[\s\S]*?%\}|<%[\s\S]*?%>/g, ""));
}
