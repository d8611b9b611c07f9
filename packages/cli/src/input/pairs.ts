/** One pair of source and translation from a line of JSON. */

import type { TextFormat } from "@trans-hub/core/engine";
import { canonicalLocale, InvalidItemError, TEXT_FORMATS } from "@trans-hub/core/rules";
import type { Line } from "./lines.ts";

export interface CheckPair {
  source: string;
  translation: string;
  sourceLocale?: string | undefined;
  targetLocale?: string | undefined;
  format?: TextFormat | undefined;
  pluralCategory?: string | undefined;
  maxLength?: number | undefined;
}

export interface PairReaderOptions {
  /** Largest size of one line, in bytes; used in the error message. */
  maxLineBytes: number;
  /** Receives the names of fields that no pair has; the first hundred. */
  unknownKeys: Set<string>;
}

const MAX_UNKNOWN_KEYS = 100;
/** As in the checks. */
const MAX_MAX_LENGTH = 1_000_000;
const PLURAL_CATEGORY = /^(?:zero|one|two|few|many|other|=[0-9]+)$/;
const KEYS: ReadonlySet<string> = new Set([
  "source", "translation", "sourceLocale", "targetLocale", "format", "pluralCategory",
  "maxLength",
]); // biome-ignore format: a table

/**
 * Reads one line. A field of null is absent.
 *
 * @param defaults The values of fields that the line does not have.
 * @returns the pair, or one clause that names the fault and never quotes the line, which may be confidential.
 */
export function readPair(
  line: Line,
  defaults: Pick<CheckPair, "sourceLocale" | "targetLocale" | "format">,
  { maxLineBytes, unknownKeys }: PairReaderOptions,
): CheckPair | { problem: string } {
  if ("fault" in line) {
    return { problem: line.fault === "too long" ? `is longer than ${maxLineBytes} bytes` : "is not UTF-8" };
  }
  let value: unknown;
  try {
    value = JSON.parse(line.text);
  } catch {
    return { problem: "is not JSON" };
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) return { problem: "must be a JSON object" };
  const fields = new Map(Object.entries(value).filter(([, field]) => field !== null));
  for (const key of fields.keys()) {
    if (!KEYS.has(key) && unknownKeys.size < MAX_UNKNOWN_KEYS) unknownKeys.add(key);
  }
  for (const key of ["source", "translation"]) {
    const field = fields.get(key);
    if (field === undefined) return { problem: `${key}: is missing` };
    if (typeof field !== "string") return { problem: `${key}: must be a string` };
  }
  const pair: CheckPair = {
    ...defaults,
    source: fields.get("source") as string,
    translation: fields.get("translation") as string,
  };
  try {
    const [from, to] = [fields.get("sourceLocale"), fields.get("targetLocale")];
    if (from !== undefined) pair.sourceLocale = canonicalLocale(from, "sourceLocale", { allowUndetermined: true });
    if (to !== undefined) pair.targetLocale = canonicalLocale(to, "targetLocale");
  } catch (error) {
    if (!(error instanceof InvalidItemError)) throw error;
    return { problem: error.message };
  }
  const format = fields.get("format") ?? defaults.format;
  if (format !== undefined && !(TEXT_FORMATS as readonly unknown[]).includes(format)) {
    return { problem: `format: must be one of ${TEXT_FORMATS.join(", ")}` };
  }
  const category = fields.get("pluralCategory");
  if (category !== undefined && (typeof category !== "string" || !PLURAL_CATEGORY.test(category))) {
    return { problem: "pluralCategory: must be zero, one, two, few, many, other or =N" };
  }
  const most = fields.get("maxLength");
  if (most !== undefined && !(Number.isSafeInteger(most) && Number(most) >= 1 && Number(most) <= MAX_MAX_LENGTH)) {
    return { problem: `maxLength: must be a whole number from 1 to ${MAX_MAX_LENGTH}` };
  }
  // The engine detects the language of such a text, and a check does not know it.
  if (pair.sourceLocale === "und") pair.sourceLocale = undefined;
  return {
    ...pair,
    format: format as TextFormat | undefined,
    pluralCategory: category as string | undefined,
    maxLength: most as number | undefined,
  };
}
