import { describe, expect, test } from "vitest";
import { parseCatalog } from "./json-catalog.ts";
import { hasPipePlural, withSyntax } from "./message-syntax.ts";

describe("pipe plurals", () => {
  test.each(["no apples | one apple | {count} apples", "{n} car | {n} cars", "From { count } folder | From many"])(
    "are seen in %j",
    (text) => {
      expect(hasPipePlural(text)).toBe(true);
    },
  );

  test.each([
    "Home | Shop",
    "car | cars",
    "{count} apples",
    "a|{n}",
    "{{count}} items | Shop",
    "{name} | Shop",
    " | {n}",
    "| {n}",
  ])("are not seen in %j", (text) => {
    expect(hasPipePlural(text)).toBe(false);
  });
});

test("the forms between pipes are told one by one, with the number that vue-i18n takes each for", () => {
  const [message] = withSyntax(parseCatalog("en.json", `{"n": "none | one car |  {n} cars"}`)).messages;
  expect(message?.parts?.rows.map(({ text, form }) => `${form.category}:${text}`)).toEqual([
    "=0:none",
    "=1:one car",
    "other: {n} cars",
  ]);
  expect(message?.parts?.join(["keins", "ein | Auto", " {n} Autos"])).toBe("keins | ein {'|'} Auto |  {n} Autos");
});

test("a catalog with an ICU plural is ICU in every text that its quoting changes, unless it has double braces", () => {
  const formats = (texts: Record<string, string>) =>
    withSyntax(parseCatalog("en.json", JSON.stringify(texts))).messages.map(({ format }) => format);
  const plural = "{n, plural, other {#}}";
  expect(formats({ plural, name: "It''s {name}", quoted: "It''s", pay: "Pay" })).toEqual([
    "icu",
    "icu",
    "icu",
    undefined,
  ]);
  expect(formats({ plural, name: "{{name}}" })).toEqual([undefined, undefined]);
  expect(formats({ name: "It's {name}" })).toEqual([undefined]);
});
