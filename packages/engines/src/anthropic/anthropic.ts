/**
 * Translation by a language model behind Anthropic's Messages API.
 *
 * One endpoint, so plain `fetch`: a client library would bring retries of its own, and the fleet retries.
 */
import {
  type Engine,
  type EngineBatch,
  EngineConfigError,
  type EngineFailure,
  type EngineReply,
  failAll,
  optionKinds as kinds,
  optionCheck,
} from "@trans-hub/core/engine";
import { boundedFetch } from "../bounded-fetch.ts";
import { assertAddress, mostAnswerBytes, NO_SUCH_LIST, timedCall, timedOut, unread } from "../llm/call.ts";
import { estimateTokens, PROMPT_VERSION, SYSTEM_PROMPT, userMessage } from "../llm/prompt.ts";
import { failureOf, refusalOf } from "../llm/refusal.ts";
import { ANSWER_SCHEMA } from "../llm/schema.ts";
import { type Secret, secretNow } from "../secret.ts";
import { replyOf } from "./message.ts";

/** Cheap and good at short texts. `TH_ANTHROPIC_MODEL` names another. */
export const DEFAULT_ANTHROPIC_MODEL = "claude-haiku-4-5";
export const DEFAULT_ANTHROPIC_URL = "https://api.anthropic.com";

const API_VERSION = "2023-06-01";

/** Tokens of an answer beside its texts: the model's thoughts. */
const ROOM_TOKENS = 4_096;
/** More is only for answers that are streamed. */
const MOST_TOKENS = 21_000;

export interface AnthropicOptions {
  /** Needed for Anthropic itself. A function gives the key of each call. */
  apiKey?: Secret | undefined;
  /** Without `/v1`. Default `https://api.anthropic.com`. */
  baseURL?: string | undefined;
  /** Default `claude-haiku-4-5`. */
  model?: string | undefined;
  /** Milliseconds until a call ends as `transient`. Default 120,000. */
  timeoutMs?: number | undefined;
  /** Whether texts leave the machines that your team runs. Default `third-party`; `local` is for a server of your own. */
  processor?: Engine["processor"] | undefined;
  /** Default 100. */
  maxItemsPerCall?: number | undefined;
  /** Default 24 KiB: an answer of 21,000 tokens holds these texts in most scripts. */
  maxBytesPerCall?: number | undefined;
}

const checkOptions = optionCheck<AnthropicOptions>("anthropic", {
  apiKey: kinds.secret,
  baseURL: kinds.text,
  model: kinds.text,
  timeoutMs: kinds.milliseconds,
  processor: kinds.oneOf("local", "third-party"),
  maxItemsPerCall: kinds.whole(1, 100_000),
  maxBytesPerCall: kinds.whole(1, 1_073_741_824),
});

/**
 * Makes the engine. No request is made before the first call.
 *
 * @throws {SettingsError} An option is unknown, or has a bad value.
 * @throws {EngineConfigError} The key for Anthropic's own endpoint is missing, or the address is not a plain http(s) URL.
 */
