/** Requests and answers of engines with a plain HTTP protocol, and the meaning of a status. */
import type { EngineErrorKind, EngineFailure } from "@trans-hub/core/engine";
import { answerBound, boundedFetch } from "./bounded-fetch.ts";
import { engineFailure } from "./failure.ts";
import { retryAfterMs } from "./retry-after.ts";

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
  const headers = { accept: "application/json", "user-agent": "trans-hub", ...(init.headers as object) };
  const response = await boundedFetch(url, { ...init, headers }, answerBound(init.body));
  return { status: response.status, headers: response.headers, value: parsed(await response.text()) };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
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

/** The fields of a value of JSON, none if it is no object. */
export function fieldsOf(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}

/** An answer with the white space at the ends of its source, which a server squeezes. */
export function withSpaceOf(source: string, answer: string): string {
  const before = source.slice(0, source.length - source.trimStart().length);
  return before + answer.trim() + (source.trim() === "" ? "" : source.slice(source.trimEnd().length));
}
