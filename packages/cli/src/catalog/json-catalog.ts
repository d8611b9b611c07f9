/**
 * The nested JSON catalog (i18next, vue-i18n, flat formatjs files): read as an ordered list of messages, written by
 * editing the source file's text.
 *
 * The writer copies the source's text and replaces string literals in it. Indentation, line ends, key order, escapes,
 * numbers of any length and the final newline therefore stay as in the source; nothing is printed anew.
 */

import type { Catalog, CatalogMessage } from "./catalog.ts";
import { readCatalogFile } from "./catalog-file.ts";
import {
  type JsonArray,
  type JsonDocument,
  type JsonNode,
  type JsonObject,
  parseJsonDocument,
} from "./json-document.ts";

/** A JSON file. Its texts are its messages. */
export interface JsonCatalog extends Catalog {
  /** For {@link formatCatalog}. */
  document: JsonDocument;
}

export interface FormatCatalogOptions {
  /** The target file's present content. */
  existing?: JsonCatalog | undefined;
  /** Keys whose value in the existing file was written by Trans-Hub: the lock knows them. Default: none. */
  managed?: { has(key: string): boolean } | undefined;
}

export interface FormattedCatalog {
  /** The whole text of the target file. */
  text: string;
  /** The keys whose given value is in `text`. */
  written: ReadonlySet<string>;
  /**
   * The keys for which `text` holds an older value than the given one, or a value although none was given (arrays
   * only).
   */
  stale: ReadonlySet<string>;
}

/**
 * The message key of a path: its segments joined with dots; a dot in a segment is written `\.` and a backslash `\\`.
 *
 * So `{"cart": {"title": …}}` is `cart.title`, `{"cart.title": …}` is `cart\.title`, and no two paths share a key. An
 * array index is a segment like any other (`faq.0.answer`), as i18next addresses it. The key of a message depends on
 * nothing else in the file, so it stays when neighbours come and go.
 */
export function messageKey(path: readonly string[]): string {
  return path.map((segment) => segment.replace(/[\\.]/g, "\\$&")).join(".");
}

/**
 * Reads a catalog's content.
 *
 * Strings at any depth, in objects and arrays, are messages. Empty strings, numbers, booleans and null are not
 * messages: they are copied and never sent.
 *
 * @throws {CatalogError} With line and column: see {@link parseJsonDocument}.
 */
export function parseCatalog(file: string, content: string | Uint8Array): JsonCatalog {
  const document = parseJsonDocument(file, content);
  const messages = [...messagesUnder(document.root, [])];
  const bytes = typeof content === "string" ? Buffer.from(content) : content;
  return { file, messages, texts: new Map(messages.map(({ key, text }) => [key, text])), document, bytes };
}

/**
 * Reads a catalog file; `undefined` when the file does not exist.
 *
 * @throws {CatalogError} The file is unreadable or not a catalog.
 */
export async function readCatalog(file: string): Promise<JsonCatalog | undefined> {
  const content = readCatalogFile(file);
  return content && parseCatalog(file, content);
}

/**
 * The text of a target file: the source's text, with `values` in place of its messages.
 *
 * - A message without a value is left out, and so is a parent that becomes empty by it: i18next and formatjs then fall
 *   back to another locale. A parent that was empty in the source stays.
 * - **Arrays** are written whole or not at all, counted from the outermost: a hole would move the later elements to
 *   other indexes, and no library falls back inside an array. If a value is missing anywhere below, the array of the
 *   existing file stays as it is; if there is no existing array, it is left out. `stale` lists the older values that
 *   stay by this rule.
 * - **Not a message in the source** (empty, number, boolean, null): an existing scalar at this key stays (`"rtl":
 *   true`, a suffix that English lacks) unless it is managed; otherwise the source's scalar is copied.
 * - **Only in the existing file**: a managed key is dropped, because its source is gone; any other key stays, after the
 *   neighbour that it follows there. Trans-Hub did not write it: it is a person's, and may be a plural form that the
 *   source language lacks (`items_few`). Where the two files differ in shape, the source's shape wins.
 * - A value equal to the existing or the source text keeps that text's literal, escapes included.
 */
