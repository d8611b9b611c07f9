import { expect, test } from "vitest";
import { RejectedLines } from "./rejected-lines.ts";

const line = (number: number) => ({ line: number, code: "TH_ITEM_SHAPE", message: "is not JSON" });

function rejectedLines(tellsAll: boolean) {
  const told: string[] = [];
  return { told, lines: new RejectedLines({ tell: (text) => told.push(text), tellsAll, max: 3 }) };
}

test("rejected lines within the limit are listed in order, and not printed as well", () => {
  const { told, lines } = rejectedLines(false);
  for (const number of [2, 9, 4]) lines.add(line(number));
  expect(lines.report()).toEqual({ rejected: [line(2), line(4), line(9)] });
  expect(told).toEqual([]);
});

test("rejected lines beyond the limit are printed as they come, and all are counted", () => {
  const { told, lines } = rejectedLines(false);
  for (let number = 1; number <= 100; number += 1) lines.add(line(number));
  expect(lines.report()).toEqual({ rejected: [line(1), line(2), line(3)], rejectedCount: 100 });
  expect(told).toHaveLength(97);
  expect(told[0]).toBe("line 4: TH_ITEM_SHAPE is not JSON");
});

test("output for people prints each rejected line", () => {
  const { told, lines } = rejectedLines(true);
  for (let number = 1; number <= 5; number += 1) lines.add(line(number));
  expect(told).toHaveLength(5);
  expect(lines.report()).toMatchObject({ rejectedCount: 5 });
});
