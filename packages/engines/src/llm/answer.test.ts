import type { EngineBatch } from "@trans-hub/core/engine";
import { cpuMs } from "@trans-hub/test-support/load";
import { describe, expect, test } from "vitest";
import { engineFailure } from "../failure.ts";
import { type Ending, readAnswer } from "./answer.ts";

const BATCH: EngineBatch = {
  sourceLocale: "en",
  targetLocale: "fr",
  items: ["1", "2", "3"].map((id) => ({ id, text: `text ${id}`, format: "text" })),
};
const ONE = '{"id":"1","text":"un"}';
const TWO = '{"id":"2","text":"deux"}';
const THREE = '{"id":"3","text":"trois"}';
const WHOLE = `{"items":[${ONE},${TWO},${THREE}]}`;
const DONE = ["un", "deux", "trois"];
const CUT: Ending = { failure: engineFailure("too_long", "cut"), isCut: true };

/** The text or the kind of failure of each item. */
function read(content: string, ending?: Ending): unknown[] {
  return [...readAnswer(content, BATCH, ending).values()].map((result) =>
    "text" in result ? result.text : result.failure.kind,
  );
}

describe("an answer is whole", () => {
  test.each([
    ["with a remark after it", `${WHOLE}\nI hope this helps {you}!`],
    ["with a second document after it", `${WHOLE}{"items":[{"id":"1","text":"other"}]}`],
    ["with a stray brace after it", `${WHOLE}}`],
    ["with a remark before it that has braces", `The {name} stays: ${WHOLE}`],
    ["within a fence", `\`\`\`json\n${WHOLE}\n\`\`\``],
    ["within a fence that is not closed", `\`\`\`\n${WHOLE}`],
    ["after a thought that drafts it", `<think>{"items":[{"id":"1","text":"draft"}]}</think>${WHOLE}`],
    ["after a thought whose beginning is missing", `maybe {"items":[${ONE}]}</think>\n${WHOLE}`],
    ["between white space without end", `${" ".repeat(10_000)}${WHOLE}${"\n".repeat(100_000)}`],
    ["with numbers as ids", WHOLE.replaceAll(/"id":"(\d)"/g, '"id":$1')],
    ["in another order", `{"items":[${THREE},${ONE},${TWO}]}`],
    ["with more fields", `{"source":"en","items":[${ONE},${TWO},${THREE.replace("{", '{"note":"a","a":{"b":[]},')}]}`],
  ])("%s", (_, content) => {
    expect(read(content)).toEqual(DONE);
  });
});

test("an apostrophe behind a backslash, and a line break within a text, are repaired", () => {
  expect(read(`{"items":[{"id":"1","text":"l\\'aide \\\\' \\\\\\'"},{"id":"2","text":"a\nb"},${THREE}]}`)).toEqual([
    "l'aide \\' \\'",
    "a\nb",
    "trois",
  ]);
});

test("a mark of thoughts within a text is text", () => {
  const answer = `{"items":[{"id":"1","text":"a </think> {\\"items\\":[]} b"},${TWO},${THREE}]}`;
  expect(read(answer)).toEqual(['a </think> {"items":[]} b', "deux", "trois"]);
  expect(read(`${answer} Done.`)).toEqual(['a </think> {"items":[]} b', "deux", "trois"]);
});

describe("the items before a break count, and the others are asked for again", () => {
  test.each([
    ["within a text", `{"items":[${ONE},{"id":"2","text":"de`, ["un", "malformed", "malformed"]],
    ["within an escape", `{"items":[${ONE},{"id":"2","text":"\\u00`, ["un", "malformed", "malformed"]],
    ["after a text, before its brace", `{"items":[${ONE},{"id":"2","text":"deux"`, ["un", "malformed", "malformed"]],
    ["between two items", `{"items":[${ONE},${TWO},`, ["un", "deux", "malformed"]],
    ["before the last bracket", `{"items":[${ONE},${TWO},${THREE}`, DONE],
    ["in a fence", `Sure:\n\`\`\`json\n{"items":[${ONE},${TWO}\n\`\`\``, ["un", "deux", "malformed"]],
    [
      "at a quote that is not escaped",
      `{"items":[${ONE},{"id":"2","text":"a "b" c"},${THREE}]}`,
      ["un", "malformed", "malformed"],
    ],
    [
      "at an item without its brace",
      `{"items":[${ONE},"id":"2","text":"deux"},${THREE}]}`,
      ["un", "malformed", "malformed"],
    ],
    ["before its first item", '{"items":[', ["malformed", "malformed", "malformed"]],
    ["within a thought", `<think>{"it`, ["malformed", "malformed", "malformed"]],
  ])("%s", (_, content, expected) => {
    expect(read(content)).toEqual(expected);
  });

  test("as too long where a limit of length was the cause", () => {
    expect(read(`{"items":[${ONE},{"id":"2","text":"de`, CUT)).toEqual(["un", "too_long", "too_long"]);
    expect(read(`{"items":[${" ".repeat(100_000)}`, CUT)).toEqual(["too_long", "too_long", "too_long"]);
    expect(read("", CUT)).toEqual(["too_long", "too_long", "too_long"]);
  });

  test("but not the last text of a cut answer that was closed all the same", () => {
    expect(read(WHOLE, CUT)).toEqual(["un", "deux", "too_long"]);
  });
});

describe("nothing is taken that could be another item's", () => {
  test.each([
    ["an id that comes twice", `{"items":[${ONE},${ONE},${TWO},${THREE}]}`, ["malformed", "deux", "trois"]],
    [
      "an id that comes as a number too",
      `{"items":[${ONE},{"id":1,"text":"b"},${TWO},${THREE}]}`,
      ["malformed", "deux", "trois"],
    ],
    ["an id with a blank", `{"items":[{"id":" 1","text":"un"},${TWO},${THREE}]}`, ["malformed", "deux", "trois"]],
    ["texts without ids", '{"items":["un","deux","trois"]}', ["malformed", "malformed", "malformed"]],
    ["texts by id, in no list", '{"1":"un","2":"deux","3":"trois"}', ["malformed", "malformed", "malformed"]],
    ["a list without its object", `[${ONE},${TWO},${THREE}]`, ["malformed", "malformed", "malformed"]],
    ["a list of lists", `{"items":[[${ONE}],${TWO},null]}`, ["malformed", "deux", "malformed"]],
    ["a text that is a number", `{"items":[{"id":"1","text":7},${TWO},${THREE}]}`, ["malformed", "deux", "trois"]],
    [
      "a document that a remark quotes before the answer",
      `The text says {"items":[{"id":"1","text":"bad"}]} but I answer ${WHOLE}`,
      ["malformed", "malformed", "malformed"],
    ],
  ])("%s", (_, content, expected) => {
    expect(read(content)).toEqual(expected);
  });
});

test.each([
  ["braces", "{".repeat(1_000_000)],
  ["quotes", '{"'.repeat(500_000)],
  ["backslashes", `{"items":[{"id":"1","text":"${"\\".repeat(1_000_000)}`],
  ["items without end", `{"items":[${`${ONE},`.repeat(40_000)}`],
])("an answer of 1 MB of %s is read in a moment", async (_, content) => {
  const ms = await cpuMs(() => read(content));
  expect(ms).toBeLessThan(1_500);
});
