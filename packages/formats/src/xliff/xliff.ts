/**
 * XLIFF 1.2 and 2.0 to 2.2: source and target in each text.
 *
 * The inline elements of a text (`<x/>`, `<ph/>`, `<g>`, `<pc>`) stand in its value as raw XML, which a text without elements is
 * not: there `&lt;` is a character. The id of a text is its `resname` or `id`. `<alt-trans>`, `<ignorable>` and all that other
 * modules say stays.
 */
import { CatalogError } from "@trans-hub/core/operations";
import type { CatalogDocument, Format, Span, UnitState, Value } from "../contract.ts";
import { OwnedDocument } from "../owned-document.ts";
import type { Splice } from "../splice.ts";
import { decodeFile, type TextFile } from "../text-file.ts";
import {
  attributeSplices,
  commentBefore,
  contentSplice,
  fragmentOf,
  isXmlText,
  parseXmlFile,
  spaceBefore,
  textLiteral,
  type XmlElement,
  type XmlFile,
} from "../xml/xml.ts";
import { elements, fileName, type Place, readPlaces } from "./read.ts";
import { newTargetAttributes, stateSplices, type Version } from "./states.ts";

export const xliff: Format = {
  name: "xliff",
  layout: "bilingual",
  read(bytes, { file, syntax }): CatalogDocument {
    const source = decodeFile(bytes, { file, format: "xliff" });
    const xml = parseXmlFile(file, source.text);
    const at = xml.places.at(xml.root.start);
    if (xml.root.localName !== "xliff") throw new CatalogError(file, "has no element xliff at its root", at);
    const { version = "" } = xml.root.attributes;
    if (!/^(?:1\.[0-2]|2\.[0-2])$/.test(version)) {
      throw new CatalogError(file, "says no version of XLIFF that is read", {
        ...at,
        hint: 'Say version="1.2", or 2.0, 2.1 or 2.2.',
      });
    }
    const major: Version = version.startsWith("1") ? 1 : 2;
    return new XliffDocument(source, xml, major, readPlaces(xml, major, syntax));
  },
};

class XliffDocument extends OwnedDocument<Place> {
  readonly locale: string | undefined;
  readonly isBilingual = true;
  readonly #xml: XmlFile;
  readonly #version: Version;
  /** The first unit of each element `<file>`. */
  readonly #firstOwners = new Map<XmlElement, XmlElement>();

