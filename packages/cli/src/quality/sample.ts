/** The texts that an engine is measured on. */
import { fileURLToPath } from "node:url";
import { pluralContext, TEXT_FORMATS, type TextFormat } from "@trans-hub/core/engine";
import { CatalogError } from "@trans-hub/core/operations";
import type { CatalogMessage } from "../catalog/catalog.ts";
import { catalogFormat } from "../catalog/formats.ts";
import { readTextFile, UnreadableFileError } from "../input/regular-file.ts";
import { UsageError } from "../usage-error.ts";
import type { TrialText } from "./trial.ts";

/** `reference`: a person's translation. */
export interface SampleText extends TrialText {
  reference?: string | undefined;
}

export interface SampleOptions {
  sourceLocale: string;
  targetLocale: string;
  /** The most texts. */
  limit: number;
}

/** 200 English texts, mixed, each with its format. */
const OWN_FILE = fileURLToPath(new URL("../../sample/quality.jsonl", import.meta.url));
const MAX_FILE_BYTES = 2 ** 25;

/**
 * The texts of a file, of the built-in set without one; of more than `limit`, some from each part of the file. Each text once.
 *
 * @param file A catalog that `translate` reads, or JSON lines (`.jsonl`, `.ndjson`).
 * @throws {UsageError | CatalogError} The file cannot be read, or has no text.
 */
export async function readSample(file: string | undefined, options: SampleOptions): Promise<SampleText[]> {
  const texts =
    file === undefined || /\.(?:jsonl|ndjson)$/i.test(file)
      ? readJsonLines(file ?? OWN_FILE, options)
      : await readCatalogTexts(file, options);
  const distinct = [
    ...new Map(texts.map((each) => [JSON.stringify([each.text, each.format, each.context]), each])).values(),
  ];
  if (distinct.length === 0) throw new UsageError(`${file} has no text for ${options.targetLocale}`);
  const count = Math.min(options.limit, distinct.length);
  return Array.from({ length: count }, (_, at) => distinct[Math.floor((at * distinct.length) / count)]).filter(
    (text) => text !== undefined,
  );
}

async function readCatalogTexts(file: string, locales: SampleOptions): Promise<SampleText[]> {
  const format = catalogFormat(file);
  const source = await format.read(file);
  if (source === undefined) throw new CatalogError(file, "does not exist");
  return format.shapedFor(source, locales, undefined).messages.flatMap(textsOf);
}

function textsOf({ text, format = "auto", form, parts }: CatalogMessage): SampleText[] {
  if (parts === undefined) return [{ text, format, ...(form && { context: pluralContext(form) }) }];
  return parts.rows.map((row) => ({ text: row.text, format, context: pluralContext(row.form) }));
}

function readJsonLines(file: string, { targetLocale }: SampleOptions): SampleText[] {
  let content: string;
  try {
    content = readTextFile(file, MAX_FILE_BYTES);
  } catch (error) {
    if (error instanceof UnreadableFileError) throw new UsageError(`${file} ${error.problem}`);
    throw error;
  }
  return content.split("\n").flatMap((line, at) => {
    if (line.trim() === "") return [];
    const read = readLine(line, targetLocale);
    if (typeof read !== "string") return read;
    // The line may be confidential, so that it is not quoted.
    throw new UsageError(
      `${file}:${at + 1}: ${read}`,
      'A line looks like {"source":"Hi {name}","translation":"Salut {name}","format":"auto"}; only source is needed.',
    );
  });
}

/** A clause that says what is wrong; an empty list for a line of another target locale. */
function readLine(line: string, targetLocale: string): SampleText[] | string {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return "is not JSON";
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) return "must be a JSON object";
  const fields = value as Record<string, unknown>;
  const { translation, context, format = "auto", targetLocale: target = targetLocale } = fields;
  const text = fields.source ?? fields.text;
  if (target !== targetLocale) return [];
  if (typeof text !== "string" || text.trim() === "") return "source: must be a text";
  if (translation != null && typeof translation !== "string") return "translation: must be a string";
  if (!(TEXT_FORMATS as readonly unknown[]).includes(format)) {
    return `format: must be one of ${TEXT_FORMATS.join(", ")}`;
  }
  if (context != null && (typeof context !== "object" || Array.isArray(context))) return "context: must be an object";
  return [
    {
      ...{ text, format: format as TextFormat },
      ...(context != null && { context: context as Record<string, unknown> }),
      ...(typeof translation === "string" && { reference: translation }),
    },
  ];
}
