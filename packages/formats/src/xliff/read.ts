/** The texts of an XLIFF file, 1.2 or 2.x, with their places. */
import { readSyntax } from "@trans-hub/core/engine";
import type { CatalogSyntax, Unit } from "../contract.ts";
import { childElements, hasElements, type XmlElement, type XmlFile } from "../xml/xml.ts";
import { stateOf, type Version } from "./states.ts";

/** One text: a `<trans-unit>` of 1.2, a `<segment>` of 2.x. */
export interface Place {
  readonly unit: Unit;
  /** The element that holds source and target. */
  readonly holder: XmlElement;
  /** The element that is added and removed: a `<trans-unit>` or a `<unit>`, with all its segments. */
  readonly owner: XmlElement;
  /** The element `<file>`. */
  readonly file: XmlElement;
  readonly source: XmlElement;
  readonly target: XmlElement | undefined;
  /** Whether the values are raw XML, because the source holds inline elements. */
  readonly isMarkup: boolean;
}

type Found = Omit<Place, "unit"> & { readonly id: string; readonly isOpen: boolean; readonly notes: XmlElement[] };

/**
 * Of several texts with one id, a `<file>` after the first has its name before the id. Of two in one `<file>`, which the standard
 * forbids, the first is read.
 */
export function readPlaces(xml: XmlFile, version: Version, declared: CatalogSyntax | undefined): Place[] {
  const seen = new Map<string, XmlElement>();
  const found: Found[] = [];
  for (const file of elements(xml.root, "file")) {
    for (const { id: ownId, ...place } of walk(file, file, isOpen(file, true), version)) {
      const first = seen.get(ownId);
      const id = first === undefined || first === file ? ownId : `${fileName(file)}#${ownId}`;
      if (seen.has(id)) continue;
      seen.set(id, file);
      found.push({ id, ...place });
    }
  }
  const syntaxOf = syntaxes(xml.text, found, declared);
  return found.map(({ id, isOpen, notes, ...place }): Place => {
    const { source, target, holder, owner, isMarkup } = place;
    const text = valueIn(xml.text, source, isMarkup);
    const value = target === undefined ? "" : valueIn(xml.text, target, isMarkup);
    const unit: Unit = {
      ...{ id, value: value === "" ? undefined : value, source: text, syntax: syntaxOf(text, isMarkup) },
      translate: isOpen && /\S/.test(isMarkup ? text.replace(/<[^<>]*>/g, "") : text),
      ...factsOf(notes, owner, version),
      state: value === "" ? "new" : stateOf(version, holder, target),
      ...xml.places.at(target?.content?.start ?? target?.start ?? holder.start),
    };
    return { unit, ...place };
  });
}

/** By local name: some tools write each element with a prefix. */
export function elements(parent: XmlElement, name: string): XmlElement[] {
  return childElements(parent).filter(({ localName }) => localName === name);
}

/** The name by which the `<file>` elements of one document differ. */
export function fileName(file: XmlElement): string {
  return file.attribute("original") ?? file.attribute("id") ?? "";
}

function isOpen(element: XmlElement, inherited: boolean): boolean {
  const translate = element.attribute("translate");
  return translate === undefined ? inherited : translate !== "no";
}

function* walk(parent: XmlElement, file: XmlElement, open: boolean, version: Version): Generator<Found> {
  for (const element of childElements(parent)) {
    const isInside = isOpen(element, open);
    if (element.localName === "body" || element.localName === "group") yield* walk(element, file, isInside, version);
    else if (version === 1 && element.localName === "trans-unit") yield* transUnit(element, file, isInside);
    else if (version === 2 && element.localName === "unit") yield* unit(element, file, isInside);
  }
}

