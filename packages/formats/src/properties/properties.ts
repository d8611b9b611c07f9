/**
 * Java's `.properties` (java.util.Properties): `key=value`, `#` and `!` before comments, a backslash before a line end
 * continues the line.
 *
 * A file is UTF-8 or, where its bytes are not, Latin-1. A value keeps the file's habit of escapes: a file without any character
 * beyond ASCII gets `\u00e9`, because it may be read as Latin-1 as well; every other file gets the character.
 */
import type { CatalogDocument, Format } from "../contract.ts";
import { type Entry, type EntryChange, entriesDocument } from "../entries.ts";
import { Places } from "../places.ts";
import { decodeFile, type TextFile } from "../text-file.ts";

export const properties: Format = {
  name: "properties",
  layout: "one-locale",
  read(bytes, { file, syntax = "auto" }): CatalogDocument {
    const source = decodeFile(bytes, { file, format: "properties", fallback: "latin1" });
    const { text } = source;
    const places = new Places(text);
    const lines = [...read(text)];
    const habit = habitOf(
      text,
      lines.map(({ value }) => text.slice(value.start, value.end)),
      source.encoding,
    );
    const entries = lines.map(({ key, comment, value, ...spans }): Entry => {
      const decoded = unescaped(text.slice(value.start, value.end));
      return {
        ...spans,
        tail: "",
        value,
        unit: {
          id: key,
          value: decoded,
          note: comment === "" ? undefined : comment,
          syntax,
          translate: decoded !== "",
          state: "translated",
          ...places.at(value.start),
        },
      };
    });
    return entriesDocument(source, entries, {
      literal: (value, present) =>
        behind(
          present.head,
          escapedValue(value, habitOfLiteral(text.slice(present.value.start, present.value.end), habit)),
        ),
      added: ({ from, value }: EntryChange) => `${from.head}${behind(from.head, escapedValue(value, habit))}`,
    });
  },
};

interface Line {
  key: string;
  /** The lines of comment directly above. */
  comment: string;
  /** The key and the separator as they stand in the file. */
  head: string;
  value: { start: number; end: number };
  /** The whole entry with the comment above and the line end. */
  start: number;
  end: number;
}

const BLANK_OR_COMMENT = /[ \t\f]*(?:[#!][^\r\n]*)?(?:\r\n|\n|\r|$)/y;
const KEY =
  /[ \t\f]*([^\\\s=:]*(?:\\(?:\r\n|[\s\S])[^\\\s=:]*)*)((?:[ \t\f]|\\(?:\r\n|\n|\r)[ \t\f]*)*[=:]?(?:[ \t\f]|\\(?:\r\n|\n|\r)[ \t\f]*)*)/y;
/** A run of plain characters is one step: a choice between kinds for each would need memory for each. */
const VALUE = /[^\\\r\n]*(?:\\(?:\r\n|[\s\S])[^\\\r\n]*)*\\?/y;
const LINE_END = /\r\n|\n|\r|$/y;

function* read(text: string): Generator<Line> {
  let at = 0;
  let start = 0;
  let comments: string[] = [];
  while (at < text.length) {
    BLANK_OR_COMMENT.lastIndex = at;
    const skipped = BLANK_OR_COMMENT.exec(text);
    if (skipped !== null) {
      const line = skipped[0].trim();
      at = BLANK_OR_COMMENT.lastIndex;
      if (line === "") {
        comments = [];
        start = at;
      } else comments.push(line.replace(/^[#!]+[ \t]?/, ""));
      continue;
    }
    KEY.lastIndex = at;
    const [head = "", key = ""] = KEY.exec(text) ?? [];
    VALUE.lastIndex = KEY.lastIndex;
    VALUE.exec(text);
    const value = { start: KEY.lastIndex, end: VALUE.lastIndex };
    LINE_END.lastIndex = value.end;
    LINE_END.exec(text);
    at = LINE_END.lastIndex;
    yield { key: unescaped(key), comment: comments.join("\n"), head, value, start, end: at };
    comments = [];
    start = at;
  }
}

const ESCAPES: Readonly<Record<string, string>> = { n: "\n", t: "\t", r: "\r", f: "\f" };

function unescaped(literal: string): string {
  return literal.replace(
    /\\(?:(?:\r\n|\n|\r)[ \t\f]*|u([0-9A-Fa-f]{4})|([\s\S])|$)/g,
    (_, code?: string, character?: string) =>
      code !== undefined
        ? String.fromCharCode(Number.parseInt(code, 16))
        : (ESCAPES[character ?? ""] ?? character ?? ""),
  );
}

/** How a file writes the characters that may be escaped or not. */
interface Habit {
  /** Whether characters beyond ASCII are escaped, and with which digits. */
  unicode: "none" | "upper" | "lower";
  /** Of `:`, `=`, `#` and `!`, those that stand escaped in values. */
  escaped: ReadonlySet<string>;
}

const MAY_BE_ESCAPED = [":", "=", "#", "!"];

function habitOf(text: string, literals: readonly string[], encoding: TextFile["encoding"]): Habit {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the characters of ASCII
  const isAscii = /^[\x00-\x7f]*$/.test(text) || encoding === "latin1";
  const isUpper = /\\u(?=[0-9A-F]*[A-F])[0-9A-F]{4}/.test(text);
  const values = literals.join("\n");
  const isEscaped = (character: string) => {
    const all = values.split(character).length - 1;
    return 2 * (values.split(`\\${character}`).length - 1) > all;
  };
  return {
    unicode: !isAscii ? "none" : isUpper ? "upper" : "lower",
    escaped: new Set(MAY_BE_ESCAPED.filter(isEscaped)),
  };
}

/** The habit of one literal; where it does not show one, that of its file. */
function habitOfLiteral(literal: string, habit: Habit): Habit {
  const isEscaped = (character: string) =>
    literal.includes(`\\${character}`) || (habit.escaped.has(character) && !literal.includes(character));
  return { ...habit, escaped: new Set(MAY_BE_ESCAPED.filter(isEscaped)) };
}

/** A literal as it stands behind a key that has white space alone, or nothing, for a separator. */
function behind(head: string, literal: string): string {
  KEY.lastIndex = 0;
  const [, , separator = ""] = KEY.exec(head) ?? [];
  if (literal === "" || /[=:]/.test(separator)) return literal;
  return separator === "" ? `=${literal}` : literal.replace(/^[=:]/, "\\$&");
}

function escapedValue(value: string, { unicode, escaped }: Habit): string {
  const written = value
    .replace(/[\\\n\t\r\f:=#!]/g, (character) => {
      if (escaped.has(character)) return `\\${character}`;
      return WRITTEN[character] ?? character;
    })
    .replace(/^ /, "\\ "); // leading space belongs to the separator
  if (unicode === "none") return written;
  return written.replace(/[^\x20-\x7e]/g, (unit) => {
    const code = unit.charCodeAt(0).toString(16).padStart(4, "0");
    return `\\u${unicode === "upper" ? code.toUpperCase() : code}`;
  });
}

const WRITTEN: Readonly<Record<string, string>> = { "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r", "\f": "\\f" };
