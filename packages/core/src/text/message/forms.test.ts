import { describe, expect, it } from "vitest";
import { type FormToAsk, formsToAsk, gettextFormsToAsk } from "./forms.ts";
import { readPluralForms } from "./gettext-plurals.ts";
import { i18nextFamilies, i18nextFormsToAsk } from "./i18next-families.ts";

const files = new Map([
  ["one", "%d file"],
  ["other", "%d files"],
]);

function asked(forms: ReadonlyMap<string, string>, targetLocale: string, sourceLocale = "en") {
  return shortly(formsToAsk({ forms, sourceLocale, targetLocale }));
}

function shortly(forms: readonly FormToAsk[]) {
  return forms.map(({ key, text, form, sameAs }) =>
    sameAs === undefined ? `${key} ${form.example}: ${text}` : `${key} as ${sameAs}`,
  );
}

describe("a family of forms", () => {
  it("is asked for in the categories of its target, each with a number that takes it", () => {
    expect(asked(files, "pl")).toEqual([
      "one 1: %d file",
      "few 2: %d files",
      "many 5: %d files",
      "other 1.5: %d files",
    ]);
    expect(asked(files, "ja")).toEqual(["other 1: %d files"]);
    expect(asked(files, "fr")).toEqual(["one 1: %d file", "many as other", "other 2: %d files"]);
  });

  it("takes the words of other where its own form leaves out a number that the target's needs", () => {
    const forms = new Map([
      ["one", "a file"],
      ["other", "%d files"],
    ]);
    expect(asked(forms, "ru")[0]).toBe("one 1: %d files");
    expect(asked(forms, "de")[0]).toBe("one 1: a file");
  });

  it("keeps exact numbers, and tells every form the whole family", () => {
    const forms = new Map([["=0", "none"], ...files]);
    expect(asked(forms, "ja")).toEqual(["=0 0: none", "other 1: %d files"]);
    const [none] = formsToAsk({ forms, sourceLocale: "en", targetLocale: "ja" });
    expect(none?.form).toEqual({ category: "=0", example: 0, of: "=0: none\none: %d file\nother: %d files" });
  });
});

it("has zero as a number, where the notation takes it so", () => {
  const zero = (source: string, sourceLocale: string, targetLocale: string) =>
    shortly(
      formsToAsk({
        forms: new Map([["zero", source], ...files]),
        zeroIsNumber: true,
        sourceLocale,
        targetLocale,
      }),
    ).filter((line) => line.includes("0:") || line.startsWith("zero"));
  expect(zero("none", "en", "ja")).toEqual(["zero 0: none"]);
  expect(zero("none", "en", "ar")).toContain("zero 0: none");
  expect(zero("none", "en", "lv")).toEqual(["zero 10: %d files"]);
});

describe("the Plural-Forms of gettext", () => {
  const POLISH = "nplurals=3; plural=(n==1 ? 0 : n%10>=2 && n%10<=4 && (n%100<10 || n%100>=20) ? 1 : 2);";

  it("give each index a number that takes it", () => {
    const plurals = readPluralForms(POLISH);
    expect([0, 1, 2, 5, 12, 22].map((number) => plurals?.indexOf(number))).toEqual([2, 0, 1, 2, 2, 1]);
    expect(plurals?.forms.map(({ numbers }) => numbers[0])).toEqual([1, 2, 5]);
  });

  it.each([
    ["nplurals=1; plural=0;", [0, 0, 0]],
    ["nplurals=2; plural=n != 1", [1, 0, 1]],
    ["nplurals=2; plural=!(n==1)", [1, 0, 1]],
    ["nplurals=2; plural=n>1;", [0, 0, 1]],
    ["nplurals=3; plural=n%10==1 && n%100!=11 ? 0 : n != 0 ? 1 : 2", [2, 0, 1]],
    ["nplurals=4; plural=(n%100==1 ? 1 : n%100==2 ? 2 : n%100==3 || n%100==4 ? 3 : 0);", [0, 1, 2]],
  ])("are read as C reads %j", (header, indexes) => {
    expect([0, 1, 2].map((number) => readPluralForms(header)?.indexOf(number))).toEqual(indexes);
  });

  it.each([
    "",
    "nplurals=INTEGER; plural=EXPRESSION;",
    "nplurals=2; plural=n>1; process.exit()",
    "nplurals=2; plural=m",
    "nplurals=2; plural=n+",
    "nplurals=2; plural=(n",
    "nplurals=2; plural=n%0",
    "nplurals=2; plural=n",
    "nplurals=0; plural=0",
    `nplurals=2; plural=${"(".repeat(900)}n`,
    `nplurals=2; plural=${"!".repeat(900)}n`,
  ])("that are none, or give an index without a form, are not read: %j", (header) => {
    expect(readPluralForms(header)).toBeUndefined();
  });

  it("decide the forms that are asked for", () => {
    const plurals = readPluralForms(POLISH);
    const family = { forms: files, sourceLocale: "en", targetLocale: "pl" };
    expect(plurals && shortly(gettextFormsToAsk(family, plurals))).toEqual([
      "0 1: %d file",
      "1 2: %d files",
      "2 5: %d files",
    ]);
  });
});

