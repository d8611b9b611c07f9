/**
 * The mask of made-up words: each protected run is one word of Latin letters, `Xqaakbqx`. No digit, because engines
 * localize numbers; no sign, because they squeeze or space it; no two equal when an engine changes their case.
 */
import type { Chunk, Literals } from "./literal.ts";
import type { Masked } from "./masked.ts";
import type { Parted, Run } from "./parts.ts";

/** No vowel: no word of a language. No letter of the frame: no token begins within another. */
const LETTERS = "bcdfghjkmvwz";
const HEAD = "xq";
const TAIL = "qx";

/** @param first The row of letters that is tried first for the beginning of the words. */
export function maskWithWords(parted: Parted, literals: Literals, first: number): Masked {
  const { text, runs } = parted;
  const stem = HEAD + unusedAfter(HEAD, text, first);
  const width = Math.max(1, Math.ceil(Math.log(runs.length) / Math.log(LETTERS.length) + 1e-9));
  const pads: Pad[] = [];
  let masked = "";
  let at = 0;
  for (const [position, run] of runs.entries()) {
    masked += literals.shown(text.slice(at, run.start));
    const pad = padOf(text, run, at);
    pads.push(pad);
    masked += `${pad.before}${capital(stem + spell(position, width) + TAIL)}${pad.after}`;
    at = run.end;
  }
  masked += literals.shown(text.slice(at));

  const token = new RegExp(
    `${spaced(stem)}((?:[\\s\\u200b]?[${LETTERS}]){${width}})[\\s\\u200b]?${spaced(TAIL)}`,
    "gi",
  );
  const leftover = new RegExp(stem, "i");
  return {
    text: masked,
    unmask(answer) {
      const chunks: Chunk[] = [];
      const order: number[] = [];
      const seen = new Set<number>();
      let from = 0;
      for (const match of answer.matchAll(token)) {
        const position = read((match[1] ?? "").replace(/[\s\u200b]/g, "").toLowerCase());
        const run = runs[position];
        if (run === undefined || seen.has(position)) return undefined;
        seen.add(position);
        order.push(position);
        const start =
          match.index - (pads[position]?.before && answer[match.index - 1] === " " && match.index > from ? 1 : 0);
        chunks.push({ words: answer.slice(from, start) }, { part: text.slice(run.start, run.end) });
        from = match.index + match[0].length;
        if (pads[position]?.after && answer[from] === " ") from += 1;
      }
      chunks.push({ words: answer.slice(from) });
      if (order.length !== runs.length) return undefined;
      if (parted.isOrdered && order.some((position, index) => position !== index)) return undefined;
      if (chunks.some((chunk) => "words" in chunk && leftover.test(chunk.words))) return undefined;
      return literals.print(chunks.filter((chunk) => !("words" in chunk && chunk.words === "")));
    },
  };
}

/** The space that a token is given where it touches a word, which would else be part of a word that no engine knows. */
interface Pad {
  before: "" | " ";
  after: "" | " ";
}

const WORD_BEFORE = /[\p{L}\p{N}]$/u;
const WORD_AFTER = /^[\p{L}\p{N}]/u;

function padOf(text: string, { start, end }: Run, from: number): Pad {
  return {
    // Two units hold a character of any plane.
    before: WORD_BEFORE.test(text.slice(Math.max(from, start - 2), start)) ? " " : "",
    after: WORD_AFTER.test(text.slice(end, end + 2)) ? " " : "",
  };
}

/** A row of letters that never follows `head` in the text, in any case: the shortest, and of those the next from `first` on. */
function unusedAfter(head: string, text: string, first: number): string {
  const folded = text.toLowerCase();
  for (let width = 1; ; width++) {
    const used = new Set<string>();
    for (let at = folded.indexOf(head); at !== -1; at = folded.indexOf(head, at + 1)) {
      used.add(folded.slice(at + head.length, at + head.length + width));
    }
    const rows = LETTERS.length ** width;
    for (let number = 0; number < rows && number <= used.size; number++) {
      const letters = spell((first + number) % rows, width);
      if (!used.has(letters)) return letters;
    }
  }
}

function spell(number: number, width: number): string {
  let letters = "";
  let rest = number;
  for (let place = 0; place < width; place++) {
    letters = (LETTERS[rest % LETTERS.length] ?? "") + letters;
    rest = Math.floor(rest / LETTERS.length);
  }
  return letters;
}

function read(letters: string): number {
  let number = 0;
  for (const letter of letters) number = number * LETTERS.length + LETTERS.indexOf(letter);
  return number;
}

function capital(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}

/** A pattern of the same letters with white space allowed between any two. */
function spaced(letters: string): string {
  return [...letters].join("[\\s\\u200b]?");
}
