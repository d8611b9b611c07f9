import { checkTranslation, type EngineItem, TEXT_FORMATS } from "@trans-hub/core/engine";
import { cpuMs } from "@trans-hub/test-support/load";
import { describe, expect, test } from "vitest";
import { engineConformance } from "../testing/index.ts";
import { pseudo } from "./pseudo.ts";

engineConformance("pseudo", () => ({ engine: pseudo() }));

interface Given {
  locale?: string;
  format?: string;
  expansion?: number;
  form?: EngineItem["form"];
}

async function localize(text: string, { locale = "fr", format = "auto", expansion = 0.3, form }: Given = {}) {
  const batch = {
    sourceLocale: "en",
    targetLocale: locale,
    items: [{ id: "1", text, format: format as EngineItem["format"], form }],
  };
  const { results } = await pseudo({ expansion }).translate(batch, new AbortController().signal);
  return (results.get("1") as { text: string }).text;
}

describe("pseudo-localization", () => {
  test("accents every letter, pads by a third and brackets", async () => {
    const text = await localize("Save all the changes");
    expect(text).toMatch(/^\[[^A-Za-z]{20} ·{6}\]$/);
  });

  test("gives the same result for the same text and locale, and another one for another locale", async () => {
    expect(await localize("Add to cart")).toBe(await localize("Add to cart"));
    const locales = ["fr", "de", "es", "ja", "ar", "pt-BR", "zh-Hans"];
    const texts = await Promise.all(locales.map((locale) => localize("Add to cart", { locale })));
    expect(new Set(texts).size).toBe(locales.length);
  });

  test("marks a plural form with its category, so that a look at an application shows whether it takes the right one", async () => {
    const few = { category: "few", example: 2, of: "" };
    const text = "{{count}} files";
    expect(await localize(text, { form: few, expansion: 0 })).toMatch(/^\[few: \{\{count\}\} [^A-Za-z]{5}\]$/);
    const none = { category: "=0", example: 0, of: "" };
    expect(await localize(" No files", { form: none, expansion: 0 })).toMatch(/^ \[=0: [^A-Za-z]{8}\]$/);
    const translation = await localize(text, { form: few });
    expect(checkTranslation({ source: text, translation, pluralCategory: "few" }).blocked).toEqual([]);
    expect(await localize("{{count}}", { form: few })).toBe("{{count}}");
  });

  test("keeps white space at the ends outside the brackets", async () => {
    expect(await localize(" \tSave\r\n", { expansion: 0 })).toMatch(/^ \t\[[^A-Za-z]{4}\]\r\n$/);
  });

  test.each([
    ["{name}, %1$s and {{count}}", ["{name}", "%1$s", "{{count}}"]],
    ['<a href="x" title="Open">go</a>', ['<a href="x" title="Open">', "</a>"]],
    [
      "Fish &amp; chips at https://example.com/a or a.b@example.com",
      ["&amp;", "https://example.com/a", "a.b@example.com"],
    ],
    ["Run `npm i` in [the guide](./guide.md)", ["`npm i`", "](./guide.md"]],
    ["{n, plural, one {# day} other {# days}}", ["{n, plural, one {# ", "} other {# ", "}}"]],
    ["<script>alert(1)</script> done", ["<script>alert(1)</script>"]],
  ])("keeps the syntax of %j", async (text, kept) => {
    const localized = await localize(text);
    for (const piece of kept) expect(localized).toContain(piece);
  });

  test("leaves texts without anything to translate unchanged", async () => {
    for (const text of ["", "  ", "24/7", "{name}", "https://example.com"]) expect(await localize(text)).toBe(text);
  });

  test("passes the checks for any text made of hostile pieces, in every format", async () => {
    const pieces = ["{a}", "{{b}}", "%s", "50%so", "<b>", "</b>", "<x y>", "{", "}", "'", "''", "<", "%", "# word", "$t(", "{n, plural, one {# x} other {'{'y}}", "😀", "\u202e", ":c", "@:d"]; // biome-ignore format: one table
    let state = 7;
    const random = (below: number) => {
      state = (state * 48271) % 2147483647;
      return state % below;
    };
    for (let round = 0; round < 3_000; round += 1) {
      const count = 1 + random(7);
      const text = Array.from({ length: count }, () => pieces[random(pieces.length)]).join(random(2) === 0 ? " " : "");
      const format = TEXT_FORMATS[random(TEXT_FORMATS.length)] ?? "auto";
      const translation = await localize(text, { format });
      expect({
        text,
        translation,
        blocked: checkTranslation({ source: text, translation, format, by: "machine" }).blocked,
      }).toEqual({
        text,
        translation,
        blocked: [],
      });
    }
  });

  test("takes a text of 1 MiB within seconds", async () => {
    const ms = await cpuMs(async () => {
      for (const seed of ["a ", "<", "{", "`", "[a](", "a@", "http://a "])
        await localize(seed.repeat(2 ** 20 / seed.length));
    });
    expect(ms).toBeLessThan(20_000);
  });
});
