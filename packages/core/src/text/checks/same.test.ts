import { expect, test } from "vitest";
import { same } from "./same.ts";
import { CheckSubject, type TranslationToCheck } from "./subject.ts";

const check = (source: string, given: Partial<TranslationToCheck> = {}) =>
  same.check(new CheckSubject({ source, translation: source, sourceLocale: "en", targetLocale: "fr", ...given }));

test.each([
  ["Add this to the cart", "it equals its source"],
  ["<b>Add</b> {count} more to cart", "it equals its source"],
  ["Visual Studio Code", undefined],
  ["Snake Case ( snake_case )", undefined],
  ["https://api.example.com/api/v1/status", undefined],
  ["{one} {two} {three} {four} of", undefined],
  ["1 2 3 4 5", undefined],
])("%j that stayed as it is: %s", (source, message) => {
  expect(check(source)).toBe(message);
});

test("space at the ends makes no difference", () => {
  expect(check("Add this to the cart", { translation: " Add this to the cart\n" })).toBe("it equals its source");
});

test.each([
  ["another text", { translation: "Ajouter au panier" }],
  ["another region of the same language", { targetLocale: "en-GB" }],
  ["another script of the same language", { sourceLocale: "sr-Cyrl", targetLocale: "sr-Latn" }],
  ["an unknown source locale", { sourceLocale: undefined }],
  ["an unknown target locale", { targetLocale: undefined }],
])("%s passes", (_, given) => {
  expect(check("Add this to the cart", given)).toBeUndefined();
});
