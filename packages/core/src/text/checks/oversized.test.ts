import { cpuMs } from "@trans-hub/test-support/load";
import { expect, test } from "vitest";
import { judge } from "./judge.ts";

/** Branches of exact numbers, 7 characters each. */
const numbered = (count: number) => Array.from({ length: count }, (_, at) => `=${100 + at}{#}`).join("");

const TOO_LONG = { check: "oversized", message: "it is many times as long as its source" };

test.each([
  ["Save", "Enregistrer", undefined],
  ["Save", "x".repeat(1_016), undefined],
  ["Save", "x".repeat(1_017), TOO_LONG],
  ["Save", "保".repeat(1_017), TOO_LONG],
  ["保存", "x".repeat(1_019), undefined],
  ["保存", "x".repeat(1_020), TOO_LONG],
  ["{n, plural, one {#} other {#}}", `{n, plural, ${numbered(200)}other {#}}`, undefined],
  ["{n, plural, one {#} other {#}}", `{n, plural, ${numbered(320)}other {#}}`, TOO_LONG],
])("%j with a translation such as %.20s", (source, translation, blocked) => {
  expect(judge({ source, translation }).blocked).toEqual(blocked);
});

test("a translation over the greatest size of a stored text is blocked, however long its source is", () => {
  const source = "ab ".repeat(2_600_000);
  const message = "it is longer than any text may be";
  for (const translation of ["éé ".repeat(3_600_000), "ab ".repeat(5_600_000)]) {
    expect(judge({ source, translation, format: "text" }).blocked).toEqual({ check: "oversized", message });
  }
});

test("nothing else of an oversized translation is looked at", async () => {
  const translation = "<b>{n, plural, {{".repeat(4 * 2 ** 20);
  const ms = await cpuMs(() => {
    expect(judge({ source: "Add to cart", translation })).toEqual({ blocked: TOO_LONG, warnings: [] });
  });
  expect(ms).toBeLessThan(100);
});
