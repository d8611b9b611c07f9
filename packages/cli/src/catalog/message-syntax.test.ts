import { describe, expect, test } from "vitest";
import { hasIcuSyntax, hasPipePlural, i18nextPluralKeys, pluralMessageKeys } from "./message-syntax.ts";

describe("ICU syntax", () => {
  test.each([
    "{count, plural, one {# item} other {# items}}",
    "You have {count,plural,=0{no mail}one{# mail}other{# mails}} in {folder}.",
    "{\n  gender,\n  select,\n  female {She}\n  other {They}\n}",
    "{n, selectordinal, one {#st} two {#nd} few {#rd} other {#th}} place",
    "{count, plural, offset:1 =0 {nobody} one {{name}} other {{name} and # others}}",
    "{g, select, male {{n, plural, one {his book} other {his books}}} other {books}}",
    "<b>{0, plural, one {x} other {y}}</b>",
    "Type { to begin. {count, plural, one {x} other {y}}",
    "Don't lose {count, plural, one {it} other {them}}",
    "l'{count, plural, one {objet} other {objets}}",
    "{count, PLURAL, other {x}}",
    "{count, plural, one {a '{' here} other {b}}",
  ])("is seen in %j", (text) => {
    expect(hasIcuSyntax(text)).toBe(true);
  });

  test.each([
    "{name}",
    "{{count}} items",
    "{price, number}",
    "{{count, number}}",
    "{date, date, short}",
    "{count, plural, one {# item} other {# items}",
    "{count, plural, }",
    "{count, plural}",
    "{count, plural, one}",
    "{count, plural, one {x} other}",
    "{count, pluralize, one {x}}",
    "Write '{count, plural, one {x} other {y}}' to get a plural",
    "One, plural, many {x}",
    "Please select, {name}, one {of these}",
    "",
  ])("is not seen in %j", (text) => {
    expect(hasIcuSyntax(text)).toBe(false);
  });

  test("ends within a moment on a hostile text of one megabyte", () => {
    for (const part of ["{x, plural, x {", "'{", "{", "{a, plural, ", "{x, select, a ", "''{'"]) {
      const startedAt = performance.now();
      hasIcuSyntax(`, plural${part.repeat(1_000_000 / part.length)}`);
      expect(performance.now() - startedAt).toBeLessThan(5_000);
    }
  });
});

describe("i18next plurals", () => {
  const plurals = (texts: Record<string, string>): string[] =>
    [...i18nextPluralKeys(Object.entries(texts).map(([key, text]) => ({ key, text })))].sort();

  test("are siblings with one of the six suffixes beside an _other, ordinals and contexts included", () => {
    expect(
      plurals({
        "cart.items_zero": "none",
        "cart.items_one": "one",
        "cart.items_other": "many",
        place_ordinal_few: "rd",
        place_ordinal_other: "th",
        friend_male_one: "a friend",
        friend_male_other: "friends",
        "other.items_one": "in another parent",
        title: "Cart",
      }),
    ).toEqual([
      "cart.items_one",
      "cart.items_other",
      "cart.items_zero",
      "friend_male_one",
      "friend_male_other",
      "place_ordinal_few",
      "place_ordinal_other",
    ]);
  });

  test("are not words that merely have the same ending", () => {
    expect(
      plurals({ arrowhead_one: "Crow's foot (one)", zero_or_one: "x", gender_other: "Other", plural: "Media" }),
    ).toEqual([]);
  });

  test("are a lone _other with a count, as a Japanese source has it", () => {
    expect(
      plurals({ items_other: "{{count}} 件", others_other: "{{- count}} 件", gender_other: "{{country}}" }),
    ).toEqual(["items_other", "others_other"]);
  });

  test("are the _plural key of version 3 and its base key", () => {
    expect(plurals({ item: "item", item_plural: "items", noun_plural: "Plural" })).toEqual(["item", "item_plural"]);
  });
});

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

test("pluralMessageKeys finds all three kinds by key", () => {
  const keys = pluralMessageKeys([
    { key: "a_one", text: "x" },
    { key: "a_other", text: "x" },
    { key: "icu", text: "{n, plural, other {x}}" },
    { key: "pipe", text: "x | {n} x" },
    { key: "plain", text: "{name}" },
  ]);
  expect([...keys]).toEqual(["a_one", "a_other", "icu", "pipe"]);
});
