/** The texts that an edit makes stale, against a slower rule that is written otherwise. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { StaleTerms } from "./stale-terms.ts";

const word = fc.constantFrom(
  "board",
  "boards",
  "add",
  "Add",
  "add-on",
  "card",
  "credit",
  "keyboard",
  "{board}",
  "a",
  "on-board",
);
const joined = fc.constantFrom(" ", "\n", ", ", "-", "_", " \u00a0");
const texts = fc
  .array(fc.tuple(word, joined), { minLength: 1, maxLength: 8 })
  .map((parts) => parts.map(([each, after]) => each + after).join(""));

/** A term stands between characters that are no part of a word, and touches no hyphen within words and no placeholder. */
function hasTerm(text: string, term: string): boolean {
  const bare = text.replace(/\{\w+\}/g, (found) => "_".repeat(found.length));
  const within = term.replaceAll(" ", "[\\s\\u00a0]+");
  return new RegExp(`(?<![\\w])(?<!\\w-)${within}(?!\\w)(?!-\\w)`, "i").test(bare);
}

test("are those that have the term, and no other", () => {
  const terms = ["board", "add", "credit card"];
  fc.assert(
    fc.property(texts, fc.constantFrom(...terms), (text, term) => {
      const stale = new StaleTerms([{ sourceLocale: "en", term, forms: [], case: "any", targetLocales: null }]);
      expect(stale.in(text, "en-GB").length > 0, JSON.stringify(text)).toBe(hasTerm(text, term));
    }),
    { numRuns: 2_000 },
  );
});

test("are of the term's language, or of none that is known", () => {
  const stale = new StaleTerms([{ sourceLocale: "en", term: "board", forms: [], case: "any", targetLocales: null }]);
  expect(["en", "en-GB", "und", "de"].map((locale) => stale.in("The board", locale).length)).toEqual([1, 1, 1, 0]);
});
