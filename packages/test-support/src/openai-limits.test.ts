import { describe, expect, test } from "vitest";
import { LimitEnforcer, WINDOWS } from "./openai-limits.ts";

/** A full minute of the clock. */
const T0 = Date.UTC(2026, 0, 1);

function letThrough(enforcer: LimitEnforcer, at: number, tokens = 1): boolean {
  return enforcer.admit(tokens, at).refusedFor === undefined;
}

describe.each(WINDOWS)("counted by %s", (window) => {
  test("a minute's allowance passes, and no more at once", () => {
    const enforcer = new LimitEnforcer({ rpm: 60, window });
    const passed = Array.from({ length: 100 }, () => letThrough(enforcer, T0)).filter(Boolean);
    expect(passed).toHaveLength(60);
    expect(enforcer.report()).toMatchObject({ passed: { requests: 60, tokens: 60 }, refused: 40 });
  });

  test("a refusal names the wait after which the call passes", () => {
    const enforcer = new LimitEnforcer({ rpm: 60, tpm: 600, window });
    for (let at = 0; at < 6; at += 1) expect(letThrough(enforcer, T0 + at * 1_000, 100)).toBe(true);
    const { refusedFor, waitMs, headers } = enforcer.admit(100, T0 + 6_000);
    expect(refusedFor).toBe("tokens");
    expect(headers).toMatchObject({
      "retry-after": String(Math.ceil(waitMs / 1_000)),
      "x-ratelimit-limit-requests": "60",
      "x-ratelimit-limit-tokens": "600",
    });
    expect(letThrough(enforcer, T0 + 6_000 + waitMs - 100, 100)).toBe(false);
    expect(letThrough(enforcer, T0 + 6_000 + Math.ceil(waitMs), 100)).toBe(true);
  });
});

test("only a bucket gives a second's worth back after a second", () => {
  const again = WINDOWS.map((window) => {
    const enforcer = new LimitEnforcer({ rpm: 60, window });
    for (let at = 0; at < 60; at += 1) enforcer.admit(1, T0);
    return [1_001, 59_999, 60_001].map((ms) => letThrough(enforcer, T0 + ms));
  });
  expect(again).toEqual([
    [true, true, true],
    [false, false, true],
    [false, false, true],
  ]);
});