export function anthropic(given: AnthropicOptions = {}): Engine {
  const options = checkOptions(given);
  const { apiKey, baseURL = DEFAULT_ANTHROPIC_URL, model = DEFAULT_ANTHROPIC_MODEL, timeoutMs = 120_000 } = options;
  if (apiKey === undefined && options.baseURL === undefined) {
    throw new EngineConfigError('Engine "anthropic" has no API key', { hint: "Set TH_ANTHROPIC_API_KEY." });
  }
  assertAddress("anthropic", baseURL, DEFAULT_ANTHROPIC_URL);
  const messages = new Messages({ apiKey, base: baseURL.replace(/(\/v1)?\/*$/, ""), model, timeoutMs });
  return {
    name: "anthropic",
    version: `${PROMPT_VERSION}:${model}`,
    processor: options.processor ?? "third-party",
    maxItemsPerCall: options.maxItemsPerCall ?? 100,
    maxBytesPerCall: options.maxBytesPerCall ?? 24 * 1024,
    detectsSource: true,
    takesContext: true,
    estimateTokens,
    probe: (signal) => messages.probe(signal),
    translate: (batch, signal) =>
      timedCall("anthropic", timeoutMs, batch, signal, (during) => messages.complete(batch, during)),
  };
}

interface MessagesOptions {
  apiKey: Secret | undefined;
  base: string;
  model: string;
  timeoutMs: number;
}

/** The calls of one engine, and what its endpoint has refused so far. */
class Messages {
  readonly #options: MessagesOptions;
  // Calls that run at the same time may all learn the same refusal; none unlearns it.
  readonly #learned = { hasSchema: true, mostTokens: MOST_TOKENS };

  constructor(options: MessagesOptions) {
    this.#options = options;
  }

  /** One request, and again only after a refusal of an option that it can do without: at most twice more. */
  async complete(batch: EngineBatch, signal: AbortSignal): Promise<EngineReply> {
    const learned = this.#learned;
    const user = userMessage(batch);
    for (;;) {
      const asked = { ...learned };
      // No temperature: newer models refuse it.
      const question = JSON.stringify({
        model: this.#options.model,
        max_tokens: Math.min(asked.mostTokens, answerTokens(batch)),
        system: [{ type: "text", text: SYSTEM_PROMPT, cache_control: { type: "ephemeral" } }],
        messages: [{ role: "user", content: user }],
        ...(asked.hasSchema && { output_config: { format: { type: "json_schema", schema: ANSWER_SCHEMA } } }),
      });
      const response = await this.#fetch("/v1/messages", signal, question);
      const body = await bodyOf(response);
      if (response.ok) return replyOf(body, response.headers, batch);
      const refusal = refusalOf(response.status, errorIn(body), response.headers);
      const lower = refusal.status === 400 ? lowerLimit(refusal.message) : undefined;
      if (lower !== undefined && lower < asked.mostTokens) {
        learned.mostTokens = Math.min(learned.mostTokens, lower);
      } else if (asked.hasSchema && refusal.status === 400 && ABOUT_SCHEMA.test(refusal.message)) {
        learned.hasSchema = false;
      } else return failAll(batch, failureOf("anthropic", refusal, batch.items.length));
    }
  }

  /** Lists one model: free of charge, and refused with a wrong key. A server without such a list passes. */
  async probe(signal: AbortSignal): Promise<EngineFailure | undefined> {
    const { timeoutMs } = this.#options;
    const during = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
    try {
      const response = await this.#fetch("/v1/models?limit=1", during);
      if (response.ok || NO_SUCH_LIST.has(response.status)) return undefined;
      return failureOf("anthropic", refusalOf(response.status, errorIn(await bodyOf(response)), response.headers), 1);
    } catch (error) {
      return during.aborted ? timedOut("anthropic", timeoutMs) : unread("anthropic", error, 1);
    }
  }

  #fetch(path: string, signal: AbortSignal, body?: string): Promise<Response> {
    const { apiKey, base } = this.#options;
    const headers = new Headers({ "anthropic-version": API_VERSION, "user-agent": "trans-hub" });
    headers.set("accept", "application/json");
    if (body !== undefined) headers.set("content-type", "application/json");
    if (apiKey !== undefined) headers.set("x-api-key", secretNow(apiKey));
    const init = { method: body === undefined ? "GET" : "POST", headers, signal, ...(body !== undefined && { body }) };
    return boundedFetch(`${base}${path}`, init, mostAnswerBytes(body));
  }
}

/** The word of a server that knows no schemas, or not for this model. */
const ABOUT_SCHEMA = /output_config|output_format|structured output|json_schema/i;

/** The limit in "max_tokens: 21000 > 8192, which is the maximum allowed number of output tokens for …". */
function lowerLimit(message: string): number | undefined {
  const limit = Number(/max_tokens: \d+ > (\d+)/.exec(message)?.[1]);
  return limit > 0 ? limit : undefined;
}

/** A token for each byte of the texts is enough for any script. A limit that is too high costs nothing. */
function answerTokens({ items }: EngineBatch): number {
  return ROOM_TOKENS + items.reduce((tokens, { id, text }) => tokens + Buffer.byteLength(text) + id.length + 24, 0);
}

/** Undefined: no JSON. */
async function bodyOf(response: Response): Promise<unknown> {
  const text = await response.text();
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function errorIn(body: unknown): unknown {
  return (body as { error?: unknown } | null | undefined)?.error;
}
