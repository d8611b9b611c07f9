import { hasSpaces } from "./language.ts";
import { hasBranches } from "./prose.ts";
import type { Check } from "./subject.ts";

/** The last mark of a text, with the marks of other scripts, in the classes that readers tell apart. */
const CLASSES = {
  ellipsis: /(?:\.\.\.|…|⋯|。。。)$/u,
  question: /[?？؟\u037e⁇]$/u,
  exclamation: /[!！‼]$/u,
  colon: /[:：]$/u,
  stop: /[.。．।۔։።]$/u,
} as const;
type Mark = keyof typeof CLASSES;

/** Quotes, brackets, tags' remains and space after the mark. */
const AFTER_MARK = /[\s"'”’»«“„)\]}）」』】*_`\u200b-\u200f\u2066-\u2069]+$/u;

/** A translation ends as its source does: with a question, an exclamation, a colon, an ellipsis or a full stop. */
export const endPunctuation: Check = {
  name: "end-punctuation",
  severity: "warn",
  check({ given: { targetLocale }, sourceProse, translationProse, sourceSyntax }) {
    if (hasBranches(sourceSyntax)) return undefined;
    const expected = endOf(sourceProse);
    const actual = endOf(translationProse);
    if (expected === actual || (isOptional(expected) && isOptional(actual) && !hasSpaces(targetLocale ?? ""))) {
      return undefined;
    }
    if (actual === undefined) return `the ${nameOf(expected)} at its end is missing`;
    if (expected === undefined) return `the ${nameOf(actual)} at its end was added`;
    return "it ends with another mark";
  },
};

/** Chinese and Japanese labels and lists are written with a full stop or a colon at the end, or without. */
function isOptional(mark: Mark | undefined): boolean {
  return mark === undefined || mark === "stop" || mark === "colon";
}

function endOf(prose: string): Mark | undefined {
  const text = prose.slice(-40).replace(AFTER_MARK, "");
  for (const [name, pattern] of Object.entries(CLASSES)) if (pattern.test(text)) return name as Mark;
  return undefined;
}

function nameOf(mark: Mark | undefined): string {
  return mark === "stop" ? "full stop" : mark === "question" || mark === "exclamation" ? `${mark} mark` : (mark ?? "");
}
