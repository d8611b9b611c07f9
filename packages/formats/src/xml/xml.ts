/** XML files with the places of their parts. The parser resolves no entity of the file and loads nothing from outside. */
import { parseXml, XmlCdata, XmlComment, XmlElement, XmlError, XmlText } from "@rgrove/parse-xml";
import { CatalogError } from "@trans-hub/core/operations";
import type { Span } from "../contract.ts";
import { Places } from "../places.ts";

export { XmlCdata, XmlComment, XmlElement, XmlText };

export interface XmlFile {
  readonly text: string;
  readonly root: XmlElement;
  readonly places: Places;
}

/**
 * Parses the text of a file.
 *
 * @throws {CatalogError} It is not well-formed, has entities of its own, or is nested too deeply; with line and column.
 */
export function parseXmlFile(file: string, text: string): XmlFile {
  const places = new Places(text);
  try {
    const document = parseXml(text, { includeOffsets: true, preserveCdata: true, preserveComments: true });
    const { root } = document;
    if (root === null) throw new CatalogError(file, "holds no XML element", { line: 1, column: 1 });
    return { text, root, places };
  } catch (error) {
    if (error instanceof CatalogError) throw error;
    // The parser is recursive, and its messages quote the file.
    if (error instanceof RangeError) throw new CatalogError(file, "is nested too deeply");
    if (!(error instanceof XmlError)) throw error;
    throw new CatalogError(file, `invalid XML: ${problemOf(error)}`, places.at(error.pos));
  }
}

function problemOf({ message }: XmlError): string {
  const [head = ""] = message.split(/[:(\n]/, 1);
  const clause = head.trim().replace(/ for element .*$/, "");
  return clause.slice(0, 1).toLowerCase() + clause.slice(1);
}

/** The stretch between an element's tags. Undefined: it is written as one empty tag, `<a/>`. */
export function contentSpan(text: string, element: XmlElement): Span | undefined {
  const tagEnd = startTagEnd(text, element.start);
  if (text[tagEnd - 2] === "/") return undefined;
  const end = element.end === Number.POSITIVE_INFINITY ? text.length : element.end;
  return { start: tagEnd, end: text.lastIndexOf("</", end - 1) };
}

/** The place behind the `>` of the tag at `start`. */
export function startTagEnd(text: string, start: number): number {
  for (let at = start; at < text.length; at += 1) {
    const character = text[at];
    if (character === ">") return at + 1;
    if (character === '"' || character === "'") at = text.indexOf(character, at + 1);
  }
  return text.length;
}

export function childElements(parent: XmlElement, name?: string): XmlElement[] {
  return parent.children.filter(
    (child): child is XmlElement => child instanceof XmlElement && (name === undefined || child.name === name),
  );
}

/** The comment directly before an element, with nothing but white space between the two. */
export function commentBefore(element: XmlElement): XmlComment | undefined {
  const siblings = element.parent?.children ?? [];
  let at = siblings.indexOf(element) - 1;
  const space = siblings[at];
  if (space instanceof XmlText && space.text.trim() === "") {
    if (/\n\s*\n/.test(space.text.replace(/\r\n?/g, "\n"))) return undefined; // a blank line: a heading, and no remark
    at -= 1;
  }
  const before = siblings[at];
  return before instanceof XmlComment ? before : undefined;
}

/** Whether an element holds elements, and not text alone. */
export function hasElements(element: XmlElement): boolean {
  return element.children.some((child) => child instanceof XmlElement);
}

/** The characters that a text written as an XML literal stands for. */
export function decodeXml(literal: string): string {
  return literal.replace(
    /&(?:#x([0-9A-Fa-f]{1,6})|#([0-9]{1,7})|(amp|lt|gt|quot|apos));/g,
    (whole, hex, decimal, name) => {
      if (name !== undefined) return NAMED[name] ?? whole;
      const code = hex === undefined ? Number(decimal) : Number.parseInt(hex, 16);
      return code <= 0x10ffff ? String.fromCodePoint(code) : whole;
    },
  );
}

const NAMED: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };

/**
 * A text as an XML literal, in the habit of the literal that it replaces: what is an entity there (`&gt;`, `&#160;`) is one
 * again, and what is not stays a character.
 */
export function encodeXml(text: string, present: string): string {
  const habits = new Map<string, string>();
  for (const [entity] of present.matchAll(/&(?:#[xX]?[0-9A-Fa-f]+|[a-z]+);/g)) habits.set(decodeXml(entity), entity);
  let encoded = "";
  for (const character of text) {
    const entity = habits.get(character);
    if (entity !== undefined) encoded += entity;
    else if (character === "&") encoded += "&amp;";
    else if (character === "<") encoded += "&lt;";
    else if (character === "\r") encoded += "&#13;";
    else if (character === ">" && encoded.endsWith("]]")) encoded += "&gt;";
    else encoded += character;
  }
  return encoded;
}

/** Whether a text is the content of an element: its tags are closed, its entities known. */
export function isFragment(text: string): boolean {
  if (!text.includes("<")) return false;
  try {
    parseXml(`<fragment>${text}</fragment>`);
    return true;
  } catch {
    return false;
  }
}
