/** One call of one engine: bounded in time, answered in full, booked. */
import { randomUUID } from "node:crypto";
import { orAbort } from "../async/or-abort.ts";
import { inSpan } from "../async/spans.ts";
import type {
  Engine,
  EngineBatch,
  EngineErrorKind,
  EngineFailure,
  EngineItem,
  EngineItemResult,
  EngineReply,
} from "../contract/engine.ts";
import {
  EngineMalformedError,
  EngineTransientError,
  TransHubError,
  type TransHubErrorCode,
} from "../contract/errors.ts";
import type { EngineCall } from "../contract/work.ts";
import { parseAmount } from "../rules/money.ts";
import type { Cost, PriceTable } from "../rules/prices.ts";
import { type AnsweredModels, billOf, boundedBatch } from "./bill.ts";

/**
 * An engine's answer for one item. `unanswered`: the work was stopped first. A failure `isDoubt` when the engine gave a
 * text for this item and none for the item beside it.
 */
export type Answer =
  | { text: string; model: string | null }
  | { failure: EngineFailure; isDoubt?: boolean }
  | "unanswered";

export interface CallResult {
  /** In the order of the items. */
  answers: Answer[];
  /** For the books. Its `outcome` is that of the engine's answer, before any check. */
  call: EngineCall;
  /** Whether the engine used up its time. */
  timedOut: boolean;
}

export interface CallLimits {
  /** Stops the call; its items are then `unanswered`. */
  signal: AbortSignal;
  /** Milliseconds. A call that takes longer is `transient`. */
  timeoutMs: number;
  /** By which the call is booked. Undefined: no price is known. */
  prices?: PriceTable | undefined;
  /** The models that bound the call beside the one that is asked. Default: none. */
  answered?: AnsweredModels | undefined;
  /** UUID of the call. Default: a new one. */
  callId?: string | undefined;
  /** The amount that the budgets of its project hold for it. Default: none. */
  held?: string | undefined;
}

/**
 * Asks an engine for some items of a batch. Never rejects.
 *
 * The call ends with its signal or its time. An engine that ignores both goes on by itself, and its answer is dropped.
 */
export function callEngine(engine: Engine, batch: EngineBatch, limits: CallLimits): Promise<CallResult> {
  const describe = () => ({
    kind: "CLIENT" as const,
    attributes: {
      "gen_ai.operation.name": "translate",
      "gen_ai.provider.name": engine.name,
      "trans_hub.engine": engine.name,
      "trans_hub.target_locale": batch.targetLocale,
      "trans_hub.texts": batch.items.length,
    },
  });
  return inSpan("trans_hub.engine_call", describe, async (span) => {
    const result = await askEngine(engine, batch, limits);
    const { model, inputTokens, outputTokens, outcome } = result.call;
    span?.set({
      "gen_ai.response.model": model ?? undefined,
      "gen_ai.usage.input_tokens": inputTokens || undefined,
      "gen_ai.usage.output_tokens": outputTokens || undefined,
      "trans_hub.outcome": outcome,
    });
    if (outcome !== "ok" && outcome !== "partial") span?.fail(outcome);
    return result;
  });
}

async function askEngine(
  engine: Engine,
  batch: EngineBatch,
  { signal, timeoutMs, prices, answered, callId = randomUUID(), held }: CallLimits,
): Promise<CallResult> {
  const startedAt = performance.now();
  // Not AbortSignal.any: the worker's signal lives as long as the worker and would keep a reference to each call.
  const ending = new AbortController();
  const onAbort = () => ending.abort(signal.reason);
  signal.addEventListener("abort", onAbort, { once: true });
  if (signal.aborted) onAbort();
  let timedOut = false;
  const timer = setTimeout(() => {
    timedOut = true;
    ending.abort(new EngineTransientError(`Engine "${engine.name}" did not answer within ${timeoutMs} ms`));
  }, timeoutMs);

  let isBegun = false;
  const { bound, batch: asked, most } = boundedBatch(prices, engine, batch, answered);
  let reply: EngineReply | undefined;
  let answers: Answer[];
  try {
    ending.signal.throwIfAborted();
    // Another call may have learned since the hold that this one cannot be bounded, or not so low.
    if (held !== undefined && !isWithin(most, held)) throw new UnboundedCallError(engine);
    isBegun = true;
    reply = bookable(await orAbort(engine.translate(copied(asked), ending.signal), ending.signal));
    answers = readReply(engine, reply, batch);
  } catch (error) {
    const answer: Answer = signal.aborted
      ? "unanswered"
      : { failure: { kind: "transient", error: timedOut ? ending.signal.reason : errorOf(engine, error) } };
    answers = batch.items.map(() => answer);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", onAbort);
  }
  const failures = reply === undefined ? [] : answers.map(kindOf);
  const call: EngineCall = {
    callId,
    engine: engine.name,
    model: reply?.model ?? null,
    items: batch.items.length,
    inputTokens: reply?.usage?.inputTokens ?? 0,
    outputTokens: reply?.usage?.outputTokens ?? 0,
    cachedTokens: reply?.usage?.cachedTokens ?? 0,
    ...(reply?.usage?.characters && { characters: reply.usage.characters }),
    ...billOf(prices, engine, { bound, reply, isBegun, failures }, answered),
    latencyMs: Math.round(performance.now() - startedAt),
    outcome: callOutcome(answers),
    ...(held !== undefined && { held }),
  };
  return { answers, call, timedOut };
}

