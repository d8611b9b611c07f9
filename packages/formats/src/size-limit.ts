/** The size of files, format by format: a reader takes at most 5 seconds and 300 MB for any file within these bounds, and 500 MB for CSV. */
import { CatalogError } from "@trans-hub/core/operations";

export interface SizeBounds {
  readonly maxBytes: number;
  /** The signs that stand between the parts of a file: short parts take up to 1,500 bytes of memory each, whatever their length. */
  readonly signs: string;
  readonly maxSigns: number;
}

const MEBIBYTE = 1_024 * 1_024;

const JSON_BOUNDS: SizeBounds = { maxBytes: 16 * MEBIBYTE, signs: ",[{/", maxSigns: 450_000 };
const XML_BOUNDS: SizeBounds = { maxBytes: 16 * MEBIBYTE, signs: "<", maxSigns: 400_000 };
const SUBTITLE_BOUNDS: SizeBounds = { maxBytes: 4 * MEBIBYTE, signs: "\n\r", maxSigns: 200_000 };
/** A parser for Markdown takes up to 15,000 bytes for a line, and one for MDX reads a run of imports anew with each line. */
const MARKDOWN_SIGNS = "\n\r[*<{_|+.-";

/**
 * By name of the format. The largest of 150 catalogs of open projects has 564,115 bytes; each bound leaves room for ten times the
 * largest of its format.
 */
export const SIZE_BOUNDS = {
  "android-xml": XML_BOUNDS,
  "apple-strings": { maxBytes: 8 * MEBIBYTE, signs: ";\\\n\r", maxSigns: 500_000 },
  arb: JSON_BOUNDS,
  "chrome-json": JSON_BOUNDS,
  // A table of 24,000 texts in 10 locales must be read: it takes more memory than a file of another format.
  csv: { maxBytes: 16 * MEBIBYTE, signs: ",;\t\n\r", maxSigns: 600_000 },
  fluent: { maxBytes: 4 * MEBIBYTE, signs: "\n\r{=", maxSigns: 150_000 },
  "formatjs-json": JSON_BOUNDS,
  "gettext-po": { maxBytes: 8 * MEBIBYTE, signs: "\\\n\r", maxSigns: 500_000 },
  html: { maxBytes: 4 * MEBIBYTE, signs: "<&=", maxSigns: 150_000 },
  json: JSON_BOUNDS,
  markdown: { maxBytes: 300 * 1_024, signs: MARKDOWN_SIGNS, maxSigns: 22_000 },
  mdx: { maxBytes: 320 * 1_024, signs: MARKDOWN_SIGNS, maxSigns: 12_000 },
  "php-array": { maxBytes: 4 * MEBIBYTE, signs: ",=.[(/", maxSigns: 140_000 },
  properties: { maxBytes: 8 * MEBIBYTE, signs: "\\\n\r", maxSigns: 400_000 },
  resx: XML_BOUNDS,
  srt: SUBTITLE_BOUNDS,
  stringsdict: XML_BOUNDS,
  toml: { maxBytes: 4 * MEBIBYTE, signs: "=[,{.\n\r", maxSigns: 75_000 },
  vtt: SUBTITLE_BOUNDS,
  xcstrings: JSON_BOUNDS,
  xliff: XML_BOUNDS,
  yaml: { maxBytes: 4 * MEBIBYTE, signs: ":,[{*&\n\r", maxSigns: 110_000 },
} as const satisfies Record<string, SizeBounds>;

/** @throws {CatalogError} The file is too large for its reader, or has too many parts. */
export function refuseLarge(file: string, bytes: Uint8Array, format: keyof typeof SIZE_BOUNDS): void {
  const { maxBytes, signs, maxSigns }: SizeBounds = SIZE_BOUNDS[format];
  if (bytes.length > maxBytes) {
    const problem = `has ${grouped(bytes.length)} bytes, and at most ${grouped(maxBytes)} are read of a file of this format`;
    throw new CatalogError(file, problem, { hint: HINT });
  }
  const at = signs === "" || bytes.length <= maxSigns ? undefined : placeOfSign(bytes, signs, maxSigns);
  if (at === undefined) return;
  const shown = [...signs].flatMap((sign) => (sign < " " ? [] : sign)).join(" ");
  const lines = signs.includes("\n") ? "line ends and " : "";
  throw new CatalogError(
    file,
    `has too many parts: more than ${grouped(maxSigns)} ${lines}signs such as ${shown}, the most that is read of a file of this format`,
    { ...at, hint: HINT },
  );
}

const HINT = "Split it into several files.";
const LINE_FEED = 0x0a;
const RETURN = 0x0d;

/** The place of the sign that is one too many. Undefined: the file has no more than `max` of them. */
function placeOfSign(bytes: Uint8Array, signs: string, max: number): { line: number; column: number } | undefined {
  const isSign = new Uint8Array(256);
  for (const sign of signs) isSign[sign.charCodeAt(0)] = 1;
  const isOne = (at: number) => isSign[bytes[at] as number] as number;
  let count = 0;
  // Block by block: a comparison for each byte takes as long as the count.
  for (let start = 0; start < bytes.length; start += BLOCK) {
    const end = Math.min(start + BLOCK, bytes.length);
    let inBlock = 0;
    for (let at = start; at < end; at += 1) inBlock += isOne(at);
    if (count + inBlock > max) {
      let at = start;
      for (; count <= max; at += 1) count += isOne(at);
      return placeOf(bytes, at - 1);
    }
    count += inBlock;
  }
  return undefined;
}

const BLOCK = 65_536;

function placeOf(bytes: Uint8Array, offset: number): { line: number; column: number } {
  let [line, start] = [1, 0];
  for (let at = 0; at < offset; at += 1) {
    const isReturn = bytes[at] === RETURN && bytes[at + 1] !== LINE_FEED;
    if (bytes[at] !== LINE_FEED && !isReturn) continue;
    line += 1;
    start = at + 1;
  }
  return { line, column: new TextDecoder().decode(bytes.subarray(start, offset)).length + 1 };
}

function grouped(number: number): string {
  return String(number).replace(/\B(?=(\d{3})+$)/g, ",");
}
