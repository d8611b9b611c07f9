import { Readable } from "node:stream";
import { expect, test } from "vitest";
import type { CommandContext } from "../command-context.ts";
import { textOf } from "./text-argument.ts";

const context = (...chunks: Buffer[]) => contextOf(Readable.from(chunks));

function contextOf(stdin: Readable, signal = new AbortController().signal) {
  return { stdin: stdin as unknown as CommandContext["stdin"], signal };
}

test("- is the text on stdin without its final newline and byte order mark", async () => {
  expect(await textOf("-", context(Buffer.from("\uFEFFPay\n"), Buffer.from("now\r\n")))).toBe("Pay\nnow");
  expect(await textOf("Pay\n", context())).toBe("Pay\n");
});

test("broken bytes and UTF-16 on stdin are refused, and not stored as another text", async () => {
  await expect(textOf("-", context(Buffer.from([0x50, 0xe9, 0x0a])))).rejects.toThrow("not valid UTF-8");
  await expect(textOf("-", context(Buffer.from("Pay", "utf16le")))).rejects.toThrow("is UTF-16");
});

test("a stdin without end is refused before it fills the memory", async () => {
  const endless = Readable.from(
    (function* () {
      for (;;) yield Buffer.alloc(16_777_216, "x");
    })(),
  );
  await expect(textOf("-", contextOf(endless))).rejects.toThrow("larger than");
});

test("abort ends the wait for a silent stdin", async () => {
  const ending = new AbortController();
  const text = textOf("-", contextOf(new Readable({ read: () => undefined }), ending.signal));
  ending.abort();
  await expect(text).rejects.toThrow(/aborted/);
});