/**
 * The batch for an engine's own use. One that empties its list of items would leave texts without an answer, which count as never
 * asked for: they would be asked for without end.
 */
function copied(batch: EngineBatch): EngineBatch {
  const { items, references } = batch;
  return {
    ...batch,
    ...(references !== undefined && { references: references.map((reference) => ({ ...reference })) }),
    items: items.map((item) => ({ ...item })),
  };
}

/** The reply with facts that the books can hold: a bad token count or model name must not cost a good text. */
function bookable(reply: EngineReply | undefined | null): EngineReply {
  // An engine may be plain JavaScript. Thrown, this would be a TypeError without a message.
  if (typeof reply?.results?.get !== "function") return { results: NO_RESULTS };
  const { usage, model } = reply;
  return {
    ...reply,
    ...(usage && {
      usage: {
        inputTokens: tokenCount(usage.inputTokens),
        outputTokens: tokenCount(usage.outputTokens),
        cachedTokens: tokenCount(usage.cachedTokens),
        ...(usage.cacheWriteTokens !== undefined && { cacheWriteTokens: tokenCount(usage.cacheWriteTokens) }),
        ...(usage.characters !== undefined && { characters: tokenCount(usage.characters) }),
      },
    }),
    ...(model !== undefined && { model: modelName(model) ?? undefined }),
  };
}

/** Stands for the results of a reply that has none. */
const NO_RESULTS: EngineReply["results"] = new Map();

/** In characters. The name of a model stands beside each of its translations, and an error in each attempt's history. */
const LONGEST_MODEL = 255;
const LONGEST_MESSAGE = 1_000;

function modelName(given: unknown): string | null {
  return typeof given === "string" ? given.slice(0, LONGEST_MODEL).toWellFormed().replaceAll("\0", "") : null;
}

/** The greatest integer of PostgreSQL. */
const MOST_TOKENS = 2_147_483_647;

function tokenCount(reported: number): number {
  return Number.isFinite(reported) ? Math.min(Math.max(0, Math.round(reported)), MOST_TOKENS) : 0;
}

function readReply(engine: Engine, reply: EngineReply, batch: EngineBatch): Answer[] {
  const { items } = batch;
  const isMissing = (item: EngineItem | undefined) => item !== undefined && isNone(resultOf(reply, item.id));
  return items.map(({ id }, at): Answer => {
    const result = resultOf(reply, id);
    if (reply.results === NO_RESULTS) return malformed(`Engine "${engine.name}" gave no reply with a Map of results`);
    if (result === undefined) {
      const why =
        reply.results.get(id) == null ? "no answer for this text" : "an answer that is no { text } or { failure }";
      return malformed(`Engine "${engine.name}" gave ${why}`);
    }
    if ("failure" in result) {
      if (isFailure(result.failure)) return { failure: withoutTexts(engine, result.failure, batch) };
      return malformed(`Engine "${engine.name}" gave a failure of no known kind for this text`);
    }
    if (typeof result.text !== "string") return malformed(`Engine "${engine.name}" gave an answer that is no text`);
    // Models write two sentences that belong together under the first one's id, and no check can detect that.
    if (isMissing(items[at - 1]) || isMissing(items[at + 1])) {
      return { ...malformed(`Engine "${engine.name}" gave no answer for the text beside this one`), isDoubt: true };
    }
    return { text: result.text, model: modelName(result.model ?? reply.model) };
  });
}

