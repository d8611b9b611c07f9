/**
 * Android's `strings.xml`: `<string>`, `<plurals>` and `<string-array>`.
 *
 * A string with elements inside (`<b>`, `<xliff:g>`) has these tags in its value; in any other string a `<` is a character.
 * An element of an array has the id `name.0`. An array is added and removed whole, and grows and shrinks at its end: a hole
 * would move the later elements. A prefix (`xliff:g`) is declared at the root of each file that has it: the build refuses a file
 * with one that is not.
 */
import { CatalogError } from "@trans-hub/core/operations";
import type { CatalogDocument, Change, Format, RefusedChange, Unit, Value, WrittenDocument } from "../contract.ts";
import { PLURAL_CATEGORIES } from "../plural-categories.ts";
import { anchors, type Splice, spliced } from "../splice.ts";
import { decodeFile, encodeFile, type TextFile } from "../text-file.ts";
import { freePrefixes } from "../xml/namespaces.ts";
import {
  attributeSplices,
  childElements,
  commentBefore,
  contentSplice,
  encodeXml,
  hasElements,
  isFragment,
  parseXmlFile,
  spaceBefore,
  XmlCdata,
  type XmlElement,
  type XmlFile,
} from "../xml/xml.ts";
import { fromAndroid, fromCdata, toAndroid, toCdata } from "./literal.ts";

export const androidXml: Format = {
  name: "android-xml",
  layout: "one-locale",
  read(bytes, { file, syntax = "auto", source: like }): CatalogDocument {
    const source = decodeFile(bytes, { file, format: "android-xml" });
    const xml = parseXmlFile(file, source.text);
    if (xml.root.name !== "resources") {
      throw new CatalogError(file, "has no element resources at its root", xml.places.at(xml.root.start));
    }
    return new AndroidDocument(source, xml, resourcesOf(xml, syntax, like));
  },
};

interface Resource {
  readonly element: XmlElement;
  /** One; an array has one for each of its elements. */
  readonly units: readonly Unit[];
}

function resourcesOf(xml: XmlFile, syntax: Unit["syntax"], source: CatalogDocument | undefined): Resource[] {
  const elements = childElements(xml.root);
  const taken = new Set(elements.filter(({ name }) => name === "string").map((element) => ownName(element)));
  const sourceIds = new Set(source?.units.map(({ id }) => id));
  const seen = new Set<string>();
  return elements.flatMap((element) => {
    const own = ownName(element);
    if (own === undefined) return [];
    const amongKinds = `${own}#${element.name}`;
    const isShared = element.name === "plurals" && (taken.has(own) || sourceIds.has(amongKinds));
    const units = unitsOf(xml, element, isShared ? amongKinds : own, syntax);
    // Android refuses a file with a second resource of one kind and name; the first is read.
    if (units.length === 0 || seen.has(amongKinds)) return [];
    seen.add(amongKinds);
    return [{ element, units }];
  });
}

/** The name of a resource; of one for a product of its own, with that product. */
function ownName({ attributes: { name, product } }: XmlElement): string | undefined {
  return name === undefined || product === undefined || product === "default" ? name : `${name}#${product}`;
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
      ...xml.places.at(at.content?.start ?? at.start),
    };
  };
  switch (element.name) {
    case "string":
      return [unit(name, textOf(xml.text, element), element)];
    case "string-array":
      return childElements(element, "item").map((item, at) => ({
        ...unit(`${name}.${at}`, textOf(xml.text, item), item),
        group: name,
      }));
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
  const span = element.content;
  return (
    span !== undefined &&
    /^\s*[@?][A-Za-z+:.]*\/?[A-Za-z_]\w*(?:\/[A-Za-z_.]+)?\s*$/.test(text.slice(span.start, span.end))
  );
}

