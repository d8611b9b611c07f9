import { expect, test } from "vitest";
import { nul } from "./nul.ts";
import { CheckSubject } from "./subject.ts";

test.each([
  ["Enregi\0strer", "it holds a NUL character"],
  ["Enregistrer \ud83c", "it holds half a surrogate pair"],
  ["Enregistrer 🎉", undefined],
  ["", undefined],
])("%j: %s", (translation, message) => {
  expect(nul.check(new CheckSubject({ source: "Save 🎉", translation }))).toBe(message);
});
