import type { Span } from "../contract.ts";
import type { Splice } from "../splice.ts";

/** Takes entries out of a list in brackets, each with a comma of its own. */
export function withoutEntries(entries: readonly Span[], isGone: (at: number) => boolean): Splice[] {
  const splices: Splice[] = [];
  for (let at = 0; at < entries.length; at += 1) {
    if (!isGone(at)) continue;
    let until = at;
    while (until + 1 < entries.length && isGone(until + 1)) until += 1;
    const next = entries[until + 1];
    const before = entries[at - 1];
    const start = next === undefined && before !== undefined ? before.end : entries[at]?.start;
    const end = next?.start ?? entries[until]?.end;
    if (start !== undefined && end !== undefined) splices.push({ start, end, text: "" });
    at = until;
  }
  return splices;
}
