import { hasBranches } from "./prose.ts";
import type { Check } from "./subject.ts";

const LINK = /<a\s[^<>]*?\bhref\s*=\s*("[^"<>]*"|'[^'<>]*')/gi;

/**
 * Links come in the order of the source. Languages turn sentences round, so this only deserves a look: an engine may have
 * swapped the words of the two.
 */
export const tagOrder: Check = {
  name: "tag-order",
  severity: "warn",
  check({ given: { source, translation }, sourceSyntax }) {
    if (hasBranches(sourceSyntax) || !source.includes("<")) return undefined;
    const expected = targetsOf(source);
    const actual = targetsOf(translation);
    if (expected.length < 2 || expected.length !== actual.length) return undefined;
    if (expected.every((target, at) => target === actual[at])) return undefined;
    // A target that the source does not have is a matter of the markup.
    return expected.toSorted().join() === actual.toSorted().join() ? "links stand in another order" : undefined;
  },
};

function targetsOf(text: string): string[] {
  return [...text.matchAll(LINK)].map(([, target = ""]) => target.slice(1, -1));
}
