import { createRequire } from "node:module";
import type { IcuMessage } from "../icu.ts";
import type { Syntax } from "../syntax.ts";
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
    return !isReadable(translation, translationSyntax) && isReadable(source, sourceSyntax)
      ? "a parser of ICU messages refuses it"
      : undefined;
  },
};

// Node reads a module with `require` at once, and a check does not wait.
const require = createRequire(import.meta.url);
type Parse = (message: string, options: { ignoreTag: boolean }) => unknown;
let parse: Parse | undefined;

function isReadable(text: string, { message }: Syntax): boolean {
  if (message !== undefined && (message.depth > MAX_DEPTH || isPlain(text, message))) return true;
  // Most programs that use this package never judge an ICU message.
  parse ??= (require("@formatjs/icu-messageformat-parser") as { parse: Parse }).parse;
  try {
    parse(text, { ignoreTag: true });
    return true;
  } catch {
    return false;
  }
}

/** Apostrophes, tags of XLIFF, an offset, and spaces that not every parser calls spaces. */
const HAS_MORE = /['<]|offset:|[^\S \n\t\r]/;
const PLAIN_TYPE = /^(?:plural|select|selectordinal)?$/;
const PLAIN_FORM = /^(?:zero|one|two|few|many|other|=\d{1,9})$/;
const PLAIN_NAME = /^\w+$/;

/**
 * Whether a message has only plain names, plurals and selections, which every parser reads: most messages. To know it takes a twentieth
 * of the time of the second reading.
 */
export function isPlain(text: string, message: IcuMessage): boolean {
  if (HAS_MORE.test(text)) return false;
  return message.arguments.every(({ name, type, selectors }) => {
    if (!PLAIN_NAME.test(name) || !PLAIN_TYPE.test(type)) return false;
    if (type === "") return true;
    const option = type === "select" ? PLAIN_NAME : PLAIN_FORM;
    const isEach = selectors.every((selector, at) => option.test(selector) && selectors.indexOf(selector) === at);
    return isEach && selectors.includes("other");
  });
}
