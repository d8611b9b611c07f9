import { expect, test } from "vitest";
import { refusalOf } from "./llm/refusal.ts";
import { retryAfterMs } from "./retry-after.ts";

const NOW = Date.parse("2026-11-29T12:00:00Z");

test.each([
  ["2", 2_000],
  ["0.5", 500],
  [" 3 ", 3_000],
  ["Sun, 29 Nov 2026 12:00:07 GMT", 7_000],
  ["Sun, 29 Nov 2026 11:00:00 GMT", 0],
  ["-5", undefined],
  ["", undefined],
  ["soon", undefined],
])("Retry-After %j is %j ms", (value, expected) => {
  expect(retryAfterMs(new Headers({ "retry-after": value }), NOW)).toBe(expected);
});

test("a language model's endpoint may say milliseconds, and its negative wait is none", () => {
  const exact = new Headers({ "retry-after": "9", "retry-after-ms": "120" });
  expect(refusalOf(429, {}, exact).retryAfterMs).toBe(120);
  expect(refusalOf(429, {}, new Headers({ "retry-after": "-5" })).retryAfterMs).toBeUndefined();
});
