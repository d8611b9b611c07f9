/**
 * Strict JSON with positions: the reader of catalogs and of the lock file.
 *
 * `JSON.parse` cannot serve here: it silently keeps the last of two equal keys, moves integer-like keys to the front,
 * rounds large numbers and names no line. Strings are still decoded by `JSON.parse`, literal by literal, because momoa
 * lets raw control characters through.
 */
import { parse, type ValueNode } from "@humanwhocodes/momoa";
import { CatalogError } from "@trans-hub/core/operations";
import { isUtf16, UTF16_PROBLEM } from "../input/regular-file.ts";

interface NodePlace {
  /** Offsets into `JsonDocument.text`; `end` is exclusive. */
  start: number;
  end: number;
  /** Counted from 1. */
  line: number;
  column: number;
}

export interface JsonMember {
  name: string;
  /** Offsets of the quoted name. */
  nameStart: number;
  nameEnd: number;
  value: JsonNode;
}

export interface JsonObject extends NodePlace {
  kind: "object";
  members: readonly JsonMember[];
}

export interface JsonArray extends NodePlace {
  kind: "array";
  elements: readonly JsonNode[];
}

export interface JsonString extends NodePlace {
  kind: "string";
  value: string;
}

/** A number, `true`, `false` or `null`: copied without being parsed. */
export interface JsonScalar extends NodePlace {
  kind: "scalar";
}

export type JsonNode = JsonObject | JsonArray | JsonString | JsonScalar;

export interface JsonDocument {
  /** The whole text; every literal in it can be copied byte for byte by its offsets. */
  text: string;
  root: JsonObject;
}

/** Deeper files are refused, because the walks over the tree are recursive. No real catalog comes near this depth. */
const maxDepth = 200;

/**
 * Reads a JSON file whose root is an object.
 *
 * @param file The file's name, for messages only.
 * @throws {CatalogError} The file is not UTF-8, has a byte order mark, is not JSON, repeats a key in one object, has a
 * root that is not an object, or is nested deeper than 200 levels. No message quotes a value.
 */
export function parseJsonDocument(file: string, content: string | Uint8Array): JsonDocument {
  const text = typeof content === "string" ? content : decodeUtf8(file, content);
  if (text.startsWith("\uFEFF")) {
    throw new CatalogError(file, "begins with a byte order mark, which JSON does not allow", {
      line: 1,
      column: 1,
      hint: "Save the file as UTF-8 without BOM.",
    });
  }
  const root = convert(file, text, parseTree(file, text), 1);
  if (root.kind !== "object") {
    throw new CatalogError(
      file,
      `must hold a JSON object, not ${root.kind === "array" ? "an array" : "a single value"}`,
      {
        line: root.line,
        column: root.column,
      },
    );
  }
  return { text, root };
}

function decodeUtf8(file: string, bytes: Uint8Array): string {
  const hint = "Save the file as UTF-8 without BOM.";
  if (isUtf16(bytes)) throw new CatalogError(file, UTF16_PROBLEM, { line: 1, hint });
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw new CatalogError(file, "is not valid UTF-8", { cause, line: firstBadLine(bytes), hint });
  }
}

/** A line feed is never part of a longer UTF-8 sequence, so lines can be tried one by one. */
function firstBadLine(bytes: Uint8Array): number {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let line = 1;
  let from = 0;
  for (;;) {
    const lineFeed = bytes.indexOf(0x0a, from);
    try {
      decoder.decode(bytes.subarray(from, lineFeed === -1 ? undefined : lineFeed));
    } catch {
      return line;
    }
    if (lineFeed === -1) return line;
    from = lineFeed + 1;
    line += 1;
  }
}

function parseTree(file: string, text: string): ValueNode {
  try {
    return parse(text, { mode: "json" }).body;
  } catch (error) {
    if (error instanceof RangeError) throw tooDeep(file);
    if (!isLocatedError(error)) throw error;
    const { line, column } = error;
    throw new CatalogError(file, `invalid JSON: ${problemOf(error)}`, { line, column, hint: cureOf(text, error) });
  }
}

