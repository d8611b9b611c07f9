import { expect, test } from "vitest";
import { bucketOf, bytesWithin, estimateTokens } from "./bucket.ts";

test.each([1, 2, 10, 30, 31, 60, 600, 10_000])("no minute holds more than %i requests", (rpm) => {
  const { burst, perSecond } = bucketOf(rpm, 1);
  // Asked without a pause: the worst minute begins with a full bucket.
  let [left, at, first] = [burst, 0, 0];
  for (; at < 60; first += 1) {
    const waitSeconds = Math.max(0, (1 - left) / perSecond);
    left = Math.min(burst, left + waitSeconds * perSecond) - 1;
    at += waitSeconds;
    if (at >= 60) break;
  }
  expect(first).toBeLessThanOrEqual(rpm);
  expect(perSecond * 60).toBeGreaterThanOrEqual(0.95 * rpm);
});

test("the smallest limit lets calls through, and the largest burst is a 30th", () => {
  expect(bucketOf(1, 1)).toEqual({ burst: 1, perSecond: 1 / 60.5 });
  expect(bucketOf(1, 0)).toEqual({ burst: 1, perSecond: 0 });
  expect(bucketOf(90_000, 0)).toEqual({ burst: 3_000, perSecond: 87_000 / 60.5 });
});

test("as many bytes as a full bucket of tokens allows are estimated to fit into it", () => {
  expect(estimateTokens(0)).toBe(0);
  expect(estimateTokens(7)).toBe(6);
  expect(bytesWithin(undefined)).toBe(Number.POSITIVE_INFINITY);
  expect(bytesWithin(90_000)).toBe(4_500);
  expect(estimateTokens(bytesWithin(90_000))).toBe(3_000);
  expect(bytesWithin(1)).toBe(1);
});
