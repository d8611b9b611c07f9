/** Translates texts by an engine as a worker does, in a single attempt, and counts those that come out as promised. */
import type { TextFormat } from "@trans-hub/core";
import { type Engine, readSyntax } from "@trans-hub/core/engine";
import { translateBatch, type WorkBatch, type WorkOutcome } from "@trans-hub/core/store";
import { icuFaults } from "./icu-faults.ts";
import { lostPart } from "./identity.ts";

export interface Text {
  text: string;
  format: TextFormat;
}

interface Locales {
  from: string;
  to: string;
}

/** A text that broke a promise. */
export interface Broken {
  engine: string;
  /** A clause without a word of the text. */
  fault: string;
  source: string;
  /** Undefined: none was stored. */
  translation?: string;
}

export interface IdentityFigures {
  engine: string;
  texts: number;
  stored: number;
  /** Stored with each protected part as its source has it. */
  identical: number;
  deadLetters: number;
  split: number;
  broken: Broken[];
}

export interface IcuFigures {
  engine: string;
  locale: string;
  texts: number;
  stored: number;
  right: number;
  broken: Broken[];
}

const BATCH_SIZE = 50;

export async function proveIdentity(
  texts: readonly Text[],
  engine: Engine,
  locales: Locales,
): Promise<IdentityFigures> {
  const figures = { engine: engine.name, texts: texts.length, stored: 0, identical: 0, deadLetters: 0, split: 0 };
  const broken: Broken[] = [];
  const outcomes = await translated(texts, engine, locales);
  for (const [at, { text: source, format }] of texts.entries()) {
    const outcome = outcomes[at];
    if (outcome?.kind !== "translated") {
      figures.deadLetters += outcome?.kind === "failed" ? 1 : 0;
      broken.push({ engine: engine.name, fault: faultOf(outcome), source });
      continue;
    }
    figures.stored += 1;
    if (outcome.flags?.includes("split")) figures.split += 1;
    const { text: translation } = outcome;
    const fault = lostPart({ source, translation, format, sourceLocale: locales.from, targetLocale: locales.to });
    if (fault === undefined) figures.identical += 1;
    else broken.push({ engine: engine.name, fault, source, translation });
  }
  return { ...figures, broken };
}

export async function proveIcu(messages: readonly Text[], engine: Engine, locales: Locales): Promise<IcuFigures> {
  const figures = { engine: engine.name, locale: locales.to, texts: messages.length, stored: 0, right: 0 };
  const broken: Broken[] = [];
  const name = `${engine.name} into ${locales.to}`;
  const outcomes = await translated(messages, engine, locales);
  for (const [at, { text: source }] of messages.entries()) {
    const outcome = outcomes[at];
    if (outcome?.kind !== "translated") {
      broken.push({ engine: name, fault: faultOf(outcome), source });
      continue;
    }
    figures.stored += 1;
    const { text: translation } = outcome;
    const faults = icuFaults({ source, translation, sourceLocale: locales.from, targetLocale: locales.to });
    if (faults.length === 0) figures.right += 1;
    for (const fault of faults) broken.push({ engine: name, fault, source, translation });
  }
  return { ...figures, broken };
}

/** Whether a text is an ICU message with a plural or a select. */
export function hasBranches({ text, format }: Text): boolean {
  return readSyntax(text, format).arguments.some(({ selectors }) => selectors.length > 0);
}

/** An engine that translates nothing, and puts an apostrophe before each argument, tag and number of a plural. */
export function apostropheEngine(): Engine {
  return {
    ...{ name: "apostrophes", version: "1", processor: "local", protects: "instructed" },
    ...{ maxItemsPerCall: 100, maxBytesPerCall: 2 ** 24, detectsSource: true, takesContext: true },
    async translate({ items }, signal) {
      signal.throwIfAborted();
      return { results: new Map(items.map(({ id, text }) => [id, { text: text.replace(/[{<#]/g, "'$&") }])) };
    },
  };
}

async function translated(texts: readonly Text[], engine: Engine, { from, to }: Locales): Promise<WorkOutcome[]> {
  const translate = translateBatch({ engines: [engine], maxAttempts: 1, engineTimeoutMs: 600_000 });
  const outcomes: WorkOutcome[] = [];
  for (let at = 0; at < texts.length; at += BATCH_SIZE) {
    const batch: WorkBatch = {
      project: "default",
      sourceLocale: from,
      targetLocale: to,
      items: texts.slice(at, at + BATCH_SIZE).map(({ text, format }, place) => ({
        key: { contentNo: `${at + place}`, contextNo: 0, targetLocale: to, project: "default" },
        revision: 1,
        text,
        context: null,
        format,
        attempt: 1,
        previousFailure: undefined,
      })),
    };
    outcomes.push(...(await translate(batch, new AbortController().signal)).outcomes);
  }
  return outcomes;
}

function faultOf(outcome: WorkOutcome | undefined): string {
  if (outcome?.kind !== "failed") return `it was not stored: ${outcome?.kind}`;
  return `it is a dead letter: ${outcome.error.code}, ${outcome.error.message}`;
}
