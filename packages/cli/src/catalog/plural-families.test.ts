import { formatNamed } from "@trans-hub/formats";
import i18next from "i18next";
import { expect, test } from "vitest";
import { catalogOf, documentCatalog } from "./document-catalog.ts";

const json = await formatNamed("json");
const yaml = await formatNamed("yaml");
const parsed = (text: string, locale: string) => catalogOf(json, Buffer.from(text), { file: "en.json", locale });

/** The source as it is for a target, and the new target file with the texts of the source as its values. */
function shaped(text: string, targetLocale: string) {
  const source = documentCatalog.shapedFor(parsed(text, "en"), { sourceLocale: "en", targetLocale }, undefined);
  const { bytes } = documentCatalog.format(source, source.texts, { locale: targetLocale });
  return { ...source, text: Buffer.from(bytes).toString() };
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
  expect(shaped(MAIL, "pl").text).toBe(`{
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
  expect(shaped(MAIL, "ja").text).toBe(`{
  "mail": {
    "title": "Mail",
    "n_other": "{{count}} mails" ,
    "end": "End"
  }
}
`);
  expect(shaped(MAIL, "de").text).toBe(MAIL);
  expect(shaped(`{"n_one": "a", "n_other": "b"}`, "ar").text).toBe(
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
  expect(shaped(words, "ja").text).toBe(words);
});

test("keys with dots and backslashes keep their names", () => {
  expect(shaped(`{"a.b\\\\c_one": "a", "a.b\\\\c_other": "b"}`, "pl").text).toBe(
    `{"a.b\\\\c_one": "a", "a.b\\\\c_few": "b", "a.b\\\\c_many": "b", "a.b\\\\c_other": "b"}`,
  );
});

test("a family is orphaned when all its keys were the source's and none is any more", () => {
  const existing = parsed(`{"n_one": "1", "n_few": "2", "n_other": "3", "phone_other": "4"}`, "ru");
  const keys = (source: string, locked: string[]) => [
    ...documentCatalog.orphanedKeys(existing, parsed(source, "en"), (key) => locked.includes(key)),
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
    const { text, messages } = shaped(JSON.stringify(family), locale);
    // Each form says its own key, so that the key which i18next takes is seen.
    const translation = Object.fromEntries(messages.map(({ key }) => [key, `${key} {{count}}`]));
    expect(Object.keys(JSON.parse(text))).toEqual(Object.keys(translation));
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

test.each([
  ["fr", "none"],
  ["ar", "none"],
  ["cy", "none"],
  // Also 10, 20 and 11 to 19.
  ["lv", "{count} boxes"],
])("`zero` of Rails is one form in %s, the words for %s, and is read back", (targetLocale, words) => {
  const text = 'en:\n  n:\n    zero: none\n    one: a box\n    other: "{count} boxes"\n';
  const source = documentCatalog.shapedFor(
    catalogOf(yaml, Buffer.from(text), { file: "en.yml", locale: "en" }),
    { sourceLocale: "en", targetLocale },
    undefined,
  );
  expect(source.texts.get("n[zero]")).toBe(words);
  const { bytes } = documentCatalog.format(source, source.texts, { locale: targetLocale });
  const target = catalogOf(yaml, bytes, { file: `${targetLocale}.yml`, locale: targetLocale });
  expect(target.texts).toEqual(source.texts);
});

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
    expect(shaped(source, "pl").text).toBe(source);
  },
);

test("a family in an object of an array gets the forms of the target", () => {
  const source = '{ "list": [ "Words", { "n_one": "{{count}} mail", "n_other": "{{count}} mails" }, 5 ] }';
  expect(shaped(source, "ja").text).toBe('{ "list": [ "Words", { "n_other": "{{count}} mails" }, 5 ] }');
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
