import { cpuMs } from "@trans-hub/test-support/load";
import { expect, test } from "vitest";
import { withSpaceOf } from "./http-call.ts";

test.each([
  ["  a\n", " x ", "  x\n"],
  ["a", " x", "x"],
  ["   ", "x", "   x"],
])("the space around %j goes around the answer %j", (source, answer, expected) => {
  expect(withSpaceOf(source, answer)).toBe(expected);
});

test("a million spaces within a text are read once", async () => {
  const source = `a${" ".repeat(1_000_000)}b`;
  const ms = await cpuMs(() => {
    expect(withSpaceOf(source, "x")).toBe("x");
  });
  expect(ms).toBeLessThan(1_000);
});
