import { createRequire } from "node:module";
import { parseIcu } from "../icu.ts";
import type { Check } from "./subject.ts";

/** The parser recurses, and ends the stack at a few thousand levels. */
const MAX_DEPTH = 50;

/**
 * A second reading of an ICU message by the parser of FormatJS, which also knows number skeletons and the rules of each
 * argument. A source that it refuses is written for another formatter, so its translation is not held to it.
 */
export const icuParser: Check = {
  name: "icu",
  severity: "block",
  check({ given: { source, translation }, sourceSyntax, translationSyntax }) {
    if (!sourceSyntax.isIcu || !translationSyntax.isIcu || translation === source) return undefined;
    // Bare arguments of the same names: the parser refuses both or neither.
    const names = new Set(sourceSyntax.arguments.map(({ name }) => name));
    if (translationSyntax.arguments.every(({ name, type }) => type === "" && names.has(name))) return undefined;
    return !isReadable(translation) && isReadable(source) ? "a parser of ICU messages refuses it" : undefined;
  },
};

// Node reads a module with `require` at once, and a check does not wait.
const require = createRequire(import.meta.url);
type Parse = (message: string, options: { ignoreTag: boolean }) => unknown;
let parse: Parse | undefined;

function isReadable(text: string): boolean {
  if ((parseIcu(text)?.depth ?? 0) > MAX_DEPTH) return true;
  // Most programs that use this package never judge an ICU message.
  parse ??= (require("@formatjs/icu-messageformat-parser") as { parse: Parse }).parse;
  try {
    parse(text, { ignoreTag: true });
    return true;
  } catch {
    return false;
  }
}
