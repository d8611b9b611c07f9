/** A call to a language model: its end by time, by abort, or by a connection that breaks. */
import {
  type EngineBatch,
  EngineConfigError,
  type EngineFailure,
  type EngineReply,
  failAll,
  orAbort,
} from "@trans-hub/core/engine";
import { isAnswerTooLarge } from "../bounded-fetch.ts";
import { engineFailure } from "../failure.ts";

/** The statuses of servers that do not list their models. */
export const NO_SUCH_LIST: ReadonlySet<number> = new Set([404, 405, 501]);

/** Bytes of an answer beside its texts: a model's thoughts, and the facts around them. 250,000 tokens fit. */
const ROOM_BYTES = 2 ** 20;
/** A byte of the question may come back as a few in another script, each as six of JSON (`\u0915`). */
const ANSWER_TIMES_QUESTION = 32;

/** The most bytes of an answer to this question. */
export function mostAnswerBytes(question: unknown): number {
  return ROOM_BYTES + ANSWER_TIMES_QUESTION * (typeof question === "string" ? Buffer.byteLength(question) : 0);
}

/**
 * Runs `complete`, and ends it after `timeoutMs` or with `signal`. An error becomes the failure of every item.
 *
 * @throws The reason of `signal`, once it is aborted.
 */
export async function timedCall(
  engine: string,
  timeoutMs: number,
  batch: EngineBatch,
  signal: AbortSignal,
  complete: (signal: AbortSignal) => Promise<EngineReply>,
): Promise<EngineReply> {
  signal.throwIfAborted();
  if (batch.items.length === 0) return { results: new Map() };
  const call = new AbortController();
  const stop = () => call.abort(signal.reason);
  signal.addEventListener("abort", stop, { once: true });
  const timer = setTimeout(() => call.abort(), timeoutMs);
  try {
    // A library may still be busy when the call is aborted.
    return await orAbort(complete(call.signal), call.signal);
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    const { length } = batch.items;
    return failAll(batch, call.signal.aborted ? timedOut(engine, timeoutMs) : unread(engine, error, length));
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", stop);
  }
}

/** The engine did not answer in time. */
export function timedOut(engine: string, timeoutMs: number): EngineFailure {
  return engineFailure("transient", `Engine "${engine}" did not answer within ${timeoutMs / 1_000} s`, {
    hint: "Raise TH_ENGINE_TIMEOUT_SECONDS, or lower TH_BATCH_SIZE.",
  });
}

/**
 * No answer came, or none that could be read to its end. Only the system's code of the error is passed on.
 *
 * @param itemCount Texts in the call. One of several texts may be at fault for an answer without end, so they are split.
 */
export function unread(engine: string, error: unknown, itemCount: number): EngineFailure {
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

/**
 * @param example An address as it must be.
 * @throws {EngineConfigError} The address is no plain http(s) URL.
 */
export function assertAddress(engine: string, baseURL: string, example: string): void {
  const url = URL.parse(baseURL);
  // The message does not repeat the address, which may hold a password.
  if (url === null || !/^https?:$/.test(url.protocol) || url.username !== "" || url.password !== "") {
    throw new EngineConfigError(`The address of engine "${engine}" is not a plain http(s) URL`, {
      hint: `Set TH_${engine.toUpperCase()}_ENDPOINT to something like ${example}.`,
    });
  }
}
