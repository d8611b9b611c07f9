import type { Check } from "./subject.ts";
import { differencesWith } from "./token-difference.ts";

/**
 * A translation has the placeholders of its source, each as often, in any order. In ICU messages each at least once:
 * branches multiply them.
 */
export const placeholders: Check = {
  name: "placeholders",
  severity: "block",
  check: ({ tokenDifferences }) => differencesWith("placeholder", tokenDifferences),
};
