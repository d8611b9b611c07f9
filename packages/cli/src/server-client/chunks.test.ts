import { expect, test } from "vitest";
import { chunksOf } from "./chunks.ts";

const sizes = (chunks: readonly (readonly string[])[]) => chunks.map((chunk) => chunk.length);

test("chunks keep the order, and hold to items and to bytes as JSON", () => {
  const entries = Array.from({ length: 25 }, (_, at) => `Text ${at}`);
  const chunks = chunksOf(entries, { maxItems: 10, maxBytes: 1_000 });
  expect(sizes(chunks)).toEqual([10, 10, 5]);
  expect(chunks.flat()).toEqual(entries);
  // A quote is two bytes in JSON, an umlaut two in UTF-8.
  expect(sizes(chunksOf(['""', "ü"], { maxItems: 10, maxBytes: 11 }))).toEqual([1, 1]);
  expect(sizes(chunksOf(['""', "ü"], { maxItems: 10, maxBytes: 12 }))).toEqual([2]);
});

test("an entry above the bytes is a chunk by itself, and no entries are no chunk", () => {
  expect(sizes(chunksOf(["a", "x".repeat(100), "b"], { maxItems: 10, maxBytes: 50 }))).toEqual([1, 1, 1]);
  expect(chunksOf([], { maxItems: 10, maxBytes: 50 })).toEqual([]);
});
