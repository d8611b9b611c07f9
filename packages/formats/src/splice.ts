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

/** A unit that is to be added behind another, which may itself be one that is to be added. */
interface Added {
  readonly id: string;
  readonly after: string | undefined;
}

/**
 * The unit of the file behind which each added unit goes; undefined: the front. Added units that share one keep their order.
 *
 * @param has Whether the file has a unit.
 */
export function anchors(
  added: readonly Added[],
  has: (id: string) => boolean,
): (after: string | undefined) => string | undefined {
  const resolved = new Map<string, string | undefined>();
  const anchorOf = (after: string | undefined) => (after === undefined || has(after) ? after : resolved.get(after));
  for (const { id, after } of added) if (!has(id)) resolved.set(id, anchorOf(after));
  return anchorOf;
}
