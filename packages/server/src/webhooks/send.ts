/** Sends one message to a webhook's URL, and says how that ended. */
import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from "node:http";
import { Agent as HttpsAgent, request as httpsRequest } from "node:https";
import type { LookupFunction, Socket } from "node:net";
import { orAbort } from "@trans-hub/core/engine";
import { type Address, RefusedUrlError, type WebhookGuard } from "./guard.ts";

/** The end of a try. The receiver's answer is not kept: it could be a page of a network that its reader may not see. */
export interface Attempt {
  /** Of HTTP. Null: there was no answer. */
  readonly status: number | null;
  /** Undefined: the receiver has taken the message. */
  readonly problem?: SendProblem;
  /** The wait that the receiver asks for, in milliseconds. */
  readonly retryAfterMs?: number;
}

/**
 * `url`: the URL or one of its addresses is refused. `name`: its host does not resolve. `connection`: no connection, or it broke.
 * `tls`: its certificate is not valid. `timeout`: no answer in time. `status`: an answer that is not 2xx.
 */
export type SendProblem = "url" | "name" | "connection" | "tls" | "timeout" | "status";

export interface SendOptions {
  readonly guard: WebhookGuard;
  /** Milliseconds from the first question to the resolver to the status. Default 15,000. */
  readonly timeoutMs?: number;
  readonly signal: AbortSignal;
}

export interface MessageToSend {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Bytes of an answer's body that are read and thrown away, to keep the connection; a longer answer loses it. */
const MOST_ANSWER_BYTES = 65_536;

/** Milliseconds that are waited for the end of an answer's body. */
const MOST_ANSWER_MS = 1_000;

/** Longest wait that a receiver may ask for, in milliseconds. */
const MOST_RETRY_AFTER_MS = 86_400_000;

/** Keeps the connection of one receiver for the messages of one turn. `close` ends it. */
export class Sender {
  readonly #options: Required<SendOptions>;
  #agent: HttpAgent | undefined;
  #agentFor = "";

  constructor({ guard, timeoutMs = 15_000, signal }: SendOptions) {
    this.#options = { guard, timeoutMs, signal };
  }

  /** @throws Only the reason of `signal`. */
  async send({ url: text, headers, body }: MessageToSend): Promise<Attempt> {
    const { guard, timeoutMs, signal } = this.#options;
    const timeout = AbortSignal.timeout(timeoutMs);
    const either = AbortSignal.any([signal, timeout]);
    try {
      const url = guard.checkUrl(text);
      const addresses = await orAbort(guard.addressesOf(url), either);
      return attemptOf(await orAbort(this.#post(url, addresses, headers, body, either), either));
    } catch (error) {
      signal.throwIfAborted();
      return { status: null, problem: timeout.aborted ? "timeout" : problemOf(error) };
    }
  }

  close(): void {
    this.#agent?.destroy();
    this.#agent = undefined;
  }

  #post(
    url: URL,
    addresses: readonly Address[],
    headers: Readonly<Record<string, string>>,
    body: string,
    signal: AbortSignal,
  ): Promise<IncomingMessage> {
    const isTls = url.protocol === "https:";
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
    const request = (isTls ? httpsRequest : httpRequest)(url, {
      method: "POST",
      agent: this.#agentOf(url),
      lookup: pinned(addresses),
      headers: { ...headers, "content-length": Buffer.byteLength(body) },
      signal,
    });
    // A redirect is an answer like any other: following it would lead past the guard.
    request.on("response", (answer) => {
      // The status has decided. The connection is free again when the body is over, which a receiver may put off for ever.
      const timer = setTimeout(() => answer.destroy(), MOST_ANSWER_MS);
      let bytes = 0;
      answer.on("data", (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes > MOST_ANSWER_BYTES) answer.destroy();
      });
      answer.on("error", () => undefined);
      answer.once("close", () => clearTimeout(timer));
      resolve(new Promise((over) => answer.once("close", () => over(answer))));
    });
    request.on("socket", (socket) => onConnected(socket, () => requireOneOf(addresses, socket)));
    request.on("error", reject);
    // An answer that switches to another protocol ends the request with neither an answer nor an error.
    request.on("close", () => reject(new Error("the connection was closed without an answer")));
    request.end(body);
    return promise;
  }

  #agentOf(url: URL): HttpAgent {
    if (this.#agent === undefined || this.#agentFor !== url.origin) {
      this.#agent?.destroy();
      this.#agentFor = url.origin;
      // An agent of our own: the global one may go through a proxy that the environment names, and then connects where it likes.
      const options = { keepAlive: true, maxSockets: 1 };
      this.#agent = url.protocol === "https:" ? new HttpsAgent(options) : new HttpAgent(options);
    }
    return this.#agent;
  }
}

/** Answers a connection's question for addresses with those that were checked, whatever the resolver says by now. */
function pinned(addresses: readonly Address[]): LookupFunction {
  return (_hostname, options, callback) => {
    const [first] = addresses;
    if (options.all === true) callback(null, [...addresses]);
    else if (first === undefined) callback(new Error("no address"), "", 4);
    else callback(null, first.address, first.family);
  };
}

function onConnected(socket: Socket, act: () => void): void {
  if (socket.connecting) socket.once("connect", act);
  else act();
}

/** Nothing was sent yet: TLS, and then the message, follow the connection. */
function requireOneOf(addresses: readonly Address[], socket: Socket): void {
  const { remoteAddress } = socket;
  if (remoteAddress === undefined || addresses.some(({ address }) => canonical(address) === canonical(remoteAddress)))
    return;
  socket.destroy(new RefusedUrlError("the connection was made to another address than the checked one"));
}

/** One spelling for each address: an address of IPv4 as IPv6 writes it. */
function canonical(address: string): string {
  return new URL(`http://[${address.includes(":") ? address : `::ffff:${address}`}]`).hostname;
}

function attemptOf({ statusCode = 0, headers }: IncomingMessage): Attempt {
  if (statusCode >= 200 && statusCode < 300) return { status: statusCode };
  const retryAfterMs = retryAfter(headers["retry-after"]);
  return { status: statusCode, problem: "status", ...(retryAfterMs !== undefined && { retryAfterMs }) };
}

/** Of seconds, or of a date. Anything else says nothing. */
function retryAfter(value: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  const ms = /^\d+$/.test(value.trim()) ? Number(value) * 1_000 : Date.parse(value) - Date.now();
  return Number.isNaN(ms) || ms <= 0 ? undefined : Math.min(ms, MOST_RETRY_AFTER_MS);
}

function problemOf(error: unknown): SendProblem {
  if (error instanceof RefusedUrlError) return "url";
  const code = String((error as { code?: unknown } | undefined)?.code ?? "");
  if (/^(ENOTFOUND|EAI_|ENODATA|ESERVFAIL)/.test(code)) return "name";
  return /CERT|SSL|TLS|ALTNAME|SELF_SIGNED|UNABLE_TO_|EPROTO|CRL_/.test(code) ? "tls" : "connection";
}
