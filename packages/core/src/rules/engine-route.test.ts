import { expect, test } from "vitest";
import { chainFor } from "./engine-route.ts";

const deepl = { name: "deepl", targetLocales: ["de", "zh-Hant", "pt-BR"] };
const other = { name: "other", targetLocales: ["pt-BR"] };
const openai = { name: "openai" };
const pseudo = { name: "pseudo" };

test.each([
  ["de", ["deepl"]],
  ["de-AT", ["deepl"]],
  ["zh-Hant-TW", ["deepl"]],
  ["zh-Hans", ["openai", "pseudo"]],
  ["pt", ["openai", "pseudo"]],
  ["pt-BR", ["deepl", "other"]],
  ["fr", ["openai", "pseudo"]],
])("texts into %s go to %s", (locale, names) => {
  expect(chainFor([deepl, other, openai, pseudo], locale).map(({ name }) => name)).toEqual(names);
});

test("engines that name no locale are the chain of every locale", () => {
  const engines = [openai, pseudo];
  expect(chainFor(engines, "fr")).toBe(engines);
});

test("a locale that no engine is for has none", () => {
  expect(chainFor([deepl], "fr")).toEqual([]);
});