function textOf(text: string, element: XmlElement): string {
  const span = element.content;
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
  const span = like.content;
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

/** Texts of one resource of the source that are to be added. */
interface Addition {
  readonly from: AndroidDocument;
  readonly values: Map<string, Value>;
  readonly after: string | undefined;
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
    const shortened = this.#shortened(changes);
    const adds = changes.filter((change) => change.kind === "add");
    const anchorOf = anchors(adds, (id) => this.#byId.has(id));
    const added = new Map<Resource, Addition>();
    const prefixes = new Map<string, string>();
    const put = (splice: Splice, from: CatalogDocument | undefined, id: string) => {
      for (const [prefix, uri] of this.#missingPrefixes(splice.text, from, id)) prefixes.set(prefix, uri);
      splices.push(splice);
    };
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
      else if (change.kind === "remove") {
        const item = shortened.get(id);
        if (item === undefined) refused.push({ id, reason: "an array is removed as a whole, or from its end" });
        else splices.push(withSpaceBefore(this.#xml.text, item));
      } else {
        const outcome = this.#set(found.resource.element, found.unit, found.at, change.value);
        if (typeof outcome === "string") refused.push({ id, reason: outcome });
        else for (const splice of outcome) put(splice, change.from, id);
      }
    }
    for (const [resource, addition] of added) {
      const { from, values } = addition;
      const begun = this.#arrayLike(resource);
      const isBegun = begun !== undefined && !removed.has(begun);
      const splice = isBegun ? this.#lengthened(begun, resource, addition) : this.#addition(resource, addition);
      if (splice === undefined) {
        for (const id of values.keys()) refused.push({ id, reason: "an array is added as a whole, or at its end" });
      } else put(splice, from, resource.units[0]?.id ?? "");
    }
    for (const [prefix, uri] of prefixes) {
      splices.push(...attributeSplices(this.#xml.text, this.#xml.root, `xmlns:${prefix}`, uri));
    }
    return { bytes: encodeFile(this.#file, spliced(this.#xml.text, this.#opened(splices))), refused };
  }

  /** Of a root that is one empty tag, the additions as the content of two. */
  #opened(splices: readonly Splice[]): readonly Splice[] {
    const { text, root } = this.#xml;
    if (root.content !== undefined) return splices;
    const [inside, outside] = [splices.filter(isInside), splices.filter((splice) => !isInside(splice))];
    const literal = inside.map((splice) => splice.text).join("");
    return literal === "" ? outside : [...outside, contentSplice(text, root, `${literal}${this.#file.lineEnd}`)];
    function isInside({ start }: Splice): boolean {
      return start === root.tagEnd;
    }
  }

  /** The prefixes of a new piece that neither this file nor the piece declares, with the namespaces that they have in the source. */
  *#missingPrefixes(piece: string, from: CatalogDocument | undefined, id: string): Generator<[string, string]> {
    if (!(from instanceof AndroidDocument)) return;
    const declared = (document: AndroidDocument, prefix: string): string | undefined =>
      document.#xml.root.attributes[`xmlns:${prefix}`] ??
      document.#byId.get(id)?.resource.element.attributes[`xmlns:${prefix}`];
    for (const prefix of freePrefixes(piece)) {
      const uri = declared(from, prefix);
      if (uri !== undefined && declared(this, prefix) === undefined) yield [prefix, uri];
    }
  }

  /** The elements at the end of an array that are to be removed while those before them stay, by id. */
  #shortened(changes: readonly Change[]): Map<string, XmlElement> {
    const ids = new Set(changes.flatMap(({ kind, id }) => (kind === "remove" ? [id] : [])));
    const shortened = new Map<string, XmlElement>();
    for (const { element, units } of ids.size === 0 ? [] : this.#resources) {
      if (element.name !== "string-array") continue;
      const first = units.findLastIndex(({ id }) => !ids.has(id)) + 1;
      const items = childElements(element, "item");
      for (const [at, { id }] of units.entries()) {
        const item = items[at];
        if (at >= first && item !== undefined) shortened.set(id, item);
      }
    }
    return shortened;
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
    return contentSplice(text, element, literalFor(value, text, element));
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

  /** The array of this file that has the name of one in the source. */
  #arrayLike({ element }: Resource): Resource | undefined {
    if (element.name !== "string-array") return undefined;
    return this.#resources.find(
      (resource) => resource.element.name === "string-array" && ownName(resource.element) === ownName(element),
    );
  }

  /** New elements behind those that an array has. Undefined: one between them would have no value. */
  #lengthened({ element, units }: Resource, source: Resource, { from, values }: Addition): Splice | undefined {
    const { text } = this.#xml;
    const last = childElements(element, "item").at(-1);
    if (last === undefined) return undefined;
    const lead = text.slice(spaceBefore(text, last.start), last.start);
    const models = childElements(source.element, "item");
    let items = "";
    for (let at = units.length; at < units.length + values.size; at += 1) {
      const value = values.get(source.units[at]?.id ?? "");
      const model = models[at];
      if (typeof value !== "string" || model === undefined) return undefined;
      items += `${lead}<item>${literalFor(value, from.#xml.text, model)}</item>`;
    }
    return { start: last.end, end: last.end, text: items };
  }

  /** A resource of the source, behind a neighbour, in the neighbour's indentation. Undefined: it is an array with a hole. */
  #addition({ element, units }: Resource, { from, values, after }: Addition): Splice | undefined {
    if (values.size < units.filter(({ translate }) => translate).length) return undefined;
    const { text, root } = this.#xml;
    const neighbour = after === undefined ? undefined : this.#byId.get(after)?.resource.element;
    const first = this.#resources[0]?.element;
    const content = root.content;
    const model = neighbour ?? first;
    const lead =
      model === undefined ? `${this.#file.lineEnd}    ` : text.slice(spaceBefore(text, model.start), model.start);
    const copy = `${lead}${from.#copyOf(element, values)}`;
    if (content === undefined) return { start: root.tagEnd, end: root.tagEnd, text: copy };
    const at =
      neighbour?.end ??
      (first === undefined ? content.start : spaceBefore(text, commentBefore(first)?.start ?? first.start));
    const tail = model === undefined && content.start === content.end ? this.#file.lineEnd : "";
    return { start: at, end: at, text: `${copy}${tail}` };
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

function withSpaceBefore(text: string, { start, end }: XmlElement): Splice {
  return { start: spaceBefore(text, start), end, text: "" };
}
