/** XML files with the places of their parts. */
import { CatalogError } from "@trans-hub/core/operations";
import { Places } from "../places.ts";
import type { Splice } from "../splice.ts";
import { attributesIn, readTree, XmlComment, XmlElement, XmlFault, XmlText } from "./tree.ts";

export { encodeXml, textLiteral } from "./escapes.ts";
export { isXmlText, XmlCdata } from "./tree.ts";
export { XmlComment, XmlElement, XmlText };

export interface XmlFile {
  readonly text: string;
  readonly root: XmlElement;
  readonly places: Places;
}

/**
 * Parses the text of a file.
 *
 * @throws {CatalogError} It is not well-formed, declares entities of its own, or is nested too deeply; with line and column.
 */
export function parseXmlFile(file: string, text: string): XmlFile {
  const places = new Places(text);
  try {
    const root = readTree(text);
    if (root === undefined) throw new CatalogError(file, "holds no XML element", { line: 1, column: 1 });
    return { text, root, places };
  } catch (error) {
    if (!(error instanceof XmlFault)) throw error;
    throw new CatalogError(file, `invalid XML: ${error.message}`, places.at(error.offset));
  }
}

export function childElements(parent: XmlElement, name?: string): XmlElement[] {
  return parent.children.filter(
    (child): child is XmlElement => child instanceof XmlElement && (name === undefined || child.name === name),
  );
}

/** The comment directly before an element, with nothing but white space between the two. */
export function commentBefore(element: XmlElement): XmlComment | undefined {
  const siblings = element.parent?.children ?? [];
  let at = element.index - 1;
  const space = siblings[at];
  if (space instanceof XmlText && space.literal.trim() === "") {
    if (/\n\s*\n/.test(space.text)) return undefined; // a blank line: a heading, and no remark
    at -= 1;
  }
  const before = siblings[at];
  return before instanceof XmlComment ? before : undefined;
}

/** Whether an element holds elements, and not text alone. */
export function hasElements(element: XmlElement): boolean {
  return element.children.some((child) => child instanceof XmlElement);
}

/** Whether a text is the content of an element that holds elements: its tags are closed, its entities known. */
export function isFragment(text: string): boolean {
  return text.includes("<") && (fragmentOf(text)?.children.some((child) => child instanceof XmlElement) ?? false);
}

/** A text as the content of an element. Undefined: it is not well-formed. */
export function fragmentOf(text: string): XmlElement | undefined {
  try {
    return readTree(`<fragment>${text}</fragment>`);
  } catch (error) {
    if (error instanceof XmlFault) return undefined;
    throw error;
  }
}

/** Where the white space before a place begins. */
export function spaceBefore(text: string, at: number): number {
  let start = at;
  while (start > 0 && /\s/.test(text[start - 1] ?? "")) start -= 1;
  return start;
}

/** Other content of an element, as a literal. One empty tag becomes two. */
export function contentSplice(text: string, element: XmlElement, literal: string): Splice {
  const { content, tagEnd, name } = element;
  if (content !== undefined) return { ...content, text: literal };
  return { start: spaceBefore(text, tagEnd - 2), end: tagEnd, text: `>${literal}</${name}>` };
}

/**
 * An attribute with another value; undefined takes it out. A new one goes behind the attribute `behind` or, without it, behind
 * the last.
 */
export function attributeSplices(
  text: string,
  element: XmlElement,
  name: string,
  value: string | undefined,
  behind?: string,
): Splice[] {
  const attributes = [...attributesIn(text, element)];
  const found = attributes.find((attribute) => attribute.name === name);
  if (value === undefined) return found === undefined ? [] : [{ start: found.start, end: found.end, text: "" }];
  const literal = value
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll('"', "&quot;")
    .replaceAll("'", "&apos;");
  if (found !== undefined) return found.value === literal ? [] : [{ ...found.valueSpan, text: literal }];
  const neighbour = attributes.find((attribute) => attribute.name === behind) ?? attributes.at(-1);
  const at = neighbour?.end ?? element.start + 1 + element.name.length;
  return [{ start: at, end: at, text: ` ${name}="${literal}"` }];
}
