import { describe, expect, test } from "vitest";
import { InvalidItemError } from "../contract/errors.ts";
import type { ItemDefaults } from "../contract/item.ts";
import { ITEM_KEYS, parseItem } from "./item.ts";

const limits = { maxTextBytes: 1_000 };
const defaults: ItemDefaults = { targetLocales: ["fr"] };
const parse = (item: unknown, given: ItemDefaults = defaults) => parseItem(item, given, limits);

function refusal(item: unknown, given: ItemDefaults = defaults): InvalidItemError {
  try {
    parse(item, given);
  } catch (error) {
    if (error instanceof InvalidItemError) return error;
    throw error;
  }
  throw new Error("accepted");
}

test("a text and a target are enough", () => {
  expect(parse({ text: "Add to cart", targetLocales: ["fr"] }, {})).toEqual({
    project: "default",
    businessId: "",
    sourceLocale: "und",
    targetLocales: ["fr"],
    text: "Add to cart",
    context: null,
    format: "auto",
    verbatim: false,
    priority: 0,
    force: false,
    expiresAfterSeconds: null,
  });
});

test("an item's own fields win over the defaults, and null and undefined count as absent", () => {
  const all: Required<ItemDefaults> = {
    project: "shop",
    businessId: "b",
    sourceLocale: "en",
    targetLocales: ["de"],
    context: { a: 1 },
    hint: { key: "a.b" },
    format: "icu",
    priority: "bulk",
    force: true,
    expiresAfterSeconds: 60,
    tag: "team/a",
  };
  const nothing = Object.fromEntries(ITEM_KEYS.map((key) => [key, null]));
  expect(parse({ ...nothing, text: "x" }, all)).toMatchObject({
    ...{ project: "shop", businessId: "b", sourceLocale: "en", targetLocales: ["de"], context: '{"a":1}' },
    hint: '{"key":"a.b"}',
    ...{ format: "icu", priority: 1, force: true, expiresAfterSeconds: 60 },
  });
  const own = { text: "x", project: "p", priority: "interactive", context: "c", targetLocales: ["fr"], force: false };
  expect(parse(own, all)).toMatchObject({
    ...{ project: "p", priority: -1, context: '{"note":"c"}', targetLocales: ["fr"], force: false },
  });
});

test("target locales are canonical, each once, in the order given", () => {
  expect(parse({ text: "x", targetLocales: ["zh_CN", "iw", "he", "fr", "zh-cn"] }).targetLocales).toEqual([
    ...["zh-CN", "he", "fr"],
  ]);
});

test("a text without a letter is verbatim", () => {
  expect(parse({ text: "{count} – 12 %" }).verbatim).toBe(true);
  expect(parse({ text: " \n" }).verbatim).toBe(true);
});

test("a text is not changed, including its blanks and compositions of characters", () => {
  const text = " e\u0301 \r\n\t\u200B\uFEFF👩‍👩‍👧 ";
  expect(parse({ text }).text).toBe(text);
});

