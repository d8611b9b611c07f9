/** Items from JSON lines: each line parsed alone, the good ones in chunks, the bad ones by their number. */

import type { Item } from "@trans-hub/core";
import { ITEM_KEYS } from "@trans-hub/core/store";
import type { Line } from "./lines.ts";

export interface RejectedLine {
  /** Counted from 1. */
  line: number;
  code: string;
  message: string;
}

export interface ItemChunk {
  items: Item[];
  /** The line each item came from. */
  lines: number[];
}

export interface ItemReaderOptions {
  /** Bytes of one line, to say so. */
  maxLineBytes: number;
  rejected(line: RejectedLine): void;
  /** Hears at the end which keys were ignored, when there were any. */
  unknownKeys(keys: readonly string[]): void;
}

/** A chunk is registered at once; large enough for one statement to be worth it, small enough to be held a few times. */
const MAX_ITEMS = 500;
const MAX_CHARACTERS = 1_000_000;
/** More are not remembered: a file may have a new key on each line. */
const MAX_UNKNOWN_KEYS = 100;

const KNOWN_KEYS: ReadonlySet<string> = new Set(ITEM_KEYS);

/** Reads as far ahead as one chunk. Blank lines are none. */
export async function* readItems(lines: AsyncIterable<Line>, options: ItemReaderOptions): AsyncGenerator<ItemChunk> {
  const unknownKeys = new Set<string>();
  let chunk: ItemChunk = { items: [], lines: [] };
  let characters = 0;
  for await (const line of lines) {
    if ("text" in line && line.text.trim() === "") continue;
    const item = parseLine(line, options);
    if (item === undefined) continue;
    for (const key of Object.keys(item)) {
      if (KNOWN_KEYS.has(key) || unknownKeys.has(key) || unknownKeys.size >= MAX_UNKNOWN_KEYS) continue;
      unknownKeys.add(key);
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
    // The parser's own message quotes the line, which is somebody's text.
    reject("is not JSON");
    return undefined;
  }
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value;
  reject("must be a JSON object");
  return undefined;
}
