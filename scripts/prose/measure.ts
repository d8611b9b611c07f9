/** Counts the words in prose that make a reader look for the noun. */
import type { Prose } from "./read-prose.ts";

/**
 * Three kinds of pronoun that stand in the place of a noun, and phrases that mean something only inside this project.
 *
 * A question may begin with "what" or "who", and a sentence may quote one of the words; there they do not count.
 */
export const MEASURES = {
  what: /(?<!")\b(?:what|whatever)\b/gi,
  who: /(?<!")\b(?:who|whoever|whom|whose)\b/gi,
  somebody: /(?<!")\b(?:some|no|any|every)(?:body|one)\b|\bno one\b/gi,
  private: new RegExp(
    [
      /\btold\b(?! apart)/,
      /\btell(?:s|ing)? of\b/,
      /\b(?:take|taken|takes|took) for\b/,
      /\bg(?:ave|ive|ives|iven|iving)(?: \w+)? up\b/,
      /\bin hand\b/,
      // "so long as" and "so many that" name the measure they mean.
      /\bso (?:long|many|much|often)\b(?! (?:as|that)\b)/,
      /\blest\b/,
      /(?<!\bthere )\b(?:is|are|was|were|be) none\b/,
      /\bnone of an?\b/,
      /\bcomes? over\b/,
      /\bas ever\b/,
      /\bits? eye on\b/,
    ]
      .map(({ source }) => source)
      .join("|"),
    "gi",
  ),
} as const;

export type Measure = keyof typeof MEASURES;

/** One place where a measure found something. `line` is counted from 1. */
export interface Hit {
  measure: Measure;
  line: number;
  /** The words found. */
  words: string;
  /** The line of text around it. */
  around: string;
}

export interface Count {
  words: number;
  hits: Hit[];
}

/** Counts words and hits in stretches of prose. */
export function measure(prose: readonly Prose[]): Count {
  const count: Count = { words: 0, hits: [] };
  for (const { line, text } of prose) {
    count.words += text.match(/\p{L}[\p{L}\p{M}'’-]*/gu)?.length ?? 0;
    for (const name of Object.keys(MEASURES) as Measure[]) {
      // A phrase may be broken over two lines; the pattern's spaces stand for either.
      for (const { index, 0: words } of text.replaceAll("\n", " ").matchAll(MEASURES[name])) {
        if ((name === "what" || name === "who") && isInQuestion(text, index)) continue;
        const before = text.slice(0, index).split("\n");
        const around = (text.split("\n")[before.length - 1] ?? "").trim();
        count.hits.push({ measure: name, line: line + before.length - 1, words, around });
      }
    }
  }
  return count;
}

/** Whether the sentence around `index` ends with a question mark. */
function isInQuestion(text: string, index: number): boolean {
  return /[.?!;:](?=[\s\])"*]|$)|\n\n/.exec(text.slice(index))?.[0] === "?";
}
