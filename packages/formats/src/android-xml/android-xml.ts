/**
 * Android's `strings.xml`: `<string>`, `<plurals>` and `<string-array>`.
 *
 * A string with elements inside (`<b>`, `<xliff:g>`) has these tags in its value; in any other string a `<` is a character.
 * An element of an array has the id `name.0`; arrays are added and removed whole.
 */
import { CatalogError } from "@trans-hub/core/operations";
import type { CatalogDocument, Change, Format, RefusedChange, Unit, Value, WrittenDocument } from "../contract.ts";
import { PLURAL_CATEGORIES } from "../plural-categories.ts";
import { anchors, type Splice, spliced } from "../splice.ts";
import { decodeFile, encodeFile, type TextFile } from "../text-file.ts";
import {
  childElements,
  commentBefore,
  contentSpan,
  encodeXml,
  hasElements,
  isFragment,
  parseXmlFile,
  startTagEnd,
  XmlCdata,
  type XmlElement,
  type XmlFile,
} from "../xml/xml.ts";
import { fromAndroid, fromCdata, toAndroid, toCdata } from "./literal.ts";

export const androidXml: Format = {
  name: "android-xml",
  layout: "one-locale",
  read(bytes, { file, syntax = "auto" }): CatalogDocument {
    const source = decodeFile(bytes, { file });
    const xml = parseXmlFile(file, source.text);
    if (xml.root.name !== "resources") {
      throw new CatalogError(file, "has no element resources at its root", xml.places.at(xml.root.start));
    }
    return new AndroidDocument(source, xml, resourcesOf(xml, syntax));
  },
};

interface Resource {
  readonly element: XmlElement;
  /** One; an array has one for each of its elements. */
  readonly units: readonly Unit[];
}

function resourcesOf(xml: XmlFile, syntax: Unit["syntax"]): Resource[] {
  const seen = new Set<string>();
  return childElements(xml.root).flatMap((element) => {
    const { name } = element.attributes;
    // A second resource of one name is for another product or screen, and none of this file's readers asks for it by name.
    if (name === undefined || seen.has(name)) return [];
    const units = unitsOf(xml, element, name, syntax);
    if (units.length === 0) return [];
    seen.add(name);
    return [{ element, units }];
  });
}

function unitsOf(xml: XmlFile, element: XmlElement, name: string, syntax: Unit["syntax"]): Unit[] {
  const isOpen = element.attributes.translatable !== "false" && element.attributes.translate !== "no";
  const note = commentBefore(element)?.content.trim();
  const unit = (id: string, value: Value, at: XmlElement): Unit => {
    const texts = typeof value === "string" ? [value] : [...value.forms.values()];
    const isText = texts.some((text) => text !== "") && !(typeof value === "string" && isReference(xml.text, at));
    return {
      ...{ id, value, syntax, translate: isOpen && isText, state: "translated" },
      ...(note !== undefined && note !== "" && { note }),
      ...xml.places.at(contentSpan(xml.text, at)?.start ?? at.start),
    };
  };
  switch (element.name) {
    case "string":
      return [unit(name, textOf(xml.text, element), element)];
    case "string-array":
      return childElements(element, "item").map((item, at) => unit(`${name}.${at}`, textOf(xml.text, item), item));
    case "plurals": {
      const forms = formsOf(element).map(([category, item]) => [category, textOf(xml.text, item)] as const);
      return forms.length === 0 ? [] : [unit(name, { forms: new Map(forms) }, element)];
    }
    default:
      return [];
  }
}

function formsOf(element: XmlElement): [string, XmlElement][] {
  return childElements(element, "item").map((item) => [item.attributes.quantity ?? "other", item]);
}

function isReference(text: string, element: XmlElement): boolean {
  const span = contentSpan(text, element);
  return (
    span !== undefined &&
    /^\s*[@?][A-Za-z+:.]*\/?[A-Za-z_]\w*(?:\/[A-Za-z_.]+)?\s*$/.test(text.slice(span.start, span.end))
  );
}

function textOf(text: string, element: XmlElement): string {
  const span = contentSpan(text, element);
  if (span === undefined) return "";
  const literal = text.slice(span.start, span.end);
  if (hasElements(element)) return markupText(literal.replace(/<!--[\s\S]*?-->/g, ""));
  return isCdata(element) ? fromCdata(plainLiteral(element)) : fromAndroid(plainLiteral(element));
}

function isCdata({ children }: XmlElement): boolean {
  return children.length === 1 && children[0] instanceof XmlCdata;
}

const TAG = /<[^<>]*>/g;

