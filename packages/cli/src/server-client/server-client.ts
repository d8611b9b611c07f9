/**
 * Calls of a server of Trans-Hub.
 *
 * A request that failed is sent again, within bounds, if that is harmless: the server may restart, and a load balancer may end a
 * connection at any time. The token stands in the header of a request alone, and in no error.
 */
import { setTimeout as delay } from "node:timers/promises";
import { CancelledError } from "@trans-hub/core";
import { type Secret, secretNow } from "@trans-hub/engines/registry";
import type { z } from "zod";
import { errorOfAnswer, ServerError, ServerUnavailableError } from "./server-error.ts";

export interface ServerClientOptions {
  /** With the path under which the server stands, without `/v1`. */
  url: string;
  /** Undefined: the server wants none. */
  token: Secret | undefined;
  /** For the header `User-Agent`. */
  version: string;
  signal: AbortSignal;
  /** Tells a person about a wait for the server, in one line. */
  tell(line: string): void;
  patience?: Partial<Patience> | undefined;
}

/** Milliseconds. */
export interface Patience {
  /** Time without any answer after which the server counts as out of reach, while it has never answered. */
  beforeFirstMs: number;
  /** The same, once it has answered. */
  silentMs: number;
  /** Time in which the server may say that it cannot answer now: its database is away, or there are too many requests. */
  busyMs: number;
  /** Time for the answer to one request, beside the time of a wait that the request asks for. */
  answerMs: number;
}

const PATIENCE: Patience = { beforeFirstMs: 5_000, silentMs: 60_000, busyMs: 300_000, answerMs: 60_000 };
const FIRST_PAUSE_MS = 200;
const LONGEST_PAUSE_MS = 5_000;
/** A longer Retry-After is not waited for at once. Milliseconds. */
const LONGEST_RETRY_AFTER_MS = 60_000;

export interface Asked<Answer extends z.ZodType> {
  method: "GET" | "POST";
  /** Below `/v1`. */
  path: string;
  body?: object | undefined;
  /** The form of the answer. */
  answer: Answer;
  /** Seconds that the server may wait before it answers. Default: 0. */
  waitSeconds?: number | undefined;
  /** For the hint of a refusal. */
  project?: string | undefined;
  /**
   * Called before a request is sent again that the server may have done already; gives the body to send then. Default: the
   * same request, which does nothing twice.
   */
  again?: (() => Promise<object>) | undefined;
}

export class ServerClient {
  readonly #options: ServerClientOptions;
  readonly #patience: Patience;
  readonly #base: string;
  readonly origin: string;
  #hasAnswered = false;
  #toldAt = Number.NEGATIVE_INFINITY;

  constructor(options: ServerClientOptions) {
    this.#options = options;
    this.#patience = { ...PATIENCE, ...options.patience };
    this.#base = options.url.replace(/\/+$/, "");
    this.origin = new URL(options.url).origin;
  }

  /**
   * @throws {ServerUnavailableError} The server did not answer in time.
   * @throws {ServerRefusedError} It refuses the token.
   * @throws {ServerError} It refuses the request, or cannot do it for longer than `busyMs`.
   * @throws {CancelledError} `signal` aborted.
   */
  async ask<Answer extends z.ZodType>(asked: Asked<Answer>): Promise<z.output<Answer>> {
    const began = performance.now();
    let { body } = asked;
    for (let tries = 0; ; tries += 1) {
      const outcome = await this.#try(asked, body);
      if ("answer" in outcome) return outcome.answer;
      const { error, isBusy, mayBeDone, retryAfterMs = 0 } = outcome;
      const { beforeFirstMs, silentMs, busyMs } = this.#patience;
      const mostMs = isBusy ? busyMs : this.#hasAnswered ? silentMs : beforeFirstMs;
      const pauseMs = Math.max(retryAfterMs, Math.min(FIRST_PAUSE_MS * 2 ** tries, LONGEST_PAUSE_MS));
      if (retryAfterMs > LONGEST_RETRY_AFTER_MS || performance.now() - began + pauseMs > mostMs) throw error;
      this.#tell(error);
      await this.#pause(pauseMs * (0.75 + Math.random() / 4));
      if (mayBeDone && asked.again !== undefined) body = await asked.again();
    }
  }

