import { expect, test } from "vitest";
import { empty } from "./empty.ts";
import { CheckSubject } from "./subject.ts";

test.each([
  ["Save", "", "it is empty"],
  ["Save", " \n\u200b", "it is empty"],
  ["Save", ".", undefined],
  ["   ", " ", undefined],
])("%j as %j: %s", (source, translation, message) => {
  expect(empty.check(new CheckSubject({ source, translation }))).toBe(message);
});