function* transUnit(owner: XmlElement, file: XmlElement, open: boolean): Generator<Found> {
  const [source] = elements(owner, "source");
  const name = owner.attribute("resname") ?? owner.attribute("id");
  if (source === undefined || name === undefined) return;
  const [target] = elements(owner, "target");
  const notes = elements(owner, "note");
  yield {
    ...{ id: name, holder: owner, owner, file, source, target, isMarkup: hasElements(source), isOpen: open, notes },
  };
}

/** The id of a unit's only segment is the unit's; of several, each has its own id or its number behind it. */
function* unit(owner: XmlElement, file: XmlElement, open: boolean): Generator<Found> {
  const id = owner.attribute("id");
  if (id === undefined) return;
  const segments = elements(owner, "segment");
  const notes = elements(owner, "notes").flatMap((list) => elements(list, "note"));
  for (const [at, holder] of segments.entries()) {
    const [source] = elements(holder, "source");
    if (source === undefined) continue;
    const [target] = elements(holder, "target");
    const own = segments.length === 1 ? id : `${id}/${holder.attribute("id") ?? at}`;
    yield { ...{ id: own, holder, owner, file, source, target, isMarkup: hasElements(source), isOpen: open, notes } };
  }
}

/** Raw XML, or the characters of a text. A line end is `\n`. */
export function valueIn(text: string, { content, text: characters }: XmlElement, isMarkup: boolean): string {
  if (!isMarkup || content === undefined) return characters;
  return text.slice(content.start, content.end).replace(/\r\n?/g, "\n");
}

function factsOf(notes: readonly XmlElement[], owner: XmlElement, version: Version): Partial<Unit> {
  const kindOf = (note: XmlElement) => note.attribute(version === 1 ? "from" : "category");
  const texts = (isWanted: (kind: string | undefined) => boolean) =>
    notes.flatMap((note) => (isWanted(kindOf(note)) && note.text.trim() !== "" ? [note.text.trim()] : [])).join("\n");
  // Angular's two kinds of notes; its `location` is a line of the program.
  const context = texts((kind) => kind === "meaning");
  const note = texts((kind) => kind !== "meaning" && kind !== "location");
  const maxLength = maxLengthOf(owner, version);
  return {
    ...(note !== "" && { note }),
    ...(context !== "" && { context }),
    ...(maxLength !== undefined && { maxLength }),
  };
}

/** `maxwidth` counts pixels unless the unit says otherwise. */
function maxLengthOf(owner: XmlElement, version: Version): number | undefined {
  const said =
    version === 1
      ? owner.attribute("size-unit") === "char" && owner.attribute("maxwidth")
      : Object.entries(owner.attributes).find(([name]) => name.endsWith(":sizeRestriction"))?.[1];
  const [, most] = /^(?:\d+,)?(\d+)$/.exec(said || "") ?? [];
  return most === undefined ? undefined : Number(most);
}

/**
 * The syntax of a text of the file. Without a declared one the file is ICU when one of its texts has branches and none has
 * `{{name}}`; then each text with braces or doubled apostrophes is.
 */
function syntaxes(
  text: string,
  found: readonly Found[],
  declared: CatalogSyntax | undefined,
): (text: string, isMarkup: boolean) => CatalogSyntax {
  if (declared !== undefined) return () => declared;
  const texts = found.map(({ source, isMarkup }) => withoutTags(valueIn(text, source, isMarkup), isMarkup));
  const isIcu =
    texts.some((each) => /,\s*(?:plural|select)/.test(each) && readSyntax(each).isIcu) &&
    !texts.some((each) => each.includes("{{"));
  return (value, isMarkup) => {
    // A message may be shown in an attribute of an inline element, which no parser of ICU may see.
    if (isMarkup && /<[^<>]*\{[^<>]*>/.test(value)) return "html";
    if (isIcu && /\{|''/.test(withoutTags(value, isMarkup))) return "icu";
    return isMarkup ? "html" : "auto";
  };
}

function withoutTags(text: string, isMarkup: boolean): string {
  return isMarkup ? text.replace(/<[^<>]*>/g, "") : text;
}
