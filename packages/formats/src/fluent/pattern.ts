/** Patterns of Fluent: the texts of messages, terms, attributes and variants, and plural families written as a selection. */
import {
  FluentParser,
  type Message,
  type Pattern,
  Placeable,
  SelectExpression,
  TextElement,
  type Variant,
} from "@fluent/syntax";
import { PLURAL_CATEGORIES } from "../plural-categories.ts";

export const parser = new FluentParser({ withSpans: true });

export interface Placed {
  readonly start: number;
  readonly end: number;
}

/** The parser gives each node its place. */
export function spanOf({ span }: { span?: Placed }): Placed {
  if (span === undefined) throw new TypeError("The parser gave no span");
  return { start: span.start, end: span.end };
}

/**
 * A pattern in Fluent's own syntax, without its indentation. A literal that only keeps the edge of a line (`{" "}`, `{"["}`)
 * is the characters that it holds.
 */
export function textOf(text: string, pattern: Pattern): string {
  if (hasSelection(pattern)) return dedented(slice(text, spanOf(pattern)));
  return pattern.elements
    .map((element) => (element instanceof TextElement ? element.value : slice(text, spanOf(element))))
    .join("")
    .replace(/^\{ *"([ [*.]*)" *\}/gm, "$1")
    .replace(/\{ *"( *)" *\}$/gm, "$1");
}

export function hasSelection({ elements }: Pattern): boolean {
  return elements.some(isSelection);
}

function slice(text: string, { start, end }: Placed): string {
  return text.slice(start, end).replaceAll("\r\n", "\n");
}

function isSelection(element: Pattern["elements"][number]): element is Placeable {
  return element instanceof Placeable && element.expression instanceof SelectExpression;
}

function dedented(raw: string): string {
  const [first = "", ...rest] = raw.split("\n");
  const isBlock = /^\s/.test(first);
  const lines = isBlock ? [first, ...rest] : rest;
  const indents = lines.filter((line) => line.trim() !== "").map((line) => /^ */.exec(line)?.[0].length ?? 0);
  const cut = indents.length === 0 ? 0 : Math.min(...indents);
  const shown = lines.map((line) => line.slice(cut));
  return (isBlock ? shown : [first, ...shown]).join("\n");
}

export interface Layout {
  /** Whether the text begins on the line below the key. */
  readonly isBlock: boolean;
  /** The spaces before each further line. */
  readonly pad: string;
  /** Whether the edges of lines stand in literals where they need not. Default: false. */
  readonly keepsEdges?: boolean;
  readonly lineEnd: string;
}

/** The layout of a pattern in its file. */
export function layoutOf(text: string, pattern: Pattern, lineEnd: string, pad: string): Layout {
  const { start } = spanOf(pattern);
  const isBlock = /[\r\n]/.test(text[start - 1] ?? "");
  const raw = slice(text, spanOf(pattern));
  const [, ...rest] = raw.split("\n");
  const own = (isBlock ? raw.split("\n") : rest).filter((line) => line.trim() !== "");
  const indents = own.map((line) => /^ */.exec(line)?.[0] ?? "");
  const least = indents.reduce((a, b) => (b.length < a.length ? b : a), indents[0] ?? pad);
  const keepsEdges = /^ *\{ *"[ [*.]*" *\}|\{ *" *" *\}$/m.test(raw);
  return { isBlock, pad: least, lineEnd, keepsEdges };
}

/** A text as a pattern, from behind the `=` and its space. Undefined: no pattern of Fluent reads so. */
export function patternOf(value: string, layout: Layout): string | undefined {
  if (/\r/.test(value)) return undefined;
  const lines = value.split("\n");
  const kept = lines.map((line, at) => keptLine(line, at === 0 || at === lines.length - 1));
  for (const shown of layout.keepsEdges ? [kept, lines] : [lines, kept]) {
    // A line of a selection may begin without a space, a line of text may not.
    for (const pad of layout.pad === "" ? ["", "    "] : [layout.pad]) {
      for (const isBlock of [layout.isBlock, true]) {
        const literal = laidOut(shown, { ...layout, pad, isBlock });
        if (!readsAs(isBlock ? `\n${literal}` : ` ${literal}`, value)) continue;
        const onNextLine = isBlock && !layout.isBlock ? layout.lineEnd : "";
        return onNextLine + literal.replaceAll("\n", layout.lineEnd);
      }
    }
  }
  return undefined;
}

function laidOut([first = "", ...rest]: readonly string[], { isBlock, pad }: Layout): string {
  const further = rest.map((line) => (line === "" ? "" : `${pad}${line}`));
  return [isBlock ? `${pad}${first}` : first, ...further].join("\n");
}

/** The edges of a line that Fluent would drop or read as syntax, in literals. */
function keptLine(line: string, isEdge: boolean): string {
  if (line === "") return isEdge ? '{""}' : "";
  return line.replace(/^(?: +|[[*.])/, '{"$&"}').replace(/(?<=[^ "]) +$/, '{"$&"}');
}

function readsAs(literal: string, value: string): boolean {
  const source = `k =${literal}\n`;
  const [entry, ...more] = parser.parse(source).body;
  if (entry?.type !== "Message" || more.length > 0) return false;
  const { value: pattern, attributes } = entry as Message;
  return pattern !== null && attributes.length === 0 && textOf(source, pattern) === value;
}

/** A selection by a number, of which each variant is a text. */
export interface Selection {
  readonly argument: string;
  readonly variants: readonly { readonly key: string; readonly variant: Variant }[];
}

/** Undefined: the pattern is more than one selection, or does not select by a plural category. */
export function selectionOf({ elements }: Pattern): Selection | undefined {
  const [element, ...more] = elements;
  if (element === undefined || more.length > 0 || !isSelection(element)) return undefined;
  const { selector, variants } = element.expression as SelectExpression;
  const counted = countedBy(selector);
  if (counted === undefined) return undefined;
  const keyed = variants.map((variant) => ({ key: keyOf(variant), variant }));
  const areTexts = variants.every(({ value }) => !hasSelection(value));
  const isDefault = keyed.every(({ key, variant }) => variant.default === (key === "other"));
  if (!areTexts || !isDefault || keyed.some(({ key }) => key === "")) return undefined;
  return { argument: counted, variants: keyed };
}

function countedBy(selector: SelectExpression["selector"]): string | undefined {
  if (selector.type === "VariableReference" && "id" in selector) return selector.id.name;
  if (selector.type !== "FunctionReference" || !("arguments" in selector) || selector.arguments === null)
    return undefined;
  const { positional, named } = selector.arguments as {
    positional: { type: string; id?: { name: string } }[];
    named: { name: { name: string } }[];
  };
  const [variable] = positional;
  const isOrdinal = named.some(({ name }) => name.name === "type");
  if (selector.id.name !== "NUMBER" || isOrdinal || variable?.type !== "VariableReference") return undefined;
  return variable.id?.name;
}

/** Empty: it is neither a category nor a whole number. */
function keyOf({ key }: Variant): string {
  if (key.type === "NumberLiteral") return "value" in key && /^\d+$/.test(key.value) ? `=${key.value}` : "";
  return "name" in key && (PLURAL_CATEGORIES as readonly string[]).includes(key.name) ? key.name : "";
}

/** The place of a form among the variants: exact numbers, then the categories in their order. */
export function rankOf(key: string): number {
  return key.startsWith("=") ? -1 : (PLURAL_CATEGORIES as readonly string[]).indexOf(key);
}

export function variantKey(key: string): string {
  return `[${key.replace(/^=/, "")}]`;
}