export function formatCatalog(
  source: JsonCatalog,
  values: ReadonlyMap<string, string>,
  options: FormatCatalogOptions = {},
): FormattedCatalog {
  const writer: Writer = {
    source: source.document.text,
    target: options.existing?.document.text ?? "",
    lineEnd: /\r?\n/.exec(source.document.text)?.[0] ?? "\n",
    values,
    managed: options.managed ?? new Set(),
    written: new Set(),
    stale: new Set(),
  };
  const { root, text } = source.document;
  const body = formatObject(writer, root, options.existing?.document.root, []) ?? "{}";
  return {
    text: text.slice(0, root.start) + body + text.slice(root.end),
    written: writer.written,
    stale: writer.stale,
  };
}

/** The keys of a catalog that are no messages: those of empty strings, and those of numbers, booleans, null, objects and arrays. */
export function otherKeys({ document }: JsonCatalog): { empty: ReadonlySet<string>; taken: ReadonlySet<string> } {
  const [empty, taken] = [new Set<string>(), new Set<string>()];
  const read = (node: JsonNode, path: readonly string[]): void => {
    if (node.kind === "array")
      for (const [at, element] of node.elements.entries()) read(element, [...path, String(at)]);
    if (node.kind !== "object") return;
    for (const { name, value } of node.members) {
      const below = [...path, name];
      if (value.kind !== "string") taken.add(messageKey(below));
      else if (value.value === "") empty.add(messageKey(below));
      read(value, below);
    }
  };
  read(document.root, []);
  return { empty, taken };
}

/** The members that stand in the place of one string of an object. */
export type Replacements = ReadonlyMap<string, readonly { name: string; text: string }[]>;

/**
 * The same catalog with other members in the place of some of its strings, in the layout of those.
 *
 * @param replacements By message key. A string with an empty list is left out.
 */
export function withMembers({ file, document }: JsonCatalog, replacements: Replacements): JsonCatalog {
  const { root, text } = document;
  const changed = replaceIn(text, root, [], replacements);
  return parseCatalog(file, text.slice(0, root.start) + changed + text.slice(root.end));
}

function replaceIn(text: string, node: JsonNode, path: readonly string[], replacements: Replacements): string {
  if (node.kind === "array") {
    let [changed, at] = ["", node.start];
    for (const [index, element] of node.elements.entries()) {
      changed += text.slice(at, element.start) + replaceIn(text, element, [...path, String(index)], replacements);
      at = element.end;
    }
    return changed + text.slice(at, node.end);
  }
  if (node.kind !== "object" || node.members.length === 0) return literal(text, node);
  const pieces: Piece[] = [];
  let from = node.start + 1;
  for (const [index, member] of node.members.entries()) {
    const { name, nameStart, nameEnd, value } = member;
    const comma = index === node.members.length - 1 ? value.end : text.indexOf(",", value.end);
    const lead = index === 0 ? undefined : text.slice(from, nameStart);
    const separator = text.slice(nameEnd, value.start);
    const members = replacements.get(messageKey([...path, name])) ?? [];
    if (value.kind === "string" && replacements.has(messageKey([...path, name]))) {
      for (const [at, { name: newName, text: newText }] of members.entries()) {
        const newLiteral = newText === value.value ? literal(text, value) : JSON.stringify(newText);
        const trail = at === members.length - 1 ? text.slice(value.end, comma) : "";
        pieces.push({ name: newName, lead, text: JSON.stringify(newName) + separator + newLiteral, trail });
      }
    } else {
      const inner = replaceIn(text, value, [...path, name], replacements);
      pieces.push({
        name,
        lead,
        text: text.slice(nameStart, value.start) + inner,
        trail: text.slice(value.end, comma),
      });
    }
    from = comma + 1;
  }
  return join(text, node, pieces);
}

interface Writer {
  source: string;
  target: string;
  lineEnd: string;
  values: ReadonlyMap<string, string>;
  managed: { has(key: string): boolean };
  written: Set<string>;
  stale: Set<string>;
}

/** One member or element of the output, with the white space before it and before the comma that follows it. */
interface Piece {
  name: string;
  /** `undefined`: the white space of its new neighbours. */
  lead: string | undefined;
  text: string;
  trail: string;
}

