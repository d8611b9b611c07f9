/**
 * Reads XML into a tree of places: each node is a stretch of the text, and what it means is worked out when it is asked for.
 *
 * One pass with a stack of its own: nesting does not recurse. A file of 55 MB with 800,000 elements takes 1.3 s of one
 * processor and 510 MB; `@rgrove/parse-xml` takes 4.5 s and 780 MB, and is quadratic in the line ends of a text with CRLF;
 * `saxes` takes 5.8 s. The tests hold this reader to parse-xml. No entity is expanded but XML's own five, and nothing
 * outside the file is ever read.
 */
import type { Span } from "../contract.ts";
import { decodeXml } from "./escapes.ts";

interface Node extends Span {
  readonly parent: XmlElement | undefined;
}

/** The text between two tags, entities and all. */
export class XmlText implements Node {
  readonly start: number;
  readonly end: number;
  readonly parent: XmlElement;
  readonly #whole: string;

  constructor(whole: string, { start, end }: Span, parent: XmlElement) {
    this.#whole = whole;
    this.start = start;
    this.end = end;
    this.parent = parent;
  }

  /** The characters as they stand in the file. */
  get literal(): string {
    return this.#whole.slice(this.start, this.end);
  }

  /** The characters that it stands for; a line end is `\n`. */
  get text(): string {
    return decodeXml(withLineFeeds(this.literal));
  }
}

export class XmlCdata extends XmlText {
  override get text(): string {
    return withLineFeeds(this.literal.slice("<![CDATA[".length, -"]]>".length));
  }
}

export class XmlComment extends XmlText {
  override get text(): string {
    return "";
  }

  get content(): string {
    return withLineFeeds(this.literal.slice("<!--".length, -"-->".length));
  }
}

/** A processing instruction. */
export class XmlInstruction extends XmlText {
  override get text(): string {
    return "";
  }
}

export type XmlNode = XmlElement | XmlText;

const NONE: readonly XmlNode[] = [];
const NO_ATTRIBUTES: Readonly<Record<string, string | undefined>> = Object.freeze(Object.create(null));

export class XmlElement implements Node {
  readonly name: string;
  readonly start: number;
  /** Behind the `>` of the opening tag. */
  readonly tagEnd: number;
  readonly parent: XmlElement | undefined;
  /** The place among the children of the parent. */
  readonly index: number;
  /** Behind the closing tag. */
  end: number;
  /** The place of the closing tag. Undefined: the element is one empty tag, `<a/>`. */
  closingTag: number | undefined;
  readonly #whole: string;
  #children: XmlNode[] | undefined;

  constructor(whole: string, name: string, tag: Span, parent: XmlElement | undefined) {
    this.#whole = whole;
    this.name = name;
    this.start = tag.start;
    this.tagEnd = tag.end;
    this.end = tag.end;
    this.parent = parent;
    this.index = parent?.children.length ?? 0;
  }

  get children(): readonly XmlNode[] {
    return this.#children ?? NONE;
  }

