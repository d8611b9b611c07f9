import { cpuMs } from "@trans-hub/test-support/load";
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

  it("show the inline elements of XLIFF as they are", () => {
    const text = `{VAR, plural, =1 {<x id="N" equiv-text="{{n}}"/> item} other {<x id="N" equiv-text="{{n}}"/> items}}`;
    expect(asking(text, "de").questions.map((question) => question.text)).toContain(
      '<x id="N" equiv-text="{{n}}"/> items',
    );
    expect(assembled(text, "ja")).toBe(text);
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

  it("take the words of other where the source's own category leaves out an argument that other shows", () => {
    const text = "{n, plural, one {this row} other {{shownNumber} rows}}";
    expect(asking(text, "fr").questions[0]).toMatchObject({ text: "{shownNumber} rows", form: { category: "one" } });
    expect(asking(text, "pl").questions[0]).toMatchObject({ text: "this row", form: { category: "one" } });
  });

  it("do not repeat a long message beside each of its cases", () => {
    const [question] = asking(`${"long ".repeat(500)}{n, plural, other {#}}`, "ja").questions;
    expect(question?.form).toEqual({ category: "other", example: 1, of: "" });
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

describe("a message that is asked branch by branch", () => {
  it("is one with more than 16 cases: its structure stays, each branch has the target's categories", () => {
    const text = "In {n, plural, one {# room} other {# rooms}} {m, plural, one {is # guest} other {are # guests}}.";
    const { questions } = asking(text, "ar");
    expect(questions.map(({ text: asked }) => asked)).toEqual([
      "In",
      ...["{n} rooms", "{n} room", ...Array.from({ length: 4 }, () => "{n} rooms")],
      ...["are {m} guests", "is {m} guest", ...Array.from({ length: 4 }, () => "are {m} guests")],
    ]);
    expect(questions[3]).toMatchObject({ form: { category: "two", example: 2, of: text } });
    expect(
      assembled(text, "ar", ({ text: asked }) =>
        asked.toUpperCase().replaceAll(/\{[NM]\}/g, (each) => each.toLowerCase()),
      ),
    ).toMatch(
      /^IN \{n, plural, zero \{# ROOMS\} one \{# ROOM\} two .*\} \{m, plural, zero \{ARE # GUESTS\} one \{IS # GUEST\} .*\}\.$/,
    );
  });

  it("is a list of measures: they stay side by side, and an empty one is not asked for", () => {
    const text = "{d, plural, =0 {} one {# day} other {# days}} {h, plural, =0 {} one {# hour} other {# hours}}";
    expect(asking(text, "ja").questions.map(({ text: asked }) => asked)).toEqual(["{d} days", "{h} hours"]);
    expect(assembled(text, "ja")).toBe("{d, plural, =0 {} other {# days}} {h, plural, =0 {} other {# hours}}");
  });
});

describe("the number of a plural", () => {
  it("is told from the bare argument where a text holds both", () => {
    const text = "{n} of {n, plural, other {# rows}}";
    expect(asking(text, "ja").questions[0]?.text).toBe("{n} of {n, number} rows");
    expect(assembled(text, "ja")).toBe("{n, plural, other {{n} of # rows}}");
  });

  it("is printed as a number where another plural is the innermost", () => {
    const text = "{a, plural, other {# files}} in {b, plural, other {# folders}}";
    expect(asking(text, "ja").questions[0]).toMatchObject({
      text: "{a} files in {b} folders",
      numbers: [
        { placeholder: "{a}", example: 1 },
        { placeholder: "{b}", example: 1 },
      ],
    });
    expect(assembled(text, "ja")).toBe("{a, plural, other {{b, plural, other {{a, number} files in # folders}}}}");
  });

  it("stays in the branches of its plural where an offset makes it another number than the argument", () => {
    const text = "{a, plural, offset:1 other {# more}} in {b, plural, other {# folders}}";
    expect(assembled(text, "ja")).toBe("{a, plural, offset:1 other {# more}} in {b, plural, other {# folders}}");
  });
});

describe("words that hold syntax", () => {
  it("keep the quoted stretches of the source, and a number sign that is none of a plural", () => {
    expect(assembled("Issue #{id}: {n, plural, other {'{'# of '#'}}", "ja")).toBe(
      "{n, plural, other {Issue '#'{id}: '{'# of '#'}}",
    );
  });

  it("are written with doubled apostrophes where the source writes every one so", () => {
    expect(assembled("It''s {name}", "fr", () => "C'est {name}")).toBe("C''est {name}");
    expect(assembled("It's {name}", "fr", () => "C'est l'{name}")).toBe("C'est l''{name}");
  });

  it("become words where an engine invents a placeholder or a brace", () => {
    expect(assembled("Hi {name}", "fr", () => "Salut {nom} {name} }")).toBe("Salut '{'nom'}' {name} '}'");
  });
});

it("a hostile text of a megabyte is asked for in bounded time", async () => {
  const MIB = 2 ** 20;
  const nested = (depth: number) => "{a, plural, other {".repeat(depth) + "}}".repeat(depth);
  const texts = ["{a,plural,other{", "'{''", "'<''", "{a,plural,one{x}other{#}} ", "{n,plural,other{x}}{a,number,"].map(
    (part) => part.repeat(MIB / part.length),
  );
  const keys = Array.from({ length: 50_000 }, (_, at) => `=${at} {x}`).join("");
  for (const text of [...texts, nested(25_000), nested(39), `{a, plural, ${keys} other {y}}`]) {
    const ms = await cpuMs(() => {
      const { questions, assemble } = asking(text, "ar");
      assemble(new Map(questions.map(({ key, text: asked }) => [key, asked])));
    });
    expect(ms).toBeLessThan(10_000);
  }
});
