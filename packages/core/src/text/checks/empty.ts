import type { Check } from "./subject.ts";

/** Characters that no reader sees. Zero-width characters are not white space to `\s`. */
const INVISIBLE = /^[\s\u200b-\u200d\u2060\ufeff]*$/u;

/** A translation shows something where its source does. */
export const empty: Check = {
  name: "empty",
  severity: "block",
  check({ given: { source, translation } }) {
    return INVISIBLE.test(translation) && !INVISIBLE.test(source) ? "it is empty" : undefined;
  },
};
