import { expect, test } from "vitest";
import { bucketOf, chargeOf, estimateTokens } from "./bucket.ts";

test.each([1, 2, 10, 30, 31, 60, 600, 10_000])("no minute holds more than %i requests", (rpm) => {
  const { burst, perSecond } = bucketOf(rpm, 1);
  // Requests come without a pause: the worst minute begins with a full bucket.
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

test("the smallest limit lets calls through, and the burst is a small share of any limit", () => {
  expect(bucketOf(1, 1)).toEqual({ burst: 1, perSecond: 1 / 60.25 });
  expect(bucketOf(1, 0)).toEqual({ burst: 0.5, perSecond: 0.5 / 60.25 });
  expect(bucketOf(90_000, 0)).toEqual({ burst: 3_000, perSecond: 87_000 / 60.25 });
});

test("the token estimate of an answer equals that of its question", () => {
  expect(estimateTokens(0)).toBe(0);
  expect(estimateTokens(7)).toBe(6);
});

test.each([100, 250, 251, 900, 1_220, 1_400, 3_000, 4_000, 6_000, 9_999, 10_000])(
  "no minute of a limit of 10,000 holds more than it in calls of %i tokens",
  (tokens) => {
    const { burst, perSecond } = bucketOf(10_000, 0);
    const charge = chargeOf(tokens, 10_000);
    let [left, at, taken] = [burst, 0, 0];
    for (; at < 60; taken += tokens) {
      const waitSeconds = Math.max(0, (Math.min(charge, burst) - left) / perSecond);
      left = Math.min(burst, left + waitSeconds * perSecond) - charge;
      at += waitSeconds;
      if (at >= 60) break;
    }
    expect(taken).toBeLessThanOrEqual(10_000);
    expect(taken).toBeGreaterThan(0.85 * Math.floor(10_000 / tokens) * tokens);
  },
);