function* messagesUnder(node: JsonNode, path: readonly string[]): Generator<CatalogMessage> {
  if (node.kind === "object") {
    for (const member of node.members) yield* messagesUnder(member.value, [...path, member.name]);
  } else if (node.kind === "array") {
    for (const [index, element] of node.elements.entries()) yield* messagesUnder(element, [...path, String(index)]);
  } else if (node.kind === "string" && node.value !== "") {
    yield { key: messageKey(path), text: node.value, line: node.line, column: node.column };
  }
}

/** `undefined`: nothing is left to write. */
function formatNode(
  writer: Writer,
  node: JsonNode,
  existing: JsonNode | undefined,
  path: readonly string[],
): string | undefined {
  if (node.kind === "object") {
    return formatObject(writer, node, existing?.kind === "object" ? existing : undefined, path);
  }
  if (node.kind === "array") {
    return formatArray(writer, node, existing?.kind === "array" ? existing : undefined, path);
  }
  const key = messageKey(path);
  const existingLeaf = existing?.kind === "string" || existing?.kind === "scalar" ? existing : undefined;
  if (node.kind === "string" && node.value !== "") {
    const value = writer.values.get(key);
    if (value === undefined || value === "") return undefined;
    writer.written.add(key);
    if (existingLeaf?.kind === "string" && existingLeaf.value === value) return literal(writer.target, existingLeaf);
    return node.value === value ? literal(writer.source, node) : JSON.stringify(value);
  }
  return existingLeaf !== undefined && !writer.managed.has(key)
    ? literal(writer.target, existingLeaf)
    : literal(writer.source, node);
}

function formatObject(
  writer: Writer,
  node: JsonObject,
  existing: JsonObject | undefined,
  path: readonly string[],
): string | undefined {
  if (node.members.length === 0) {
    const extras = existing && formatExtra(writer, existing, path);
    return extras ?? literal(writer.source, node);
  }
  const existingByName = new Map(existing?.members.map(({ name, value }) => [name, value]));
  const pieces = cut(writer.source, node, (value, name) =>
    formatNode(writer, value, existingByName.get(name), [...path, name]),
  );
  if (existing) insertExtras(writer, pieces, node, existing, path);
  return pieces.length === 0 ? undefined : join(writer.source, node, pieces);
}

/**
 * Puts each member that only the existing file has after the neighbour it follows there; one without such a neighbour
 * goes first.
 */
function insertExtras(
  writer: Writer,
  pieces: Piece[],
  node: JsonObject,
  existing: JsonObject,
  path: readonly string[],
): void {
  const [model] = node.members;
  if (model === undefined) return;
  const separator = writer.source.slice(model.nameEnd, model.value.start);
  const sourceNames = new Set(node.members.map(({ name }) => name));
  const writtenNames = new Set(pieces.map(({ name }) => name));
  let after: string | undefined;
  for (const { name, nameStart, nameEnd, value } of existing.members) {
    if (writtenNames.has(name)) after = name;
    if (sourceNames.has(name)) continue;
    const text = formatExtra(writer, value, [...path, name]);
    if (text === undefined) continue;
    const piece: Piece = {
      name,
      lead: undefined,
      text: writer.target.slice(nameStart, nameEnd) + separator + text,
      trail: "",
    };
    pieces.splice(pieces.findIndex((other) => other.name === after) + 1, 0, piece);
    after = name;
  }
}

/** The members that only the existing file has, without its managed keys. */
function formatExtra(writer: Writer, node: JsonNode, path: readonly string[]): string | undefined {
  if (node.kind === "object" && node.members.length > 0) {
    const pieces = cut(writer.target, node, (value, name) => formatExtra(writer, value, [...path, name]));
    return pieces.length === 0 ? undefined : withLineEnds(writer, join(writer.target, node, pieces));
  }
  if (node.kind === "array") {
    const messages = [...messagesUnder(node, path)];
    // One value of a person keeps the whole array: a hole would move the others.
    const isOurs = messages.length > 0 && messages.every(({ key }) => writer.managed.has(key));
    return isOurs ? undefined : withLineEnds(writer, literal(writer.target, node));
  }
  return writer.managed.has(messageKey(path)) ? undefined : withLineEnds(writer, literal(writer.target, node));
}

