import { counted } from "./counted.ts";
import { differenceOf } from "./difference.ts";
import { hasBranches } from "./prose.ts";
import type { Check, CheckSubject } from "./subject.ts";

const DIGIT = /\p{Nd}/gu;
/** A number with its separators: `1,000.5`, `1 000,5` with a narrow space, `12:30`. */
const NUMBER = /[0-9]+(?:[.,:٫٬’'\u00a0\u202f\u2009][0-9]+)*/g;
const SEPARATORS = /[^0-9]/g;
const MOST_WORD_DIGITS = 2;
const ASCII_ZERO = 48;

/**
 * A translation has the numbers of its source. Digits of other scripts and the separators of the locale make no difference.
 * A word for a small number may become the number ("three" as 3, "March" as 3月).
 */
export const numbers: Check = {
  name: "numbers",
  severity: "warn",
  check(subject) {
    const expected = numbersOf(subject.sourceProse);
    const actual = numbersOf(subject.translationProse);
    const { missing, added } = differenceOf(expected, actual, eachOf(subject));
    // A form for 0, 1 or 2 has the number, or a word for it, by the rules of the language.
    const isForm = subject.given.pluralCategory !== undefined || hasBranches(subject.sourceSyntax);
    if (missing === 0 ? isForm || actual.every((number) => number.length <= MOST_WORD_DIGITS) : isForm && added === 0) {
      return undefined;
    }
    return missing > 0 || added > 0 ? `${counted(missing, "number")} missing, ${added} added` : undefined;
  },
};

function eachOf({ sourceSyntax }: CheckSubject): "as often" | "once" {
  return hasBranches(sourceSyntax) ? "once" : "as often";
}

function numbersOf(prose: string): string[] {
  const ascii = prose.replace(DIGIT, (digit) => {
    const point = digit.codePointAt(0) ?? 0;
    return point < 128 ? digit : String(digitAt(point));
  });
  return [...ascii.matchAll(NUMBER)].map(([number]) => number.replace(SEPARATORS, ""));
}

/** The decimal digits of every script stand in runs of ten whose zero is at a multiple of 16, or at 6 after one. */
function digitAt(point: number): number {
  let zero = point;
  while (zero > point - 9 && /\p{Nd}/u.test(String.fromCodePoint(zero - 1)) && zero - 1 > ASCII_ZERO) zero -= 1;
  return point - zero;
}
