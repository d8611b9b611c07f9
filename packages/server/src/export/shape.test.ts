import { hash } from "node:crypto";
import type { ExportedText } from "@trans-hub/core";
import { describe, expect, test } from "vitest";
import { type ShapeOptions, shaped } from "./shape.ts";

function texts(given: Record<string, string | null>): ExportedText[] {
  return Object.entries(given).map(([businessId, text]) => ({ businessId, text }));
}

function nested(given: Record<string, string | null>, options: Partial<ShapeOptions> = {}): unknown {
  const json = shaped(texts(given), { shape: "nested", ...options });
  return json === undefined ? undefined : JSON.parse(json);
}

const flat = (given: Record<string, string | null>) => nested(given, { shape: "flat" });

describe("nested", () => {
  test("what follows the # is nested by its dots, and an id without # is a key as a whole", () => {
    expect(nested({ "en.json#cart.title": "Panier", "en.json#cart.pay": "Payer", "shop.back": "Retour" })).toEqual({
      cart: { title: "Panier", pay: "Payer" },
      shop: { back: "Retour" },
    });
  });

  test("an escaped dot belongs to its key, and so does any other backslash", () => {
    expect(nested({ "a#cart\\.title": "one", "a#back\\\\slash.x": "two", "a#C:\\new": "three" })).toEqual({
      "cart.title": "one",
      "back\\slash": { x: "two" },
      "C:\\new": "three",
    });
  });

  test("keys stand in the order of their business ids, whatever the order of the database", () => {
    const given = texts({ "f#b": "2", "f#10": "1", "f#a": "3", "f#B": "4" });
    const inOrder = '{"10":"1","B":"4","a":"3","b":"2"}';
    expect(shaped(given, { shape: "nested" })).toBe(inOrder);
    expect(shaped(given.toReversed(), { shape: "nested" })).toBe(inOrder);
  });

  test("texts that are not there are left out, with the objects that hold nothing else", () => {
    expect(nested({ "a#menu.file.open": null, "a#menu.edit": "Modifier", "a#help.about": null })).toEqual({
      menu: { edit: "Modifier" },
    });
    expect(nested({})).toEqual({});
  });

  test("an array comes back as an array, in the order of its indexes, and only as a whole", () => {
    const faq = Object.fromEntries(Array.from({ length: 12 }, (_, at) => [`a#faq.${at}.q`, `Q${at}`]));
    expect(nested(faq)).toEqual({ faq: Array.from({ length: 12 }, (_, at) => ({ q: `Q${at}` })) });
    expect(nested({ ...faq, "a#faq.3.q": null, "a#other": "x" })).toEqual({ other: "x" });
    expect(nested({ "a#code.404": "not found", "a#code.500": "broken" })).toEqual({
      code: { "404": "not found", "500": "broken" },
    });
  });

  test("a hostile key is a key like others", () => {
    const json = shaped(texts({ "a#__proto__.polluted": "x", "a#constructor": "y" }), { shape: "nested" });
    expect(json).toBe('{"__proto__":{"polluted":"x"},"constructor":"y"}');
  });

  test.each([
    [["a.json#menu", "a.json#menu.file"], /Rename one/],
    [["a.json#menu.file", "b.json#menu"], /one file at a time/],
    [["a.json#title", "b.json#title"], /one file at a time/],
    [["shop.cart", "shop.cart.add.now"], /Rename one/],
  ])("the ids %j are a conflict that names both", (ids, hint) => {
    for (const order of [ids, ids.toReversed()]) {
      const given = texts(Object.fromEntries(order.map((id) => [id, null])));
      expect(() => shaped(given, { shape: "nested" })).toThrow(
        expect.objectContaining({
          code: "TH_EXPORT_CONFLICT",
          members: { ids: ids.toSorted() },
          hint: expect.stringMatching(hint),
        }),
      );
    }
  });
});

describe("flat", () => {
  test("keys keep their dots, and arrays their indexes", () => {
    expect(flat({ "a#cart.title": "x", "a#cart": "y", "a#b\\.c": "z", "a#faq.0": "q", "a#none": null })).toEqual({
      "b.c": "z",
      cart: "y",
      "cart.title": "x",
      "faq.0": "q",
    });
  });

  test("two ids with the same key are a conflict", () => {
    expect(() => flat({ "a#cart.title": "x", "a#cart\\.title": "y" })).toThrow(
      expect.objectContaining({ code: "TH_EXPORT_CONFLICT" }),
    );
    expect(() => flat({ "a#x": "x", x: "y" })).toThrow(expect.objectContaining({ code: "TH_EXPORT_CONFLICT" }));
  });
});

describe("a namespace", () => {
  const given = {
    "locales/en/common.json#title": "common",
    "locales/en/admin/common.json#title": "admin",
    "locales/en/menu.json#title": "menu",
    "menu#title": "short",
    "app.title": "no file",
  };

  test.each([
    ["locales/en/common.json", "common"],
    ["locales/en/common", "common"],
    ["admin/common", "admin"],
    ["menu", "short"],
    ["en/menu", "menu"],
    ["menu.json", "menu"],
  ])("%s has the texts of one file", (namespace, title) => {
    expect(nested(given, { namespace })).toEqual({ title });
  });

  test("that names two files equally well is a conflict, and one that names none has no export", () => {
    expect(() => nested(given, { namespace: "common" })).toThrow(
      expect.objectContaining({ members: { ids: ["locales/en/admin/common.json", "locales/en/common.json"] } }),
    );
    expect(nested(given, { namespace: "mmon" })).toBeUndefined();
    expect(nested(given, { namespace: "" })).toBeUndefined();
  });
});

test("a key in natural language that was too long for an id comes back whole", () => {
  const text = `${"A long sentence. ".repeat(20)}End {{count}}.`;
  const key = text.replaceAll(".", "\\.");
  for (const ending of ["", "_other"]) {
    const id = `a.json#${key.slice(0, 150)}~${hash("sha256", key + ending, "hex").slice(0, 16)}`;
    const json = shaped([{ businessId: id, text: "Une phrase.", sourceText: text }], { shape: "nested" });
    expect(JSON.parse(json ?? "")).toEqual({ [text + ending]: "Une phrase." });
  }
  const unknown = { businessId: "a.json#cut~0123456789abcdef", text: "x", sourceText: "y" };
  expect(shaped([unknown], { shape: "nested" })).toBe('{"cut~0123456789abcdef":"x"}');
});
