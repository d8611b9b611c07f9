/**
 * The ways to ask for one text, from the one that gives the best language to the one that always keeps the syntax.
 *
 * | engine protects | rungs |
 * |---|---|
 * | `instructed` | the text · with the list of parts to keep · masked by tags · split |
 * | `tags`       | masked by tags · masked by words · split |
 * | `words`      | masked by words · split |
 * | `none`       | split |
 *
 * A text without a part to protect has the first rung alone, and is sent as it is on it.
 */
import type { Protection, TextFormat } from "../contract/engine.ts";
import type { Span } from "../text/icu.ts";
import { maskParts, splitAtParts } from "../text/mask/mask.ts";
import type { Question } from "../text/message/asking.ts";
import { readSyntax } from "../text/syntax.ts";
import type { Facts } from "./brief.ts";

export type Rung = "raw" | "keep" | "tags" | "words" | "split";

const LADDERS: Readonly<Record<Protection, readonly Rung[]>> = {
  instructed: ["raw", "keep", "tags", "split"],
  tags: ["tags", "words", "split"],
  words: ["words", "split"],
  none: ["split"],
};

/** The rungs of an engine for one text, the first to be tried first. */
export function rungsFor(
  protects: Protection,
  { text, format }: Pick<Question, "text" | "format">,
  kept: readonly Span[] = [],
): readonly Rung[] {
  // An instructed engine is told which words to keep.
  if ((protects === "instructed" || kept.length === 0) && !hasParts(text, format)) return ["raw"];
  const ladder = LADDERS[protects];
  return NO_XML.test(text) ? ladder.filter((rung) => rung !== "tags") : ladder;
}

/** A server that reads tags refuses a text with a character that XML cannot hold: the colours of a terminal. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for
const NO_XML = /[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/;

function hasParts(text: string, format: TextFormat): boolean {
  // Most texts hold none of the characters that every protected part has.
  return /[{}<>%$@:&`#[\]'|]/.test(text) && maskParts(text, format, "words") !== undefined;
}

/** One way to ask: the items to send, and the translation in their answers. */
export interface Wording {
  readonly items: readonly Facts[];
  /** @returns undefined where the answers lost, doubled or changed a mask. */
  read(answers: readonly string[]): string | undefined;
}

/**
 * The items for a question on one rung.
 *
 * @param isFirst Whether none was tried before.
 * @param given Those of the whole text: context, hint, references, and why a try was not accepted. No reference goes with a text
 *   whose parts are masked or cut off: its placeholders would come back beside the masks.
 * @param kept The places of terms that an engine without terms is to keep.
 * @param place Of the text among those that are asked for together: tells its masks from theirs. Default: 0.
 */
export function wordingOf(
  question: Question,
  rung: Rung,
  isFirst: boolean,
  given: Pick<Facts, "context" | "hint" | "also" | "previousFailure" | "references">,
  place = 0,
  kept: readonly Span[] = [],
): Wording {
  const { references: _references, ...others } = given;
  const facts = rung === "raw" || rung === "keep" ? given : others;
  const { text, format, form } = question;
  const whole: Facts = { text, format, ...(form !== undefined && { form }), ...facts };
  const words = kept.map(({ start, end }) => text.slice(start, end));
  switch (rung) {
    case "raw":
      return { items: [words.length === 0 ? whole : { ...whole, keep: words }], read: ([answer]) => answer };
    case "keep": {
      const keep = [...new Set([...partsToKeep(text, format), ...words])];
      return { items: [{ ...whole, keep }], read: ([answer]) => answer };
    }
    case "tags":
    case "words":
      return maskedWording(question, { as: rung, isFirst, place, kept: words }, whole);
    case "split": {
      const { pieces, join } = splitAtParts(text, format, kept);
      return { items: pieces.map((piece): Facts => ({ text: piece, format: "text", ...facts })), read: join };
    }
  }
}

/**
 * The number of a plural goes as a numeral, so that an engine without instructions makes the words agree with it. Where the
 * numeral does not come back, the number is masked as any other part.
 */
function maskedWording(
  question: Question,
  { as, isFirst, place, kept }: { as: "tags" | "words"; isFirst: boolean; place: number; kept: readonly string[] },
  whole: Facts,
): Wording {
  const { text, format } = question;
  const number = isFirst ? numberOf(question) : undefined;
  const numeral = number && numeralFor(text, number);
  const shown = numeral === undefined ? text : numeral.shown;
  // The numeral may have moved them.
  const masked = maskParts(shown, format, as, place, placesOf(shown, kept));
  const item: Facts = { ...whole, text: masked?.text ?? shown, ...(masked !== undefined && { mask: as }) };
  return {
    items: [item],
    read([answer = ""]) {
      const unmasked = masked === undefined ? answer : masked.unmask(answer);
      if (unmasked === undefined || numeral === undefined) return unmasked;
      return numeral.restore(unmasked);
    },
  };
}

function placesOf(text: string, words: readonly string[]): Span[] {
  const places: Span[] = [];
  let from = 0;
  for (const word of words) {
    const start = text.indexOf(word, from);
    if (start === -1) continue;
    from = start + word.length;
    places.push({ start, end: from });
  }
  return places;
}

/** The placeholder that is the number of a plural form, and a number that takes the form. */
function numberOf({
  text,
  format,
  form,
  numbers = [],
}: Question): { placeholder: string; example: number } | undefined {
  if (numbers.length > 0 || form === undefined) return numbers[0];
  const placeholder = partsToKeep(text, format).find((part) => COUNT.test(part));
  return placeholder === undefined ? undefined : { placeholder, example: form.example };
}

/** The placeholders that catalogs write for the number of a family: `{{count}}`, `{n}`, `%(count)d`, `%d`. */
const COUNT =
  /^(?:\{\{-?\s*(?:count|n)\b[^{}]*\}\}|[%$]?\{\s*(?:count|n)\s*\}|%\((?:count|n)\)[ds]|%(?:1\$)?(?:l{0,2}[du]|@))$/;

interface Numeral {
  shown: string;
  /** @returns undefined where the numeral does not stand in the translation exactly once. */
  restore(translation: string): string | undefined;
}

function numeralFor(
  text: string,
  { placeholder, example }: { placeholder: string; example: number },
): Numeral | undefined {
  const numeral = String(example);
  const pattern = () =>
    new RegExp(`(?<![\\p{L}\\p{N}$%.,])${numeral.replace(".", "\\.")}(?![\\p{N}$%]|[.,]\\p{N})`, "gu");
  if (text.split(placeholder).length !== 2 || text.includes(numeral)) return undefined;
  return {
    shown: text.replace(placeholder, () => numeral),
    restore(translation) {
      if ([...translation.matchAll(pattern())].length !== 1) return undefined;
      return translation.replace(pattern(), () => placeholder);
    },
  };
}

/** The parts that must come back byte for byte, each once, in their order. */
export function partsToKeep(text: string, format: TextFormat): string[] {
  const parts = readSyntax(text, format).spans.flatMap(({ start, end }) => text.slice(start, end).match(PART) ?? []);
  return [...new Set(parts)];
}

/** Neighbours that touch are one stretch of syntax; an engine reads them better one by one. */
const PART = /<[^<>]*>|\{\{[^{}]*\}\}|[$#%]?\{[^{}]*\}|[^<>{}\s]+(?:\s+[^<>{}\s]+)*/g;
