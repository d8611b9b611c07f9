/** The import of a TMX file into the translation memory: in constant memory, a step at a time. */
import { createReadStream } from "node:fs";
import { resolve } from "node:path";
import { addAbortSignal, type Readable } from "node:stream";
import type { Coordinator } from "@trans-hub/core/client";
import { CatalogError } from "@trans-hub/core/operations";
import { readTmx, type TmxPair } from "@trans-hub/formats/tmx";
import type { CommandContext } from "../command-context.ts";

/** A part of the file that was not imported. */
export interface SkippedPair {
  /** The line of its unit in the file, from 1. */
  line: number;
  /** The target locale; null: it is about the unit as a whole. */
  locale: string | null;
  /** A code of the catalogue of errors; null: the file itself is at fault. */
  code: string | null;
  message: string;
}

export interface MemoryImportReport {
  imported: number;
  existing: number;
  /** The first thousand. */
  skipped: SkippedPair[];
  skippedCount: number;
  /** Parts of the file that a pair of texts has no place for. */
  lost: { what: string; count: number }[];
}

const PAIRS_A_STEP = 1_000;
const MOST_SKIPPED = 1_000;

/** Characters of a segment: more are more than 32,768 bytes. */
const LONGEST_SEGMENT = 32_768;

/** @throws {CatalogError} The file cannot be read, or is no TMX. The pairs before the fault are imported. */
export async function importMemory(
  { cwd, stdin, signal }: Pick<CommandContext, "cwd" | "stdin" | "signal">,
  hub: Pick<Coordinator, "importMemory">,
  { file, sourceLocale }: { file: string; sourceLocale: string },
): Promise<MemoryImportReport> {
  const report: MemoryImportReport = { imported: 0, existing: 0, skipped: [], skippedCount: 0, lost: [] };
  const skip = (skipped: SkippedPair) => {
    report.skippedCount += 1;
    if (report.skipped.length < MOST_SKIPPED) report.skipped.push(skipped);
  };
  let step: { pair: TmxPair; line: number }[] = [];
  const store = async () => {
    const pairs = step.map(({ pair }) => pair);
    const { imported, existing, rejected } = await hub.importMemory(pairs);
    report.imported += imported;
    report.existing += existing;
    for (const { index, code, message } of rejected) {
      const { line = 0, pair } = step[index] ?? {};
      skip({ line, locale: pair?.targetLocale ?? null, code, message });
    }
    step = [];
  };
  const language = sourceLocale.split("-", 1)[0]?.toLowerCase();
  const isSource = (locale: string) => language === "und" || locale.split(/[-_]/, 1)[0]?.toLowerCase() === language;
  const bytes = file === "-" ? stdin : createReadStream(resolve(cwd, file));
  const name = file === "-" ? "stdin" : file;
  for await (const part of readTmx(readable(bytes, name, signal), {
    file: name,
    isSource,
    maxCharacters: LONGEST_SEGMENT,
  })) {
    if (part.kind === "pair") step.push(part);
    else if (part.kind === "losses") report.lost = [...part.losses].map(([what, count]) => ({ what, count }));
    else skip({ line: part.line, locale: part.locale ?? null, code: null, message: part.reason });
    if (step.length >= PAIRS_A_STEP) await store();
  }
  if (step.length > 0) await store();
  return report;
}

async function* readable(bytes: Readable, file: string, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  try {
    yield* addAbortSignal(signal, bytes) as AsyncIterable<Uint8Array>;
  } catch (error) {
    signal.throwIfAborted();
    const { code } = error as { code?: unknown };
    throw new CatalogError(file, `cannot be read${typeof code === "string" ? `: ${code}` : ""}`, { cause: error });
  }
}
