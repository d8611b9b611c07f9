import { describe, expect, test } from "vitest";
import { InvalidItemError } from "../contract/errors.ts";
import { MAX_CONTEXT_BYTES, MAX_CONTEXT_DEPTH, normalizeContext } from "./context.ts";

function nested(depth: number): unknown {
  let value: unknown = "x";
  for (let level = 0; level < depth; level++) value = { a: value };
  return value;
}

function refusal(context: unknown): string {
  try {
    normalizeContext(context);
  } catch (error) {
    expect(error).toBeInstanceOf(InvalidItemError);
    expect(error).toMatchObject({ code: "TH_CONTEXT", field: "context" });
    return (error as Error).message;
  }
  throw new Error("accepted");
}

test("a context has one canonical form for any order of its keys and any spelling of its numbers", () => {
  expect(normalizeContext({ bb: 1.0, a: { d: -0, c: 1e-7 } })?.canonical).toBe('{"a":{"c":1e-7,"d":0},"bb":1}');
  expect(normalizeContext('{ "bb": 1.00, "a": {"c": 0.0000001, "d": 0} }')?.canonical).toBe(
    '{"a":{"c":1e-7,"d":0},"bb":1}',
  );
});

test("keys are ordered by UTF-16 code units, as in RFC 8785", () => {
  expect(normalizeContext({ "\uE000": 1, "😀": 2, é: 3, z: 4 })?.canonical).toBe('{"z":4,"é":3,"😀":2,"\uE000":1}');
});

test("a string is short for a note, unless it begins with a brace: then it is JSON", () => {
  expect(normalizeContext("on the checkout button")?.value).toEqual({ note: "on the checkout button" });
  expect(normalizeContext(" {not json")?.value).toEqual({ note: " {not json" });
  expect(normalizeContext('{"screen":"checkout"}')?.value).toEqual({ screen: "checkout" });
  expect(refusal('{"screen"')).toBe("context: begins with a brace and is not JSON");
});

test.each([[undefined], [null], [""], [{}], ["{}"], [{ a: undefined }]])("%j counts as no context", (context) => {
  expect(normalizeContext(context)).toBeUndefined();
});

describe("a value that other programs would read differently is refused at every depth", () => {
  const circular: Record<string, unknown> = {};
  circular.self = circular;
  const twins = Array.from({ length: 30 }).reduce<unknown>((inner) => ({ a: inner, b: inner }), "x");

  test.each<[string, unknown]>([
    ["NaN", Number.NaN],
    ["Infinity", Number.POSITIVE_INFINITY],
    ["a whole number that others would round", 2 ** 53],
    ["a bigint", 1n],
    ["undefined in a list", { a: [undefined] }],
    ["a hole in an array", new Array(1)],
    ["a function", () => "x"],
    ["a symbol", Symbol("x")],
    ["a date", new Date(0)],
    ["a map", new Map()],
    ["a string object", Object("x")],
    ["U+0000 in a value", "a\0b"],
    ["U+0000 in a key", { "a\0": 1 }],
    ["half a surrogate pair in a value", "\uD83D"],
    ["half a surrogate pair in a key", { "\uDE00": 1 }],
    ["an object that holds itself", circular],
    ["a small web that is a huge tree", twins],
  ])("%s", (_, value) => {
    refusal(value);
    refusal({ deep: [{ value }] });
  });
});

test.each([[["checkout"]], [7], [true]])("%j is not a context", (context) => {
  expect(refusal(context)).toBe("context: is neither an object nor a string");
});

test("numbers in JSON are read as doubles, larger ones are refused", () => {
  expect(normalizeContext('{"n":1e-400}')?.canonical).toBe('{"n":0}');
  expect(refusal('{"n":1e400}')).toContain("double");
  expect(refusal('{"n":9007199254740993}')).toContain("2^53");
});

test("a context may reach its limits, and not exceed them", () => {
  expect(normalizeContext(nested(MAX_CONTEXT_DEPTH))).toBeDefined();
  expect(refusal(nested(MAX_CONTEXT_DEPTH + 1))).toContain("32 levels");
  const frame = '{"note":""}'.length;
  expect(normalizeContext("é".repeat((MAX_CONTEXT_BYTES - frame) / 2 - 1))).toBeDefined();
  expect(refusal("x".repeat(MAX_CONTEXT_BYTES - frame + 1))).toContain("8,192 bytes");
  expect(refusal(Array.from({ length: 10_000 }, () => 1))).toContain("neither an object");
  expect(refusal({ list: Array.from({ length: 10_000 }, () => 1) })).toContain("8,192 bytes");
});

test("an object without prototype and one from another realm are plain too", () => {
  expect(normalizeContext(Object.assign(Object.create(null), { a: 1 }))?.canonical).toBe('{"a":1}');
  expect(normalizeContext(JSON.parse('{"__proto__":1}'))?.canonical).toBe('{"__proto__":1}');
});

test("a context's text is not repeated in the error", () => {
  expect(refusal('{"secret": hunter2}')).not.toContain("hunter2");
});
