import { expect, test } from "vitest";
import { isUntranslated } from "./untranslated.ts";

test.each([
  ["Save changes", "Save changes", "fr", true],
  ["Hello {{name}}", "Hello {{name}}", "de", true],
  ["Zapisz wszystko", "Zapisz wszystko", "pl", true],
  ["Save changes", "Enregistrer", "fr", false],
  ["Save changes", "Save changes ", "fr", false],
  ["OK", "OK", "fr", false],
  ["USB 3.0", "USB 3.0", "ja", false],
  ["12 / 12", "12 / 12", "ja", false],
  ["Colour", "Colour", "en-GB", false],
])("%j as %j in %s is an English copy: %s", (text, value, targetLocale, wanted) => {
  expect(isUntranslated({ text, value }, { sourceLocale: "en", targetLocale })).toBe(wanted);
});
