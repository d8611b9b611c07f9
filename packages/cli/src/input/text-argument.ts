import { addAbortSignal } from "node:stream";
import type { CommandContext } from "../command-context.ts";
import { UsageError } from "../usage-error.ts";
import { isUtf16, UTF16_PROBLEM } from "./regular-file.ts";

/** The largest text that any setting allows (TH_MAX_TEXT_BYTES): more of stdin is not kept in memory. */
const MAX_BYTES = 104_857_600;

/**
 * A text argument; `-` reads it from stdin, where one final newline belongs to the shell and not to the text. Abort
 * ends the wait for stdin.
 *
 * @throws {UsageError} Stdin is not UTF-8, or larger than 100 MiB.
 */
export async function textOf(
  argument: string,
  { stdin, signal }: Pick<CommandContext, "stdin" | "signal">,
): Promise<string> {
  if (argument !== "-") return argument;
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of addAbortSignal(signal, stdin) as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_BYTES) throw new UsageError(`the text on stdin is larger than ${MAX_BYTES} bytes`);
    chunks.push(chunk);
  }
  return decode(Buffer.concat(chunks)).replace(/\r?\n$/, "");
}

/** Strict, because a byte that is silently replaced would be stored as another text than the one that was meant. */
function decode(bytes: Buffer): string {
  try {
    if (!isUtf16(bytes)) return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new UsageError("the text on stdin is not valid UTF-8");
  }
  throw new UsageError(`the text on stdin ${UTF16_PROBLEM}`);
}
