import { expect, test } from "vitest";
import { chrfOf } from "./chrf.ts";

test.each([
  ["the same text", "the same text", 100],
  ["the  same text", "thesametext", 100],
  ["abc", "xyz", 0],
  // Runs of one: 2 of 2 and 2 of 3; of two: 1 of 1 and 1 of 2; the translation has no longer ones.
  ["ab", "abc", 63.636],
  ["", "abc", 0],
])("%j against %j is %d", (translation, reference, score) => {
  expect(chrfOf([{ translation, reference }])).toBeCloseTo(score, 2);
});

test("of several pairs counts their runs together", () => {
  const [good, bad] = [
    { translation: "a long good translation", reference: "a long good translation" },
    { translation: "x", reference: "y" },
  ];
  expect(chrfOf([good, bad])).toBeGreaterThan(90);
  expect(chrfOf([])).toBe(0);
});
