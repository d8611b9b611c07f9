import type { Check } from "./subject.ts";

const EMPTY_ELEMENT = /<([A-Za-z0-9][\w:.-]*)(?:\s[^<>]*)?>\s*<\/\1\s*>/g;
const EMPTY_BRANCH = /[^\s{},]\s?\{\s*\}/g;

/** A link or an emphasis has words in it, and a branch of a message its text, where they have some in the source. */
export const elementEmptied: Check = {
  name: "element-emptied",
  severity: "retry",
  check({ given: { source, translation }, sourceSyntax, translationSyntax }) {
    if (emptyCount(translation, EMPTY_ELEMENT) > emptyCount(source, EMPTY_ELEMENT)) return "an element lost its words";
    if (!sourceSyntax.isIcu || !translationSyntax.isIcu) return undefined;
    if (emptyCount(source, EMPTY_BRANCH) > 0 || emptyCount(translation, EMPTY_BRANCH) === 0) return undefined;
    return "a branch lost its words";
  },
};

function emptyCount(text: string, pattern: RegExp): number {
  return text.match(pattern)?.length ?? 0;
}