/** The result for an item. Only an object is one: an engine may be plain JavaScript. */
function resultOf({ results }: EngineReply, id: string): EngineItemResult | undefined {
  const result: unknown = results.get(id);
  return typeof result === "object" && result !== null ? (result as EngineItemResult) : undefined;
}

/** Complete by its type. */
const KINDS: Readonly<Record<EngineErrorKind, true>> = {
  rate_limited: true,
  quota: true,
  config: true,
  transient: true,
  refused: true,
  malformed: true,
  too_long: true,
};

function isFailure(given: EngineFailure | null | undefined): boolean {
  return Object.hasOwn(KINDS, given?.kind ?? "") && typeof given?.error?.message === "string";
}

function isNone(result: EngineItemResult | undefined): boolean {
  if (result === undefined) return true;
  if ("failure" in result) return !isFailure(result.failure) || result.failure.kind === "malformed";
  return typeof result.text !== "string" || result.text.trim() === "";
}

function malformed(message: string): { failure: EngineFailure } {
  return { failure: { kind: "malformed", error: new EngineMalformedError(message) } };
}

function isWithin(most: Cost | undefined, held: string): boolean {
  const amount = parseAmount(held);
  return most !== undefined && amount !== undefined && most.amount <= amount;
}

/** The call was not made. */
class UnboundedCallError extends EngineTransientError {
  constructor({ name }: Engine) {
    super(`Engine "${name}" was not asked: its call could cost more than its budgets hold for it`);
  }
}

function errorOf(engine: Engine, error: unknown): TransHubError {
  return error instanceof UnboundedCallError ? error : thrownError(engine, error);
}

/**
 * The error for a call that threw instead of answering. Errors of libraries quote their input, so only the name of a
 * foreign error is kept.
 */
function thrownError(engine: Engine, error: unknown): TransHubError {
  const name = error instanceof Error && /^[A-Za-z]{1,60}$/.test(error.name) ? error.name : "something";
  const message = error instanceof TransHubError ? `: ${error.code}` : "";
  return new EngineTransientError(`Engine "${engine.name}" threw ${name}${message}`, { cause: error });
}

/** In characters. Shorter texts are words that any message may hold by chance. */
const QUOTABLE_LENGTH = 4;

/** Keeps texts and instructions out of the books when an engine quotes them in its error. */
function withoutTexts(engine: Engine, failure: EngineFailure, batch: EngineBatch): EngineFailure {
  const { items, instructions, references = [] } = batch;
  const { message } = failure.error;
  if (message.length > LONGEST_MESSAGE) {
    const error = new QuotingError(failure.error, `Engine "${engine.name}" failed (${failure.kind}), without end`);
    return { ...failure, error };
  }
  const said = items.flatMap(({ text, context, hint }) => [text, ...wordsOf(context), ...wordsOf(hint)]);
  const examples = references.flatMap(({ source, target }) => [source, target]);
  const texts = [...said, ...examples, ...(instructions?.split("\n") ?? [])].map((text) => text.trim());
  const quotes = texts.some((text) => text.length >= QUOTABLE_LENGTH && message.includes(text));
  if (!quotes) return failure;
  const error = new QuotingError(failure.error, `Engine "${engine.name}" failed (${failure.kind}), quoting the text`);
  return { ...failure, error };
}

/** The words of a context or a hint, without those of nested objects. */
function wordsOf(facts: Readonly<Record<string, unknown>> = {}): string[] {
  return Object.values(facts).filter((value) => typeof value === "string");
}

/** An engine's error under the same code, its message withheld. */
class QuotingError extends TransHubError {
  readonly code: TransHubErrorCode;
  readonly retryable: boolean;
  constructor(original: TransHubError, message: string) {
    super(message, { hint: original.hint?.slice(0, LONGEST_MESSAGE) });
    this.code = original.code;
    this.retryable = original.retryable;
  }
}

function kindOf(answer: Answer): EngineErrorKind | undefined {
  return answer !== "unanswered" && "failure" in answer ? answer.failure.kind : undefined;
}

function callOutcome(answers: readonly Answer[]): string {
  const failures = answers.flatMap((answer): (EngineErrorKind | "aborted")[] => {
    if (answer === "unanswered") return ["aborted"];
    return "failure" in answer && !answer.isDoubt ? [answer.failure.kind] : [];
  });
  const [first] = failures;
  if (first === undefined) return "ok";
  return failures.length < answers.length ? "partial" : first;
}
