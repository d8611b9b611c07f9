import type { TextFormat } from "../../contract/engine.ts";
import type { Span } from "../icu.ts";
import { type Chunk, literalsOf } from "./literal.ts";
import { readParts } from "./parts.ts";

const LETTER = /\p{L}/u;
/** Signs that touch a part. With other words behind them they might be one with it: `%0%` is no `%0`. */
const SIGNS_BEFORE = /^[^\p{L}\p{M}\p{N}\s]+/u;
const SIGNS_AFTER = /[^\p{L}\p{M}\p{N}\s]$/u;

/** The words of a text without its protected parts. */
export interface Split {
  /** The stretches to translate, in order, without the space at their ends and the signs that touch a part. Each holds a letter. Empty: no word at all. */
  pieces: readonly string[];
  /**
   * The whole text, with one answer for each piece. Protected parts, what lies between them and the pieces, and stretches without a letter
   * come from the source.
   *
   * @throws {RangeError} There are fewer or more answers than pieces.
   */
  join(answers: readonly string[]): string;
}

/**
 * Cuts a text at its protected parts, for an engine that keeps nothing. The parts always survive; grammar and word order
 * across them suffer.
 */
export function splitAtParts(text: string, format: TextFormat, kept: readonly Span[] = []): Split {
  const parted = readParts(text, format, kept);
  const literals = literalsOf(parted);
  const pieces: string[] = [];
  const plan: (Chunk | { piece: number })[] = [];
  let at = 0;
  for (const { start, end } of [...parted.runs, { start: text.length, end: text.length }]) {
    const words = text.slice(at, start);
    const inner = innerOf(words, at > 0, end > start);
    if (inner === undefined) {
      if (words !== "") plan.push({ part: words });
    } else {
      if (inner.start > 0) plan.push({ part: words.slice(0, inner.start) });
      plan.push({ piece: pieces.length });
      pieces.push(literals.shown(words.slice(inner.start, inner.end)));
      if (inner.end < words.length) plan.push({ part: words.slice(inner.end) });
    }
    if (end > start) plan.push({ part: text.slice(start, end) });
    at = end;
  }
  return {
    pieces,
    join(answers) {
      if (answers.length !== pieces.length) {
        throw new RangeError(`${answers.length} answers were given for ${pieces.length} pieces; give one for each`);
      }
      return literals.print(
        plan.map((chunk) => ("piece" in chunk ? { words: (answers[chunk.piece] ?? "").trim() } : chunk)),
      );
    },
  };
}

/** The stretch of words to send. Undefined: it has no letter. */
function innerOf(words: string, isAfterPart: boolean, isBeforePart: boolean): Span | undefined {
  if (!LETTER.test(words)) return undefined;
  let start = isAfterPart ? (SIGNS_BEFORE.exec(words)?.[0].length ?? 0) : 0;
  let end = words.length;
  // By steps from the end: a pattern for a run of signs there would read the run again from each of its places.
  while (isBeforePart && SIGNS_AFTER.test(words.slice(Math.max(start, end - 2), end))) end -= 1;
  start += words.slice(start).length - words.slice(start).trimStart().length;
  end = start + words.slice(start, end).trimEnd().length;
  return { start, end };
}
