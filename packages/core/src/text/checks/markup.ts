import type { Check } from "./subject.ts";
import { differencesWith } from "./token-difference.ts";

/**
 * A translation has the tags of its source, each as often, in any order. In ICU messages each at least once: branches
 * multiply them.
 */
export const markup: Check = {
  name: "markup",
  severity: "block",
  check: ({ tokenDifferences }) => differencesWith("markup", tokenDifferences),
};
