import type { Span } from "./contract.ts";

/** A stretch that is replaced. Where it is empty, the text is put in. */
export interface Splice extends Span {
  readonly text: string;
}

/**
 * Puts texts in place of stretches that are apart. Of several at the same empty place, the order is kept.
 *
 * @throws {RangeError} Two stretches overlap: a fault of the format.
 */
export function spliced(text: string, splices: readonly Splice[]): string {
  const ordered = [...splices].sort((a, b) => a.start - b.start || a.end - b.end);
  const parts: string[] = [];
  let at = 0;
  for (const { start, end, text: replacement } of ordered) {
    if (start < at) throw new RangeError(`Two changes of a file overlap at offset ${start}`);
    parts.push(text.slice(at, start), replacement);
    at = end;
  }
  parts.push(text.slice(at));
  return parts.join("");
}
