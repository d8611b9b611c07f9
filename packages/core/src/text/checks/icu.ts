import type { Check } from "./subject.ts";
import { differencesWith } from "./token-difference.ts";

/** In an ICU message the braces balance, and the arguments (name, type, style) are those of the source. */
export const icu: Check = {
  name: "icu",
  severity: "block",
  check(subject) {
    if (!subject.sourceSyntax.isIcu) return undefined;
    if (!subject.translationSyntax.isIcu) return "its braces do not balance or hold no ICU argument";
    return differencesWith("argument", subject.tokenDifferences);
  },
};
