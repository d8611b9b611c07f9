import fc from "fast-check";
import { expect, test } from "vitest";
import { TEXT_FORMATS } from "../../contract/engine.ts";
import { CHECKS, judgeByAll } from "./judge.ts";
import { CheckSubject } from "./subject.ts";
import { wordsOf } from "./words.ts";

const BLOCKING = CHECKS.filter(({ severity }) => severity === "block");
const SIGNS = " ,.!?;'’“”…–—«»、。،؟-()/\n017".split("");
const WORDS = [
  "A",
  "é",
  "ß",
  "か",
  "語",
  "ع",
  "ру",
  "e\u0301",
  "plural",
  "TAG",
  "PH",
  "q",
  "one",
  "other",
  "select",
  "w",
  "ww.",
];
const ARGUMENTS = ["{name}", "{{name}}", "{0}", "{TAG1}", "{{count}}", "{n}"];

const pieces = fc.array(fc.constantFrom(...WORDS, ...SIGNS, ...ARGUMENTS), { minLength: 1, maxLength: 12 });
const pair = fc.record({
  source: pieces.map((all) => all.join("")),
  translation: pieces.map((all) => all.join("")),
  format: fc.constantFrom(undefined, ...TEXT_FORMATS),
  pluralCategory: fc.constantFrom(undefined, "one", "few", "=1"),
  by: fc.constantFrom("person" as const, "machine" as const),
  targetLocale: fc.constantFrom(undefined, "fr", "ja"),
});

function areWordsAlone({ source, translation }: { source: string; translation: string }): boolean {
  const words = wordsOf(source);
  return words !== undefined && words === wordsOf(translation);
}

test("no blocking check fails on words with the same arguments, whatever the format", () => {
  let count = 0;
  fc.assert(
    fc.property(pair, fc.boolean(), (given, isShuffled) => {
      const { source } = given;
      const translation = isShuffled
        ? source
            .split(/(?<=[ }])/)
            .reverse()
            .join("")
        : given.translation;
      if (!areWordsAlone({ source, translation })) return;
      count += 1;
      const subject = new CheckSubject({ ...given, translation });
      for (const rule of BLOCKING) expect(rule.check(subject)).toBeUndefined();
    }),
    { numRuns: 20_000 },
  );
  expect(count).toBeGreaterThan(2_000);
});

test.each([
  ["Save {name}", "Enregistrer"],
  ["Save", "Enregistrer {name}"],
  ["Save {name}", "Enregistrer {{name}}"],
  ["Save {name}", "Enregistrer l'{name}"],
  ["Save", ""],
  ["Save", " "],
  ["Save", "TAG1"],
  ["Save", "(PH-2)"],
  ["Save", "--TAG--"],
  ["Save", "50%"],
  ["Save", "http://a"],
  ["Save\nall", "Tout\\nenregistrer"],
  ["Save", "Xqabqx"],
  ["See www.example.com", "Voir www.exemple.com"],
  ["Save", "S".repeat(1_001)],
  ["Save", "Save\u202e"],
  ["Save", "<b>"],
])("%j and %j are no words alone", (source, translation) => {
  expect(areWordsAlone({ source, translation })).toBe(false);
});

test("a pair of words is judged by the checks that warn", () => {
  expect(
    judgeByAll({ source: "Save all files", translation: "Save all files", targetLocale: "fr", sourceLocale: "en" }),
  ).toEqual({
    blocked: [],
    warnings: [expect.objectContaining({ check: "same" })],
  });
});
