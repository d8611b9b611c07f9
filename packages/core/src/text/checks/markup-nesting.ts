import { VOID_ELEMENTS } from "../elements.ts";
import type { ProtectedToken } from "../syntax.ts";
import type { Check } from "./subject.ts";

const NAME = /^<(\/?)([A-Za-z0-9][A-Za-z0-9:._-]*)/;

/** Tags that nest in the source nest in its translation: none is crossed, closed before it opens, or left open. */
export const markupNesting: Check = {
  name: "markup-nesting",
  severity: "block",
  check({ given: { source }, sourceSyntax, translationSyntax, sourcePaths }) {
    if (!source.includes("<")) return undefined;
    const isCrossed =
      sourcePaths.length === 0
        ? isNested(sourceSyntax.tokens) && !isNested(translationSyntax.tokens)
        : sourcePaths.some(({ expected, actual }) => isNested(expected) && !isNested(actual));
    return isCrossed ? "its tags do not nest" : undefined;
  },
};

function isNested(tokens: readonly ProtectedToken[]): boolean {
  const open: string[] = [];
  for (const { kind, canonical, lenient } of tokens) {
    if (kind !== "markup" || lenient === "" || canonical.endsWith("/>")) continue;
    const [, closing, name = ""] = NAME.exec(canonical) ?? [];
    if (closing === undefined || VOID_ELEMENTS.has(name.toLowerCase())) continue;
    if (closing === "") open.push(name);
    else if (open.pop() !== name) return false;
  }
  return open.length === 0;
}
