import { expect, test } from "vitest";
import { withoutLiberties } from "./liberties.ts";

const pair = (source: string, translation: string) => ({ source, translation });

test("a separator may be a space, and a text may not", () => {
  const place = { file: "fr.json", key: "delimiter" };
  expect(withoutLiberties(pair(",", "\u00a0"), place)).toBeUndefined();
  expect(withoutLiberties(pair(",", "."), place)).toEqual(pair(",", "."));
  expect(withoutLiberties(pair("Pay", " "), place)).toEqual(pair("Pay", " "));
  expect(withoutLiberties(pair("5", " "), place)).toEqual(pair("5", " "));
});

test("messages of validations in Rails may use what Rails gives them, and nothing else", () => {
  const place = { file: "config/locales/ar.yml", key: "errors.messages.too_long[few]" };
  expect(withoutLiberties(pair("is too long (%{count})", "%{attribute} %{count} %{foo}"), place)).toEqual(
    pair("is too long (x)", "x x %{foo}"),
  );
  expect(withoutLiberties(pair("%{attribute} %{message}", "%{message}"), { ...place, key: "errors.format" })).toEqual(
    pair("x x", "x"),
  );
  expect(
    withoutLiberties(pair("A", "%{model}"), { ...place, key: "activerecord.errors.models.user.taken" })?.translation,
  ).toBe("x");
  for (const other of [
    { ...place, key: "cart.errors" },
    { ...place, key: "mirrors.messages.a" },
    { ...place, file: "ar.json" },
  ]) {
    expect(withoutLiberties(pair("A", "%{model}"), other)?.translation).toBe("%{model}");
  }
});

test("formats of dates in Rails are those of the language", () => {
  const formats = pair("%a, %d %b", "%d.%m.");
  expect(withoutLiberties(formats, { file: "de.yml", key: "date.formats.short" })).toBeUndefined();
  expect(withoutLiberties(formats, { file: "de.yml", key: "update.formats.short" })).toEqual(formats);
  expect(withoutLiberties(formats, { file: "de.json", key: "date.formats.short" })).toEqual(formats);
});
