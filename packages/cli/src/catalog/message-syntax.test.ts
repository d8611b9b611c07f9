import { describe, expect, test } from "vitest";
import { parseCatalog } from "./json-catalog.ts";
import { hasPipePlural, pipePluralKeys, withSyntax } from "./message-syntax.ts";

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

test("the keys of messages with a plural between pipes are found", () => {
  const keys = pipePluralKeys([
    { key: "icu", text: "{n, plural, other {x}}" },
    { key: "pipe", text: "x | {n} x" },
    { key: "plain", text: "{name}" },
  ]);
  expect([...keys]).toEqual(["pipe"]);
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
