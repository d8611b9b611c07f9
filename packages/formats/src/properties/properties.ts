/**
 * Java's `.properties` (java.util.Properties): `key=value`, `#` and `!` before comments, a backslash before a line end
 * continues the line.
 *
 * A file is UTF-8 or, where its bytes are not, Latin-1. A value keeps the file's habit: a file without any character beyond
 * ASCII gets `\u00e9`, because it may be read as Latin-1 as well; every other file gets the character.
 */
import type { CatalogDocument, Format } from "../contract.ts";
import { type Entry, type EntryChange, entriesDocument } from "../entries.ts";
import { Places } from "../places.ts";
import { decodeFile } from "../text-file.ts";

export const properties: Format = {
  name: "properties",
  layout: "one-locale",
  read(bytes, { file, syntax = "auto" }): CatalogDocument {
    const source = decodeFile(bytes, { file, fallback: "latin1" });
    const { text } = source;
    const places = new Places(text);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: the characters of ASCII
    const isAscii = /^[\x00-\x7f]*$/.test(text) || source.encoding === "latin1";
    const entries = [...read(text)].map(({ key, comment, value, ...spans }): Entry => {
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
      literal: (value) => escapedValue(value, isAscii),
      added: ({ from, value }: EntryChange) => `${from.head}${escapedValue(value, isAscii)}`,
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
  /[ \t\f]*((?:\\(?:\r\n|[\s\S])|[^\\\s=:])*)((?:[ \t\f]|\\(?:\r\n|\n|\r)[ \t\f]*)*[=:]?(?:[ \t\f]|\\(?:\r\n|\n|\r)[ \t\f]*)*)/y;
const VALUE = /(?:\\(?:\r\n|[\s\S])|[^\\\r\n])*\\?/y;
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

function escapedValue(value: string, isAscii: boolean): string {
  const escaped = value.replace(/[\\\n\t\r\f]/g, (character) => WRITTEN[character] ?? character).replace(/^ /, "\\ "); // leading space belongs to the separator
  return isAscii ? escaped.replace(/[^\x20-\x7e]/g, unicodeEscape) : escaped;
}

const WRITTEN: Readonly<Record<string, string>> = { "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r", "\f": "\\f" };

function unicodeEscape(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`;
}
