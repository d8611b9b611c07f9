import { expect, test } from "vitest";
import { keyMatcher, keyPatternProblem } from "./key-patterns.ts";

const matches = (pattern: string, key: string) => keyMatcher([pattern])(key);

test.for<[pattern: string, key: string, yes: boolean]>([
  ["brand", "brand", true],
  ["brand", "brand.name", false],
  ["brand.*", "brand.name", true],
  ["brand.*", "brand.name.short", false],
  ["brand.*", "brands.name", false],
  ["brand.**", "brand.name.short", true],
  ["brand.**", "brand", false],
  ["**", "any.key at all", true],
  ["**.id", "a.b.id", true],
  ["*", "a.b", false],
  ["{title,name}", "name", true],
  ["cart.{title,tips.*}", "cart.tips.0", true],
  ["it?m", "item", true],
  ["it?m", "it.m", false],
  [String.raw`cart\.title`, String.raw`cart\.title`, true],
  [String.raw`cart\.title`, "cart.title", false],
  ["cart.title", String.raw`cart\.title`, false],
  ["cart*", String.raw`cart\.title`, true],
  [String.raw`\{name\}`, "{name}", true],
  [String.raw`\*`, "*", true],
  [String.raw`\*`, "a", false],
  ["a+b(c)|[d]^$", "a+b(c)|[d]^$", true],
  ["a,b", "a,b", true],
  ["a}", "a}", true],
  ["Hello*", "Hello world", true],
  ["Hello*", "Hello. World", false],
  ["Hello**", "Hello. World\nNext line", true],
])("%s on %s: %s", ([pattern, key, yes]) => {
  expect(matches(pattern, key)).toBe(yes);
});

test("without patterns no key matches, with several one is enough", () => {
  expect(keyMatcher([])("a")).toBe(false);
  expect(["a", "b", "c"].filter(keyMatcher(["a", "c"]))).toEqual(["a", "c"]);
});

test("a pattern with a fault is told apart", () => {
  expect(keyPatternProblem("brand.*")).toBeUndefined();
  expect(keyPatternProblem("")).toBe("is empty");
  expect(keyPatternProblem("{a,b")).toMatch(/without its }/);
});
