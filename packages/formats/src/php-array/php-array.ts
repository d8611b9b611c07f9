/**
 * Laravel's language files: PHP that returns an array of strings, with arrays inside.
 *
 * Plural forms stand between pipes. A text with ranges (`{0} none|[1,*] some`) is one text. A value that is no plain string
 * (a call, a concatenation, a heredoc) is named, never translated and never changed.
 */
import { CatalogError } from "@trans-hub/core/operations";
import * as phpParser from "php-parser";
import type { CatalogDocument, Format, ReadOptions, Unit, Value } from "../contract.ts";
import { Places } from "../places.ts";
import { decodeFile } from "../text-file.ts";
import { SourceUnits } from "../tree/families.ts";
import { isLocale } from "../tree/locales.ts";
import { pathId, type Slot, type TreeEntry, type TreeNode, trailOfList } from "../tree/tree.ts";
import { TreeDocument } from "../tree/tree-document.ts";
import { unquoted } from "./literal.ts";
import { formOrder, pipedForms } from "./plurals.ts";
import { noteOf, type PhpHabits, PhpWriter } from "./writer.ts";

/** The part of the parser that is used; its own types declare no default export. */
interface PhpNode {
  readonly kind: string;
  readonly loc: { readonly start: { readonly offset: number }; readonly end: { readonly offset: number } };
  readonly value?: unknown;
  readonly isDoubleQuote?: boolean;
  readonly expr?: PhpNode;
  readonly items?: readonly PhpNode[];
  readonly key?: PhpNode | null;
  readonly children?: readonly PhpNode[];
  readonly unpack?: boolean;
}
type Engine = new (options: object) => { parseCode(text: string, file: string): PhpNode };
const { default: PhpEngine } = phpParser as unknown as { default: Engine };

export const phpArray: Format = {
  name: "php-array",
  layout: "one-locale",
  read(bytes, options): CatalogDocument {
    const { file } = options;
    const source = decodeFile(bytes, { file, format: "php-array" });
    const { text } = source;
    const places = new Places(text);
    const array = returnedArray(file, text, places);
    const node = nodeOf(text, array);
    const root: TreeEntry = { key: "", keySpan: node, start: node.start, end: node.end, node };
    const locale = options.locale ?? localeOfPath(file);
    const slots = slotsOf(root, places, { ...options, locale });
    const habits = habitsOf(text, root);
    const writer = new PhpWriter({ text, lineEnd: source.lineEnd, locale, ...habits });
    return new TreeDocument({ file: source, locale, root, slots, writer });
  },
};

/** @throws {CatalogError} The file is no PHP, or returns no array. */
function returnedArray(file: string, text: string, places: Places): PhpNode {
  const parser = new PhpEngine({ parser: { extractDoc: false }, ast: { withPositions: true } });
  let program: PhpNode;
  try {
    program = parser.parseCode(text, file);
  } catch (error) {
    if (error instanceof RangeError) throw new CatalogError(file, "is nested too deeply");
    if (!(error instanceof SyntaxError)) throw error;
    // The parser's messages quote the file.
    const { lineNumber: line = 1, columnNumber } = error as { lineNumber?: number; columnNumber?: number };
    throw new CatalogError(file, "invalid PHP: a syntax error", { line, column: (columnNumber ?? 0) + 1 });
  }
  const returned = program.children?.find(({ kind }) => kind === "return")?.expr;
  if (returned?.kind === "array") return returned;
  throw new CatalogError(file, "returns no array", {
    ...places.at(returned?.loc.start.offset ?? 0),
    hint: "A language file of Laravel is: <?php return ['key' => 'text'];",
  });
}

/** The locale that a folder or the file's name says: `fr` of `lang/fr/messages.php`. */
function localeOfPath(file: string): string | undefined {
  const parts = file.replace(/\.php$/i, "").split(/[\\/]/);
  return parts.findLast((part) => isLocale(part, "", undefined));
}

function spanOf({ loc }: PhpNode): { start: number; end: number } {
  return { start: loc.start.offset, end: loc.end.offset };
}

const LEAF = { entries: [], isFlow: true, indent: 0 } as const;

