/**
 * One call of one engine: bounded in time, never hanging, booked.
 */
import { randomUUID } from "node:crypto";
import { orAbort } from "../async/or-abort.ts";
import type {
  Engine,
  EngineBatch,
  EngineErrorKind,
  EngineFailure,
  EngineItem,
  EngineItemResult,
  EngineReply,
} from "../contract/engine.ts";
import { EngineMalformedError, EngineTransientError, TransHubError } from "../contract/errors.ts";
import type { EngineCall, WorkBatch, WorkItem } from "../contract/work.ts";

/**
 * What an engine said about one item; `unanswered`: the work was stopped first. A failure `isDoubt` where there was a text,
 * but none for the item beside it.
 */
export type Answer =
  | { text: string; model: string | null }
  | { failure: EngineFailure; isDoubt?: boolean }
  | "unanswered";

export interface CallResult {
  /** In the order of the items. */
  answers: Answer[];
  /** For the books; `outcome` speaks of what the engine answered, before any check of ours. */
  call: EngineCall;
  /** Whether the engine used up its time. */
  timedOut: boolean;
}

export interface CallLimits {
  /** Stops the call; its items are then `unanswered`. */
  signal: AbortSignal;
  /** Milliseconds; what takes longer is `transient`. */
  timeoutMs: number;
}

/**
 * Asks an engine for some items of a batch. Never rejects.
 *
 * An engine that ignores its signal is left to itself: we go on without its answer.
 */
export async function callEngine(
  engine: Engine,
  batch: WorkBatch,
  items: readonly WorkItem[],
  { signal, timeoutMs }: CallLimits,
): Promise<CallResult> {
  const callId = randomUUID();
  const startedAt = performance.now();
  // By hand and not with AbortSignal.any: the worker's signal lives as long as the worker, and each call would stay
  // known to it.
  const ending = new AbortController();
  const onAbort = () => ending.abort(signal.reason);
  signal.addEventListener("abort", onAbort, { once: true });
  if (signal.aborted) onAbort();
  let timedOut = false;
  const timer = setTimeout(() => {
    timedOut = true;
    ending.abort(new EngineTransientError(`Engine "${engine.name}" did not answer within ${timeoutMs} ms`));
  }, timeoutMs);

  let reply: EngineReply | undefined;
  let answers: Answer[];
  try {
    reply = bookable(await orAbort(engine.translate(engineBatch(engine, batch, items), ending.signal), ending.signal));
    answers = readReply(engine, reply, items);
  } catch (error) {
    const answer: Answer = signal.aborted
      ? "unanswered"
      : { failure: { kind: "transient", error: timedOut ? ending.signal.reason : thrownError(engine, error) } };
    answers = items.map(() => answer);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", onAbort);
  }
  const call: EngineCall = {
    callId,
    engine: engine.name,
    model: reply?.model ?? null,
    items: items.length,
    inputTokens: reply?.usage?.inputTokens ?? 0,
    outputTokens: reply?.usage?.outputTokens ?? 0,
    cachedTokens: reply?.usage?.cachedTokens ?? 0,
    latencyMs: Math.round(performance.now() - startedAt),
    outcome: callOutcome(answers),
  };
  return { answers, call, timedOut };
}

/** The items as the engine gets them. */
export function engineBatch(
  engine: Engine,
  batch: Pick<WorkBatch, "sourceLocale" | "targetLocale">,
  items: readonly WorkItem[],
): EngineBatch {
  return {
    sourceLocale: batch.sourceLocale,
    targetLocale: batch.targetLocale,
    items: items.map(({ text, format, context, previousFailure }, at): EngineItem => {
      const takesContext = engine.takesContext && context !== null;
      return {
        id: itemId(at),
        text,
        format,
        ...(takesContext && { context }),
        ...(previousFailure !== undefined && { previousFailure }),
      };
    }),
  };
}

/**
 * The reply with facts that the books can hold: what an endpoint says of its tokens or its name must not cost a text
 * that is good.
 */
function bookable(reply: EngineReply): EngineReply {
  const { usage, model } = reply;
  return {
    ...reply,
    ...(usage && {
      usage: {
        inputTokens: tokenCount(usage.inputTokens),
        outputTokens: tokenCount(usage.outputTokens),
        cachedTokens: tokenCount(usage.cachedTokens),
      },
    }),
    ...(model !== undefined && { model: model.replaceAll("\0", "") }),
  };
}

/** The greatest integer of PostgreSQL. */
const MOST_TOKENS = 2_147_483_647;

function tokenCount(said: number): number {
  return Number.isFinite(said) ? Math.min(Math.max(0, Math.round(said)), MOST_TOKENS) : 0;
}

/** Counted from 1, as a language model would. */
function itemId(at: number): string {
  return String(at + 1);
}

function readReply(engine: Engine, reply: EngineReply, items: readonly WorkItem[]): Answer[] {
  const isMissing = (at: number) => at >= 0 && at < items.length && isNone(reply.results.get(itemId(at)));
  return items.map((_, at): Answer => {
    const result = reply.results.get(itemId(at));
    if (result === undefined) return malformed(`Engine "${engine.name}" gave no answer for this text`);
    if ("failure" in result) return { failure: withoutTexts(engine, result.failure, items) };
    if (typeof result.text !== "string") return malformed(`Engine "${engine.name}" gave an answer that is no text`);
    // Models write two sentences that belong together under the first one's id: no check of ours tells such a text.
    if (isMissing(at - 1) || isMissing(at + 1)) {
      return { ...malformed(`Engine "${engine.name}" gave no answer for the text beside this one`), isDoubt: true };
    }
    return { text: result.text, model: result.model ?? reply.model ?? null };
  });
}

function isNone(result: EngineItemResult | undefined): boolean {
  if (result === undefined) return true;
  if ("failure" in result) return result.failure.kind === "malformed";
  return typeof result.text !== "string" || result.text.trim() === "";
}

function malformed(message: string): { failure: EngineFailure } {
  return { failure: { kind: "malformed", error: new EngineMalformedError(message) } };
}

/**
 * What an engine threw although it should answer. Errors of libraries quote what they were given, so of a foreign one
 * only its name is told.
 */
function thrownError(engine: Engine, error: unknown): TransHubError {
  const name = error instanceof Error && /^[A-Za-z]{1,60}$/.test(error.name) ? error.name : "something";
  const message = error instanceof TransHubError ? `: ${error.code}` : "";
  return new EngineTransientError(`Engine "${engine.name}" threw ${name}${message}`, { cause: error });
}

/** Shorter texts are words that any message may hold by chance. */
const QUOTABLE_LENGTH = 4;

/** Keeps a text out of the books although an engine quoted it in its error. */
function withoutTexts(engine: Engine, failure: EngineFailure, items: readonly WorkItem[]): EngineFailure {
  const { message } = failure.error;
  const quotes = items.some(({ text }) => text.trim().length >= QUOTABLE_LENGTH && message.includes(text.trim()));
  if (!quotes) return failure;
  const error = new QuotingError(failure.error, `Engine "${engine.name}" failed (${failure.kind}), quoting the text`);
  return { ...failure, error };
}

/** An engine's error under the same code, its message withheld. */
class QuotingError extends TransHubError {
  readonly code: string;
  readonly retryable: boolean;
  constructor(original: TransHubError, message: string) {
    super(message, { hint: original.hint });
    this.code = original.code;
    this.retryable = original.retryable;
  }
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