  constructor(file: TextFile, xml: XmlFile, version: Version, places: readonly Place[]) {
    super(file, places);
    this.#xml = xml;
    this.#version = version;
    for (const place of places) {
      if (!this.#firstOwners.has(place.file)) this.#firstOwners.set(place.file, place.owner);
    }
    const said =
      version === 1 ? elements(xml.root, "file")[0]?.attributes["target-language"] : xml.root.attributes.trgLang;
    this.locale = said === "" ? undefined : said;
  }

  protected set(
    place: Place,
    value: Value,
    state: UnitState | undefined,
    from: CatalogDocument | undefined,
  ): Splice[] | string {
    if (typeof value !== "string") return "the format has no plural forms";
    const { unit, source, target } = place;
    const { text } = this.#xml;
    const original = from instanceof XliffDocument ? from.places.get(unit.id) : undefined;
    const renewed = original === undefined ? [] : this.#sourceSplices(place, original, from as XliffDocument);
    const isMarkup = original?.isMarkup ?? place.isMarkup;
    const isSame = value === (unit.value ?? "") && isMarkup === place.isMarkup;
    // A person's approval stands with the text that was approved.
    const isKept = state === undefined || (isSame && state === "translated" && unit.state === "approved");
    const states = isKept ? [] : stateSplices(text, this.#version, place, state);
    if (isSame && target !== undefined) return [...renewed, ...states];
    const literal = this.#literal(value, target ?? source, isMarkup);
    if (literal === undefined) {
      return isXmlText(value)
        ? "the value is no well-formed XML, as its source is"
        : "the value has a character that XML forbids";
    }
    if (target !== undefined) return [...renewed, ...states, contentSplice(text, target, literal)];
    const before = lastSource(place);
    const lead = text.slice(spaceBefore(text, source.start), source.start);
    const name = source.name.replace(/source$/, "target");
    const written = `${lead}<${name}${newTargetAttributes(this.#version, state)}>${literal}</${name}>`;
    return [...renewed, ...states, { start: before.end, end: before.end, text: written }];
  }

  /** A value as the content of an element, in the habit of another. Undefined: it cannot stand there. */
  #literal(value: string, like: XmlElement, isMarkup: boolean): string | undefined {
    if (!isXmlText(value)) return undefined;
    const { lineEnd, text } = this.file;
    const present = like.content === undefined ? "" : text.slice(like.content.start, like.content.end);
    if (!isMarkup) return textLiteral(value, present, lineEnd);
    return fragmentOf(value) === undefined || value.includes("\r") ? undefined : value.replaceAll("\n", lineEnd);
  }

  /** The source text of the source document, where this one holds an older one. */
  #sourceSplices({ source, unit }: Place, original: Place, from: XliffDocument): Splice[] {
    if (unit.source === original.unit.source) return [];
    const { content } = original.source;
    const literal = content === undefined ? "" : from.file.text.slice(content.start, content.end);
    return [contentSplice(this.#xml.text, source, literal.replace(/\r\n|\n|\r/g, this.file.lineEnd))];
  }

  protected removal({ owner }: Place): Span {
    const start = commentBefore(owner)?.start ?? owner.start;
    return { start: spaceBefore(this.#xml.text, start), end: owner.end };
  }

  /** Behind a neighbour of the same `<file>`, else at the front of it. */
  protected insertion(copy: string, place: Place, from: this, neighbour: Place | undefined): Splice | string {
    if (from.#version !== this.#version) return "the file is of another version of XLIFF than its source";
    const file = this.#fileLike(place.file, from);
    if (file === undefined) return "the file has no element file of that name";
    const { text } = this.#xml;
    const first = this.#firstOwners.get(file);
    const leadOf = (element: XmlElement) => text.slice(spaceBefore(text, element.start), element.start);
    if (neighbour !== undefined && neighbour.file === file) {
      const { owner } = neighbour;
      return { start: owner.end, end: owner.end, text: `${leadOf(owner)}${copy}` };
    }
    if (first !== undefined) {
      const at = spaceBefore(text, commentBefore(first)?.start ?? first.start);
      return { start: at, end: at, text: `${leadOf(first)}${copy}` };
    }
    const holder = (this.#version === 1 ? elements(file, "body")[0] : undefined) ?? file;
    const outer = leadOf(holder) || this.file.lineEnd;
    if (holder.content === undefined) return contentSplice(text, holder, `${outer}  ${copy}${outer}`);
    const at = spaceBefore(text, holder.content.end);
    const tail = at === holder.content.end ? outer : "";
    return { start: at, end: at, text: `${outer}  ${copy}${tail}` };
  }

  #fileLike(file: XmlElement, from: XliffDocument): XmlElement | undefined {
    const own = elements(this.#xml.root, "file");
    const isAlone = own.length === 1 && elements(from.#xml.root, "file").length === 1;
    return isAlone ? own[0] : own.find((each) => fileName(each) === fileName(file));
  }

  protected override localeSplices(locale: string): Splice[] {
    const { text, root } = this.#xml;
    const targets = [...this.places.values()].flatMap(({ target }) =>
      target?.attributes["xml:lang"] === undefined ? [] : attributeSplices(text, target, "xml:lang", locale),
    );
    if (this.#version === 2) return [...attributeSplices(text, root, "trgLang", locale, "srcLang"), ...targets];
    const files = elements(root, "file").flatMap((file) =>
      attributeSplices(text, file, "target-language", locale, "source-language"),
    );
    return [...files, ...targets];
  }
}

/** The element behind which a `<target>` goes. */
function lastSource({ holder, source }: Place): XmlElement {
  return elements(holder, "seg-source")[0] ?? source;
}
