import { expect, test } from "vitest";
import { bestOf, judge, quantile, type Row } from "./figures.ts";

const row: Row = {
  family: "drain",
  cell: "drain",
  against: "bare SQL",
  unit: "translations/s",
  better: "more",
  ours: [90, 100, 110],
  theirs: [100, 100, 100],
  reach: 0.8,
  phase: "any",
};

test("a figure that should be high reaches its goal from its bound up, one that should be low from its bound down", () => {
  expect(judge(row)).toMatchObject({ ratio: 1, reached: true });
  expect(judge({ ...row, reach: 1.01 })).toMatchObject({ reached: false });
  expect(judge({ ...row, better: "less", reach: 0.8 })).toMatchObject({ reached: false });
  expect(judge({ ...row, better: "less", reach: 1 })).toMatchObject({ reached: true });
});

test("a bound on our own figure needs no comparison, and a row without a bound is neither reached nor missed", () => {
  const alone: Row = { ...row, theirs: [], better: "less", bound: "ours", reach: 100 };
  expect(judge(alone)).toMatchObject({ ours: 100, theirs: null, ratio: null, reached: true });
  expect(judge({ ...alone, reach: 99 })).toMatchObject({ reached: false });
  expect(judge({ ...row, reach: undefined })).toMatchObject({ ratio: 1, reach: null, reached: null });
});

test("the ratio is the median of the rounds' ratios, so that a slow minute affects both sides", () => {
  expect(judge({ ...row, ours: [100, 10, 110], theirs: [100, 10, 100] })).toMatchObject({ ratio: 1, ours: 100 });
});

test("a quantile lies between its neighbours, and the best variant is the one with the best median", () => {
  expect(quantile([3, 1, 2], 0.5)).toBe(2);
  expect(quantile([1, 2], 0.75)).toBe(1.75);
  expect(bestOf({ small: [5, 5, 5], large: [9, 4, 4] })).toEqual({ name: "small", figures: [5, 5, 5] });
});
