/**
 * The part of a call that every engine with a server shares: its time, its end by an abort, and the failures that no protocol
 * of the server's own explains.
 */
import type {
  EngineBatch,
  EngineErrorKind,
  EngineFailure,
  EngineItem,
  EngineItemResult,
  EngineReply,
} from "@trans-hub/core/engine";
import { isAnswerTooLarge } from "./bounded-fetch.ts";
import { engineFailure } from "./failure.ts";
import { isUnreached } from "./unbilled.ts";

/**
 * A refusal that ends the call at any depth; it becomes the failure of every item that has no result yet.
 *
 * It leaves the engine only as its `failure`.
 */
export class CallFailed extends Error {
  readonly failure: EngineFailure;

  constructor(failure: EngineFailure) {
    super(failure.error.message);
    this.name = "CallFailed";
    this.failure = failure;
  }
}

/** The results of a call, by the ids of its items, as far as it has come. */
export type Results = Map<string, EngineItemResult>;

/**
 * Runs a call within its time. An abort rejects with the signal's reason; every other error is the failure of each item
 * that has no result yet.
 *
 * @param timeoutMs Milliseconds, for all requests of the call together.
 * @param ask Fills the results, and returns what the reply holds beside them.
 */
export async function callWithin(
  { engine, batch, signal, timeoutMs }: { engine: string; batch: EngineBatch; signal: AbortSignal; timeoutMs: number },
  ask: (signal: AbortSignal, results: Results) => Promise<Omit<EngineReply, "results"> | undefined>,
): Promise<EngineReply> {
  signal.throwIfAborted();
  const results: Results = new Map();
  if (batch.items.length === 0) return { results };
  const timeout = AbortSignal.timeout(timeoutMs);
  try {
    const facts = await ask(AbortSignal.any([signal, timeout]), results);
    return { ...facts, results: inOrder(batch, results) };
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    const waiting = batch.items.filter(({ id }) => !results.has(id));
    const failure = timeout.aborted ? timedOut(engine, timeoutMs) : failureIn(engine, error, waiting.length);
    for (const { id } of waiting) results.set(id, { failure });
    return { results: inOrder(batch, results), ...(isUnreached(error) && { unconfirmed: "none" as const }) };
  }
}

function inOrder({ items }: EngineBatch, results: Results): Results {
  return new Map(
    items.flatMap(({ id }) => {
      const result = results.get(id);
      return result === undefined ? [] : [[id, result] as const];
    }),
  );
}

/** The kinds that say something of the texts of one request alone. */
const OWN_FAULTS: ReadonlySet<EngineErrorKind> = new Set(["refused", "malformed", "too_long"]);

/** Whether a failure says something of the texts of its request alone, so that other texts can still be asked for. */
export function isOwnFault({ kind }: EngineFailure): boolean {
  return OWN_FAULTS.has(kind);
}

/**
 * Sends one of the requests of a call, for some of its items. A failure that is their own becomes the result of these items
 * alone; every other one is thrown, and so ends the call.
 */
export async function askForSome(
  {
    engine,
    items,
    results,
    signal,
  }: { engine: string; items: readonly EngineItem[]; results: Results; signal: AbortSignal },
  ask: () => Promise<void>,
): Promise<void> {
  try {
    await ask();
  } catch (error) {
    signal.throwIfAborted();
    const failure = failureIn(engine, error, items.length);
    if (!isOwnFault(failure)) throw new CallFailed(failure);
    for (const { id } of items) results.set(id, { failure });
  }
}

/** Asks a question that is free, for `probe`: undefined where it is answered. */
export async function probeWithin(
  { engine, signal, timeoutMs }: { engine: string; signal: AbortSignal; timeoutMs: number },
  ask: (signal: AbortSignal) => Promise<unknown>,
): Promise<EngineFailure | undefined> {
  const timeout = AbortSignal.timeout(timeoutMs);
  try {
    await ask(AbortSignal.any([signal, timeout]));
    return undefined;
  } catch (error) {
    return timeout.aborted || signal.aborted ? timedOut(engine, timeoutMs) : failureIn(engine, error, 1);
  }
}

function timedOut(engine: string, timeoutMs: number): EngineFailure {
  return engineFailure("transient", `Engine "${engine}" did not answer within ${timeoutMs / 1_000} s`, {
    hint: "Raise TH_ENGINE_TIMEOUT_SECONDS, or lower TH_BATCH_SIZE.",
  });
}

/**
 * The failure that an error of a call is. Of an error of the connection, only the system's code is passed on.
 *
 * @param itemCount Texts in the call. One of several texts may be at fault for an answer without end, so they are split.
 */
export function failureIn(engine: string, error: unknown, itemCount: number): EngineFailure {
  if (error instanceof CallFailed) return error.failure;
  if (isAnswerTooLarge(error)) {
    return engineFailure(itemCount > 1 ? "too_long" : "malformed", `Engine "${engine}" gave an answer without end`);
  }
  let code: unknown;
  for (let cause: unknown = error; cause instanceof Error && code === undefined; cause = cause.cause) {
    code = (cause as { code?: unknown }).code;
  }
  const about = typeof code === "string" && /^[A-Z][A-Z0-9_]{0,63}$/.test(code) ? ` (${code})` : "";
  return engineFailure("transient", `The connection to engine "${engine}" failed${about}`);
}