describe("a family of i18next", () => {
  function families(texts: Record<string, string>, locale = "en") {
    return i18nextFamilies(new Map(Object.entries(texts)), locale).map(({ stem }) => stem);
  }

  function keys(texts: Record<string, string>, targetLocale: string, sourceLocale = "en") {
    const map = new Map(Object.entries(texts));
    return i18nextFamilies(map, sourceLocale).flatMap((family) =>
      shortly(i18nextFormsToAsk(family, map, { sourceLocale, targetLocale })),
    );
  }

  it("is found by its suffixes, for ordinals and contexts too", () => {
    expect(families({ mail_one: "a mail", mail_other: "mails" })).toEqual(["mail"]);
    expect(families({ place_ordinal_one: "{{count}}st", place_ordinal_other: "{{count}}th" })).toEqual([
      "place_ordinal",
    ]);
    expect(families({ friend_male_one: "a boy", friend_male_other: "boys" })).toEqual(["friend_male"]);
    expect(families({ n_zero: "none", n_one: "one", n_other: "some" })).toEqual(["n"]);
    expect(families({ file_other: "{{count}} 件" }, "ja")).toEqual(["file"]);
    expect(families({ item: "item", item_plural: "items" })).toEqual(["item"]);
  });

  it("is not made of keys that only look like one", () => {
    expect(families({ arrow_one: "One arrow" })).toEqual([]);
    expect(families({ phone_home: "Home", phone_other: "Other" })).toEqual([]);
    expect(families({ step_one: "First", step_two: "Second", step_other: "More" })).toEqual([]);
    expect(families({ gender_other: "Other" })).toEqual([]);
    expect(families({ word_plural: "plural" })).toEqual([]);
    expect(families({ _one: "a", _other: "b" })).toEqual([]);
  });

  it("gets the keys of its target", () => {
    const mail = { mail_one: "{{count}} mail", mail_other: "{{count}} mails" };
    expect(keys(mail, "pl")).toEqual([
      "mail_one 1: {{count}} mail",
      "mail_few 2: {{count}} mails",
      "mail_many 5: {{count}} mails",
      "mail_other 1.5: {{count}} mails",
    ]);
    expect(keys(mail, "ar").map((line) => line.split(" ")[0])).toEqual(
      ["zero", "one", "two", "few", "many", "other"].map((category) => `mail_${category}`),
    );
    expect(keys(mail, "ja")).toEqual(["mail_other 1: {{count}} mails"]);
    const place = { p_ordinal_one: "{{count}}st", p_ordinal_two: "{{count}}nd", p_ordinal_few: "{{count}}rd", p_ordinal_other: "{{count}}th" }; // biome-ignore format: one line
    expect(keys(place, "fr")).toEqual(["p_ordinal_one 1: {{count}}st", "p_ordinal_other 2: {{count}}th"]);
  });

  it("keeps the text for nothing, in languages with and without the category", () => {
    const mail = { m_zero: "no mail", m_one: "{{count}} mail", m_other: "{{count}} mails" };
    expect(keys(mail, "de")[0]).toBe("m_zero 0: no mail");
    expect(keys(mail, "ar").filter((line) => line.startsWith("m_zero"))).toEqual(["m_zero 0: no mail"]);
    // In Latvian, 10 and 20 take the category as well.
    expect(keys(mail, "lv").filter((line) => line.startsWith("m_zero"))).toEqual(["m_zero 10: {{count}} mails"]);
  });

  it("of JSON v3 gets the suffixes of that version", () => {
    const item = { item: "item", item_plural: "{{count}} items" };
    expect(keys(item, "de")).toEqual(["item 1: item", "item_plural 2: {{count}} items"]);
    expect(keys(item, "ja")).toEqual(["item_0 1: {{count}} items"]);
    expect(keys(item, "pl")).toEqual(["item_0 1: item", "item_1 2: {{count}} items", "item_2 5: {{count}} items"]);
  });
});
