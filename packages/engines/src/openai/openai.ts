/**
 * Translation by a language model behind any endpoint that speaks OpenAI's Chat Completions.
 *
 * One call carries many texts, keyed by id. The `openai` package does the HTTP, without its own retries (the fleet retries,
 * because it sees every worker) and without reading the environment. It is loaded with the first call.
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
import type OpenAI from "openai";
import { assertAddress, NO_SUCH_LIST, timedCall, timedOut, unread } from "../llm/call.ts";
import { estimateTokens, PROMPT_VERSION, SYSTEM_PROMPT, userMessage } from "../llm/prompt.ts";
import { failureOf, type Refusal, refusalOf } from "../llm/refusal.ts";
import type { Secret } from "../secret.ts";
import { openClient } from "./client.ts";
import { replyOf } from "./completion.ts";
import { RESPONSE_FORMATS } from "./response-format.ts";
import { isAboutResponseFormat, isAboutTemperature } from "./unsupported.ts";

/** Cheap, widely served and good at short texts. `TH_OPENAI_MODEL` names another. */
export const DEFAULT_MODEL = "gpt-4o-mini";
export const DEFAULT_BASE_URL = "https://api.openai.com/v1";

export interface OpenaiOptions {
  /** Needed for OpenAI itself. A server of your own often needs none. A function gives the key of each call. */
  apiKey?: Secret | undefined;
  /** Up to and with `/v1`. Default `https://api.openai.com/v1`. */
  baseURL?: string | undefined;
  /** Default `gpt-4o-mini`. */
  model?: string | undefined;
  /** Default 0. Left out for models that refuse it. */
  temperature?: number | undefined;
  /** Milliseconds until a call ends as `transient`. Default 120,000. */
  timeoutMs?: number | undefined;
  /** Whether texts leave the machines that your team runs. Default `third-party`; `local` is for a server of your own. */
  processor?: Engine["processor"] | undefined;
  /** Default 100. */
  maxItemsPerCall?: number | undefined;
  /** Default 48 KiB: about 12,000 tokens of question and a few more of answer, below the usual limit of 16,384 tokens. */
  maxBytesPerCall?: number | undefined;
}

const checkOptions = optionCheck<OpenaiOptions>("openai", {
  apiKey: kinds.secret,
  baseURL: kinds.text,
  model: kinds.text,
  temperature: kinds.decimal(0, 2),
  timeoutMs: kinds.milliseconds,
  processor: kinds.oneOf("local", "third-party"),
  maxItemsPerCall: kinds.whole(1, 100_000),
  maxBytesPerCall: kinds.whole(1, 1_073_741_824),
});

/**
 * Makes the engine. No request is made before the first call.
 *
 * @throws {SettingsError} An option is unknown, or has a bad value.
 * @throws {EngineConfigError} The key for OpenAI's own endpoint is missing, or the address is not a plain http(s) URL.
 */
export function openai(given: OpenaiOptions = {}): Engine {
  const options = checkOptions(given);
  const { apiKey, baseURL = DEFAULT_BASE_URL, model = DEFAULT_MODEL, temperature = 0, timeoutMs = 120_000 } = options;
  if (apiKey === undefined && options.baseURL === undefined) {
    throw new EngineConfigError('Engine "openai" has no API key', { hint: "Set TH_OPENAI_API_KEY." });
  }
  assertAddress("openai", baseURL, "http://localhost:11434/v1");

  const chat = new Chat({ apiKey, baseURL, model, temperature, timeoutMs });
  return {
    name: "openai",
    version: `${PROMPT_VERSION}:${model}`,
    processor: options.processor ?? "third-party",
    maxItemsPerCall: options.maxItemsPerCall ?? 100,
    maxBytesPerCall: options.maxBytesPerCall ?? 48 * 1024,
    detectsSource: true,
    takesContext: true,
    estimateTokens,
    async prepare() {
      await chat.client();
    },
    probe: (signal) => chat.probe(signal),
    translate: (batch, signal) => chat.translate(batch, signal),
  };
}

interface ChatOptions {
  apiKey: Secret | undefined;
  baseURL: string;
  model: string;
  temperature: number;
  timeoutMs: number;
}

/** The calls of one engine, and the refusals that its endpoint has shown so far. */
class Chat {
  readonly #options: ChatOptions;
  #client: Promise<OpenAI> | undefined;
  // Calls that run at the same time may all learn the same refusal; none unlearns it.
  readonly #learned = { formatStep: 0, temperature: true };

  constructor(options: ChatOptions) {
    this.#options = options;
  }

  /** Made with the first call: the package is loaded only when it is needed. */
  client(): Promise<OpenAI> {
    this.#client ??= openClient(this.#options);
    return this.#client;
  }

  async translate(batch: EngineBatch, signal: AbortSignal): Promise<EngineReply> {
    const { timeoutMs } = this.#options;
    return timedCall("openai", timeoutMs, batch, signal, (during) => this.#complete(batch, during));
  }

  /** One request, and again only after a refusal of an option that it can do without: at most three times more. */
  async #complete(batch: EngineBatch, signal: AbortSignal): Promise<EngineReply> {
    const { chat } = await this.client();
    const { model, temperature, timeoutMs } = this.#options;
    const learned = this.#learned;
    for (;;) {
      const asked = { ...learned };
      const response = await chat.completions
        .create(
          {
            model,
            messages: [
              { role: "system", content: SYSTEM_PROMPT },
              { role: "user", content: userMessage(batch) },
            ],
            ...(asked.temperature && { temperature }),
            ...withFormat(asked.formatStep),
          },
          { signal, timeout: timeoutMs + 1_000 }, // our own timer ends the call first, with an error that says so
        )
        .withResponse()
        .catch(refusalIn);
      if ("data" in response) return replyOf(response.data, response.response.headers, batch);

      if (asked.temperature && isAboutTemperature(response)) learned.temperature = false;
      else if (asked.formatStep < RESPONSE_FORMATS.length - 1 && isAboutResponseFormat(response)) {
        learned.formatStep = Math.max(learned.formatStep, asked.formatStep + 1);
      } else return failAll(batch, failureOf("openai", response, batch.items.length));
    }
  }

  /** Lists the models: free of charge, and refused with a wrong key. A server without such a list passes. */
  async probe(signal: AbortSignal): Promise<EngineFailure | undefined> {
    const { timeoutMs } = this.#options;
    try {
      const { models } = await this.client();
      const answer = await models.list({ signal, timeout: timeoutMs }).catch(refusalIn);
      if (!("status" in answer) || NO_SUCH_LIST.has(answer.status ?? 0)) return undefined;
      return failureOf("openai", answer, 1);
    } catch (error) {
      return signal.aborted ? timedOut("openai", timeoutMs) : unread("openai", error, 1);
    }
  }
}

function withFormat(step: number) {
  const format = RESPONSE_FORMATS[step];
  return format === undefined ? {} : { response_format: format };
}

/** The refusal in an error of the package that has an HTTP status. Every other error is thrown again. */
function refusalIn(error: unknown): Refusal {
  // Recognized by its shape: an import of the class would load the package.
  const { status, error: body, headers } = error as { status?: unknown; error?: unknown; headers?: unknown };
  if (typeof status !== "number") throw error;
  return refusalOf(status, body, headers instanceof Headers ? headers : undefined);
}
