/**
 * The part of a call that engines with a plain HTTP protocol share: its time, its address, its answer, and the failures that
 * no protocol of their own explains.
 */
import {
  type EngineBatch,
  EngineConfigError,
  type EngineErrorKind,
  type EngineFailure,
  type EngineItem,
  type EngineItemResult,
  type EngineReply,
} from "@trans-hub/core/engine";
import { boundedFetch, isAnswerTooLarge } from "./bounded-fetch.ts";
import { engineFailure } from "./failure.ts";

/** Bytes of an answer beside its texts. */
const ROOM_BYTES = 2 ** 20;
/** A byte of the question may come back as a few in another script, each as six of JSON (`\u0915`). */
const ANSWER_TIMES_QUESTION = 32;

/** An answer, read to its end. */
export interface HttpAnswer {
  status: number;
  headers: Headers;
  /** Undefined: the body is no JSON. */
  value: unknown;
}

/**
 * Sends one request and reads its answer, which is bounded by the question.
 *
 * @throws {AnswerTooLargeError} The answer is longer than any translation of the question.
 */
export async function askHttp(url: string, init: RequestInit & { body?: string }): Promise<HttpAnswer> {
  const bound = ROOM_BYTES + ANSWER_TIMES_QUESTION * Buffer.byteLength(init.body ?? "");
  const headers = { accept: "application/json", "user-agent": "trans-hub", ...(init.headers as object) };
  const response = await boundedFetch(url, { ...init, headers }, bound);
  return { status: response.status, headers: response.headers, value: parsed(await response.text()) };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

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
    return { results: inOrder(batch, results) };
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

/** A success status with something else than the protocol's answer: the page of a gateway, half a JSON. */
export function notAnAnswer(engine: string): EngineFailure {
  return engineFailure("transient", `Engine "${engine}" answered with something else than translations`);
}

const MEANING: Readonly<Record<EngineErrorKind, string>> = {
  rate_limited: "is limiting our rate",
  quota: "has no quota left",
  config: "is not set up right",
  transient: "failed for a moment",
  refused: "refused the request",
  malformed: "refused the request for several texts together",
  too_long: "cannot take a request of this length",
};

/**
 * The failure that an error status means. It holds nothing of the body, which may repeat texts and keys.
 *
 * @param kind Where the protocol knows more than the status.
 * @param about Words of our own, such as the parameter that was refused.
 */
export function statusFailure(
  engine: string,
  { status, headers }: Pick<HttpAnswer, "status" | "headers">,
  given: { itemCount: number; hint: string; kind?: EngineErrorKind | undefined; about?: string | undefined },
): EngineFailure {
  const told = given.kind ?? kindOf(status);
  // A refusal of several texts does not say which of them is meant: `malformed` splits them until that text stands alone.
  const kind = told === "refused" && given.kind === undefined && given.itemCount > 1 ? "malformed" : told;
  const about = given.about === undefined ? "" : `, ${given.about}`;
  return engineFailure(kind, `Engine "${engine}" ${MEANING[kind]} (status ${status}${about})`, {
    retryAfterMs: retryAfterMs(headers, Date.now()),
    hint: kind === "config" || kind === "quota" ? given.hint : undefined,
  });
}

function kindOf(status: number): EngineErrorKind {
  if (status === 402) return "quota";
  if (status === 413 || status === 414) return "too_long";
  if (status === 429) return "rate_limited";
  if (status === 401 || status === 403 || status === 404 || status === 405) return "config";
  // A redirect is not followed: it could carry texts and key to another host.
  if (status >= 300 && status < 400) return "config";
  if (status === 400 || status === 415 || status === 422 || status === 451) return "refused";
  return "transient";
}

/** The wait that `Retry-After` asks for, in milliseconds: seconds or an HTTP date (RFC 9110, 10.2.3). Undefined: none. */
function retryAfterMs(headers: Headers, now: number): number | undefined {
  const value = headers.get("retry-after")?.trim();
  if (value === undefined || value === "") return undefined;
  if (/^[0-9]+(\.[0-9]+)?$/.test(value)) return Math.ceil(Number(value) * 1_000);
  // `Date.parse` reads "-5" as a year.
  const at = /^[A-Za-z]/.test(value) ? Date.parse(value) : Number.NaN;
  return Number.isNaN(at) ? undefined : Math.max(0, at - now);
}

/**
 * The address of a server, without closing slashes.
 *
 * @param setting The setting that the cure names.
 * @throws {EngineConfigError} It is not a plain http(s) URL. The message does not repeat it, as it may hold a password.
 */
export function plainAddress(engine: string, address: string, setting: string): string {
  const url = URL.parse(address);
  if (url === null || !/^https?:$/.test(url.protocol) || url.username !== "" || url.password !== "") {
    throw new EngineConfigError(`The address of engine "${engine}" is not a plain http(s) URL`, {
      hint: `Set ${setting} to something like http://localhost:5000.`,
    });
  }
  if (url.search !== "" || url.hash !== "") {
    throw new EngineConfigError(`The address of engine "${engine}" has a part behind its path`, {
      hint: `Leave out of ${setting} all that follows "?" or "#".`,
    });
  }
  return address.replace(/\/+$/, "");
}

/**
 * Whether a server stands on the team's own machines, judged by its address alone: a loopback or private address, a name
 * without a dot, or one below `.local`, `.internal` or `.svc`. Every other address counts as a third party's, so that a
 * public server is never taken for a private one.
 */
export function processorAt(address: string): "local" | "third-party" {
  const host = (URL.parse(address)?.hostname ?? "").toLowerCase().replace(/^\[|\]$/g, "");
  const isLocal =
    /^(127|10)(\.\d+){3}$|^192\.168(\.\d+){2}$|^172\.(1[6-9]|2\d|3[01])(\.\d+){2}$/.test(host) ||
    /^(::1|f[cd][0-9a-f]{2}:[0-9a-f:]+)$/.test(host) ||
    /^[a-z0-9_-]*[a-z_-][a-z0-9_-]*$/.test(host) ||
    /\.(local|localhost|internal|svc|svc\.cluster\.local)$/.test(host);
  return isLocal ? "local" : "third-party";
}

/** The fields of a value of JSON, none if it is no object. */
export function fieldsOf(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}

/** An answer with the white space at the ends of its source, which a server squeezes. */
export function withSpaceOf(source: string, answer: string): string {
  const before = source.slice(0, source.length - source.trimStart().length);
  return before + answer.trim() + (source.trim() === "" ? "" : source.slice(source.trimEnd().length));
}
