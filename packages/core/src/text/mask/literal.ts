/**
 * The words between protected parts, as an engine sees them and as the text's syntax needs them.
 *
 * In ICU messages an apostrophe before syntax quotes it, so that `l'{name}` prints `l{name}`. Words are therefore sent
 * without quoting, and quoted again on the way back: no engine can break a message by an apostrophe.
 */
import type { Parted } from "./parts.ts";

/** The words and protected parts of an answer, in order. */
export type Chunk = { words: string } | { part: string };

const QUOTES_NEXT = /^['{}<>#|]/;

/** Whether every apostrophe of the words is written `''`. */
function doublesApostrophes({ text, runs, isIcu }: Parted): boolean {
  if (!isIcu || !text.includes("''")) return false;
  let at = 0;
  for (const { start, end } of [...runs, { start: text.length, end: text.length }]) {
    if (text.slice(at, start).replaceAll("''", "").includes("'")) return false;
    at = end;
  }
  return true;
}

export interface Literals {
  /** The words as they are sent. */
  shown(words: string): string;
  /** The text of an answer. */
  print(chunks: readonly Chunk[]): string;
}

/** How the words of this text are sent and printed back. */
export function literalsOf(parted: Parted): Literals {
  if (!parted.isIcu) {
    return {
      shown: (words) => words,
      print: (chunks) => chunks.map((chunk) => ("words" in chunk ? chunk.words : chunk.part)).join(""),
    };
  }
  const doubles = doublesApostrophes(parted);
  return {
    shown: (words) => (doubles ? words.replaceAll("''", "'") : words),
    print(chunks) {
      const printed: string[] = [];
      for (const [position, chunk] of chunks.entries()) {
        if ("part" in chunk) {
          printed.push(chunk.part);
          continue;
        }
        const next = chunks[position + 1];
        const after = next !== undefined && "part" in next ? next.part : "";
        const isQuoteBefore = printed.at(-1)?.endsWith("'") === true;
        printed.push(quoted(chunk.words, after, doubles, isQuoteBefore));
      }
      return printed.join("");
    },
  };
}

function quoted(words: string, after: string, doubles: boolean, isQuoteBefore: boolean): string {
  if (doubles) return words.replace(/''?/g, "''");
  return words.replace(/'+/g, (run, at: number) => {
    const end = at + run.length;
    const next = end < words.length ? (words[end] ?? "") : after;
    const isAtQuote = at === 0 && isQuoteBefore;
    // An even number of apostrophes is so many halves already; an odd one opens a quotation before syntax.
    return (QUOTES_NEXT.test(next) || isAtQuote) && run.length % 2 === 1 ? `${run}'` : run;
  });
}
