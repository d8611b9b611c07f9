/**
 * TOML: the catalogs of Hugo and go-i18n (a table a message, with the plural forms as its keys), and plain ones.
 *
 * `description` of a message is its note. It is never translated, nor are `hash` and the delimiters.
 */
import { CatalogError } from "@trans-hub/core/operations";
import { type AST, ParseError, parseTOML } from "toml-eslint-parser";
import type { CatalogDocument, Format, ReadOptions, Unit, Value } from "../contract.ts";
import { Places } from "../places.ts";
import { decodeFile } from "../text-file.ts";
import { categoriesOf, SourceUnits } from "../tree/families.ts";
import { localeOfName } from "../tree/locales.ts";
import { pathId, type Slot, type TreeEntry, type TreeNode, trailOfList } from "../tree/tree.ts";
import { TreeDocument } from "../tree/tree-document.ts";
import type { TomlStyle } from "./literal.ts";
import { ARRAY_TABLE, isCategory, TomlWriter } from "./writer.ts";

/** The keys of a message of go-i18n that are no plural forms. */
const ABOUT = ["id", "description", "hash", "leftDelim", "rightDelim"];

export const toml: Format = {
  name: "toml",
  layout: "one-locale",
  read(bytes, options): CatalogDocument {
    const { file } = options;
    const source = decodeFile(bytes, { file, format: "toml" });
    const { text, lineEnd } = source;
    const places = new Places(text);
    const node = rootOf(text, parse(file, text, places));
    const root: TreeEntry = { key: "", keySpan: node, start: node.start, end: node.end, node };
    const slots = slotsOf(root, places, options);
    const hasGaps = /\n\r?\n[ \t]*(?:#[^\n]*\n[ \t]*)*\[/.test(text) || !/\n[ \t]*\[/.test(text);
    const writer = new TomlWriter({ text, lineEnd, hasGaps, style: usualStyle(node) });
    return new TreeDocument({ file: source, root, slots, writer });
  },
};

function parse(file: string, text: string, places: Places): AST.TOMLTopLevelTable {
  try {
    return parseTOML(text).body[0];
  } catch (error) {
    // The parser is recursive.
    if (error instanceof RangeError) throw new CatalogError(file, "is nested too deeply");
    if (!(error instanceof ParseError)) throw error;
    // Some of the parser's messages quote the file.
    const problem = /^[A-Za-z ]+$/.exec(error.message)?.[0] ?? "a syntax error";
    throw new CatalogError(
      file,
      `invalid TOML: ${problem.slice(0, 1).toLowerCase()}${problem.slice(1)}`,
      places.at(error.index),
    );
  }
}

function rootOf(text: string, { body }: AST.TOMLTopLevelTable): TreeNode {
  const entries = body.map((item) =>
    item.type === "TOMLTable" ? tableEntry(text, item) : keyEntry(text, item, false),
  );
  return { kind: "map", start: 0, end: text.length, entries, style: "", isFlow: false, indent: 0 };
}

function tableEntry(text: string, table: AST.TOMLTable): TreeEntry {
  const entries = table.body.map((item) => keyEntry(text, item, false));
  const [start] = table.range;
  const headEnd = text.indexOf("]", table.key.range[1]) + (table.kind === "array" ? 2 : 1);
  const end = lineEndAfter(text, Math.max(headEnd, table.range[1]));
  const style = table.kind === "array" ? ARRAY_TABLE : "";
  const node: TreeNode = { kind: "map", start, end, entries, style, isFlow: false, indent: 0 };
  const { start: at, note } = withRemarks(text, start, headEnd);
  return {
    key: pathId(table.resolvedKey.map(String)),
    keySpan: { start, end: headEnd },
    start: at,
    end,
    node,
    ...note,
  };
}

function keyEntry(text: string, item: AST.TOMLKeyValue, isFlow: boolean): TreeEntry {
  const node = nodeOf(text, item.value);
  const key = pathId(item.key.keys.map((part) => (part.type === "TOMLBare" ? part.name : part.value)));
  const [keyStart, keyEnd] = item.key.range;
  const keySpan = { start: keyStart, end: keyEnd };
  const { start, note } = withRemarks(text, keyStart, node.end);
  if (isFlow) return { key, keySpan, start: keyStart, end: node.end, node };
  return { key, keySpan, start, end: lineEndAfter(text, node.end), node, ...note };
}

function nodeOf(text: string, value: AST.TOMLContentNode): TreeNode {
  const [start, end] = value.range;
  const around = { start, end, isFlow: true, indent: 0 };
  switch (value.type) {
    case "TOMLInlineTable":
      return { ...around, kind: "map", style: "", entries: value.body.map((item) => keyEntry(text, item, true)) };
    case "TOMLArray":
      return {
        ...around,
        kind: "list",
        style: "",
        entries: value.elements.map((item, at) => itemEntry(text, item, at)),
      };
    default: {
      if (value.kind !== "string") {
        return { ...around, kind: "fixed", entries: [], style: "", value: text.slice(start, end) };
      }
      const style: TomlStyle = value.multiline ? `${value.style}-lines` : value.style;
      // The line ends of the file; in a string of one line they stand as escapes, and are the text's own.
      const read = value.multiline ? value.value.replaceAll("\r\n", "\n") : value.value;
      return { ...around, kind: "text", entries: [], style, value: read };
    }
  }
}

function itemEntry(text: string, item: AST.TOMLContentNode, at: number): TreeEntry {
  const node = nodeOf(text, item);
  return { key: String(at), keySpan: { start: node.start, end: node.start }, start: node.start, end: node.end, node };
}

/** The beginning of the lines of an entry, with the remarks directly above, and these with the one beside it as a note. */
function withRemarks(text: string, at: number, end: number): { start: number; note: { note?: string } } {
  let start = text.lastIndexOf("\n", at - 1) + 1;
  const remarks: string[] = [];
  while (start > 0) {
    const above = text.lastIndexOf("\n", start - 2) + 1;
    const remark = /^[ \t]*#[ \t]?(.*)$/.exec(text.slice(above, start).trimEnd());
    if (remark === null) break;
    remarks.push(remark[1] ?? "");
    start = above;
  }
  const beside = /^[ \t]*#[ \t]?([^\r\n]*)/.exec(text.slice(end, lineEndAfter(text, end)))?.[1];
  const note = [...remarks.reverse(), ...(beside === undefined ? [] : [beside])].join("\n").trim();
  return { start, note: note === "" ? {} : { note } };
}

function lineEndAfter(text: string, at: number): number {
  const lineEnd = text.indexOf("\n", at);
  return lineEnd === -1 ? text.length : lineEnd + 1;
}

function slotsOf(root: TreeEntry, places: Places, options: ReadOptions): Slot[] {
  const source = new SourceUnits(options.source);
  const locale = options.locale ?? localeOfName(options.file);
  const slots: Slot[] = [];
  const push = (trail: readonly TreeEntry[], id: string, value: Value | undefined, about: Partial<Unit>) => {
    const entry = trail.at(-1);
    if (entry === undefined) return;
    const note = about.note ?? entry.note;
    const list = trailOfList(trail);
    const unit: Unit = {
      ...(list && { group: idOf(list) }),
      ...{ id, value, translate: false, syntax: options.syntax ?? "auto", state: "translated", ...about },
      ...(note !== undefined && { note }),
      ...places.at(entry.node.kind === "map" ? entry.keySpan.start : entry.node.start),
    };
    slots.push({ unit, trail });
  };
  const visit = (trail: readonly TreeEntry[]) => {
    const entry = trail.at(-1);
    if (entry === undefined) return;
    const { node } = entry;
    const id = idOf(trail);
    const message = trail.length > 1 ? messageOf(node) : undefined;
    if (message !== undefined) {
      const { forms, note } = message;
      const isOne = categoriesOf(locale)?.length === 1;
      const isText = source.has(`${id}.other`) || (forms.size === 1 && source.family(id) === undefined && !isOne);
      const translate = [...forms.values()].some((text) => text !== "");
      const facts = { translate, ...(note !== undefined && { note }) };
      if (isText) push(trail, `${id}.other`, forms.get("other"), facts);
      else push(trail, id, { forms }, facts);
    } else if (node.kind === "map" || node.kind === "list") {
      for (const child of node.entries) visit([...trail, child]);
    } else push(trail, id, node.value, { translate: node.kind === "text" && node.value !== "" });
  };
  visit([root]);
  return slots;
}

/** A key is a path already, so a path of keys is joined as it stands. */
function idOf(trail: readonly TreeEntry[]): string {
  return trail
    .slice(1)
    .map(({ key }) => key)
    .join(".");
}

interface Message {
  readonly forms: Map<string, string>;
  readonly note: string | undefined;
}

/** A table of plural forms and facts about them. Undefined: it has other keys too, or no form `other`. */
function messageOf({ kind, entries }: TreeNode): Message | undefined {
  if (kind !== "map") return undefined;
  const forms = new Map<string, string>();
  let note: string | undefined;
  for (const { key, node } of entries) {
    if (isCategory(key) && node.kind === "text") forms.set(key, String(node.value));
    else if (!ABOUT.includes(key) || node.entries.length > 0) return undefined;
    else if (key === "description" && node.kind === "text") note = String(node.value);
  }
  return forms.has("other") ? { forms, note } : undefined;
}

/** The style of the first text in one line. */
function usualStyle(node: TreeNode): TomlStyle {
  const find = ({ kind, style, entries }: TreeNode): string | undefined => {
    if (kind === "text" && !style.endsWith("-lines")) return style;
    for (const entry of entries) {
      const found = find(entry.node);
      if (found !== undefined) return found;
    }
    return undefined;
  };
  return find(node) === "literal" ? "literal" : "basic";
}
