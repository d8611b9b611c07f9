import type { Check } from "./subject.ts";

const DOUBLED = /[\p{L}\p{N}]''[\p{L}\p{N}]/u;

/** ICU messages write an apostrophe as two where they need one; in any other text readers see both. */
export const doubledApostrophe: Check = {
  name: "doubled-apostrophe",
  severity: "warn",
  check({ given: { source, translation, format }, translationSyntax }) {
    if (format === "icu" || translationSyntax.isIcu) return undefined;
    return DOUBLED.test(translation) && !source.includes("''") ? "an apostrophe is doubled" : undefined;
  },
};