function nodeOf(text: string, node: PhpNode): TreeNode {
  const { start, end } = spanOf(node);
  const literal = text.slice(start, end);
  switch (node.kind) {
    case "array": {
      const items = node.items ?? [];
      const isList =
        items.length > 0 && items.every((item) => item.kind === "entry" && item.key == null && !item.unpack);
      const entries = items.map((item, at) => entryOf(text, item, isList ? String(at) : undefined));
      return { ...LEAF, kind: isList ? "list" : "map", start, end, style: "", entries };
    }
    case "string": {
      const value = /^['"]/.test(literal) ? unquoted(literal) : undefined;
      if (value === undefined) return { ...LEAF, kind: "fixed", start, end, style: "expression" };
      return { ...LEAF, kind: "text", start, end, style: literal.startsWith('"') ? "double" : "single", value };
    }
    case "nullkeyword":
      return { ...LEAF, kind: "empty", start, end, style: "" };
    case "number":
    case "boolean":
      return { ...LEAF, kind: "fixed", start, end, style: "", value: literal };
    default:
      return { ...LEAF, kind: "fixed", start, end, style: "expression" };
  }
}

function entryOf(text: string, item: PhpNode, index: string | undefined): TreeEntry {
  const { start, end } = spanOf(item);
  const { key } = item;
  const name = index ?? keyOf(text, key);
  const value = item.kind === "entry" ? (item.value as PhpNode) : item;
  const note = noteOf(text, start, end);
  return {
    ...{ start, end },
    key: name ?? `\u0000${start}`,
    keySpan: key == null ? { start, end: start } : spanOf(key),
    // A constant as a key and an array that is spread here are names that only PHP knows.
    node: name === undefined ? { ...LEAF, kind: "foreign", ...spanOf(value), style: "" } : nodeOf(text, value),
    ...(note !== undefined && { note }),
  };
}

function keyOf(text: string, key: PhpNode | null | undefined): string | undefined {
  if (key == null) return undefined;
  const { start, end } = spanOf(key);
  const literal = text.slice(start, end);
  if (key.kind === "number") return literal;
  return key.kind === "string" && /^['"]/.test(literal) ? unquoted(literal) : undefined;
}

function slotsOf(root: TreeEntry, places: Places, options: ReadOptions): Slot[] {
  const source = new SourceUnits(options.source);
  const slots: Slot[] = [];
  const visit = (trail: readonly TreeEntry[]) => {
    const entry = trail.at(-1);
    if (entry === undefined || entry.node.kind === "foreign") return;
    const { node, note } = entry;
    if (node.kind === "map" || node.kind === "list") {
      // Of two equal keys, PHP takes the last.
      const last = new Map(node.entries.map((child) => [child.key, child]));
      for (const child of node.entries) if (last.get(child.key) === child) visit([...trail, child]);
      return;
    }
    const idOf = (entries: readonly TreeEntry[]) => pathId(entries.slice(1).map(({ key }) => key));
    const id = idOf(trail);
    const list = trailOfList(trail);
    const value = node.kind === "text" ? valueFor(String(node.value), id, source, options.locale) : node.value;
    const unit: Unit = {
      ...{ id, value, syntax: options.syntax ?? "auto", state: "translated" },
      translate: node.kind === "text" && node.value !== "",
      ...(list && { group: idOf(list) }),
      ...(note !== undefined && { note }),
      ...places.at(node.start),
    };
    slots.push({ unit, trail });
  };
  visit([root]);
  return slots;
}

/** A text between pipes is a family, and so is one without pipes where its source is a family. */
function valueFor(text: string, id: string, source: SourceUnits, locale: string | undefined): Value {
  const inSource = source.family(id);
  if (inSource === undefined && source.has(id)) return text;
  const forms = pipedForms(text) ?? (inSource === undefined || text.includes("|") || text === "" ? [] : [text]);
  if (forms.length === 0) return text;
  const order = formOrder(locale) ?? (forms.length === 2 ? ["one", "other"] : []);
  if (forms.length > order.length) return text;
  // One form of several is `other`: a person wrote a text that never changes.
  const names = forms.length === 1 ? ["other"] : order;
  return { forms: new Map(forms.map((form, at) => [names[at] ?? "other", form])) };
}

function habitsOf(text: string, root: TreeEntry): Pick<PhpHabits, "step" | "quote"> {
  const counts = { single: 0, double: 0 };
  const visit = ({ node }: TreeEntry) => {
    if (node.style === "single" || node.style === "double") counts[node.style] += 1;
    for (const entry of node.entries) visit(entry);
  };
  visit(root);
  const [first] = root.node.entries;
  const lead = first === undefined ? "" : text.slice(text.lastIndexOf("\n", first.start - 1) + 1, first.start);
  return { step: lead !== "" && lead.trim() === "" ? lead : "    ", quote: counts.double > counts.single ? '"' : "'" };
}
