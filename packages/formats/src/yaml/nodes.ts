/** The tree of a YAML file, with the places of its entries, from the parser's nodes. */
import { type Alias, isAlias, isMap, isScalar, isSeq, type ParsedNode, type Range, type Scalar } from "yaml";
import type { Span } from "../contract.ts";
import type { TreeEntry, TreeNode } from "../tree/tree.ts";
import { isNull, isPlainText } from "./plain.ts";

export interface Reading {
  readonly text: string;
  /** Whether unquoted scalars are read as Ruby reads them. */
  readonly isRuby: boolean;
}

interface Around {
  readonly isFlow: boolean;
  readonly indent: number;
}

const STYLES: Readonly<Record<string, string>> = {
  PLAIN: "plain",
  QUOTE_SINGLE: "single",
  QUOTE_DOUBLE: "double",
  BLOCK_LITERAL: "literal",
  BLOCK_FOLDED: "folded",
};

const LEAF = { entries: [], style: "plain" } as const;

export function nodeOf(reading: Reading, node: ParsedNode | null, at: number, around: Around): TreeNode {
  if (node === null) return { kind: "empty", start: at, end: at, ...LEAF, ...around };
  const [start, end] = node.range;
  const anchor = isAlias(node) ? undefined : node.anchor;
  const named = anchor === undefined ? {} : { anchor };
  if (isAlias(node)) return { kind: "foreign", start, end, ...LEAF, ...around, style: `*${(node as Alias).source}` };
  if (isScalar(node)) return { ...leafOf(reading, node as Scalar.Parsed), ...around, ...named };
  const isFlow = node.flow === true;
  const indent = isFlow ? around.indent : columnOf(reading.text, start);
  const inside = { isFlow, indent };
  const entries = isMap(node)
    ? mapEntries(reading, node, inside)
    : isSeq(node)
      ? listEntries(reading, node, inside)
      : [];
  return { kind: isMap(node) ? "map" : "list", start, end, entries, style: "", ...inside, ...named };
}

function leafOf({ isRuby }: Reading, node: Scalar.Parsed): Omit<TreeNode, "isFlow" | "indent"> {
  const [start, end] = node.range;
  const style = STYLES[node.type ?? "PLAIN"] ?? "plain";
  const source = node.source ?? "";
  const value = String(node.value ?? "");
  const isTyped = node.tag !== undefined && node.tag !== "tag:yaml.org,2002:str" && node.tag !== "!";
  if (isTyped) return { kind: "fixed", start, end, entries: [], style, value: source };
  if (style !== "plain" || node.tag !== undefined) return { kind: "text", start, end, entries: [], style, value };
  if (isNull(source)) return { kind: "empty", start, end, entries: [], style };
  if (!isPlainText(source, isRuby)) return { kind: "fixed", start, end, entries: [], style, value: source };
  return { kind: "text", start, end, entries: [], style, value };
}

type Collection = Extract<ParsedNode, { items: unknown[] }>;

function mapEntries(reading: Reading, { items }: Collection, inside: Around): TreeEntry[] {
  const { text } = reading;
  return items.flatMap((item): TreeEntry[] => {
    const { key, value } = item as { key: ParsedNode | null; value: ParsedNode | null };
    if (key === null || !isScalar(key) || value === null) {
      // A map or an alias as a key, and a key without a colon, hold no text that programs ask for by name.
      const [start, end] = [(key ?? value)?.range[0] ?? 0, (value ?? key)?.range[1] ?? 0];
      const node: TreeNode = { kind: "foreign", start, end, ...LEAF, ...inside };
      const keySpan = { start, end: start };
      return [{ key: `\u0000${start}`, keySpan, node, ...placeOf(text, start, node, inside) }];
    }
    const keySpan = spanOf(key.range);
    const name = String((key as Scalar.Parsed).value ?? "");
    const node = name === "<<" ? foreign(reading, value, inside) : nodeOf(reading, value, keySpan.end, inside);
    return [{ key: name, keySpan, node, ...placeOf(text, keySpan.start, node, inside) }];
  });
}

function foreign(reading: Reading, value: ParsedNode, inside: Around): TreeNode {
  const { start, end, style } = nodeOf(reading, value, value.range[0], inside);
  return { kind: "foreign", start, end, entries: [], style, ...inside };
}

function listEntries(reading: Reading, { items }: Collection, inside: Around): TreeEntry[] {
  const { text } = reading;
  return (items as ParsedNode[]).map((item, at) => {
    const node = nodeOf(reading, item, item.range[0], inside);
    const start = inside.isFlow ? node.start : dashBefore(text, node.start, inside.indent);
    return { key: String(at), keySpan: { start, end: start }, node, ...placeOf(text, start, node, inside) };
  });
}

/** An item's dash stands in the column of its list. */
function dashBefore(text: string, at: number, column: number): number {
  for (let lineStart = lineStartOf(text, at); lineStart >= 0; lineStart = lineStartOf(text, lineStart - 1)) {
    const dash = lineStart + column;
    if (dash < at && text[dash] === "-") return dash;
    if (lineStart === 0) break;
  }
  return at;
}

/** The stretch of an entry: with its lines and the remark above, unless it shares its first line with something else. */
function placeOf(text: string, at: number, node: TreeNode, inside: Around): Span & { note?: string } {
  if (inside.isFlow) return { start: withProperties(text, at), end: node.end };
  const last = node.entries.at(-1);
  const end = last !== undefined && !node.isFlow ? last.end : lineEndAfter(text, node.end);
  const lineStart = lineStartOf(text, at);
  const isOwnLine = /^[ \t]*(?:\?[ \t]+)?(?:[&!][^\s,[\]{}]*[ \t]+)*$/.test(text.slice(lineStart, at));
  const { start, remarks } = isOwnLine ? withRemarks(text, lineStart) : { start: at, remarks: [] };
  const beside =
    node.entries.length === 0 ? /^[ \t]+#[ \t]?([^\r\n]*)/.exec(restOfLine(text, node.end))?.[1] : undefined;
  const note = [...remarks, ...(beside === undefined ? [] : [beside])].join("\n").trim();
  return { start, end, ...(note !== "" && { note }) };
}

function withProperties(text: string, at: number): number {
  const before = /(?:[&!][^\s,[\]{}]*[ \t]+)+$/.exec(text.slice(Math.max(0, at - 200), at));
  return at - (before?.[0].length ?? 0);
}

/** The lines of comment directly above a line. */
function withRemarks(text: string, lineStart: number): { start: number; remarks: string[] } {
  const remarks: string[] = [];
  let start = lineStart;
  while (start > 0) {
    const above = lineStartOf(text, start - 1);
    const remark = /^[ \t]*#+[ \t]?(.*)$/.exec(text.slice(above, start).replace(/[\r\n]+$/, ""));
    if (remark === null) break;
    remarks.push(remark[1] ?? "");
    start = above;
  }
  return { start, remarks: remarks.reverse() };
}

function spanOf([start, end]: Range): Span {
  return { start, end };
}

export function lineStartOf(text: string, at: number): number {
  if (at <= 0) return 0;
  return text.lastIndexOf("\n", at - 1) + 1;
}

export function columnOf(text: string, at: number): number {
  return at - lineStartOf(text, at);
}

/** The place behind the line end that follows. */
export function lineEndAfter(text: string, at: number): number {
  if (text[at - 1] === "\n") return at;
  const lineEnd = text.indexOf("\n", at);
  return lineEnd === -1 ? text.length : lineEnd + 1;
}

function restOfLine(text: string, at: number): string {
  return text[at - 1] === "\n" ? "" : text.slice(at, lineEndAfter(text, at));
}
