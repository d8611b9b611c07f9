import { expect, test } from "vitest";
import { maxLengthOf } from "./max-length.ts";

test("the context says the most characters, and nothing where it is a word of the producer's own", () => {
  expect(maxLengthOf({ maxLength: 40, note: "a button" })).toBe(40);
  for (const maxLength of ["40", 0, -1, 1.5, 1e30, null, {}]) expect(maxLengthOf({ maxLength })).toBeUndefined();
  expect(maxLengthOf(null)).toBeUndefined();
  expect(maxLengthOf({})).toBeUndefined();
});