  /** For the reader alone. */
  append(child: XmlNode): void {
    // An array that grows reserves room for more than one: half of the memory of a file of short texts.
    if (this.#children === undefined) this.#children = [child];
    else this.#children.push(child);
  }

  /** The name without its prefix. */
  get localName(): string {
    return this.name.slice(this.name.indexOf(":") + 1);
  }

  /** The value of one attribute, entities resolved. */
  attribute(name: string): string | undefined {
    if (!this.#whole.slice(this.start, this.tagEnd).includes(name)) return undefined;
    for (const attribute of attributesIn(this.#whole, this)) {
      if (attribute.name === name) return decodeXml(attribute.value);
    }
    return undefined;
  }

  /** By name, entities resolved. Without a prototype. */
  get attributes(): Readonly<Record<string, string | undefined>> {
    if (this.tagEnd - this.start <= this.name.length + "</>".length) return NO_ATTRIBUTES;
    const found: Record<string, string> = Object.create(null);
    for (const { name, value } of attributesIn(this.#whole, this)) found[name] = decodeXml(value);
    return found;
  }

  /** The stretch between the tags. Undefined: the element is one empty tag. */
  get content(): Span | undefined {
    return this.closingTag === undefined ? undefined : { start: this.tagEnd, end: this.closingTag };
  }

  /** The characters of its text, those of its elements included; comments are left out. */
  get text(): string {
    let text = "";
    const open: XmlNode[] = [this];
    for (let node = open.pop(); node !== undefined; node = open.pop()) {
      if (node instanceof XmlText) text += node.text;
      else for (let at = node.children.length - 1; at >= 0; at -= 1) open.push(node.children[at] as XmlNode);
    }
    return text;
  }
}

export interface XmlAttribute extends Span {
  readonly name: string;
  /** As it stands between its quotes. */
  readonly value: string;
  /** The stretch between its quotes. */
  readonly valueSpan: Span;
}

/** The attributes of an element with their places, from the white space before the name to the closing quote. */
export function* attributesIn(text: string, element: Pick<XmlElement, "start" | "name">): Generator<XmlAttribute> {
  let start = element.start + 1 + element.name.length;
  for (;;) {
    ATTRIBUTE.lastIndex = start;
    const found = ATTRIBUTE.exec(text);
    if (found === null) return;
    const [whole, name = "", quoted = ""] = found;
    const end = start + whole.length;
    const valueSpan = { start: end - quoted.length + 1, end: end - 1 };
    yield { name, value: quoted.slice(1, -1), valueSpan, start, end };
    start = end;
  }
}

/** A fault of the text, at an offset. The message quotes nothing. */
export class XmlFault extends Error {
  readonly offset: number;

  constructor(message: string, offset: number) {
    super(message);
    this.offset = offset;
  }
}

/** Deeper than any catalog. */
const MAX_DEPTH = 1_000;

/** More than any catalog has in one tag. */
const MAX_ATTRIBUTES = 1_000;

const NAME_START =
  "A-Z_a-z:\\u00c0-\\u00d6\\u00d8-\\u00f6\\u00f8-\\u02ff\\u0370-\\u037d\\u037f-\\u1fff\\u200c\\u200d\\u2070-\\u218f" +
  "\\u2c00-\\u2fef\\u3001-\\udfff\\uf900-\\ufdcf\\ufdf0-\\ufffd";
const NAME = `[${NAME_START}][${NAME_START}\\-.0-9\\u00b7\\u0300-\\u036f\\u203f\\u2040]*`;
const ATTRIBUTE = new RegExp(`[ \\t\\r\\n]+(${NAME})[ \\t\\r\\n]*=[ \\t\\r\\n]*("[^"<]*"|'[^'<]*')`, "y");
const OPENING = new RegExp(`<(${NAME})`, "y");
const TAG_END = /[ \t\r\n]*(\/?)>/y;
const CLOSING = new RegExp(`</(${NAME})[ \\t\\r\\n]*>`, "y");
const INSTRUCTION = new RegExp(`<\\?(${NAME})(?=[ \\t\\r\\n]|\\?>)`, "y");
const REFERENCE = /&(?:#x[0-9A-Fa-f]{1,6}|#[0-9]{1,7}|amp|lt|gt|quot|apos);/y;
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what XML forbids.
const FORBIDDEN = /[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/;

/**
 * Reads a whole document.
 *
 * @throws {XmlFault} It is not well-formed, declares entities, or is nested more than 1,000 levels deep.
 */
export function readTree(text: string): XmlElement | undefined {
  const forbidden = text.search(FORBIDDEN);
  if (forbidden !== -1) throw new XmlFault("a character that XML does not allow", forbidden);
  let root: XmlElement | undefined;
  let parent: XmlElement | undefined;
  let depth = 0;
  let at = declarationEnd(text);
  const attach = (node: XmlNode) => parent?.append(node);
  while (at < text.length) {
    const tag = text.indexOf("<", at);
    const textEnd = tag === -1 ? text.length : tag;
    if (textEnd > at) {
      if (parent === undefined) refuseText(text, at, textEnd);
      else {
        checkText(text, at, textEnd);
        attach(new XmlText(text, { start: at, end: textEnd }, parent));
      }
      at = textEnd;
      continue;
    }
    switch (text.charCodeAt(at + 1)) {
      case 0x2f: {
        CLOSING.lastIndex = at;
        const name = CLOSING.exec(text)?.[1];
        if (parent === undefined || name !== parent.name)
          throw new XmlFault("a closing tag without its opening tag", at);
        parent.closingTag = at;
        parent.end = CLOSING.lastIndex;
        at = parent.end;
        parent = parent.parent;
        depth -= 1;
        break;
      }
      case 0x21: {
        const node = markedNode(text, at, parent);
        if (node === undefined) at = doctypeEnd(text, at, root === undefined);
        else {
          if (node instanceof XmlCdata && parent === undefined) throw new XmlFault("text outside the root element", at);
          if (parent !== undefined) attach(node);
          at = node.end;
        }
        break;
      }
      case 0x3f: {
        INSTRUCTION.lastIndex = at;
        const name = INSTRUCTION.exec(text)?.[1];
        const end = text.indexOf("?>", at + 2);
        if (name === undefined || end === -1) throw new XmlFault("an instruction that has no name or never ends", at);
        if (/^xml$/i.test(name)) throw new XmlFault("an XML declaration inside the file", at);
        if (parent !== undefined) attach(new XmlInstruction(text, { start: at, end: end + 2 }, parent));
        at = end + 2;
        break;
      }
      default: {
        if (parent === undefined && root !== undefined) throw new XmlFault("a second root element", at);
        const element = openingTag(text, at, parent);
        attach(element);
        root ??= element;
        at = element.tagEnd;
        if (text.charCodeAt(at - 2) === 0x2f) break;
        depth += 1;
        if (depth > MAX_DEPTH) throw new XmlFault("nested too deeply", at);
        parent = element;
      }
    }
  }
  if (parent !== undefined) throw new XmlFault("an element that is never closed", parent.start);
  return root;
}

function openingTag(text: string, at: number, parent: XmlElement | undefined): XmlElement {
  OPENING.lastIndex = at;
  if (!OPENING.test(text)) throw new XmlFault('a "<" that begins no tag', at);
  const name = text.slice(at + 1, OPENING.lastIndex);
  const start = OPENING.lastIndex;
  let end = start;
  let count = 0;
  for (ATTRIBUTE.lastIndex = end; ATTRIBUTE.test(text); ATTRIBUTE.lastIndex = end) {
    end = ATTRIBUTE.lastIndex;
    count += 1;
    if (count > MAX_ATTRIBUTES) throw new XmlFault("a tag with more than 1,000 attributes", at);
  }
  if (end > start && text.slice(start, end).includes("&")) checkReferences(text, start, end);
  if (count > 1) {
    const names = new Set<string>();
    for (const attribute of attributesIn(text, { start: at, name })) {
      if (names.has(attribute.name)) {
        throw new XmlFault("an attribute that stands twice in one tag", attribute.start);
      }
      names.add(attribute.name);
    }
  }
  TAG_END.lastIndex = end;
  if (!TAG_END.test(text)) throw new XmlFault("a tag that is not closed, or an attribute without a quoted value", at);
  return new XmlElement(text, name, { start: at, end: TAG_END.lastIndex }, parent);
}

/** A comment or a CDATA section. Undefined: something else begins here. */
function markedNode(text: string, at: number, parent: XmlElement | undefined): XmlText | undefined {
  const holder = parent as XmlElement;
  if (text.startsWith("<!--", at)) {
    const end = text.indexOf("--", at + 4);
    if (end === -1) throw new XmlFault("a comment that never ends", at);
    if (text[end + 2] !== ">") throw new XmlFault('"--" inside a comment', end);
    return new XmlComment(text, { start: at, end: end + 3 }, holder);
  }
  if (text.startsWith("<![CDATA[", at)) {
    const end = text.indexOf("]]>", at + 9);
    if (end === -1) throw new XmlFault("a CDATA section that never ends", at);
    return new XmlCdata(text, { start: at, end: end + 3 }, holder);
  }
  return undefined;
}

/** A document type is passed over: the DTD that it names is never loaded. */
function doctypeEnd(text: string, at: number, isProlog: boolean): number {
  const head = /<!DOCTYPE[ \t\r\n][^<>[\]"']*(?:(?:"[^"]*"|'[^']*')[^<>[\]"']*)*/y;
  head.lastIndex = at;
  if (!isProlog || head.exec(text) === null) throw new XmlFault('a "<" that begins no tag', at);
  let end = head.lastIndex;
  if (text[end] === "[") end = subsetEnd(text, end);
  if (text[end] !== ">") throw new XmlFault("a document type that never ends", at);
  return end + 1;
}

/** The place behind a document type's declarations and the white space that follows them. */
function subsetEnd(text: string, start: number): number {
  const behind = (part: string, from: number) => {
    const found = text.indexOf(part, from);
    return found === -1 ? text.length : found + part.length;
  };
  for (let at = start + 1; at < text.length; ) {
    const character = text[at] ?? "";
    if (text.startsWith("<!ENTITY", at)) {
      throw new XmlFault("entities that the file declares itself are not read", at);
    }
    if (text.startsWith("<!--", at)) at = behind("-->", at);
    else if (character === '"' || character === "'") at = behind(character, at + 1);
    else if (character === "]") {
      while (/[ \t\r\n]/.test(text[at + 1] ?? "")) at += 1;
      return at + 1;
    } else at += 1;
  }
  return text.length;
}

const DECLARATION =
  /<\?xml[ \t\r\n]+version[ \t\r\n]*=[ \t\r\n]*(?:"1\.[0-9]+"|'1\.[0-9]+')(?:[ \t\r\n]+encoding[ \t\r\n]*=[ \t\r\n]*(?:"([^"]*)"|'([^']*)'))?(?:[ \t\r\n]+standalone[ \t\r\n]*=[ \t\r\n]*(?:"[a-z]+"|'[a-z]+'))?[ \t\r\n]*\?>/y;

function declarationEnd(text: string): number {
  if (!/^<\?xml[ \t\r\n]/.test(text.slice(0, 6))) return 0;
  DECLARATION.lastIndex = 0;
  const found = DECLARATION.exec(text);
  if (found === null) throw new XmlFault("an XML declaration that is not complete", 0);
  const encoding = found[1] ?? found[2] ?? "utf-8";
  // A file in another encoding whose text is ASCII so far could not take a translation.
  if (!/^(?:utf-?8|utf-?16(?:le|be)?|us-ascii|ascii)$/i.test(encoding)) {
    throw new XmlFault("the file says an encoding other than UTF-8", 0);
  }
  return DECLARATION.lastIndex;
}

function refuseText(text: string, start: number, end: number): void {
  const at = text.slice(start, end).search(/[^ \t\r\n]/);
  if (at !== -1) throw new XmlFault("text outside the root element", start + at);
}

function checkText(text: string, start: number, end: number): void {
  const literal = text.slice(start, end);
  const close = literal.indexOf("]]>");
  if (close !== -1) throw new XmlFault('"]]>" in a text', start + close);
  if (literal.includes("&")) checkReferences(text, start, end);
}

function checkReferences(text: string, start: number, end: number): void {
  for (let at = text.indexOf("&", start); at !== -1 && at < end; at = text.indexOf("&", at + 1)) {
    REFERENCE.lastIndex = at;
    if (!REFERENCE.test(text)) throw new XmlFault('an entity that XML does not know, or a lone "&"', at);
    if (text[at + 1] === "#" && !isCharacter(decodeXml(text.slice(at, REFERENCE.lastIndex)))) {
      throw new XmlFault("a reference to a character that XML does not allow", at);
    }
  }
}

/** Whether each character of a text may stand in an XML file. */
export function isXmlText(text: string): boolean {
  return !FORBIDDEN.test(text) && text.isWellFormed();
}

function isCharacter(text: string): boolean {
  return !text.startsWith("&") && isXmlText(text);
}

function withLineFeeds(text: string): string {
  return text.includes("\r") ? text.replaceAll("\r\n", "\n").replaceAll("\r", "\n") : text;
}
