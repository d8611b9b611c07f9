/**
 * Translation by a language model behind Anthropic's Messages API.
 *
 * One endpoint, so plain `fetch`: a client library would bring retries of its own, and the fleet retries.
 */
import {
  type Engine,
  type EngineBatch,
  type EngineBound,
  EngineConfigError,
  type EngineReply,
  failAll,
  optionKinds as kinds,
  optionCheck,
} from "@trans-hub/core/engine";
import { readAddress } from "../address.ts";
import { answerBound, boundedFetch } from "../bounded-fetch.ts";
import { CallFailed, probeWithin } from "../call.ts";
import { askModel } from "../llm/ask-model.ts";
import {
  answerTokens,
  estimateTokens,
  estimateUsage,
  PROMPT_VERSION,
  SYSTEM_PROMPT,
  userMessage,
} from "../llm/prompt.ts";
import { failureOf, isUnbilled, NO_SUCH_LIST, refusalOf } from "../llm/refusal.ts";
import { ANSWER_SCHEMA } from "../llm/schema.ts";
import { type Secret, secretNow } from "../secret.ts";
import { replyOf } from "./message.ts";

const NAME = "anthropic";

/** Cheap and good at short texts. `TH_ANTHROPIC_MODEL` names another. */
export const DEFAULT_ANTHROPIC_MODEL = "claude-haiku-4-5";
export const DEFAULT_ANTHROPIC_URL = "https://api.anthropic.com";

const API_VERSION = "2023-06-01";

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
  readAddress(NAME, baseURL, { setting: "TH_ANTHROPIC_ENDPOINT", example: DEFAULT_ANTHROPIC_URL });
  const messages = new Messages({ apiKey, base: baseURL.replace(/(\/v1)?\/*$/, ""), model });
  return {
    name: NAME,
    version: `${PROMPT_VERSION}:${model}`,
    processor: options.processor ?? "third-party",
    maxItemsPerCall: options.maxItemsPerCall ?? 100,
    maxBytesPerCall: options.maxBytesPerCall ?? 24 * 1024,
    detectsSource: true,
    takesContext: true,
    takesHint: true,
    takesTerms: true,
    takesReferences: true,
    takesInstructions: true,
    model,
    estimateTokens,
    estimateUsage,
    bound: (batch) => messages.bound(batch),
    probe: (signal) => probeWithin({ engine: NAME, signal, timeoutMs }, (within) => messages.list(within)),
    translate: (batch, signal) =>
      askModel({ engine: NAME, batch, signal, timeoutMs }, (within) => messages.complete(batch, within)),
  };
}

interface MessagesOptions {
  apiKey: Secret | undefined;
  base: string;
  model: string;
}

/** The calls of one engine, and what its endpoint has refused so far. */
class Messages {
  readonly #options: MessagesOptions;
  // Calls that run at the same time may all learn the same refusal; none unlearns it.
  readonly #learned = { hasSchema: true, mostTokens: MOST_TOKENS };

  constructor(options: MessagesOptions) {
    this.#options = options;
  }

  /** A request has no token that is not a byte of its body at least. The limit of the answer is in each request. */
  bound(batch: EngineBatch): EngineBound {
    const body = this.#question(batch, { ...this.#learned, hasSchema: true });
    return { inputTokens: Buffer.byteLength(body), outputTokens: this.#mostTokens(batch, this.#learned) };
  }

  #mostTokens(batch: EngineBatch, { mostTokens }: { mostTokens: number }): number {
    return Math.min(mostTokens, answerTokens(batch), batch.maxOutputTokens ?? Number.POSITIVE_INFINITY);
  }

  #question(batch: EngineBatch, asked: { hasSchema: boolean; mostTokens: number }): string {
    // No temperature: newer models refuse it.
    return JSON.stringify({
      model: this.#options.model,
      max_tokens: this.#mostTokens(batch, asked),
      system: [{ type: "text", text: SYSTEM_PROMPT, cache_control: { type: "ephemeral" } }],
      messages: [{ role: "user", content: userMessage(batch) }],
      ...(asked.hasSchema && { output_config: { format: { type: "json_schema", schema: ANSWER_SCHEMA } } }),
    });
  }

  /** One request, and again only after a refusal of an option that it can do without: at most twice more. */
  async complete(batch: EngineBatch, signal: AbortSignal): Promise<EngineReply> {
    const learned = this.#learned;
    for (;;) {
      const asked = { ...learned };
      const response = await this.#fetch("/v1/messages", signal, this.#question(batch, asked));
      const body = await bodyOf(response);
      if (response.ok) return replyOf(body, response.headers, batch);
      const refusal = refusalOf(response.status, errorIn(body), response.headers);
      const lower = refusal.status === 400 ? lowerLimit(refusal.message) : undefined;
      if (lower !== undefined && lower < asked.mostTokens) {
        learned.mostTokens = Math.min(learned.mostTokens, lower);
      } else if (asked.hasSchema && refusal.status === 400 && ABOUT_SCHEMA.test(refusal.message)) {
        learned.hasSchema = false;
      } else {
        const reply = failAll(batch, failureOf(NAME, refusal, batch.items.length));
        return isUnbilled(refusal) ? { ...reply, unconfirmed: "none" } : reply;
      }
    }
  }

  /** Lists one model: free of charge, and refused with a wrong key. A server without such a list passes. */
  async list(signal: AbortSignal): Promise<void> {
    const response = await this.#fetch("/v1/models?limit=1", signal);
    if (response.ok || NO_SUCH_LIST.has(response.status)) return;
    const refusal = refusalOf(response.status, errorIn(await bodyOf(response)), response.headers);
    throw new CallFailed(failureOf(NAME, refusal, 1));
  }

  #fetch(path: string, signal: AbortSignal, body?: string): Promise<Response> {
    const { apiKey, base } = this.#options;
    const headers = new Headers({ "anthropic-version": API_VERSION, "user-agent": "trans-hub" });
    headers.set("accept", "application/json");
    if (body !== undefined) headers.set("content-type", "application/json");
    if (apiKey !== undefined) headers.set("x-api-key", secretNow(apiKey));
    const init = { method: body === undefined ? "GET" : "POST", headers, signal, ...(body !== undefined && { body }) };
    return boundedFetch(`${base}${path}`, init, answerBound(body));
  }
}

/** The word of a server that knows no schemas, or not for this model. */
const ABOUT_SCHEMA = /output_config|output_format|structured output|json_schema/i;

/** The limit in "max_tokens: 21000 > 8192, which is the maximum allowed number of output tokens for …". */
function lowerLimit(message: string): number | undefined {
  const limit = Number(/max_tokens: \d+ > (\d+)/.exec(message)?.[1]);
  return limit > 0 ? limit : undefined;
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
