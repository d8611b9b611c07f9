/**
 * Tells whether a stored translation still holds the protected parts of its source byte for byte. It reads both texts by
 * itself and for themselves, so that it finds what the checks let pass: no part may run on into a letter that its source has not
 * beside it, and the translation read alone has the parts of the source read alone.
 */
import type { TextFormat } from "@trans-hub/core";
import { protectedTokens, readSyntax } from "@trans-hub/core/engine";
import { atomsOf } from "../../packages/core/src/text/mask/parts.ts";
import { icuFaults } from "./icu-faults.ts";

export interface Stored {
  source: string;
  translation: string;
  format: TextFormat;
  sourceLocale: string;
  targetLocale: string;
}

/** The first fault that is found, as a clause without a word of either text. Undefined: every part is as it was. */
export function lostPart(stored: Stored): string | undefined {
  const { source, translation, format } = stored;
  const syntax = readSyntax(source, format);
  if (syntax.arguments.some(({ selectors }) => selectors.length > 0)) {
    return icuFaults({ ...stored, isMangled: true })[0];
  }
  const lost = [...new Set(partsOf(source, format))].find((part) => {
    const isWhole = countOf(source, part) === wholeCountOf(source, part);
    if (countOf(translation, part) !== countOf(source, part)) return true;
    return isWhole && wholeCountOf(translation, part) !== countOf(source, part);
  });
  if (lost !== undefined) return "a part is missing, was added, or runs on into a word";
  const expected = canonicals(source, format);
  const found = canonicals(translation, format);
  return expected.join("\n") === found.join("\n") ? undefined : "read alone, it has other parts";
}

/** The title of a link is words for people. */
function partsOf(text: string, format: TextFormat): string[] {
  return atomsOf(text, format).map((atom) => atom.replace(/^(\]\(\S+\s")[^"]*"\)$/, "$1"));
}

function canonicals(text: string, format: TextFormat): string[] {
  return protectedTokens(text, format)
    .filter(({ maybe }) => !maybe)
    .map(({ canonical }) => canonical)
    .sort();
}

function countOf(text: string, part: string): number {
  return text.split(part).length - 1;
}

/** Counts where no letter or digit of ASCII touches a part that ends, or begins, in one. */
function wholeCountOf(text: string, part: string): number {
  let count = 0;
  for (let at = text.indexOf(part); at !== -1; at = text.indexOf(part, at + part.length)) {
    const before = isWord(part.at(0)) && isWord(text[at - 1]);
    const after = isWord(part.at(-1)) && isWord(text[at + part.length]);
    if (!before && !after) count += 1;
  }
  return count;
}

function isWord(character: string | undefined): boolean {
  return character !== undefined && /[A-Za-z0-9_]/.test(character);
}
