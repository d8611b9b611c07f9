/**
 * .NET's `.resx` and `.resw`: `<data name="…"><value>…</value><comment>…</comment></data>`.
 *
 * A resource with a type or a MIME type is no text, nor is what a form's designer notes under a name that begins with `>>`. Such
 * resources are not repeated in a translation: .NET finds them in the file of the source.
 */
import { CatalogError } from "@trans-hub/core/operations";
import type { CatalogDocument, Format } from "../contract.ts";
import { type Entry, entriesDocument } from "../entries.ts";
import { decodeFile } from "../text-file.ts";
import {
  childElements,
  commentBefore,
  isXmlText,
  parseXmlFile,
  spaceBefore,
  textLiteral,
  type XmlElement,
  type XmlFile,
} from "../xml/xml.ts";

export const resx: Format = {
  name: "resx",
  layout: "one-locale",
  read(bytes, { file, syntax = "auto" }): CatalogDocument {
    const source = decodeFile(bytes, { file, format: "resx" });
    const { text, lineEnd } = source;
    const xml = parseXmlFile(file, text);
    const { root } = xml;
    if (root.name !== "root" || root.content === undefined) {
      throw new CatalogError(file, "has no element root with resources", xml.places.at(root.start));
    }
    const found = new Map<string, Entry>();
    for (const data of childElements(root, "data")) {
      const name = data.attribute("name");
      const [value] = childElements(data, "value");
      // The first of two resources with one name; Visual Studio refuses the second.
      if (name === undefined || value === undefined || found.has(name)) continue;
      found.set(name, { ...spansOf(text, data, value), unit: unitOf(xml, name, data, value, syntax) });
    }
    const entries = [...found.values()];
    const lead = entries[0] === undefined ? "  " : leadOf(entries[0].head);
    // Without a literal, the value was one empty tag.
    const literal = (value: string, { literal: present }: Entry) =>
      present === undefined ? `>${textLiteral(value, "", lineEnd)}</value>` : textLiteral(value, present, lineEnd);
    return entriesDocument(source, entries, {
      literal,
      added: ({ from, value }) => {
        const whole = `${lead}${from.head.trimStart()}${literal(value, from)}${from.tail}`;
        return whole.replace(/\r\n|\n|\r/g, lineEnd);
      },
      refuses: (value) => (isXmlText(value) ? undefined : "the value has a character that XML forbids"),
      front: lineStart(text, root.content.end),
      keepsUntranslatable: false,
    });
  },
};

function unitOf(
  { places }: XmlFile,
  name: string,
  data: XmlElement,
  value: XmlElement,
  syntax: Entry["unit"]["syntax"],
): Entry["unit"] {
  const note = childElements(data, "comment")[0]?.text.trim() ?? "";
  const { type, mimetype } = data.attributes;
  const isText = mimetype === undefined && (type === undefined || /^System\.String(?:,|$)/.test(type));
  // `{Locked}` in a comment is what Microsoft's localizers keep to.
  const isOpen = isText && !name.startsWith(">>") && !note.includes("{Locked}");
  return {
    ...{ id: name, value: value.text, syntax, translate: isOpen && value.text.trim() !== "", state: "translated" },
    ...(note !== "" && { note }),
    ...places.at(value.content?.start ?? value.start),
  };
}

/** The whole lines of a resource, with a comment directly above; the literal of an empty tag `<value/>` begins at its end. */
function spansOf(text: string, data: XmlElement, { content, tagEnd }: XmlElement): Omit<Entry, "unit"> {
  const value = content ?? { start: spaceBefore(text, tagEnd - 2), end: tagEnd };
  const head = lineStart(text, data.start);
  return {
    value,
    start: lineStart(text, commentBefore(data)?.start ?? data.start),
    end: lineEndAfter(text, data.end),
    head: text.slice(head, value.start),
    tail: text.slice(value.end, data.end),
    literal: content === undefined ? undefined : text.slice(content.start, content.end),
  };
}

function leadOf(head: string): string {
  return head.slice(0, head.length - head.trimStart().length);
}

/** The beginning of the line, if nothing but spaces stands before a place; else the place. */
function lineStart(text: string, at: number): number {
  let start = at;
  while (start > 0 && /[ \t]/.test(text[start - 1] ?? "")) start -= 1;
  return start === 0 || /[\r\n]/.test(text[start - 1] ?? "") ? start : at;
}

/** Behind the line end, if nothing but spaces stands before it; else the place. */
function lineEndAfter(text: string, at: number): number {
  const rest = /[ \t]*(?:\r\n|\n|\r)/y;
  rest.lastIndex = at;
  return rest.test(text) ? rest.lastIndex : at;
}
