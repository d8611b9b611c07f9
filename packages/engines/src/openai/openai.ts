/**
 * Translation by a language model behind any endpoint that speaks OpenAI's Chat Completions.
 *
 * One call carries many texts, keyed by id. The `openai` package does the HTTP. Its retries are off (Trans-Hub's own
 * retries see the whole fleet), it ignores the environment, and it is loaded with the first call.
 */
import {
  type Engine,
  type EngineBatch,
  EngineConfigError,
  type EngineFailure,
  type EngineReply,
  failAll,
  orAbort,
} from "@trans-hub/core/engine";
import type OpenAI from "openai";
import { engineFailure } from "../failure.ts";
import { openClient } from "./client.ts";
import { replyOf } from "./completion.ts";
import { estimateTokens, PROMPT_VERSION, SYSTEM_PROMPT, userMessage } from "./prompt.ts";
import { failureOf, isAboutResponseFormat, isAboutTemperature, type Refusal, refusalOf } from "./refusal.ts";
import { RESPONSE_FORMATS } from "./response-format.ts";

/** Cheap, widely available and good at short texts; another model is one setting away. */
export const DEFAULT_MODEL = "gpt-4o-mini";
export const DEFAULT_BASE_URL = "https://api.openai.com/v1";

/** Statuses from a server that does not list its models. */
const NO_SUCH_LIST = new Set([404, 405, 501]);

export interface OpenaiOptions {
  /** Required for OpenAI itself; self-hosted servers often need none. */
  apiKey?: string | undefined;
  /** Base URL, including `/v1`. Default `https://api.openai.com/v1`. */
  baseURL?: string | undefined;
  /** Default `gpt-4o-mini`. */
  model?: string | undefined;
  /** Default 0. Left out for models that refuse it. */
  temperature?: number | undefined;
  /** Milliseconds after which a call fails as `transient`. Default 120,000. */
  timeoutMs?: number | undefined;
  /** Whether texts leave the team's own machines. Default `third-party`: set `local` for a server of your own. */
  processor?: Engine["processor"] | undefined;
  /** Default 100. */
  maxItemsPerCall?: number | undefined;
  /**
   * Default 48 KiB: some 12,000 tokens of input and a few more of output, below the usual limit of 16,384 for an
   * answer.
   */
  maxBytesPerCall?: number | undefined;
}

/**
 * Makes the engine. No request is made before the first call.
 *
 * @throws {EngineConfigError} No key for OpenAI's own endpoint, or an invalid address.
 */
export function openai(options: OpenaiOptions = {}): Engine {
  const { apiKey, baseURL = DEFAULT_BASE_URL, model = DEFAULT_MODEL, temperature = 0, timeoutMs = 120_000 } = options;
  if (apiKey === undefined && options.baseURL === undefined) {
    throw new EngineConfigError('Engine "openai" has no API key', { hint: "Set TH_OPENAI_API_KEY." });
  }
  assertAddress(baseURL);

  let client: Promise<OpenAI> | undefined;
  // Features that the endpoint refused. Concurrent calls may all learn the same; none unlearns it.
  const learned = { formatStep: 0, temperature: true };

  /** Sends one request, and repeats it only where the endpoint refuses a feature: at most three times more. */
  async function complete(batch: EngineBatch, signal: AbortSignal): Promise<EngineReply> {
    client ??= openClient({ apiKey, baseURL });
    const { chat } = await client;
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
          { signal, timeout: timeoutMs + 1_000 }, // our timeout ends the call first, with our own error
        )
        .withResponse()
        .catch(whatRefused);
      if ("data" in response) return replyOf(response.data, response.response.headers, batch);

      if (asked.temperature && isAboutTemperature(response)) learned.temperature = false;
      else if (asked.formatStep < RESPONSE_FORMATS.length - 1 && isAboutResponseFormat(response)) {
        learned.formatStep = Math.max(learned.formatStep, asked.formatStep + 1);
      } else return failAll(batch, failureOf("openai", response, batch.items.length));
    }
  }

  return {
    name: "openai",
    version: `${PROMPT_VERSION}:${model}`,
    processor: options.processor ?? "third-party",
    maxItemsPerCall: options.maxItemsPerCall ?? 100,
    maxBytesPerCall: options.maxBytesPerCall ?? 48 * 1024,
    detectsSource: true,
    takesContext: true,
    handlesIcu: true,
    estimateTokens,
    async prepare() {
      client ??= openClient({ apiKey, baseURL });
      await client;
    },
    /** Lists the models: free of charge, and refused with a wrong key. A server without such a list passes. */
    async probe(signal) {
      client ??= openClient({ apiKey, baseURL });
      try {
        const { models } = await client;
        const answer = await models.list({ signal, timeout: timeoutMs }).catch(whatRefused);
        if (!("status" in answer) || NO_SUCH_LIST.has(answer.status ?? 0)) return undefined;
        return failureOf("openai", answer, 1);
      } catch (error) {
        return signal.aborted ? timedOut(timeoutMs) : unreachable(error);
      }
    },
    async translate(batch, signal) {
      signal.throwIfAborted();
      if (batch.items.length === 0) return { results: new Map() };
      const call = new AbortController();
      const stop = () => call.abort(signal.reason);
      signal.addEventListener("abort", stop, { once: true });
      const timer = setTimeout(() => call.abort(), timeoutMs);
      try {
        return await orAbort(complete(batch, call.signal), call.signal);
      } catch (error) {
        if (signal.aborted) throw signal.reason;
        return failAll(batch, call.signal.aborted ? timedOut(timeoutMs) : unreachable(error));
      } finally {
        clearTimeout(timer);
        signal.removeEventListener("abort", stop);
      }
    },
  };
}

function withFormat(step: number) {
  const format = RESPONSE_FORMATS[step];
  return format === undefined ? {} : { response_format: format };
}

/** An answer with an error status, as a refusal; any other error is thrown on. */
function whatRefused(error: unknown): Refusal {
  // Recognized by its shape: the class would have to be imported, and the package is loaded only when needed.
  const { status, error: body, headers } = error as { status?: unknown; error?: unknown; headers?: unknown };
  if (typeof status !== "number") throw error;
  return refusalOf(status, body, headers instanceof Headers ? headers : undefined);
}

function timedOut(timeoutMs: number): EngineFailure {
  return engineFailure("transient", `Engine "openai" did not answer within ${timeoutMs / 1_000} s`, {
    hint: "Raise TH_ENGINE_TIMEOUT_SECONDS, or lower TH_BATCH_SIZE.",
  });
}

/** No answer came, or none that could be read to its end. Only the system's code is taken from the error. */
function unreachable(error: unknown): EngineFailure {
  let code: unknown;
  for (let cause: unknown = error; cause instanceof Error && code === undefined; cause = cause.cause) {
    code = (cause as { code?: unknown }).code;
  }
  const about = typeof code === "string" && /^[A-Z][A-Z0-9_]{0,63}$/.test(code) ? ` (${code})` : "";
  return engineFailure("transient", `The connection to engine "openai" failed${about}`);
}

function assertAddress(baseURL: string): void {
  const url = URL.parse(baseURL);
  // The address is not repeated in the message: it may hold a password.
  if (url === null || !/^https?:$/.test(url.protocol) || url.username !== "" || url.password !== "") {
    throw new EngineConfigError('The address of engine "openai" is not a plain http(s) URL', {
      hint: "Set TH_OPENAI_ENDPOINT to something like http://localhost:11434/v1.",
    });
  }
}