/** Android's escapes apply between tags; the tags stand as they are. */
function markupText(literal: string): string {
  const tags: string[] = [];
  // A tag is one character that no escape means, so that white space and quotes are read across it.
  const masked = literal.replace(TAG, (tag) => {
    tags.push(tag);
    return MASK;
  });
  return fromAndroid(masked).replaceAll(MASK, () => tags.shift() ?? "");
}

/** Not allowed in XML. */
const MASK = "\uFFFF";

/** The characters of an element without elements: entities resolved, CDATA unwrapped, comments left out. */
function plainLiteral(element: XmlElement): string {
  return element.children.map((child) => ("text" in child ? child.text : "")).join("");
}

/** A value as the content of an element, in the habit of the element that it replaces or is modelled on. */
function literalFor(value: string, text: string, like: XmlElement): string {
  const span = contentSpan(text, like);
  const present = span === undefined ? "" : text.slice(span.start, span.end);
  if (hasElements(like) && isFragment(value)) return markupLiteral(value, present);
  const plain = plainLiteral(like);
  if (isCdata(like) && !value.includes("]]>")) return `<![CDATA[${toCdata(value, plain)}]]>`;
  return encodeXml(toAndroid(value, plain), present);
}

function markupLiteral(value: string, present: string): string {
  const tags = value.match(TAG) ?? [];
  const masked = toAndroid(value.replace(TAG, MASK), present.replace(TAG, ""));
  return masked.replaceAll(MASK, () => tags.shift() ?? "");
}

class AndroidDocument implements CatalogDocument {
  readonly locale = undefined;
  readonly isBilingual = false;
  /** Android's own check refuses them in a translation. */
  readonly keepsUntranslatable = false;
  readonly units: readonly Unit[];
  readonly #file: TextFile;
  readonly #xml: XmlFile;
  readonly #resources: readonly Resource[];
  readonly #byId: ReadonlyMap<string, { resource: Resource; unit: Unit; at: number }>;

