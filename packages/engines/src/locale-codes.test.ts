import { expect, test } from "vitest";
import { codeFor, localeOfCode } from "./locale-codes.ts";

test.each([
  ["en", ["eng"], "eng"], ["en-US", ["eng", "eng_US"], "eng_US"], ["en-GB", ["eng_US", "eng"], "eng"], ["en-GB", ["eng_US"], undefined],
  ["ca", ["cat_valencia", "cat"], "cat"], ["ca-valencia", ["cat", "cat_valencia"], "cat_valencia"], ["ca-valencia", ["cat"], "cat"],
  ["hr", ["hbs"], "hbs"], ["hr", ["hbs", "hbs_HR"], "hbs_HR"], ["bs-BA", ["hbs"], "hbs"], ["sr-Latn", ["hbs"], "hbs"], ["sr", ["hbs"], undefined],
  ["nb", ["nob"], "nob"], ["nn", ["nno"], "nno"], ["no", ["nb"], "nb"], ["zh-TW", ["zh", "zt"], "zt"], ["zh-Hant-HK", ["zh", "zh-Hant"], "zh-Hant"],
  ["zh-Hant", ["zh"], undefined], ["zh-Hans-CN", ["zh"], "zh"], ["pt-BR", ["pt", "pb"], "pb"], ["pt-PT", ["pb", "pt"], "pt"], ["he", ["iw"], "iw"],
  ["de-AT-u-nu-latn", ["de"], "de"], ["fr", [], undefined], ["fr", ["not a code", ""], undefined],
])("%s among %j is %s", (locale, codes, code) => {
  expect(codeFor(locale, codes)).toBe(code);
}); // biome-ignore format: a table

test("a code that is no tag means no locale", () => {
  expect(localeOfCode("cat_valencia_uni")).toBeUndefined();
  expect(localeOfCode("eng")).toBe("en");
});
