import { expect, test } from "vitest";
import { backoffMs } from "./backoff.ts";

const middle = () => 0.5;

test.each([
  [1, 2_000],
  [2, 4_000],
  [5, 32_000],
  [10, 1_024_000],
  [11, 1_024_000],
  [10_000, 1_024_000],
  [0, 2_000],
])("after attempt %d the wait is %d ms", (attempt, ms) => {
  expect(backoffMs(attempt, middle)).toBe(ms);
});

test("jitter changes the wait by a tenth at most, and differs from call to call", () => {
  expect(backoffMs(1, () => 0)).toBe(1_800);
  expect(backoffMs(1, () => 1)).toBe(2_200);
  expect(new Set(Array.from({ length: 20 }, () => backoffMs(5))).size).toBeGreaterThan(1);
});