function isLocatedError(error: unknown): error is Error & { line: number; column: number } {
  return error instanceof Error && "line" in error && typeof error.line === "number" && "column" in error;
}

/**
 * momoa quotes a bare word, which may be part of a user's text. Only momoa's own tokens and single characters are let
 * through.
 */
function problemOf(error: Error): string {
  const message = error.message.replace(/ found\. \(\d+:\d+\)$/, "");
  if (message.startsWith("Unexpected identifier")) return "unexpected word";
  const [, character] = /^Unexpected character '(.)'$/su.exec(message) ?? [];
  if (character !== undefined) return `unexpected character ${JSON.stringify(character)}`;
  const [, token = ""] = /^Unexpected token (\w+)$/.exec(message) ?? [];
  return token === "" ? message.replace(/^U/, "u") : `unexpected ${TOKENS[token] ?? token.toLowerCase()}`;
}

/** momoa's names of punctuation, as it stands in the file. */
const TOKENS: Readonly<Record<string, string>> = {
  LBracket: '"["',
  RBracket: '"]"',
  LBrace: '"{"',
  RBrace: '"}"',
  Comma: '","',
  Colon: '":"',
};

/** The cure for the mistakes that other programs or people often leave in a catalog. */
function cureOf(text: string, { line, column }: { line: number; column: number }): string | undefined {
  const lines = text.split(/\r?\n/);
  const here = lines[line - 1] ?? "";
  if (/^(?:<{7}|={7}|>{7})(?: |$)/.test(here)) return "Resolve the merge that left its marks in the file.";
  const [character = ""] = here.slice(column - 1);
  if (character === "/") return "Remove the comment: JSON has no comments.";
  if (character !== "}" && character !== "]") return undefined;
  const before = [...lines.slice(0, line - 1), here.slice(0, column - 1)].join("\n");
  return before.trimEnd().endsWith(",") ? `Remove the comma: JSON allows no comma before "${character}".` : undefined;
}

function tooDeep(file: string, place: { line?: number; column?: number } = {}): CatalogError {
  return new CatalogError(file, `is nested deeper than ${maxDepth} levels`, place);
}

function convert(file: string, text: string, node: ValueNode, depth: number): JsonNode {
  const { start, end } = node.loc;
  const place: NodePlace = { start: start.offset, end: end.offset, line: start.line, column: start.column };
  if (depth > maxDepth) throw tooDeep(file, start);
  switch (node.type) {
    case "Object":
      return { ...place, kind: "object", members: convertMembers(file, text, node, depth) };
    case "Array":
      return {
        ...place,
        kind: "array",
        elements: node.elements.map((element) => convert(file, text, element.value, depth + 1)),
      };
    case "String":
      return { ...place, kind: "string", value: decodeString(file, text, node.loc) };
    default:
      return { ...place, kind: "scalar" };
  }
}

function convertMembers(
  file: string,
  text: string,
  node: Extract<ValueNode, { type: "Object" }>,
  depth: number,
): JsonMember[] {
  const firstLines = new Map<string, number>();
  return node.members.map((member) => {
    const { start, end } = member.name.loc;
    const name = decodeString(file, text, member.name.loc);
    const firstLine = firstLines.get(name);
    if (firstLine !== undefined) {
      throw new CatalogError(
        file,
        `the key ${JSON.stringify(name)} stands twice in one object, first on line ${firstLine}`,
        {
          line: start.line,
          column: start.column,
        },
      );
    }
    firstLines.set(name, start.line);
    return {
      name,
      nameStart: start.offset,
      nameEnd: end.offset,
      value: convert(file, text, member.value, depth + 1),
    };
  });
}

function decodeString(file: string, text: string, loc: ValueNode["loc"]): string {
  try {
    return JSON.parse(text.slice(loc.start.offset, loc.end.offset));
  } catch {
    // Not kept as the cause: the message of JSON.parse quotes the text.
    throw new CatalogError(file, "invalid JSON: a control character inside a string must be escaped", {
      line: loc.start.line,
      column: loc.start.column,
    });
  }
}
