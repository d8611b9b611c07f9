/** The figures of a trial: how an engine treats the parts that must not change. */
import { checkTranslation } from "@trans-hub/core";
import { readSyntax } from "@trans-hub/core/engine";
import { chrfOf } from "./chrf.ts";
import type { SampleText } from "./sample.ts";
import type { Trial } from "./trial.ts";

type Counts = Record<string, number>;

export interface QualityFigures {
  texts: number;
  translated: number;
  /** Texts with placeholders, tags or ICU syntax, and those of them whose translation has each part, byte for byte. */
  protected: { texts: number; identical: number };
  /** Texts that a worker would send to the dead letters, by the first check that failed or the code of the failure. */
  blocked: Counts;
  /** Answers that were repaired before they were judged, by the repair. */
  repaired: Counts;
  /** Items that were sent again because a check failed. */
  askedAgain: number;
  /** Texts that were translated in pieces. */
  split: number;
  /** Translated texts with a warning, by the check. */
  warned: Counts;
  /** ICU messages with a plural, and those that are translated with the forms of the target language. */
  plurals: { texts: number; right: number };
  /** Of the translated texts with a reference: of all together, and the mean of each. From 0 to 100; null: no reference. */
  chrf: { texts: number; score: number; mean: number } | null;
  calls: number;
  /** As the engine counted them; 0 where it reports none. */
  inputTokens: number;
  outputTokens: number;
  /** Sent to the engine. */
  characters: number;
  seconds: number;
}

const PLURAL = /\{\s*[^\s{},]+\s*,\s*(?:plural|selectordinal)\s*,/;

export function figuresOf(
  sample: readonly SampleText[],
  { results, calls, sent, milliseconds }: Trial,
  locales: { sourceLocale: string; targetLocale: string },
): QualityFigures {
  const figures: QualityFigures = {
    ...{ texts: sample.length, translated: 0, protected: { texts: 0, identical: 0 }, blocked: {}, repaired: {} },
    ...{ askedAgain: sent.askedAgain, split: 0, warned: {}, plurals: { texts: 0, right: 0 }, chrf: null },
    ...{ calls: calls.length, inputTokens: 0, outputTokens: 0, characters: sent.characters },
    seconds: tenths(milliseconds / 1_000),
  };
  const pairs: { translation: string; reference: string }[] = [];
  for (const [at, { text, format, reference }] of sample.entries()) {
    const result = results[at];
    const { tokens, arguments: icu } = readSyntax(text, format);
    const isProtected = tokens.length > 0 || icu.length > 0;
    const isPlural = icu.length > 0 && PLURAL.test(text);
    if (isProtected) figures.protected.texts += 1;
    if (isPlural) figures.plurals.texts += 1;
    if (result?.kind !== "translated") {
      count(figures.blocked, result?.checks[0] ?? result?.code ?? "TH_ENGINE_TRANSIENT");
      continue;
    }
    figures.translated += 1;
    const { text: translation, flags } = result;
    const pair = { source: text, translation, format, ...locales, by: "machine" as const };
    const { blocked } = checkTranslation(pair);
    if (isProtected && blocked.length === 0) figures.protected.identical += 1;
    if (isPlural && blocked.length === 0 && !flags.some((flag) => flag.startsWith("plural-form-"))) {
      figures.plurals.right += 1;
    }
    if (flags.includes("split")) figures.split += 1;
    for (const flag of flags) if (flag !== "split") count(figures.warned, flag);
    if (reference !== undefined) pairs.push({ translation, reference });
  }
  for (const { inputTokens, outputTokens, repairs = {} } of calls) {
    figures.inputTokens += inputTokens;
    figures.outputTokens += outputTokens;
    for (const [name, times] of Object.entries(repairs)) count(figures.repaired, name, times);
  }
  if (pairs.length > 0) {
    const mean = pairs.reduce((sum, pair) => sum + chrfOf([pair]), 0) / pairs.length;
    figures.chrf = { texts: pairs.length, score: tenths(chrfOf(pairs)), mean: tenths(mean) };
  }
  return figures;
}

function tenths(value: number): number {
  return Math.round(10 * value) / 10;
}

function count(counts: Counts, name: string, times = 1): void {
  counts[name] = (counts[name] ?? 0) + times;
}

/** The figures as rows for people. */
export function rowsOf(figures: QualityFigures): [string, string][] {
  const { protected: parts, plurals, chrf, inputTokens, outputTokens } = figures;
  return [
    ["texts", whole(figures.texts)],
    ["translated", share(figures.translated, figures.texts)],
    ["protected parts identical", share(parts.identical, parts.texts)],
    ["ICU plurals right", share(plurals.right, plurals.texts)],
    ["blocked", list(figures.blocked)],
    ["answers repaired", list(figures.repaired)],
    ["asked again", whole(figures.askedAgain)],
    ["split", whole(figures.split)],
    ["warned", list(figures.warned)],
    [
      "chrF",
      chrf === null
        ? "no reference"
        : `${chrf.score.toFixed(1)} (mean of ${whole(chrf.texts)} texts: ${chrf.mean.toFixed(1)})`,
    ],
    ["calls", whole(figures.calls)],
    [
      "tokens",
      inputTokens + outputTokens === 0 ? "not reported" : `${whole(inputTokens)} in, ${whole(outputTokens)} out`,
    ],
    ["characters sent", whole(figures.characters)],
    ["seconds", figures.seconds.toFixed(1)],
  ];
}

function list(counts: Counts): string {
  const entries = Object.entries(counts).sort(([, a], [, b]) => b - a);
  const sum = entries.reduce((total, [, times]) => total + times, 0);
  if (sum === 0) return "0";
  return `${whole(sum)}: ${entries.map(([name, times]) => `${name} ${whole(times)}`).join(", ")}`;
}

function share(part: number, all: number): string {
  return all === 0 ? "none" : `${whole(part)} of ${whole(all)} (${((100 * part) / all).toFixed(1)} %)`;
}

function whole(value: number): string {
  return value.toLocaleString("en");
}
