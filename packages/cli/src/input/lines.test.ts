import { expect, test } from "vitest";
import { readLines } from "./lines.ts";

async function linesOf(chunks: (string | Buffer)[], maxBytes = 1_000) {
  const stream = (async function* () {
    for (const chunk of chunks) yield Buffer.from(chunk as string);
  })();
  return Array.fromAsync(readLines(stream, maxBytes));
}

test("lines are numbered from 1, blank ones included, and the last needs no line end", async () => {
  expect(await linesOf(["a\n\nb\r\nc"])).toEqual([
    { number: 1, text: "a" },
    { number: 2, text: "" },
    { number: 3, text: "b" },
    { number: 4, text: "c" },
  ]);
  expect(await linesOf(["a\n"])).toEqual([{ number: 1, text: "a" }]);
  expect(await linesOf([])).toEqual([]);
});

test("a character cut by the edge of a chunk is read whole", async () => {
  const bytes = Buffer.from("héllo 🎉\n");
  const cut = [...bytes].map((byte) => Buffer.from([byte]));
  expect(await linesOf(cut)).toEqual([{ number: 1, text: "héllo 🎉" }]);
});

test("a byte order mark is dropped only at the beginning", async () => {
  expect(await linesOf(["\uFEFFa\n\uFEFFb\n"])).toEqual([
    { number: 1, text: "a" },
    { number: 2, text: "\uFEFFb" },
  ]);
});

test("U+2028 does not end a line", async () => {
  expect(await linesOf(["a\u2028b\n"])).toEqual([{ number: 1, text: "a\u2028b" }]);
});

test("a line of broken bytes and an overlong line are distinct faults, and reading continues after them", async () => {
  expect(await linesOf([Buffer.from([0x61, 0xff, 0x0a]), "x".repeat(600), "x".repeat(600), "\nok\n"])).toEqual([
    { number: 1, fault: "not UTF-8" },
    { number: 2, fault: "too long" },
    { number: 3, text: "ok" },
  ]);
});
