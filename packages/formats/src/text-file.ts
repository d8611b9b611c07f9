/** The bytes of a text file and its text, in both directions without a loss. */
import { CatalogError } from "@trans-hub/core/operations";
import { refuseLarge, type SIZE_BOUNDS } from "./size-limit.ts";

export type Encoding = "utf-8" | "utf-16le" | "utf-16be" | "latin1";

export interface TextFile {
  readonly text: string;
  readonly encoding: Encoding;
  /** Whether a byte order mark stands before the text. */
  readonly hasMark: boolean;
  /** The first line end of the file; `\n` in a file of one line. */
  readonly lineEnd: string;
}

export interface DecodeOptions {
  readonly file: string;
  /** Its bounds are those of the file. */
  readonly format: keyof typeof SIZE_BOUNDS;
  /** The encoding of bytes that are not UTF-8. Default: such a file is refused. */
  readonly fallback?: "latin1" | undefined;
}

/**
 * Decodes a file by its byte order mark; without one as UTF-8, then as `fallback`.
 *
 * @throws {CatalogError} The bytes are in no encoding that could be written back unchanged, or are too many for the format.
 */
export function decodeFile(bytes: Uint8Array, { file, format, fallback }: DecodeOptions): TextFile {
  refuseLarge(file, bytes, format);
  const [encoding, markBytes] = markOf(bytes);
  const body = bytes.subarray(markBytes);
  const text = decodeAs(encoding, body);
  if (text !== undefined) return textFile(text, encoding, markBytes > 0);
  if (fallback !== undefined && markBytes === 0) {
    return textFile(Buffer.from(body).toString("latin1"), "latin1", false);
  }
  throw new CatalogError(file, `is not valid ${encoding.toUpperCase()}`, {
    line: encoding === "utf-8" ? firstBadLine(body) : 1,
    hint: "Save the file as UTF-8.",
  });
}

/** The bytes of a text in the encoding of the file that it was read from. */
export function encodeFile({ encoding, hasMark }: Pick<TextFile, "encoding" | "hasMark">, text: string): Uint8Array {
  const whole = hasMark ? `\uFEFF${text}` : text;
  switch (encoding) {
    case "utf-8":
      return Buffer.from(whole, "utf8");
    case "latin1":
      return Buffer.from(whole, "latin1");
    case "utf-16le":
      return Buffer.from(whole, "utf16le");
    case "utf-16be":
      return Buffer.from(whole, "utf16le").swap16();
  }
}

function textFile(text: string, encoding: Encoding, hasMark: boolean): TextFile {
  return { text, encoding, hasMark, lineEnd: /\r\n|\n|\r/.exec(text)?.[0] ?? "\n" };
}

/** The encoding that a byte order mark names, and the mark's bytes. */
function markOf(bytes: Uint8Array): [Exclude<Encoding, "latin1">, number] {
  const [first, second, third] = bytes;
  if (first === 0xef && second === 0xbb && third === 0xbf) return ["utf-8", 3];
  if (first === 0xff && second === 0xfe) return ["utf-16le", 2];
  if (first === 0xfe && second === 0xff) return ["utf-16be", 2];
  return ["utf-8", 0];
}

/** Undefined: the bytes are not in this encoding. */
function decodeAs(encoding: Exclude<Encoding, "latin1">, body: Uint8Array): string | undefined {
  try {
    return new TextDecoder(encoding, { fatal: true, ignoreBOM: true }).decode(body);
  } catch {
    return undefined;
  }
}

/** A line feed is never part of a longer UTF-8 sequence, so lines can be tried one by one. */
function firstBadLine(bytes: Uint8Array): number {
  let line = 1;
  for (let from = 0; ; line += 1) {
    const lineFeed = bytes.indexOf(0x0a, from);
    if (decodeAs("utf-8", bytes.subarray(from, lineFeed === -1 ? undefined : lineFeed)) === undefined) return line;
    if (lineFeed === -1) return line;
    from = lineFeed + 1;
  }
}
