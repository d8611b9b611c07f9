import type { Span } from "../icu.ts";
import type { Syntax } from "../syntax.ts";

/** The words of a text: every placeholder, tag and piece of ICU syntax in it is one space. */
export function proseOf(text: string, spans: readonly Span[]): string {
  if (spans.length === 0) return text;
  let prose = "";
  let at = 0;
  for (const { start, end } of spans) {
    prose += `${text.slice(at, start)} `;
    at = end;
  }
  return prose + text.slice(at);
}

const WORD = /\p{L}{2}/u;

/** The number of words in a text. An address counts as one, and an identifier (`snake_case`) as none. */
export function wordCount(prose: string): number {
  return prose.split(/\s+/).filter((word) => WORD.test(word) && !word.includes("_")).length;
}

/** Whether a text is an ICU message with a plural or a select: each language has its own number of branches, and of words in them. */
export function hasBranches(syntax: Syntax): boolean {
  return syntax.arguments.some(({ selectors }) => selectors.length > 0);
}
