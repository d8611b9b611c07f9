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
  expect(checkTranslation({ source: "{a} <b>", translation: "\0" })?.blockedBy).toBe("nul");
  expect(checkTranslation({ source: "{a} <b>", translation: "" })?.blockedBy).toBe("empty");
  expect(checkTranslation({ source: "{a} <b>", translation: "x" })).toEqual({
    blockedBy: "placeholders",
    message: "1 placeholder missing; 1 tag missing",
  });
  const source = "{n, plural, one {<b>#</b>} other {#}}";
  expect(checkTranslation({ source, translation: "{n, plural, one {#}}" })?.blockedBy).toBe("markup");
  expect(checkTranslation({ source, translation: "{n, plural, one {<b>#</b>}}" })?.blockedBy).toBe("icu");
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
    blocked: { blockedBy: "placeholders", message: "1 placeholder missing" },
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
      expect(checkTranslation({ source: text, translation: text })).toBeUndefined();
      const { blocked, warnings } = judge({ source: text, translation: texts[index + 1] ?? "" });
      for (const { message } of blocked === undefined ? warnings : [blocked, ...warnings]) {
        expect(message).toMatch(/^[A-Za-z0-9 ,;]*$/);
      }
    }
  });

  test("losing all syntax is blocked exactly where there was some", () => {
    for (const text of texts) {
      const failure = checkTranslation({ source: text, translation: "word" });
      expect(failure !== undefined).toBe(protectedTokens(text).length > 0);
    }
  });
});
