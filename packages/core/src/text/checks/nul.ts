import type { Check } from "./subject.ts";

/** PostgreSQL stores neither U+0000 nor half a surrogate pair. */
export const nul: Check = {
  name: "nul",
  severity: "block",
  check({ given: { translation } }) {
    if (translation.includes("\0")) return "it holds a NUL character";
    if (!translation.isWellFormed()) return "it holds half a surrogate pair";
    return undefined;
  },
};
