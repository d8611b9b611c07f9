import { describe, expect, test } from "vitest";
import { type Instructions, instructionProblems, instructionTable } from "./instructions.ts";

const given: Instructions = {
  all: " Be brief. ",
  locales: { de: "Say Sie.", "de-AT": "Say Sie, in Austrian.", zh_hant: "Use Taiwanese terms." },
  projects: {
    shop: "Be playful.",
    legal: { all: "Be exact.", locales: { de: "Cite laws in German." } },
    toString: "Odd.",
  },
};

test.each<[string, string, string | undefined]>([
  ["other", "fr", "Be brief."],
  ["other", "de", "Be brief.\nSay Sie."],
  ["other", "de-CH", "Be brief.\nSay Sie."],
  ["other", "de-AT", "Be brief.\nSay Sie, in Austrian."],
  ["other", "zh-Hant-TW", "Be brief.\nUse Taiwanese terms."],
  ["other", "zh-Hans", "Be brief."],
  ["shop", "fr", "Be brief.\nBe playful."],
  ["legal", "de-AT", "Be brief.\nSay Sie, in Austrian.\nBe exact.\nCite laws in German."],
  ["toString", "fr", "Be brief.\nOdd."],
  ["constructor", "fr", "Be brief."],
])(
  "the texts of %s into %s get the instructions that apply, the more exact ones later",
  (project, locale, expected) => {
    expect(instructionProblems(given, "instructions")).toEqual([]);
    expect(instructionTable(given)(project, locale)).toBe(expected);
  },
);

test("a text alone is for everything, and none gives none", () => {
  expect(instructionTable("Be brief.")("any", "fr")).toBe("Be brief.");
  for (const none of [undefined, "", " \n", {}, { projects: { shop: "" } }]) {
    expect(instructionTable(none)("shop", "fr")).toBeUndefined();
  }
});

describe("instructions are refused", () => {
  const long = "é".repeat(1_500);
  test.each<[string, unknown, string, string]>([
    ["a number", 5, "", "must be a text, or an object with all and locales"],
    ["a list", ["a"], "", "must be a text, or an object with all and locales"],
    ["an unknown part", { locale: { de: "x" } }, ".locale", "is no part of instructions: all, locales, projects"],
    ["a project in a project", { projects: { a: { projects: {} } } }, ".projects.a.projects", "is no part of"],
    ["a text that is none", { all: null }, ".all", "must be a text"],
    ["a text with NUL", "a\0", "", "must be a text without U.0000"],
    ["a locale that is none", { locales: { english: "x" } }, ".locales.english", "is no locale"],
    ["locales that are a text", { locales: "de" }, ".locales", "must be an object: instructions by locales"],
    ["projects that are a list", { projects: [] }, ".projects", "must be an object: instructions by projects"],
    ["a long text", `${long}${long}`, "", "and have 6000$"],
    [
      "texts that are long together",
      { all: long, locales: { de: "x" }, projects: { shop: { locales: { de: long } } } },
      "",
      "at most 4,096 bytes .* and have 6003 for project shop and locale de$",
    ],
  ])("%s", (_, value, part, problem) => {
    const problems = instructionProblems(value, "instructions");
    expect(problems).toEqual([{ key: `instructions${part}`, problem: expect.stringMatching(problem) }]);
  });
});
