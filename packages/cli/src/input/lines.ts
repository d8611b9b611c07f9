/**
 * Splits any byte stream into lines, one at a time: memory is bounded by the longest line allowed.
 *
 * It works on bytes. `readline` decodes first (a broken byte becomes a silent U+FFFD), splits at U+2028 and keeps a
 * line of any length in memory.
 */
import { TextDecoder } from "node:util";

export type Line =
  /** `number` counts from 1, blank lines included. `text` has no line end. */
  { number: number; text: string } | { number: number; fault: "too long" | "not UTF-8" };

const NEWLINE = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const BYTE_ORDER_MARK = Buffer.from([0xef, 0xbb, 0xbf]);

/**
 * Splits at `\n`, drops a `\r` before it and a byte order mark at the beginning. A last line without `\n` counts; an
 * empty rest after the last `\n` does not.
 *
 * @param maxBytes A longer line is skipped to its end and reported as a fault.
 */
export async function* readLines(stream: AsyncIterable<Buffer>, maxBytes: number): AsyncGenerator<Line> {
  // Decoding errors must be thrown, and a mark inside the file is content.
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  let number = 1;
  let pieces: Buffer[] = [];
  let length = 0;

  const take = (): Line => {
    const bytes = pieces.length === 1 && pieces[0] ? pieces[0] : Buffer.concat(pieces);
    const line = decode(decoder, bytes, number, length > maxBytes);
    number += 1;
    pieces = [];
    length = 0;
    return line;
  };

  for await (const chunk of stream) {
    let from = 0;
    for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, from)) {
      add(chunk.subarray(from, end));
      yield take();
      from = end + 1;
    }
    add(chunk.subarray(from));
  }
  if (length > 0) yield take();

  function add(piece: Buffer): void {
    if (piece.length === 0) return;
    length += piece.length;
    if (length > maxBytes) pieces = [];
    else pieces.push(piece);
  }
}

function decode(decoder: TextDecoder, line: Buffer, number: number, isTooLong: boolean): Line {
  if (isTooLong) return { number, fault: "too long" };
  const marked = number === 1 && line.subarray(0, 3).equals(BYTE_ORDER_MARK) ? line.subarray(3) : line;
  const bytes = marked.at(-1) === CARRIAGE_RETURN ? marked.subarray(0, -1) : marked;
  try {
    return { number, text: decoder.decode(bytes) };
  } catch {
    return { number, fault: "not UTF-8" };
  }
}
