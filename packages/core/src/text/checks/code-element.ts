import { counted } from "./counted.ts";
import { differenceOf } from "./difference.ts";
import { hasBranches } from "./prose.ts";
import type { Check } from "./subject.ts";

const ELEMENT = /<(code|samp|pre|tt)(?:\s[^<>]*)?>([^<]*)<\/\1\s*>/gi;
const SPACE = /\s+/g;

/** Code in its element stays as it is. People translate a name in it now and then, so it only deserves a look. */
export const codeElement: Check = {
  name: "code-element",
  severity: "warn",
  check({ given: { source, translation }, sourceSyntax }) {
    if (!source.includes("<")) return undefined;
    const { missing } = differenceOf(
      contentsOf(source),
      contentsOf(translation),
      hasBranches(sourceSyntax) ? "once" : "as often",
    );
    return missing > 0 ? `${counted(missing, "code element")} changed` : undefined;
  },
};

function contentsOf(text: string): string[] {
  return [...text.matchAll(ELEMENT)].map(([, , content = ""]) => content.replace(SPACE, ""));
}