  async #try<Answer extends z.ZodType>(
    { method, path, answer, waitSeconds = 0, project }: Asked<Answer>,
    body: object | undefined,
  ): Promise<Outcome<z.output<Answer>>> {
    const { signal, token, version } = this.#options;
    const timeout = AbortSignal.timeout(this.#patience.answerMs + waitSeconds * 1_000);
    let response: Response;
    let text: string;
    try {
      signal.throwIfAborted();
      response = await fetch(`${this.#base}/v1${path}`, {
        method,
        // A redirect would take the token, or turn a POST into a GET.
        redirect: "manual",
        signal: AbortSignal.any([signal, timeout]),
        headers: {
          accept: "application/json, application/problem+json",
          "user-agent": `trans-hub/${version}`,
          ...(token !== undefined && { authorization: `Bearer ${secretNow(token)}` }),
          ...(body !== undefined && { "content-type": "application/json" }),
          ...(waitSeconds > 0 && { prefer: `wait=${waitSeconds}` }),
        },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      });
      text = await response.text();
    } catch (cause) {
      if (signal.aborted) throw new CancelledError("The command was interrupted", { cause });
      return this.#unanswered(cause);
    }
    this.#hasAnswered = true;
    if (response.ok) return { answer: this.#read(answer, text, response.status) };
    const { status } = response;
    if (status >= 300 && status < 400) throw this.#redirected(response);
    const error = errorOfAnswer({ status, body: text, origin: this.origin, project });
    if (!error.retryable) throw error;
    // A proxy that got no answer of the server cannot say whether the server did the work.
    const isBusy = error instanceof ServerError;
    return { error, isBusy, mayBeDone: status !== 429, retryAfterMs: retryAfterMs(response) };
  }

  #read<Answer extends z.ZodType>(answer: Answer, text: string, status: number): z.output<Answer> {
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch {
      value = undefined;
    }
    const read = answer.safeParse(value);
    if (read.success) return read.data;
    throw new ServerError(
      "TH_SERVER_ANSWER",
      `The server at ${this.origin} answered ${status} in another form than this release reads`,
      {
        hint: "Is this the address of `trans-hub serve`, without /v1, and is the server of this release or a later one?",
        retryable: false,
      },
    );
  }

  #redirected(response: Response): ServerError {
    const to = response.headers.get("location") ?? "";
    const target = URL.canParse(to, this.#base) ? ` to ${new URL(to, this.#base).origin}` : "";
    return new ServerError(
      "TH_SERVER_ANSWER",
      `The server at ${this.origin} redirects${target}, and the token does not follow`,
      {
        hint: "Name the address that it redirects to, by --server or TH_SERVER.",
        retryable: false,
      },
    );
  }

  #unanswered(cause: unknown): Failed {
    const { code, name } = faultOf(cause);
    const what = name === "TimeoutError" ? "does not answer in time" : `cannot be reached (${code})`;
    if (code.includes("CERT") || code.includes("SIGNATURE") || code.includes("SSL")) {
      throw new ServerUnavailableError(`The server at ${this.origin} has a certificate that is not trusted (${code})`, {
        hint: "Name the file of your own authority by NODE_EXTRA_CA_CERTS.",
      });
    }
    const error = new ServerUnavailableError(`The server at ${this.origin} ${what}`, {
      hint: "Check the address in --server or TH_SERVER, and that `trans-hub serve` runs there.",
    });
    return { error, isBusy: false, mayBeDone: !NEVER_ARRIVED.has(code), retryAfterMs: 0 };
  }

  /** Says once in a while why nothing goes on. */
  #tell(error: Error): void {
    if (performance.now() - this.#toldAt < TELL_EVERY_MS) return;
    this.#toldAt = performance.now();
    this.#options.tell(`${error.message}; trying again`);
  }

  async #pause(ms: number): Promise<void> {
    const { signal } = this.#options;
    await delay(ms, undefined, { signal }).catch((cause) => {
      throw new CancelledError("The command was interrupted", { cause });
    });
  }
}

const TELL_EVERY_MS = 10_000;

/** Faults of a connection that was never made. */
const NEVER_ARRIVED: ReadonlySet<string> = new Set([
  "ECONNREFUSED",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "UND_ERR_CONNECT_TIMEOUT",
]);

interface Failed {
  error: Error;
  /** The server says that it cannot answer now. False: nothing answers. */
  isBusy: boolean;
  /** Whether the server may have done the work. */
  mayBeDone: boolean;
  retryAfterMs?: number;
}
type Outcome<Answer> = { answer: Answer } | Failed;

/** The system's code of a failed `fetch`, which stands in a cause of the cause where several addresses were tried. */
function faultOf(error: unknown): { code: string; name: string } {
  let code = "no connection";
  let { name = "" } = (error ?? {}) as { name?: string };
  for (let at = error, depth = 0; at instanceof Error && depth < 5; at = at.cause, depth += 1) {
    const { code: own, errors } = at as { code?: unknown; errors?: readonly { code?: unknown }[] };
    const found = [own, errors?.[0]?.code].find((each) => typeof each === "string" && each !== "");
    if (found !== undefined) code = String(found);
    if (at.name === "TimeoutError") ({ name } = at);
  }
  return { code, name };
}

/** Seconds, or a date. */
function retryAfterMs(response: Response): number {
  const given = response.headers.get("retry-after") ?? "";
  const ms = /^\d+$/.test(given) ? Number(given) * 1_000 : Date.parse(given) - Date.now();
  return Number.isFinite(ms) ? Math.max(0, ms) : 0;
}
