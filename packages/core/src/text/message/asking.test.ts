import { describe, expect, it } from "vitest";
import { askingOf, type Question } from "./asking.ts";

function asking(text: string, targetLocale: string, sourceLocale = "en") {
  return askingOf({ text, format: "icu", sourceLocale, targetLocale });
}

/** The translation when every question is answered by `answer`. */
function assembled(text: string, targetLocale: string, answer: (question: Question) => string = ({ text }) => text) {
  const { questions, assemble } = asking(text, targetLocale);
  return assemble(new Map(questions.map((question) => [question.key, answer(question)])));
}

describe("the questions of a message", () => {
  it("are whole sentences, one for each category of the target, with a number that takes it", () => {
    const text = "You have {count, plural, one {# file} other {# files}} left.";
    expect(asking(text, "pl").questions).toEqual(
      [
        ["one", "You have {count} file left.", 1],
        ["few", "You have {count} files left.", 2],
        ["many", "You have {count} files left.", 5],
        ["other", "You have {count} files left.", 1.5],
      ].map(([category, question, example]) => ({
        key: category,
        text: question,
        format: "auto",
        form: { category, example, of: text },
        numbers: [{ placeholder: "{count}", example }],
      })),
    );
    expect(asking(text, "ar").questions.map(({ form }) => form?.example)).toEqual([0, 1, 2, 3, 11, 100]);
    expect(asking(text, "ja").questions.map(({ key }) => key)).toEqual(["other"]);
  });

  it("leave out the category of millions alone, which is made equal to other", () => {
    const text = "{n, plural, one {# row} other {# rows}}";
    expect(asking(text, "fr").questions.map(({ key }) => key)).toEqual(["one", "other"]);
    expect(assembled(text, "fr")).toBe("{n, plural, one {# row} many {# rows} other {# rows}}");
  });

  it("take the words of other where the source's own category leaves out a number that the target's needs", () => {
    const text = "{n, plural, one {a row} other {# rows}}";
    expect(asking(text, "ru").questions[0]).toMatchObject({ text: "{n} rows", form: { category: "one" } });
    expect(asking(text, "de").questions[0]).toMatchObject({ text: "a row", form: { category: "one" } });
  });

  it("are the text itself where it holds no ICU syntax, or none that a formatter reads", () => {
    for (const text of ["It's {{count}} of %s", "{n, plural, one {x}", "{n, plural, one {x}}"]) {
      const { questions, assemble } = askingOf({ text, format: "auto", sourceLocale: "en", targetLocale: "pl" });
      expect(questions).toEqual([{ key: "text", text, format: "auto", numbers: [] }]);
      expect(assemble(new Map([["text", "answer"]]))).toBe("answer");
    }
  });
});

describe("the printed message", () => {
  it("quotes every apostrophe before syntax, and no other", () => {
    expect(assembled("{name} in {n, plural, other {# files}}", "ja", () => "l'{name} d'{n} aujourd'hui l'<b>")).toBe(
      "{n, plural, other {l''{name} d''# aujourd'hui l''<b>}}",
    );
  });

  it("keeps exact numbers, the keys of selects and an offset", () => {
    expect(
      assembled("{g, select, male {He} other {They}} {n, plural, offset:1 =0 {left} other {left with # more}}", "ja"),
    ).toBe(
      "{g, select, male {{n, plural, offset:1 =0 {He left} other {He left with # more}}} " +
        "other {{n, plural, offset:1 =0 {They left} other {They left with # more}}}}",
    );
  });
});
