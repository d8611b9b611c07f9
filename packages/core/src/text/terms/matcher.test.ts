import { describe, expect, test } from "vitest";
import { BORDER_SET } from "./border-set.ts";
import { TermMatcher } from "./matcher.ts";

const matcher = (locale: string, ...forms: string[]) =>
  new TermMatcher(
    locale,
    forms.map((form) => ({ form, case: "any" as const, entry: form })),
  );

function found(text: string, locale: string, ...forms: string[]) {
  return matcher(locale, ...forms)
    .find(text)
    .map(({ start, end, isSoft }) => `${text.slice(start, end)}${isSoft ? "~" : ""}`);
}

describe("the border set", () => {
  const results = BORDER_SET.map(({ locale, terms, frames, others }) => {
    const all = Object.entries(terms).flatMap(([term, forms]) => [term, ...forms]);
    const terminology = matcher(locale, ...all);
    const sentences = [
      ...frames.flatMap((frame) => all.map((form) => ({ marked: frame.replaceAll("@", `⟦${form}⟧`) }))),
      ...others.map((marked) => ({ marked })),
    ];
    let [right, wrong, missed] = [0, 0, 0];
    const faults: string[] = [];
    for (const { marked } of sentences) {
      const expected: string[] = [];
      let text = "";
      for (const part of marked.split(/(⟦[^⟧]*⟧)/)) {
        const [, form] = /^⟦([^⟧]*)⟧$/.exec(part) ?? [];
        if (form !== undefined) expected.push(`${text.length}:${text.length + form.length}`);
        text += form ?? part;
      }
      const hard = terminology.find(text).filter(({ isSoft }) => !isSoft);
      const got = hard.map(({ start, end }) => `${start}:${end}`);
      const hits = got.filter((each) => expected.includes(each)).length;
      right += hits;
      wrong += got.length - hits;
      missed += expected.length - hits;
      if (got.length !== hits || expected.length !== hits) faults.push(marked);
    }
    return { locale, sentences: sentences.length, right, wrong, missed, faults };
  });

  test("has five hundred sentences", () => {
    expect(results.reduce((sum, { sentences }) => sum + sentences, 0)).toBeGreaterThanOrEqual(500);
  });

  test("is found with a precision of 0.98 and a recall of 0.95 at least", () => {
    const sum = (key: "right" | "wrong" | "missed") => results.reduce((total, each) => total + each[key], 0);
    const [right, wrong, missed] = [sum("right"), sum("wrong"), sum("missed")];
    const shown = JSON.stringify(results);
    expect(right / (right + wrong), shown).toBeGreaterThanOrEqual(0.98);
    expect(right / (right + missed), shown).toBeGreaterThanOrEqual(0.95);
  });
});

test("the longest term wins, and terms do not overlap", () => {
  expect(found("open board game board", "en", "board", "board game", "game board")).toEqual(["board game", "board"]);
});

test("white space of any kind and length is one space", () => {
  expect(found("a credit\u00a0card, a credit \n card", "en", "credit card")).toEqual([
    "credit\u00a0card",
    "credit \n card",
  ]);
});

test("a word that goes on with up to three letters is a soft find, of terms of five letters and more", () => {
  expect(found("boards boarding boarders adds user's", "en", "board", "add")).toEqual([
    "boards~",
    "boarding~",
    "boarders~",
  ]);
  expect(found("the owner's and owners", "en", "owner")).toEqual(["owner's~", "owners~"]);
  expect(found("boardrooms", "en", "board")).toEqual([]);
});

test("an apostrophe before a word is a border", () => {
  expect(found("l'utilisateur et l’utilisateur", "fr", "utilisateur")).toEqual(["utilisateur", "utilisateur"]);
});

test("decomposed letters are found, and their places are those of the text", () => {
  const text = "Le cafe\u0301 noir";
  expect(found(text, "fr", "café", "noir")).toEqual(["cafe\u0301", "noir"]);
});

test("a letter that is longer in lower case moves no place", () => {
  expect(found("İstanbul board", "en", "board")).toEqual(["board"]);
  expect(found("ISPARTA", "tr", "ısparta")).toEqual(["ISPARTA"]);
});

test.each([
  ["any", ["Hub", "hub", "HUB"]],
  ["exact", ["Hub"]],
  ["first", ["Hub", "hub"]],
] as const)("case %s", (letterCase, expected) => {
  const text = "Hub hub HUB";
  const hub = new TermMatcher("en", [{ form: "Hub", case: letterCase, entry: 1 }]);
  expect(hub.find(text).map(({ start, end }) => text.slice(start, end))).toEqual(expected);
});

test.each(["board ", "boards", "{board}", "積分", "<b>board</b>", "board-"])(
  "512 KiB made of %j are read in linear time",
  (part) => {
    const terms = matcher(part.startsWith("積") ? "ja" : "en", "board", "board board", "積分");
    const text = part.repeat(Math.ceil((512 * 1024) / part.length));
    const timeOf = (read: string) => {
      const startedAt = performance.now();
      terms.find(read);
      return performance.now() - startedAt;
    };
    timeOf(text.slice(0, text.length / 8));
    const [eighth, whole] = [timeOf(text.slice(0, text.length / 8)), timeOf(text)];
    expect(whole).toBeLessThan(40 * Math.max(eighth, 5));
  },
);
