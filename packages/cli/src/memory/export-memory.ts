/** The export of the translation memory as TMX: a unit at a time, at the reader's pace. */
import { open, rename, rm } from "node:fs/promises";
import { resolve } from "node:path";
import type { MemoryUnit } from "@trans-hub/core";
import { TMX_BEGIN, TMX_END, writeTmxUnit } from "@trans-hub/formats/tmx";
import type { CommandContext } from "../command-context.ts";

export interface MemoryExportReport {
  exported: number;
  /** Pairs that XML cannot hold, the first thousand; none is quoted. */
  skipped: { unit: string; problem: string }[];
}

const MOST_SKIPPED = 1_000;

/** @param out The file, which is replaced when all of it is written. Undefined: stdout. */
export async function exportMemory(
  { cwd, output, signal }: Pick<CommandContext, "cwd" | "output" | "signal">,
  pairs: AsyncIterable<MemoryUnit>,
  out: string | undefined,
): Promise<MemoryExportReport> {
  const report: MemoryExportReport = { exported: 0, skipped: [] };
  if (out === undefined) {
    for await (const part of partsOf(pairs, report, signal)) await output.line(part.slice(0, -1));
    return report;
  }
  const path = resolve(cwd, out);
  const unfinished = `${path}.${process.pid}.tmp`;
  try {
    const file = await open(unfinished, "w");
    try {
      for await (const part of partsOf(pairs, report, signal)) await file.writeFile(part);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(unfinished, path);
  } catch (error) {
    await rm(unfinished, { force: true });
    throw error;
  }
  return report;
}

/** Each ends with a line. */
async function* partsOf(
  pairs: AsyncIterable<MemoryUnit>,
  report: MemoryExportReport,
  signal: AbortSignal,
): AsyncGenerator<string> {
  yield TMX_BEGIN;
  for await (const pair of pairs) {
    signal.throwIfAborted();
    const written = writeTmxUnit(pair);
    if (typeof written === "string") {
      report.exported += 1;
      yield written;
    } else if (report.skipped.length < MOST_SKIPPED) {
      report.skipped.push({ unit: pair.unit, problem: written.problem });
    }
  }
  yield TMX_END;
}
