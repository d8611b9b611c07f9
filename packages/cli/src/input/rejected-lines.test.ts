import { expect, test } from "vitest";
import { RejectedLines } from "./rejected-lines.ts";

const line = (number: number) => ({ line: number, code: "TH_ITEM_SHAPE", message: "is not JSON" });

function rejectedLines(tellsAll: boolean, file?: string) {
  const told: string[] = [];
  const lines = new RejectedLines({ file, tell: (text) => told.push(text), tellsAll, max: 3, toldMax: 3 });
  return { told, lines };
}

test("rejected lines within the limit are listed in order, and not printed as well", () => {
  const { told, lines } = rejectedLines(false);
  for (const number of [2, 9, 4]) lines.add(line(number));
  lines.foundItem();
  expect(lines.report()).toEqual({ rejected: [line(2), line(4), line(9)] });
  expect(told).toEqual([]);
});

test("rejected lines beyond the limit are counted", () => {
  const { told, lines } = rejectedLines(false);
  lines.foundItem();
  for (let number = 1; number <= 100; number += 1) lines.add(line(number));
  expect(lines.report()).toEqual({ rejected: [line(1), line(2), line(3)], rejectedCount: 100 });
  expect(told).toEqual(["and 97 more rejected lines"]);
});

test("output for people names the file and the first rejected lines, and counts the rest", () => {
  const { told, lines } = rejectedLines(true, "items.jsonl");
  lines.add(line(1));
  expect(told).toEqual([]);
  lines.foundItem();
  for (let number = 2; number <= 300; number += 1) lines.add(line(number));
  expect(told[0]).toBe("items.jsonl: line 1: TH_ITEM_SHAPE is not JSON");
  lines.report();
  expect(told).toHaveLength(4);
  expect(told.at(-1)).toBe("and 297 more rejected lines");
});

test("a file without one item is one problem, whose cure is the form of a line", () => {
  for (const tellsAll of [true, false]) {
    const { told, lines } = rejectedLines(tellsAll, "letter.txt");
    for (let number = 1; number <= 300; number += 1) lines.add(line(number));
    expect(lines.report()).toEqual({
      rejected: [line(1), line(2), line(3)],
      rejectedCount: 300,
      hint: expect.anything(),
    });
    expect(told).toEqual([
      expect.stringMatching(
        /^letter\.txt: none of 300 lines is an item; line 1: TH_ITEM_SHAPE is not JSON\. .*\{"text":/,
      ),
    ]);
  }
});

test("a text of the command line is named as a text", () => {
  const told: string[] = [];
  const lines = new RejectedLines({ unit: "text", tell: (text) => told.push(text), tellsAll: true });
  lines.foundItem();
  lines.add({ line: 2, code: "TH_TEXT_EMPTY", message: "text: must not be empty" });
  lines.report();
  expect(told).toEqual(["text 2: TH_TEXT_EMPTY text: must not be empty"]);
});

test("lines without target locales are told the option that gives them, once", () => {
  for (const tellsAll of [true, false]) {
    const told: string[] = [];
    const lines = new RejectedLines({ file: "items.jsonl", tell: (text) => told.push(text), tellsAll, toldMax: 3 });
    lines.foundItem();
    for (let number = 1; number <= 300; number += 1) {
      lines.add({ line: number, code: "TH_ITEM_SHAPE", message: "targetLocales: is missing" });
    }
    expect(lines.report()).toMatchObject({ hint: expect.stringContaining("--to fr,de") });
    expect(told.filter((line) => line.includes("--to fr,de"))).toHaveLength(1);
  }
});
