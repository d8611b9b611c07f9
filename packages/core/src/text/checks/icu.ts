import type { Check } from "./subject.ts";
import { differencesWith } from "./token-difference.ts";

/** In an ICU message the braces balance, and the arguments (name, type, style) are those of the source. */
export const icu: Check = {
  name: "icu",
  severity: "block",
  check(subject) {
    // A translation that becomes an ICU message has an argument that no program gives.
    if (!subject.sourceSyntax.isIcu) return differencesWith("argument", subject.tokenDifferences);
    if (!subject.translationSyntax.isIcu) return "its braces do not balance or hold no ICU argument";
    return differencesWith("argument", subject.tokenDifferences);
  },
};
