import { counted } from "./counted.ts";
import { differenceOf } from "./difference.ts";
import type { Check } from "./subject.ts";

/**
 * The marks that stand for protected parts while a machine translates: numbers in double brackets, words of letters that no
 * language has, capitals framed by signs. An answer must not hold one that its source does not hold.
 */
const NAME = "(?:PH|TAG|TOKEN|MASK|VAR|KEEP|PLACEHOLDER)";
const SIGN = "(?:#{2,4}|_{2,4}|@{2,4}|-{2,3}|[$]{2}|~{2,3}|§{1,3}|\\|{2}|={2,3}|%{2})";
const MASKS = new RegExp(
  [
    `\\[\\[\\s?(?:${NAME}|[TXG])?[_\\s-]?[0-9]{1,4}\\s?\\]\\]`,
    `[⟦〔⟨⟪](?:${NAME}|[TXG])?[_\\s-]?[0-9]{1,4}[⟧〕⟩⟫]`,
    `[[(<【]${NAME}[_\\s-]?[0-9]{1,4}[\\])>】]`,
    `(?<![\\w#@~$§|=%-])${SIGN}[A-Z][A-Z0-9]{0,24}(?:[_-][A-Za-z0-9]{1,24}){0,6}${SIGN}(?![\\w#@~$§|=%-])`,
    `(?<![A-Za-z0-9_])${NAME}[_-]?[0-9]{1,4}(?![A-Za-z0-9_])`,
    "(?<![A-Za-z])[Xx]q[a-z]{1,16}q[xX](?![A-Za-z])",
    "[\\uE000-\\uF8FF]",
  ].join("|"),
  "g",
);

/** No mark of a mask is left over. */
export const mask: Check = {
  name: "mask",
  severity: "block",
  check({ given: { source, translation } }) {
    const found = translation.match(MASKS);
    // A source that speaks of such marks has them translated as words, and `__token__` in capitals is none.
    if (found === null || source.match(MASKS) !== null) return undefined;
    const words = source.toLowerCase();
    if (found.every((each) => words.includes(each.toLowerCase()))) return undefined;
    return "a mark of a masked part is left in it";
  },
};

const QUOTE_ENTITY = /&(?:quot|apos|#0?39|#34|#x27|#x22);/i;
const ENTITY = /&(?:#[0-9]{1,7}|#x[0-9a-f]{1,6}|[a-z][a-z0-9]{1,31});/i;
const ENTITIES = new RegExp(ENTITY, "gi");
const ESCAPED_TWICE = /&amp;(?:#[0-9]{1,7}|#x[0-9a-f]{1,6}|[a-z][a-z0-9]{1,31});/i;
const BROKEN =
  /&\s(?:nbsp|amp|lt|gt|quot|apos|hellip|mdash|ndash|copy|#[0-9]{1,7});|&(?:nbsp|amp|lt|gt|quot|apos|hellip|mdash|ndash|copy|#[0-9]{1,7})\s;/i;

/**
 * No entity is made of a plain character, escaped a second time, or broken by white space. A machine has those of its source;
 * a person may write "and" for `&amp;`.
 */
export const entity: Check = {
  name: "entity",
  severity: "block",
  check({ given: { source, translation }, isByMachine, each }) {
    if (isByMachine && source.includes("&")) {
      const own = entitiesOf(source);
      // Others are made of plain signs, and read as these in a text that has such references.
      const found = entitiesOf(translation).filter((reference) => own.includes(reference));
      const { missing, added } = differenceOf(own, found, each);
      if (missing > 0) return `${counted(missing, "character reference")} missing`;
      if (added > 0) return `${counted(added, "character reference")} added`;
    }
    if (!translation.includes("&")) return undefined;
    if (ESCAPED_TWICE.test(translation) && !ESCAPED_TWICE.test(source)) return "an entity is escaped twice";
    if (BROKEN.test(translation) && !BROKEN.test(source)) return "an entity holds white space";
    if (QUOTE_ENTITY.test(translation) && !ENTITY.test(source)) return "a quote is escaped as an entity";
    return undefined;
  },
};

function entitiesOf(text: string): string[] {
  return text.match(ENTITIES) ?? [];
}

/** A line break of the source is none that is spelled as a backslash and a letter. */
export const newline: Check = {
  name: "newline",
  severity: "block",
  check({ given: { source, translation } }) {
    if (!source.includes("\n") || source.includes("\\n") || !translation.includes("\\n")) return undefined;
    return "a line break is spelled out";
  },
};

const JSON_START = /^\s*(?:\{\s*"[^"\n]{1,64}"\s*:|\[\s*(?:\{\s*)?")/;
const FENCE = /^[ \t]*(?:```|~~~)/m;

/** The answer is the text itself, and neither the data that an engine wraps it in nor a block of code. */
export const wrapper: Check = {
  name: "wrapper",
  severity: "block",
  check({ given: { source, translation } }) {
    if (isJson(translation) && !isJson(source)) return "it is wrapped in JSON";
    return FENCE.test(translation) && !FENCE.test(source) && !source.includes("```")
      ? "it is wrapped in a block of code"
      : undefined;
  },
};

function isJson(text: string): boolean {
  if (!JSON_START.test(text)) return false;
  try {
    return typeof JSON.parse(text) === "object";
  } catch {
    return false;
  }
}

const OVERRIDE = /[\u202d\u202e]/g;
const EMBEDDING = /[\u202a\u202b\u202d\u202e]/g;
const ISOLATE = /[\u2066-\u2068]/g;

/** No override of the direction is added, and what opens a direction is closed: it would turn the text behind it as well. */
export const bidi: Check = {
  name: "bidi",
  severity: "block",
  check({ given: { source, translation } }) {
    if (!/[\u202a-\u202e\u2066-\u2069]/.test(translation)) return undefined;
    if (countOf(OVERRIDE, translation) > 0 && countOf(OVERRIDE, source) === 0) {
      return "an override of the direction was added";
    }
    return !isClosed(translation) && isClosed(source) ? "a change of the direction is not closed" : undefined;
  },
};

function isClosed(text: string): boolean {
  return countOf(EMBEDDING, text) <= countOf(/\u202c/g, text) && countOf(ISOLATE, text) <= countOf(/\u2069/g, text);
}

function countOf(pattern: RegExp, text: string): number {
  return text.match(pattern)?.length ?? 0;
}

/** U+FFFD stands for a character that a decoder lost. */
export const replacementCharacter: Check = {
  name: "replacement-character",
  severity: "block",
  check({ given: { source, translation } }) {
    return translation.includes("\ufffd") && !source.includes("\ufffd")
      ? "it holds a replacement character"
      : undefined;
  },
};
