/**
 * Apple's `.strings`: `"key" = "value";`, a C comment above an entry is its note.
 *
 * In UTF-8 or, by its byte order mark, UTF-16. A quote, a backslash and control characters are escaped; every other
 * character stands for itself.
 */
import { CatalogError } from "@trans-hub/core/operations";
import type { CatalogDocument, Format } from "../contract.ts";
import { type Entry, entriesDocument } from "../entries.ts";
import { Places } from "../places.ts";
import { decodeFile } from "../text-file.ts";

export const appleStrings: Format = {
  name: "apple-strings",
  layout: "one-locale",
  read(bytes, { file, syntax = "auto" }): CatalogDocument {
    const source = decodeFile(bytes, { file, format: "apple-strings" });
    const { text } = source;
    const places = new Places(text);
    const entries = [...read(text, (problem, at) => new CatalogError(file, problem, places.at(at)))].map(
      ({ note, ...entry }): Entry => {
        const value = unescaped(text.slice(entry.value.start, entry.value.end));
        return {
          ...entry,
          unit: {
            id: entry.key,
            value,
            note: note === "" ? undefined : note,
            syntax,
            translate: value !== "",
            state: "translated",
            ...places.at(entry.value.start),
          },
        };
      },
    );
    return entriesDocument(source, entries, {
      literal: escaped,
      added: ({ from, value }) => `${from.head}${escaped(value)}${from.tail}`,
    });
  },
};

interface Found extends Omit<Entry, "unit"> {
  key: string;
  note: string;
}

const SPACE = /[\s\uFEFF]+/y;
const BLOCK_COMMENT = /\/\*([\s\S]*?)\*\//y;
const LINE_COMMENT = /\/\/([^\r\n]*)/y;
/** A run of plain characters is one step: a choice between kinds for each would need memory for each. */
const QUOTED = /"([^"\\]*(?:\\[\s\S][^"\\]*)*)"/y;
const BARE = /[A-Za-z0-9_.$/:-]+/y;
const END = /\s*;[ \t]*(?:\/\/[^\r\n]*)?(?:\r\n|\n|\r)?/y;

function* read(text: string, fault: (problem: string, at: number) => CatalogError): Generator<Found> {
  let at = 0;
  let start = 0;
  let note = "";
  const matched = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at;
    const found = pattern.exec(text);
    if (found !== null) at = pattern.lastIndex;
    return found;
  };
  while (at < text.length) {
    const space = matched(SPACE);
    if (space !== null) {
      // A blank line ends the comment that stands above an entry.
      if (/\n\s*\n|\r\s*\r/.test(space[0].replace(/\r\n/g, "\n")) || note === "") {
        note = "";
        start = at;
      }
      continue;
    }
    const comment = matched(BLOCK_COMMENT) ?? matched(LINE_COMMENT);
    if (comment !== null) {
      const line = (comment[1] ?? "").trim();
      note = note === "" ? line : `${note}\n${line}`;
      continue;
    }
    const entryAt = at;
    const quoted = matched(QUOTED);
    const key = quoted === null ? matched(BARE)?.[0] : unescaped(quoted[1] ?? "");
    if (key === undefined) throw fault("has no key where one is expected", at);
    matched(SPACE);
    if (text[at] !== "=") throw fault('has no "=" after a key', at);
    at += 1;
    matched(SPACE);
    const value = { start: at + 1, end: at + 1 };
    if (matched(QUOTED) === null) throw fault("has no quoted value after a key, or the quote never ends", at);
    value.end = at - 1;
    if (matched(END) === null) throw fault('has no ";" after a value', at);
    yield {
      ...{ key, note, value, start, end: at },
      head: text.slice(entryAt, value.start),
      tail: '";',
    };
    note = "";
    start = at;
  }
}

const ESCAPES: Readonly<Record<string, string>> = { n: "\n", t: "\t", r: "\r", "0": "\0" };
const WRITTEN: Readonly<Record<string, string>> = { '"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r" };

function unescaped(literal: string): string {
  return literal.replace(/\\(?:[Uu]([0-9A-Fa-f]{4})|([\s\S]))/g, (_, code?: string, character?: string) =>
    code === undefined ? (ESCAPES[character ?? ""] ?? character ?? "") : String.fromCharCode(Number.parseInt(code, 16)),
  );
}

function escaped(value: string): string {
  return value.replace(/["\\\n\t\r]/g, (character) => WRITTEN[character] ?? character);
}
