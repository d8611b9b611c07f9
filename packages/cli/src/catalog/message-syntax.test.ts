import { describe, expect, test } from "vitest";
import { hasPipePlural, pipePluralKeys } from "./message-syntax.ts";

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
