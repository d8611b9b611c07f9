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
  orAbort,
} from "@trans-hub/core/engine";
import type OpenAI from "openai";
import { isAnswerTooLarge } from "../bounded-fetch.ts";
import { engineFailure } from "../failure.ts";
import { estimateTokens, PROMPT_VERSION, SYSTEM_PROMPT, userMessage } from "../llm/prompt.ts";
import type { Secret } from "../secret.ts";
import { openClient } from "./client.ts";
import { replyOf } from "./completion.ts";
import { failureOf, isAboutResponseFormat, isAboutTemperature, type Refusal, refusalOf } from "./refusal.ts";
import { RESPONSE_FORMATS } from "./response-format.ts";

/** Cheap, widely served and good at short texts. `TH_OPENAI_MODEL` names another. */
export const DEFAULT_MODEL = "gpt-4o-mini";
export const DEFAULT_BASE_URL = "https://api.openai.com/v1";

/** The statuses of servers that do not list their models. */
const NO_SUCH_LIST = new Set([404, 405, 501]);

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
  assertAddress(baseURL);

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
    signal.throwIfAborted();
    if (batch.items.length === 0) return { results: new Map() };
    const { timeoutMs } = this.#options;
    const call = new AbortController();
    const stop = () => call.abort(signal.reason);
    signal.addEventListener("abort", stop, { once: true });
    const timer = setTimeout(() => call.abort(), timeoutMs);
    try {
      // The library may still be busy when the call is aborted.
      return await orAbort(this.#complete(batch, call.signal), call.signal);
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      return failAll(batch, call.signal.aborted ? timedOut(timeoutMs) : unread(error, batch.items.length));
    } finally {
      clearTimeout(timer);
      signal.removeEventListener("abort", stop);
    }
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
      return signal.aborted ? timedOut(timeoutMs) : unread(error, 1);
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

function timedOut(timeoutMs: number): EngineFailure {
  return engineFailure("transient", `Engine "openai" did not answer within ${timeoutMs / 1_000} s`, {
    hint: "Raise TH_ENGINE_TIMEOUT_SECONDS, or lower TH_BATCH_SIZE.",
  });
}

/**
 * No answer came, or none that could be read to its end. Only the system's code of the error is passed on.
 *
 * @param itemCount Texts in the call. One of several texts may be at fault for an answer without end, so they are split.
 */
function unread(error: unknown, itemCount: number): EngineFailure {
  if (isAnswerTooLarge(error)) {
    return engineFailure(itemCount > 1 ? "too_long" : "malformed", 'Engine "openai" gave an answer without end');
  }
  let code: unknown;
  for (let cause: unknown = error; cause instanceof Error && code === undefined; cause = cause.cause) {
    code = (cause as { code?: unknown }).code;
  }
  const about = typeof code === "string" && /^[A-Z][A-Z0-9_]{0,63}$/.test(code) ? ` (${code})` : "";
  return engineFailure("transient", `The connection to engine "openai" failed${about}`);
}

function assertAddress(baseURL: string): void {
  const url = URL.parse(baseURL);
  // The message does not repeat the address, which may hold a password.
  if (url === null || !/^https?:$/.test(url.protocol) || url.username !== "" || url.password !== "") {
    throw new EngineConfigError('The address of engine "openai" is not a plain http(s) URL', {
      hint: "Set TH_OPENAI_ENDPOINT to something like http://localhost:11434/v1.",
    });
  }
}
