import { expect, test } from "vitest";
import { type ItemChunk, type RejectedLine, readItems } from "./items.ts";
import type { Line } from "./lines.ts";

async function itemsOf(lines: Line[]) {
  const rejected: RejectedLine[] = [];
  const unknown: string[] = [];
  const stream = (async function* () {
    yield* lines;
  })();
  const chunks: ItemChunk[] = await Array.fromAsync(
    readItems(stream, {
      maxLineBytes: 100,
      rejected: (line) => rejected.push(line),
      unknownKeys: (keys) => unknown.push(...keys),
    }),
  );
  return { chunks, rejected, unknown };
}

const line = (number: number, text: string): Line => ({ number, text });

test("good lines come in chunks with their line numbers, bad lines are reported by number", async () => {
  const { chunks, rejected } = await itemsOf([
    line(1, '{"text":"a"}'),
    line(2, "   "),
    line(3, "{"),
    { number: 4, fault: "too long" },
    { number: 5, fault: "not UTF-8" },
    line(6, "null"),
    line(7, '{"text":"b"}'),
  ]);
  expect(chunks).toEqual([{ items: [{ text: "a" }, { text: "b" }], lines: [1, 7] }]);
  expect(rejected).toEqual([
    { line: 3, code: "TH_ITEM_SHAPE", message: "is not JSON" },
    { line: 4, code: "TH_ITEM_SHAPE", message: "is longer than 100 bytes" },
    { line: 5, code: "TH_ITEM_SHAPE", message: "is not UTF-8" },
    { line: 6, code: "TH_ITEM_SHAPE", message: "must be a JSON object" },
  ]);
});

test("a chunk is bounded in items and in characters", async () => {
  const many = await itemsOf(Array.from({ length: 1_200 }, (_, at) => line(at + 1, '{"text":"a"}')));
  expect(many.chunks.map(({ items }) => items.length)).toEqual([500, 500, 200]);
  const long = JSON.stringify({ text: "x".repeat(600_000) });
  const heavy = await itemsOf([line(1, long), line(2, long), line(3, long)]);
  expect(heavy.chunks.map(({ items }) => items.length)).toEqual([2, 1]);
});

test("keys that items do not have are reported once", async () => {
  const { unknown } = await itemsOf([line(1, '{"text":"a","id":1}'), line(2, '{"text":"b","id":2,"__proto__":{}}')]);
  expect(unknown).toEqual(["id", "__proto__"]);
});
