/** Asks an engine for texts as a worker does, with masks, repairs and checks, and stores nothing. */
import { setTimeout as sleep } from "node:timers/promises";
import type { TransHubError } from "@trans-hub/core";
import type { Engine, EngineBatch, EngineLimits, TextFormat } from "@trans-hub/core/engine";
import { type EngineCall, translateBatch, type WorkItem, type WorkOutcome } from "@trans-hub/core/store";

export interface TrialText {
  text: string;
  format: TextFormat;
  context?: Record<string, unknown> | undefined;
}

export interface TrialOptions {
  /** As the registry or a module of one's own gives it: an object that may be spread, and no instance of a class. */
  engine: Engine;
  /** BCP 47. */
  sourceLocale: string;
  /** BCP 47. */
  targetLocale: string;
  /** Texts that may go in one call. */
  batchSize: number;
  /** Milliseconds for one call. */
  timeoutMs: number;
  /** The engine's limits by its name. Default: none. */
  limits?: Readonly<Record<string, EngineLimits>> | undefined;
  signal: AbortSignal;
  /** Called with the number of texts that are decided. */
  progress?: ((done: number) => void) | undefined;
}

/** The end of one text. */
export type TrialResult =
  | { kind: "translated"; text: string; model: string | null; flags: readonly string[] }
  /** A worker would send it to the dead letters; `checks`: those that the best try failed, blocking ones first. */
  | { kind: "blocked"; code: string; message: string; checks: readonly string[] };

export interface Trial {
  /** One for each text, in their order. */
  results: TrialResult[];
  calls: EngineCall[];
  sent: Sent;
  /** Of the whole trial. */
  milliseconds: number;
}

/** Facts about the calls. */
export interface Sent {
  calls: number;
  /** Items of the calls. A text may be several, and is sent again after a failed check. */
  items: number;
  /** Items that were sent again because a check failed. */
  askedAgain: number;
  /** Characters (UTF-16 units) of the texts of the items, masks included. */
  characters: number;
  /** The engine's own estimate, prompt and answer included; null: it has none. */
  estimatedTokens: number | null;
}

/** A call without an answer, and a limit, are waited for at most so often. */
const MOST_ROUNDS = 10;
/** The longest wait before another round. Milliseconds. */
const LONGEST_WAIT_MS = 60_000;

/**
 * One attempt for each text: all ways to ask for it are tried within it.
 *
 * @throws {TransHubError} The account or the setting of the engine is at fault, or it gives no answer.
 */
export async function tryTexts(texts: readonly TrialText[], options: TrialOptions): Promise<Trial> {
  const { batchSize, sourceLocale, targetLocale, signal, progress } = options;
  const startedAt = performance.now();
  const sent: Sent = { calls: 0, items: 0, askedAgain: 0, characters: 0, estimatedTokens: null };
  const faults: TransHubError[] = [];
  const translate = translateBatch({
    engines: [watched(options.engine, sent)],
    maxAttempts: 1,
    engineTimeoutMs: options.timeoutMs,
    limits: options.limits,
    onFault: (error) => faults.push(error),
  });
  const results: (TrialResult | undefined)[] = texts.map(() => undefined);
  const calls: EngineCall[] = [];
  for (let start = 0; start < texts.length; start += batchSize) {
    let items = texts.slice(start, start + batchSize).map((text, at) => itemOf(text, start + at, targetLocale));
    for (let round = 1; items.length > 0; round += 1) {
      const done = await translate({ project: PROJECT, sourceLocale, targetLocale, items }, signal);
      signal.throwIfAborted();
      calls.push(...done.calls);
      const [fault] = faults;
      if (fault !== undefined) throw fault;
      const left: WorkItem[] = [];
      let waitMs = 0;
      for (const [at, item] of items.entries()) {
        const outcome = done.outcomes[at];
        if (outcome === undefined) continue;
        const result = round < MOST_ROUNDS ? resultOf(outcome) : (resultOf(outcome) ?? UNANSWERED);
        if (result !== undefined) results[Number(item.key.contentNo)] = result;
        else {
          left.push(outcome.kind === "retry" ? { ...item, attempt: item.attempt + 1 } : item);
          if ("delayMs" in outcome) waitMs = Math.max(waitMs, outcome.delayMs);
        }
      }
      items = left;
      if (items.length > 0) await sleep(Math.min(waitMs, LONGEST_WAIT_MS), undefined, { signal });
    }
    progress?.(Math.min(start + batchSize, texts.length));
  }
  const all = results.map((result) => result ?? UNANSWERED);
  return { results: all, calls, sent, milliseconds: performance.now() - startedAt };
}

/** The calls of a trial in which every first answer is good. No call is made. */
export async function estimateTrial(texts: readonly TrialText[], options: TrialOptions): Promise<Sent> {
  const engine: Engine = {
    ...withTranslate(options.engine, echo),
    // Its answers are not held to be a translation.
    name: "pseudo",
  };
  const { sent } = await tryTexts(texts, { ...options, engine, limits: undefined, progress: undefined });
  return sent;
}

async function echo({ items }: EngineBatch) {
  return { results: new Map(items.map(({ id, text }) => [id, { text }])) };
}

const PROJECT = "quality";
const UNANSWERED: TrialResult = {
  kind: "blocked",
  code: "TH_ENGINE_TRANSIENT",
  message: "The engine gave no answer",
  checks: [],
};

function itemOf({ text, format, context }: TrialText, at: number, targetLocale: string): WorkItem {
  return {
    key: { contentNo: String(at), contextNo: 0, targetLocale, project: PROJECT },
    revision: 1,
    text,
    context: context ?? null,
    format,
    attempt: 1,
    previousFailure: undefined,
  };
}

/** Undefined: the text is to be tried again. */
function resultOf(outcome: WorkOutcome): TrialResult | undefined {
  switch (outcome.kind) {
    case "translated":
      return { kind: "translated", text: outcome.text, model: outcome.model, flags: outcome.flags ?? [] };
    case "failed": {
      const { code, message } = outcome.error;
      return { kind: "blocked", code, message, checks: outcome.bestTry?.failedChecks ?? [] };
    }
    default:
      return undefined;
  }
}

/** The engine, which counts its calls into `sent`. */
function watched(engine: Engine, sent: Sent): Engine {
  return withTranslate(engine, (batch, signal) => {
    const { items } = batch;
    sent.calls += 1;
    sent.items += items.length;
    sent.askedAgain += items.filter(({ previousFailure }) => previousFailure !== undefined).length;
    sent.characters += items.reduce((sum, { text }) => sum + text.length, 0);
    const tokens = engine.estimateTokens?.(batch);
    if (tokens !== undefined) sent.estimatedTokens = (sent.estimatedTokens ?? 0) + tokens;
    return engine.translate(batch, signal);
  });
}

/** The engine with another way to translate. It is asked for any locale: a trial names one engine. */
function withTranslate(engine: Engine, translate: Engine["translate"]): Engine {
  return { ...engine, targetLocales: undefined, translate };
}
