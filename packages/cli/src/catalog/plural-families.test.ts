import i18next from "i18next";
import { expect, test } from "vitest";
import { parseCatalog } from "./json-catalog.ts";
import { orphanedKeys, shapedFor } from "./plural-families.ts";

function shaped(text: string, targetLocale: string) {
  return shapedFor(parseCatalog("en.json", text), { sourceLocale: "en", targetLocale });
}

const MAIL = `{
  "mail": {
    "title": "Mail",
    "n_one": "{{count}} m\\u0061il",
    "n_other": "{{count}} mails" ,
    "end": "End"
  }
}
`;

test("the forms of the target stand in order, in the layout of the source's, with the literals of the source", () => {
  expect(shaped(MAIL, "pl").document.text).toBe(`{
  "mail": {
    "title": "Mail",
    "n_one": "{{count}} m\\u0061il",
    "n_few": "{{count}} mails",
    "n_many": "{{count}} mails",
    "n_other": "{{count}} mails" ,
    "end": "End"
  }
}
`);
  expect(shaped(MAIL, "ja").document.text).toBe(`{
  "mail": {
    "title": "Mail",
    "n_other": "{{count}} mails" ,
    "end": "End"
  }
}
`);
  expect(shaped(MAIL, "de").document.text).toBe(MAIL);
  expect(shaped(`{"n_one": "a", "n_other": "b"}`, "ar").document.text).toBe(
    `{"n_zero": "b", "n_one": "a", "n_two": "b", "n_few": "b", "n_many": "b", "n_other": "b"}`,
  );
});

test("each form is told with its text, and the form of millions is that of other", () => {
  const { messages } = shaped(MAIL, "fr");
  expect(messages.map(({ key, form }) => `${key} ${form?.category} ${form?.example}`)).toEqual([
    "mail.title undefined undefined",
    "mail.n_one one 1",
    "mail.n_many other 2",
    "mail.n_other other 2",
    "mail.end undefined undefined",
  ]);
});

test("keys that only look like a family stay, and so does a family whose form would take the key of another message", () => {
  const words = `{"key_one": "a", "phone_other": "b", "item": "c", "item_plural": "d", "item_0": "e"}`;
  expect(shaped(words, "ja").document.text).toBe(words);
});

test("keys with dots and backslashes keep their names", () => {
  expect(shaped(`{"a.b\\\\c_one": "a", "a.b\\\\c_other": "b"}`, "pl").document.text).toBe(
    `{"a.b\\\\c_one": "a", "a.b\\\\c_few": "b", "a.b\\\\c_many": "b", "a.b\\\\c_other": "b"}`,
  );
});

test("a family is orphaned when all its keys were the source's and none is any more", () => {
  const existing = parseCatalog("ru.json", `{"n_one": "1", "n_few": "2", "n_other": "3", "phone_other": "4"}`);
  const keys = (source: string, locked: string[]) => [
    ...orphanedKeys(existing, parseCatalog("en.json", source), "ru", (key) => locked.includes(key)),
  ];
  const all = ["n_one", "n_few", "n_other"];
  expect(keys(`{"a": "A"}`, all)).toEqual(all);
  expect(keys(`{"n_one": "A"}`, all)).toEqual([]);
  expect(keys(`{"a": "A"}`, ["n_one", "n_other"])).toEqual([]);
});

test.each(["pl", "ar", "ja", "fr", "ru", "he", "lv", "cy", "pt-BR", "zh-CN"])(
  "i18next reads every form of %s where its number belongs",
  async (locale) => {
    const family = {
      n_zero: "none",
      n_one: "{{count}} file",
      n_other: "{{count}} files",
      p_ordinal_one: "{{count}}st",
      p_ordinal_two: "{{count}}nd",
      p_ordinal_few: "{{count}}rd",
      p_ordinal_other: "{{count}}th",
    };
    const { document, messages } = shaped(JSON.stringify(family), locale);
    // Each form says its own key, so that the key which i18next takes is seen.
    const translation = Object.fromEntries(messages.map(({ key }) => [key, `${key} {{count}}`]));
    expect(Object.keys(JSON.parse(document.text))).toEqual(Object.keys(translation));
    const t = await i18next
      .createInstance()
      .init({ lng: locale, fallbackLng: false, resources: { [locale]: { translation } } });
    for (const count of [0, 1, 2, 3, 5, 11, 21, 100, 1.5, 1_000_000]) {
      const category = new Intl.PluralRules(locale).select(count);
      expect(t("n", { count })).toBe(`n_${count === 0 ? "zero" : category} ${count}`);
      const ordinal = new Intl.PluralRules(locale, { type: "ordinal" }).select(count);
      expect(t("p", { count, ordinal: true })).toBe(`p_ordinal_${ordinal} ${count}`);
    }
  },
);

test("an empty form of the source is replaced by a form of the target", () => {
  const source = '{ "n_one": "", "n_other": "{{count}} mails" }';
  expect(shaped(source, "pl").messages.map(({ key, text }) => [key, text])).toEqual(
    ["n_one", "n_few", "n_many", "n_other"].map((key) => [key, "{{count}} mails"]),
  );
});

test.each(["5", "null", "true", '{ "deep": "Words" }', '["Words"]'])(
  "a family is left alone where the key of a form has the value %s",
  (value) => {
    const source = `{ "n_few": ${value}, "n_one": "{{count}} mail", "n_other": "{{count}} mails" }`;
    expect(shaped(source, "pl").document.text).toBe(source);
  },
);

test("a family in an object of an array gets the forms of the target", () => {
  const source = '{ "list": [ "Words", { "n_one": "{{count}} mail", "n_other": "{{count}} mails" }, 5 ] }';
  expect(shaped(source, "ja").document.text).toBe('{ "list": [ "Words", { "n_other": "{{count}} mails" }, 5 ] }');
});

test("of two families with a key in common the first one has it", () => {
  const source = '{ "a_one": "{{count}} a", "a_other": "{{count}} as", "a_one_plural": "{{count}} ones" }';
  expect(shaped(source, "pl").messages.map(({ key }) => key)).toEqual([
    "a_one",
    "a_few",
    "a_many",
    "a_other",
    "a_one_plural",
  ]);
});
