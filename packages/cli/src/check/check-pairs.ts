/** Judges pairs of source and translation from lines of JSON. */
import { checkTranslation } from "@trans-hub/core";
import type { TextFormat } from "@trans-hub/core/engine";
import type { CommandContext } from "../command-context.ts";
import { bytesOf, openItemStream } from "../input/item-stream.ts";
import { readLines } from "../input/lines.ts";
import { readPair } from "../input/pairs.ts";
import { firstOf } from "../output.ts";
import { Findings } from "./findings.ts";

export interface PairDefaults {
  /** The locales and the format of lines that name none. */
  from?: string | undefined;
  to?: string | undefined;
  format?: TextFormat | undefined;
}

/** Two texts of 16 MiB, the largest that is stored, with a few escapes in them. */
const MAX_LINE_BYTES = 64 * 2 ** 20;

/**
 * Judges each line of a file, `-` for stdin, and prints the findings. Sets the exit code to 1 when a pair is blocked or a line
 * is no pair.
 */
export async function checkPairs(
  context: CommandContext,
  file: string,
  { from, to, format }: PairDefaults,
): Promise<void> {
  const defaults = { sourceLocale: from, targetLocale: to, format };
  const findings = new Findings(context, ["line"]);
  const unknownKeys = new Set<string>();
  const stream = bytesOf(await openItemStream(file, context), file);
  for await (const line of readLines(stream, MAX_LINE_BYTES)) {
    context.signal.throwIfAborted();
    if ("text" in line && line.text.trim() === "") continue;
    const pair = readPair(line, defaults, { maxLineBytes: MAX_LINE_BYTES, unknownKeys });
    const place = { line: line.number };
    if ("problem" in pair) await findings.addProblem(place, pair.problem);
    else await findings.add(place, checkTranslation(pair));
  }
  if (unknownKeys.size > 0) {
    const names = [...unknownKeys].map((key) => JSON.stringify(key));
    context.output.warn(`ignored unknown fields of pairs: ${firstOf(names).join(", ")}`);
  }
  await findings.end(file === "-" ? "stdin" : file);
}