  constructor(file: TextFile, xml: XmlFile, resources: readonly Resource[]) {
    this.#file = file;
    this.#xml = xml;
    this.#resources = resources;
    this.units = resources.flatMap(({ units }) => units);
    this.#byId = new Map(
      resources.flatMap((resource) => resource.units.map((unit, at) => [unit.id, { resource, unit, at }] as const)),
    );
  }

  write(changes: readonly Change[]): WrittenDocument {
    const splices: Splice[] = [];
    const refused: RefusedChange[] = [];
    const removed = this.#removals(changes);
    for (const resource of removed) splices.push(this.#removal(resource.element));
    const adds = changes.filter((change) => change.kind === "add");
    const anchorOf = anchors(adds, (id) => this.#byId.has(id));
    const added = new Map<Resource, { from: AndroidDocument; values: Map<string, Value>; after: string | undefined }>();
    for (const change of changes) {
      const { id } = change;
      const found = this.#byId.get(id);
      if (change.kind === "add") {
        const from = change.from instanceof AndroidDocument ? change.from : undefined;
        const source = from === undefined ? undefined : from.#byId.get(id);
        if (from === undefined || source === undefined) refused.push({ id, reason: "the source has no such text" });
        else if (found !== undefined && !removed.has(found.resource)) {
          refused.push({ id, reason: "the file has this text already" });
        } else {
          const group = added.get(source.resource) ?? { from, values: new Map(), after: anchorOf(change.after) };
          added.set(source.resource, group);
          group.values.set(id, change.value);
        }
      } else if (found === undefined) refused.push({ id, reason: "the file has no such text" });
      else if (removed.has(found.resource)) continue;
      else if (change.kind === "remove") refused.push({ id, reason: "an array is removed as a whole" });
      else {
        const outcome = this.#set(found.resource.element, found.unit, found.at, change.value);
        if (typeof outcome === "string") refused.push({ id, reason: outcome });
        else splices.push(...outcome);
      }
    }
    for (const [resource, { from, values, after }] of added) {
      if (values.size < resource.units.length) {
        for (const id of values.keys()) refused.push({ id, reason: "an array is added as a whole" });
      } else splices.push(this.#addition(resource, from, values, after));
    }
    return { bytes: encodeFile(this.#file, spliced(this.#xml.text, splices)), refused };
  }

  /** The resources all of whose texts are to be removed. */
  #removals(changes: readonly Change[]): Set<Resource> {
    const ids = new Set(changes.flatMap(({ kind, id }) => (kind === "remove" ? [id] : [])));
    return new Set(this.#resources.filter(({ units }) => units.every(({ id }) => ids.has(id))));
  }

  #set(element: XmlElement, unit: Unit, at: number, value: Value): Splice[] | string {
    if (typeof value === "string") {
      if (element.name === "plurals") return "the text has plural forms in the file";
      if (value === unit.value) return [];
      const holder = element.name === "string" ? element : childElements(element, "item")[at];
      return holder === undefined ? [] : [this.#content(holder, value)];
    }
    if (element.name !== "plurals") return "the text has no plural forms in the file";
    if ([...value.forms.keys()].some((category) => !isCategory(category))) {
      return "the format has no form for an exact number";
    }
    return this.#setForms(element, value.forms);
  }

  #content(element: XmlElement, value: string): Splice {
    const { text } = this.#xml;
    const span = contentSpan(text, element);
    const literal = literalFor(value, text, element);
    if (span !== undefined) return { ...span, text: literal };
    const end = startTagEnd(text, element.start);
    return { start: end - 2, end, text: `>${literal}</${element.name}>` };
  }

  /** Forms that both have are replaced, others removed, new ones put where their category belongs. */
  #setForms(element: XmlElement, forms: ReadonlyMap<string, string>): Splice[] {
    const { text } = this.#xml;
    const present = formsOf(element);
    const splices: Splice[] = [];
    for (const [category, item] of present) {
      const value = forms.get(category);
      if (value === undefined) splices.push(withSpaceBefore(text, item));
      else if (value !== textOf(text, item)) splices.push(this.#content(item, value));
    }
    const model = present.find(([category]) => category === "other") ?? present.at(-1);
    if (model === undefined) return splices;
    for (const category of PLURAL_CATEGORIES) {
      const value = forms.get(category);
      if (value === undefined || present.some(([has]) => has === category)) continue;
      const rank = PLURAL_CATEGORIES.indexOf(category);
      const before = present.findLast(([has]) => PLURAL_CATEGORIES.indexOf(has as never) < rank);
      const [, like] = model;
      const lead = text.slice(spaceBefore(text, like.start), like.start);
      const at = before === undefined ? spaceBefore(text, present[0]?.[1].start ?? like.start) : before[1].end;
      const item = `<item quantity="${category}">${literalFor(value, text, like)}</item>`;
      splices.push({ start: at, end: at, text: `${lead}${item}` });
    }
    return splices;
  }

  #removal(element: XmlElement): Splice {
    const start = commentBefore(element)?.start ?? element.start;
    return { start: spaceBefore(this.#xml.text, start), end: element.end, text: "" };
  }

  /** A resource of the source, behind a neighbour, in the neighbour's indentation. */
  #addition(
    { element }: Resource,
    from: AndroidDocument,
    values: ReadonlyMap<string, Value>,
    after: string | undefined,
  ): Splice {
    const { text, root } = this.#xml;
    const neighbour = after === undefined ? undefined : this.#byId.get(after)?.resource.element;
    const first = this.#resources[0]?.element;
    const content = contentSpan(text, root);
    const at =
      neighbour?.end ??
      (first === undefined
        ? (content?.start ?? text.length)
        : spaceBefore(text, commentBefore(first)?.start ?? first.start));
    const model = neighbour ?? first;
    const lead =
      model === undefined ? `${this.#file.lineEnd}    ` : text.slice(spaceBefore(text, model.start), model.start);
    const tail =
      model === undefined && content !== undefined && content.start === content.end ? this.#file.lineEnd : "";
    return { start: at, end: at, text: `${lead}${from.#copyOf(element, values)}${tail}` };
  }

  /** The source's element with other values in it. */
  #copyOf(element: XmlElement, values: ReadonlyMap<string, Value>): string {
    const { text } = this.#xml;
    const units = [...(this.#resources.find((resource) => resource.element === element)?.units ?? [])];
    const splices = units.flatMap((unit, at) => {
      const outcome = this.#set(element, unit, at, values.get(unit.id) ?? unit.value ?? "");
      return typeof outcome === "string" ? [] : outcome;
    });
    const shifted = splices.map(({ start, end, text: replacement }) => ({
      start: start - element.start,
      end: end - element.start,
      text: replacement,
    }));
    return spliced(text.slice(element.start, element.end), shifted);
  }
}

function isCategory(name: string): boolean {
  return (PLURAL_CATEGORIES as readonly string[]).includes(name);
}

function spaceBefore(text: string, at: number): number {
  let start = at;
  while (start > 0 && /\s/.test(text[start - 1] ?? "")) start -= 1;
  return start;
}

function withSpaceBefore(text: string, { start, end }: XmlElement): Splice {
  return { start: spaceBefore(text, start), end, text: "" };
}
