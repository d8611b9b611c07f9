import type { TextFormat } from "../../contract/engine.ts";
import { type Chunk, literalsOf } from "./literal.ts";
import { readParts } from "./parts.ts";

const LETTER = /\p{L}/u;

/** The words of a text without its protected parts. */
export interface Split {
  /** The stretches to translate, in order, without the space at their ends. Each holds a letter. Empty: no word at all. */
  pieces: readonly string[];
  /**
   * The whole text, with one answer for each piece. Protected parts, the space around pieces, and stretches without a letter
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
export function splitAtParts(text: string, format: TextFormat): Split {
  const parted = readParts(text, format);
  const literals = literalsOf(parted);
  const pieces: string[] = [];
  const plan: (Chunk | { piece: number })[] = [];
  let at = 0;
  for (const { start, end } of [...parted.runs, { start: text.length, end: text.length }]) {
    const words = text.slice(at, start);
    if (LETTER.test(words)) {
      const inner = words.trim();
      const lead = words.indexOf(inner);
      if (lead > 0) plan.push({ part: words.slice(0, lead) });
      plan.push({ piece: pieces.length });
      pieces.push(literals.shown(inner));
      if (lead + inner.length < words.length) plan.push({ part: words.slice(lead + inner.length) });
    } else if (words !== "") plan.push({ part: words });
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
