// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the placeholders of other languages are the subject here
import { describe, expect, test } from "vitest";
import { checkTranslation } from "../../rules/check-translation.ts";
import { protectedTokens } from "../syntax.ts";
import { CHECKS, judge } from "./judge.ts";

test("every name can be stored and read as a flag", () => {
  for (const { name } of CHECKS) expect(name).toMatch(/^[a-z]+(-[a-z]+)*$/);
  const warnings = CHECKS.filter(({ severity }) => severity !== "block").map(({ name }) => name);
  expect(new Set(warnings).size).toBe(warnings.length);
});

test("of several blocking failures the first in the order of the list is reported", () => {
  const blocked = (source: string, translation: string) => judge({ source, translation }).blocked;
  expect(blocked("{a} <b>", "\0")?.check).toBe("nul");
  expect(blocked("{a} <b>", "")?.check).toBe("empty");
  expect(blocked("{a} <b>", "x")).toEqual({ check: "placeholders", message: "1 placeholder missing; 1 tag missing" });
  const source = "{n, plural, one {<b>#</b>} other {#}}";
  expect(blocked(source, "{n, plural, one {#}}")?.check).toBe("markup");
  expect(blocked(source, "{n, plural, one {<b>#</b>}}")?.check).toBe("icu");
});

test("a person learns of every failure at once, of each check once", () => {
  const source = "Save {name} to <b>disk</b>";
  expect(checkTranslation({ source, translation: "\0" })).toEqual({
    blocked: [
      { check: "nul", message: "it holds a NUL character" },
      { check: "placeholders", message: "1 placeholder missing; 2 tags missing" },
      { check: "markup", message: "1 placeholder missing; 2 tags missing" },
    ],
    warnings: [{ check: "length", message: "it has no words" }],
  });
  const icu = { source: "{n, plural, other {#}}", translation: "{n, plural, autre {#}} {m}" };
  expect(checkTranslation(icu).blocked.map(({ check }) => check)).toEqual(["icu"]);
  expect(checkTranslation({ source, translation: "x".repeat(5_000) }).blocked.map(({ check }) => check)).toEqual([
    "oversized",
  ]);
});

test("the checks that warn can be left out", () => {
  const pair = { source: "Save {name} to <b>disk</b>", translation: "\0" };
  const { blocked, warnings } = checkTranslation(pair);
  expect(warnings).not.toEqual([]);
  expect(checkTranslation({ ...pair, warnings: false })).toEqual({ blocked, warnings: [] });
});

test("a report of a good translation has two empty lists", () => {
  expect(checkTranslation({ source: "Save {name}", translation: "Enregistrer {name}" })).toEqual({
    blocked: [],
    warnings: [],
  });
});

test("a good translation is neither blocked nor warned of", () => {
  expect(judge({ source: "Save {name}", translation: "Enregistrer {name}" })).toEqual({ warnings: [] });
});

test("a warning blocks nothing, and a blocked translation keeps its warnings", () => {
  const source = "Save {name} before you leave this page, or all of your changes since the last save will be lost.";
  expect(judge({ source, translation: "Enregistrer {name}" })).toEqual({
    warnings: [
      { check: "length", message: "it is far shorter than its source" },
      { check: "end-punctuation", message: "the full stop at its end is missing" },
    ],
  });
  expect(judge({ source, translation: "Enregistrer" })).toEqual({
    blocked: { check: "placeholders", message: "1 placeholder missing" },
    warnings: [
      { check: "length", message: "it is far shorter than its source" },
      { check: "end-punctuation", message: "the full stop at its end is missing" },
    ],
  });
});

describe("for any text made of the pieces of hostile ones", () => {
  const pieces = [
    "{name}", "{{n}}", "%s", "%1$d", "%%", "${a}", "<b>", "</b>", "<br/>", '<a title="{t}" href="u">', "<!-- c -->", "{", "}",
    "'", "<", ">", "%", "5", "word", "{n, plural, one {# x} other {<i>{y}</i>}}", "{g, select, a {b} other {}}", "😀", "\u202e",
  ]; // biome-ignore format: a table
  // A fixed generator: a failure must come back on the next run.
  let state = 1;
  const random = () => {
    state = (state * 48271) % 2147483647;
    return state / 2147483647;
  };
  const texts = Array.from({ length: 2_000 }, () =>
    Array.from({ length: 1 + Math.floor(random() * 8) }, () => pieces[Math.floor(random() * pieces.length)]).join(" "),
  );

  test("the text itself passes, and no message holds a piece of it", () => {
    for (const [index, text] of texts.entries()) {
      expect(checkTranslation({ source: text, translation: text }).blocked).toEqual([]);
      const { blocked, warnings } = checkTranslation({ source: text, translation: texts[index + 1] ?? "" });
      for (const { message } of [...blocked, ...warnings]) {
        expect(message).toMatch(/^[A-Za-z0-9 ,;]*$/);
      }
    }
  });

  test("losing all syntax is blocked exactly where there was some", () => {
    for (const text of texts) {
      const { blocked } = checkTranslation({ source: text, translation: "word", by: "machine" });
      expect(blocked.length > 0).toBe(protectedTokens(text).length > 0);
    }
  });
});
