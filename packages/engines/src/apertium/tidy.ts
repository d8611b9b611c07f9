/**
 * Takes Apertium's own traces out of an answer: the marks of words that it could not inflect (`#gerente`, `@subject`), the
 * spaces of words that it dropped, and the capitals that it writes behind a tag, where it sees a new sentence.
 *
 * @param source The text as it was sent, masks included. What it holds itself is left alone.
 */
export function tidied(answer: string, source: string): string {
  let text = answer;
  for (const [mark, pattern] of MARKS) if (!source.includes(mark)) text = text.replace(pattern, "");
  if (!source.includes("  ")) text = text.replace(/ {2,}/g, " ");
  if (!CAPITAL_BEHIND_TAG.test(source)) {
    text = text.replace(WORD_BEHIND_TAG, (found, tag: string, capital: string, rest: string) =>
      // A name stays as it is.
      source.includes(capital + rest) ? found : tag + capital.toLowerCase() + rest,
    );
  }
  return text;
}

const MARKS = [
  ["#", /(?<![\p{L}\p{N}#&])#(?=\p{L})/gu],
  ["@", /(?<![\p{L}\p{N}.])@(?=\p{L})/gu],
] as const;

/** The elements of a mask. */
const TAG = '<(?:x id="[0-9]+"/|g id="[0-9]+"|/g)>';
const CAPITAL_BEHIND_TAG = new RegExp(`${TAG}\\s*\\p{Lu}`, "u");
const WORD_BEHIND_TAG = new RegExp(`(${TAG}\\s*)(\\p{Lu})(\\p{Ll}+)`, "gu");
