/** Scalars of YAML as they stand in a file, in the style of the literal that they replace. */
import { parseDocument } from "yaml";
import { mayBePlain, UNPRINTABLE } from "./plain.ts";

export type Style = "plain" | "single" | "double" | "literal" | "folded";

export interface Place {
  readonly style: Style;
  /** The literal that is replaced or modelled on. */
  readonly present: string;
  readonly isFlow: boolean;
  readonly isRuby?: boolean;
  /** The column of the key that the value belongs to, counted from 0; of a list's item, that of its dash. */
  readonly indent: number;
  /** The column of the lines of a block scalar. */
  readonly blockIndent: number;
  readonly lineEnd: string;
  /** The quotes of a text that cannot stand unquoted. */
  readonly quote: "single" | "double";
}

export function scalar(text: string, place: Place): string {
  const { style, isFlow, present, lineEnd } = place;
  if (style !== "literal" && style !== "folded") return lineScalar(text, place);
  const block = isFlow ? undefined : blockScalar(text, place);
  // The stretch of a block ends with its last line end.
  return block ?? `${lineScalar(text, place)}${/[\r\n]$/.test(present) ? lineEnd : ""}`;
}

function lineScalar(text: string, { style, isFlow, quote, present }: Place): string {
  if (style === "plain" && mayBePlain(text, isFlow)) return text;
  const asSingle = style === "single" || (style !== "double" && quote === "single");
  if (asSingle && !UNPRINTABLE.test(text)) return `'${text.replaceAll("'", "''")}'`;
  return doubleQuoted(text, style === "double" ? present : "");
}

const ESCAPES: Readonly<Record<string, string>> = {
  '"': '\\"',
  "\\": "\\\\",
  "\n": "\\n",
  "\t": "\\t",
  "\r": "\\r",
  "\0": "\\0",
  "\x07": "\\a",
  "\b": "\\b",
  "\v": "\\v",
  "\f": "\\f",
  "\x1b": "\\e",
};
const NAMED: Readonly<Record<string, string>> = {
  ...{ "0": "\0", a: "\x07", b: "\b", t: "\t", n: "\n", v: "\v", f: "\f", r: "\r", e: "\x1b" },
  ...{ N: "\x85", _: "\xa0", L: "\u2028", P: "\u2029" },
};

/** The characters that stand escaped in the present literal are escaped again in the same way. */
function doubleQuoted(text: string, present: string): string {
  const habits = new Map<string, string>();
  for (const [sequence, x, u, long, name = ""] of present.matchAll(
    /\\(?:x([\dA-Fa-f]{2})|u([\dA-Fa-f]{4})|U([\dA-Fa-f]{8})|([\s\S]))/g,
  )) {
    const code = x ?? u ?? long;
    if (code !== undefined) {
      const point = Number.parseInt(code, 16);
      if (point <= 0x10ffff) habits.set(String.fromCodePoint(point), sequence);
    } else if (!/[\r\n]/.test(name) && name !== " ") habits.set(NAMED[name] ?? name, sequence);
  }
  let literal = "";
  for (const character of text) {
    const habit = habits.get(character) ?? ESCAPES[character];
    if (habit !== undefined) literal += habit;
    else if (UNPRINTABLE.test(character)) {
      literal += `\\u${character.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0")}`;
    } else literal += character;
  }
  return `"${literal}"`;
}

/** Undefined: the text cannot stand in a block. */
function blockScalar(text: string, place: Place): string | undefined {
  const { style, present, indent, blockIndent, lineEnd } = place;
  const body = text.replace(/\n+$/, "");
  const ends = text.length - body.length;
  if (body.trim() === "" || UNPRINTABLE.test(text.replace(/[\n\t]/g, ""))) return undefined;
  const lines = body.split("\n");
  const isFolded = style === "folded" && !lines.some((line) => /^\s/.test(line));
  const shown = isFolded ? foldedLines(lines, widthOf(present, blockIndent)) : lines;
  const comment = /^[|>][-+\d]*([ \t]+#[^\r\n]*)/.exec(present)?.[1] ?? "";
  const digit = /^\s/.test(lines[0] ?? "") || /^[|>][-+]?\d/.test(present) ? String(blockIndent - indent) : "";
  const keepsEnds = /^[|>]\d?\+/.test(present);
  // A block that keeps its last line ends would take the empty lines below it, so a new one is not made.
  if (ends > 1 && !keepsEnds) return undefined;
  const chomping = ends === 0 ? "-" : keepsEnds ? "+" : "";
  const pad = " ".repeat(blockIndent);
  const written = [
    `${isFolded ? ">" : "|"}${digit}${chomping}${comment}`,
    ...shown.map((line) => (line === "" ? "" : `${pad}${line}`)),
    ...Array.from({ length: Math.max(0, ends - 1) }, () => ""),
  ].join(lineEnd);
  // The line end behind the last line is part of a block's stretch.
  const literal = /[\r\n]$/.test(present) || present === "" ? `${written}${lineEnd}` : written;
  const isRight = parseDocument(`${" ".repeat(indent)}k: ${literal}`, { schema: "failsafe" }).get("k") === text;
  return isRight ? literal : undefined;
}

/** The greatest width of the lines of a folded block; infinite where nothing was folded. */
function widthOf(present: string, blockIndent: number): number {
  const lines = present.split(/\r\n|\n|\r/).slice(1);
  const isFolded = lines.some((line, at) => line.trim() !== "" && (lines[at + 1] ?? "").trim() !== "");
  return isFolded ? Math.max(20, ...lines.map((line) => line.length - blockIndent)) : Number.POSITIVE_INFINITY;
}

/** A line feed of the text is an empty line; a line is broken at single spaces alone. */
function foldedLines(lines: readonly string[], width: number): string[] {
  return lines.flatMap((line, at) => {
    const folded: string[] = [];
    let current = "";
    for (const word of line.split(/(?<=\S) (?=\S)/)) {
      if (current !== "" && current.length + 1 + word.length > width) {
        folded.push(current);
        current = word;
      } else current = current === "" ? word : `${current} ${word}`;
    }
    folded.push(current);
    return at === 0 || line === "" ? folded : ["", ...folded];
  });
}