describe("a fault is named by code and field", () => {
  const long = (bytes: number) => "é".repeat(Math.ceil(bytes / 2));
  test.each<[string, unknown, string, string]>([
    ["no object", "Add to cart", "TH_ITEM_SHAPE", "item"],
    ["an array", [{ text: "x" }], "TH_ITEM_SHAPE", "item"],
    ["null", null, "TH_ITEM_SHAPE", "item"],
    ["no text", {}, "TH_ITEM_SHAPE", "text"],
    ["a text that is none", { text: 7 }, "TH_ITEM_SHAPE", "text"],
    ["an empty text", { text: "" }, "TH_TEXT_EMPTY", "text"],
    ["a long text", { text: long(1_002) }, "TH_TEXT_TOO_LONG", "text"],
    ["U+0000", { text: "a\0" }, "TH_TEXT_CHARACTERS", "text"],
    ["half a surrogate pair", { text: "a\uD800" }, "TH_TEXT_CHARACTERS", "text"],
    ["an unknown source", { text: "x", sourceLocale: "english" }, "TH_LOCALE", "sourceLocale"],
    ["an unknown target", { text: "x", targetLocales: ["fr", "xx"] }, "TH_LOCALE", "targetLocales[1]"],
    ["und as a target", { text: "x", targetLocales: ["und"] }, "TH_LOCALE", "targetLocales[0]"],
    ["one target that is no array", { text: "x", targetLocales: "fr" }, "TH_ITEM_SHAPE", "targetLocales"],
    ["no target at all", { text: "x", targetLocales: [] }, "TH_ITEM_SHAPE", "targetLocales"],
    ["an empty business id", { text: "x", businessId: "" }, "TH_BUSINESS_ID", "businessId"],
    ["a long business id", { text: "x", businessId: long(256) }, "TH_BUSINESS_ID", "businessId"],
    ["U+0000 in a business id", { text: "x", businessId: "a\0" }, "TH_BUSINESS_ID", "businessId"],
    ["a number as business id", { text: "x", businessId: 7 }, "TH_BUSINESS_ID", "businessId"],
    ["an empty project", { text: "x", project: "" }, "TH_PROJECT", "project"],
    ["half a pair in a project", { text: "x", project: "\uDC00" }, "TH_PROJECT", "project"],
    ["a context that is none", { text: "x", context: 7 }, "TH_CONTEXT", "context"],
    ["an unknown priority", { text: "x", priority: "high" }, "TH_PRIORITY", "priority"],
    ["a name of all objects as priority", { text: "x", priority: "toString" }, "TH_PRIORITY", "priority"],
    ["an unknown format", { text: "x", format: "xml" }, "TH_FORMAT", "format"],
    ["a force that is no answer", { text: "x", force: "yes" }, "TH_ITEM_SHAPE", "force"],
    ["an expiry at once", { text: "x", expiresAfterSeconds: 0 }, "TH_ITEM_SHAPE", "expiresAfterSeconds"],
    ["an expiry in words", { text: "x", expiresAfterSeconds: "60" }, "TH_ITEM_SHAPE", "expiresAfterSeconds"],
    ["an expiry in fractions", { text: "x", expiresAfterSeconds: 0.5 }, "TH_ITEM_SHAPE", "expiresAfterSeconds"],
    ["an expiry after all", { text: "x", expiresAfterSeconds: 2 ** 31 }, "TH_ITEM_SHAPE", "expiresAfterSeconds"],
  ])("%s", (_, item, code, field) => {
    expect(refusal(item)).toMatchObject({ code, field });
  });

  test("a missing target names the field", () => {
    expect(refusal({ text: "x" }, {})).toMatchObject({ code: "TH_ITEM_SHAPE", field: "targetLocales" });
  });
});

test("names and texts may reach their limits, which count bytes and not characters", () => {
  const item = { text: "é".repeat(500), businessId: `${"é".repeat(127)}x`, project: `${"é".repeat(127)}x` };
  expect(parse(item)).toMatchObject(item);
});

test("a misspelled field is refused by the name that was meant, also where its value is null", () => {
  const { code, field, message, hint } = refusal({ text: "x", bussinessId: null });
  expect({ code, field, message }).toEqual({
    code: "TH_ITEM_SHAPE",
    field: "bussinessId",
    message: 'bussinessId: is not a field of an item; did you mean "businessId"?',
  });
  expect(hint).toMatch(/^The fields are: text, .*tag\.$/);
});

test("an unknown field without a value is as good as left out, and so is one that the item inherits", () => {
  const item: object = Object.assign(Object.create({ inherited: 1 }), { text: "x", bussinessId: undefined });
  expect(() => parse(item as never)).not.toThrow();
});

test("a key that may be a text is not repeated", () => {
  const { message, hint } = refusal({ text: "x", "hunter2 is a text": 1 } as never);
  expect(`${message} ${hint}`).not.toContain("hunter2");
});

test("no message repeats the caller's values, except a short locale", () => {
  for (const item of [
    { text: "hunter2\0" },
    { text: "x", businessId: "hunter2\0" },
    { text: "x", context: "{hunter2" },
  ]) {
    const { message, hint } = refusal(item);
    expect(`${message} ${hint}`).not.toContain("hunter2");
  }
});