function formatArray(
  writer: Writer,
  node: JsonArray,
  existing: JsonArray | undefined,
  path: readonly string[],
): string | undefined {
  const messages = [...messagesUnder(node, path)];
  if (messages.every(({ key }) => writer.values.get(key))) {
    const extras = extraElements(writer, node, existing, path);
    if (node.elements.length === 0) {
      // Nothing of the source's array is there to be shown before them.
      return existing !== undefined && extras.length > 0
        ? withLineEnds(writer, literal(writer.target, existing))
        : literal(writer.source, node);
    }
    const pieces = cut(writer.source, node, (value, index) =>
      formatNode(writer, value, existing?.elements[Number(index)], [...path, index]),
    );
    for (const element of extras) {
      pieces.push({
        name: "",
        lead: undefined,
        text: withLineEnds(writer, literal(writer.target, element)),
        trail: "",
      });
    }
    return join(writer.source, node, pieces);
  }
  if (existing === undefined) return undefined;
  const standing = new Map([...messagesUnder(existing, path)].map(({ key, text }) => [key, text]));
  for (const { key } of messages) {
    if (!standing.has(key)) continue;
    (standing.get(key) === writer.values.get(key) ? writer.written : writer.stale).add(key);
  }
  return withLineEnds(writer, literal(writer.target, existing));
}

/** The elements that only the existing array has, up to the last one with a value of a person: each keeps its place. */
function extraElements(
  { managed }: Writer,
  node: JsonArray,
  existing: JsonArray | undefined,
  path: readonly string[],
): readonly JsonNode[] {
  const from = node.elements.length;
  const extras = existing?.elements.slice(from) ?? [];
  const last = extras.findLastIndex((element, at) =>
    [...messagesUnder(element, [...path, String(from + at)])].some(({ key }) => !managed.has(key)),
  );
  return extras.slice(0, last + 1);
}

function literal(text: string, node: JsonNode): string {
  return text.slice(node.start, node.end);
}

/** White space is the only place where JSON can hold a raw line end, so this never changes a string. */
function withLineEnds(writer: Writer, text: string): string {
  return text.replace(/\r?\n/g, writer.lineEnd);
}

interface Item {
  name: string;
  /** Start of the piece: a member starts at its name, an element at its value. */
  start: number;
  value: JsonNode;
}

function itemsOf(node: JsonObject | JsonArray): Item[] {
  return node.kind === "object"
    ? node.members.map(({ name, nameStart, value }) => ({ name, start: nameStart, value }))
    : node.elements.map((value, index) => ({ name: String(index), start: value.start, value }));
}

/** The members or elements of a container for which `format` gives a text. */
function cut(
  text: string,
  node: JsonObject | JsonArray,
  format: (value: JsonNode, name: string) => string | undefined,
): Piece[] {
  const items = itemsOf(node);
  const pieces: Piece[] = [];
  let from = node.start + 1;
  for (const [index, { name, start, value }] of items.entries()) {
    const comma = index === items.length - 1 ? value.end : text.indexOf(",", value.end);
    const formatted = format(value, name);
    if (formatted !== undefined) {
      pieces.push({
        name,
        lead: index === 0 ? undefined : text.slice(from, start),
        text: text.slice(start, value.start) + formatted,
        trail: text.slice(value.end, comma),
      });
    }
    from = comma + 1;
  }
  return pieces;
}

/**
 * The pieces between the brackets of `node`. A piece that becomes the first or the last takes the white space of that
 * place.
 */
function join(text: string, node: JsonObject | JsonArray, pieces: readonly Piece[]): string {
  const items = itemsOf(node);
  const [first, second] = items;
  const last = items.at(-1);
  const firstLead = text.slice(node.start + 1, first?.start);
  const lead = first && second ? text.slice(text.indexOf(",", first.value.end) + 1, second.start) : firstLead;
  const body = pieces.map((piece, index) => {
    const before = index === 0 ? firstLead : (piece.lead ?? lead);
    const after = index === pieces.length - 1 ? "" : piece.trail;
    return before + piece.text + after;
  });
  return text.charAt(node.start) + body.join(",") + text.slice(last?.value.end, node.end);
}
