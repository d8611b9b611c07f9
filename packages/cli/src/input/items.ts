/** Items from JSON lines: each line is parsed alone, good ones come in chunks, bad ones by their line number. */

import type { Item } from "@trans-hub/core";
import { ITEM_KEYS } from "@trans-hub/core/rules";
import type { Line } from "./lines.ts";

export interface RejectedLine {
  /** Counted from 1. */
  line: number;
  code: string;
  message: string;
}

export interface ItemChunk {
  items: Item[];
  /** The line number of each item. */
  lines: number[];
}

export interface ItemReaderOptions {
  /** Largest size of one line, in bytes; used in the error message. */
  maxLineBytes: number;
  rejected(line: RejectedLine): void;
  /** Called once at the end with the ignored keys, if there were any. */
  unknownKeys(keys: readonly string[]): void;
}

/**
 * A chunk is registered in one statement: large enough to be worth the round trip, small enough to keep several in
 * memory.
 */
const MAX_ITEMS = 500;
const MAX_CHARACTERS = 1_000_000;
/** Further unknown keys are not remembered: a file may have a new key on each line. */
const MAX_UNKNOWN_KEYS = 100;

const KNOWN_KEYS: ReadonlySet<string> = new Set(ITEM_KEYS);

/** Reads ahead by at most one chunk. Skips blank lines. */
export async function* readItems(lines: AsyncIterable<Line>, options: ItemReaderOptions): AsyncGenerator<ItemChunk> {
  const unknownKeys = new Set<string>();
  let chunk: ItemChunk = { items: [], lines: [] };
  let characters = 0;
  for await (const line of lines) {
    if ("text" in line && line.text.trim() === "") continue;
    const item = parseLine(line, options);
    if (item === undefined) continue;
    for (const key of Object.keys(item)) {
      if (KNOWN_KEYS.has(key)) continue;
      // The library refuses an item with an unknown key; a file of another program may have any.
      Reflect.deleteProperty(item, key);
      if (unknownKeys.size < MAX_UNKNOWN_KEYS) unknownKeys.add(key);
    }
    chunk.items.push(item as unknown as Item);
    chunk.lines.push(line.number);
    characters += "text" in line ? line.text.length : 0;
    if (chunk.items.length < MAX_ITEMS && characters < MAX_CHARACTERS) continue;
    yield chunk;
    chunk = { items: [], lines: [] };
    characters = 0;
  }
  if (chunk.items.length > 0) yield chunk;
  if (unknownKeys.size > 0) options.unknownKeys([...unknownKeys]);
}

function parseLine(line: Line, { maxLineBytes, rejected }: ItemReaderOptions): object | undefined {
  const reject = (message: string) => rejected({ line: line.number, code: "TH_ITEM_SHAPE", message });
  if ("fault" in line) {
    reject(line.fault === "too long" ? `is longer than ${maxLineBytes} bytes` : "is not UTF-8");
    return undefined;
  }
  let value: unknown;
  try {
    value = JSON.parse(line.text);
  } catch {
    // The parser's own message quotes the line, which may be confidential.
    reject("is not JSON");
    return undefined;
  }
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value;
  reject("must be a JSON object");
  return undefined;
}
