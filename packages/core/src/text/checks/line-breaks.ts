import { counted } from "./counted.ts";
import { hasBranches } from "./prose.ts";
import type { Check } from "./subject.ts";

const LINE_BREAK = /\r\n|[\n\r\u2028\u2029]/g;

/** A translation has the line breaks of its source, of the same kind. */
export const lineBreaks: Check = {
  name: "line-breaks",
  severity: "warn",
  check({ given: { source, translation }, sourceSyntax }) {
    if (!source.includes("\r") && translation.includes("\r")) return "its line breaks are of another kind";
    // The branches of a message are laid out in lines of their own, and each language has its own number of them.
    if (hasBranches(sourceSyntax)) return undefined;
    const expected = breakCount(source);
    const actual = breakCount(translation);
    if (actual === expected) return undefined;
    const difference = Math.abs(actual - expected);
    return `${counted(difference, "line break")} ${actual < expected ? "missing" : "added"}`;
  },
};

function breakCount(text: string): number {
  return text.trim().match(LINE_BREAK)?.length ?? 0;
}
