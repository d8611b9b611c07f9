/**
 * Measures a real machine translator, Apertium from English into Spanish, on texts with protected parts of the catalogs of a
 * folder, asked as a worker asks it: with masks, repairs and checks.
 *
 *     npm run quality:apertium                 # the figures
 *     npm run quality:apertium -- --json       # as one JSON object
 *     npm run quality:apertium -- --write      # writes the table into docs/quality.md
 *
 * It needs root, and Debian's packages apertium-apy, apertium-eng-spa and apertium-eng-cat. The folder is TH_QUALITY_DATA, else
 * ../shared/data/catalogs beside the checkout. It takes half a minute.
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { readSyntax } from "@trans-hub/core/engine";
import { apertium } from "@trans-hub/engines";
import { startApertium, whyNoApertium } from "@trans-hub/test-support/apertium-apy";
import { figuresOf, rowsOf } from "../../packages/cli/src/quality/figures.ts";
import type { SampleText } from "../../packages/cli/src/quality/sample.ts";
import { tryTexts } from "../../packages/cli/src/quality/trial.ts";
import { readPairs } from "./pairs.ts";
import { table, writeSections } from "./report.ts";
import { shuffled } from "./shuffled.ts";

const TEXTS = 880;
const ICU_MESSAGES = 120;

const root = join(import.meta.dirname, "../..");
const folder =
  process.env.TH_QUALITY_DATA ??
  [join(root, "../shared/data/catalogs"), join(root, "../../shared/data/catalogs")].find((path) => existsSync(path));
const missing = folder === undefined ? "there is no folder of catalogs: name one in TH_QUALITY_DATA" : whyNoApertium();
if (folder === undefined || missing !== undefined) {
  process.stderr.write(`Not measured: ${missing}\n`);
  process.exit(2);
}

const server = await startApertium();
const engine = apertium({ url: server.url });
try {
  const sample = sampleOf(folder);
  const locales = { sourceLocale: "en", targetLocale: "es" };
  const options = { engine, ...locales, batchSize: 50, timeoutMs: 60_000, signal: new AbortController().signal };
  const trial = await tryTexts(sample, options);
  const figures = figuresOf(sample, trial, locales);
  const rows = table(["figure", "value"], rowsOf(figures));
  process.stdout.write(`${process.argv.includes("--json") ? JSON.stringify(figures) : rows}\n`);
  if (process.argv.includes("--write")) writeSections({ apertium: rows });
} finally {
  await engine.close?.();
  await server.close();
}

/**
 * Distinct English texts with protected parts, the same at every run: of the corpus beside the folder where it is there, else
 * of the catalogs. A text that a person translated into Spanish has that as its reference.
 */
function sampleOf(path: string): SampleText[] {
  const pairs = readPairs(path);
  const references = new Map<string, string>();
  for (const { source, translation, targetLocale, pluralCategory } of pairs) {
    const isSpanish = /^es\b/.test(targetLocale) && translation !== source && pluralCategory === undefined;
    if (isSpanish && !references.has(source)) references.set(source, translation);
  }
  const formats = new Map(pairs.map(({ source, format }) => [source, format]));
  const corpus = join(path, "../corpus/en.jsonl");
  const sources = existsSync(corpus)
    ? readFileSync(corpus, "utf8")
        .trimEnd()
        .split("\n")
        .map((line) => (JSON.parse(line) as { text: string }).text)
    : [...formats.keys()];
  const plain: SampleText[] = [];
  const icu: SampleText[] = [];
  for (const text of shuffled([...new Set(sources)])) {
    const format = formats.get(text) ?? "auto";
    const syntax = readSyntax(text, format);
    const list = syntax.arguments.some(({ selectors }) => selectors.length > 0) ? icu : plain;
    if (syntax.tokens.length === 0 && syntax.arguments.length === 0) continue;
    list.push({ text, format, reference: references.get(text) });
  }
  return [...plain.slice(0, TEXTS), ...icu.slice(0, ICU_MESSAGES)];
}
