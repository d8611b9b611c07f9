/**
 * Translation by a language model behind any endpoint that speaks OpenAI's Chat Completions.
 *
 * One call carries many texts, keyed by id. The `openai` package does the HTTP, without its own retries (the fleet retries,
 * because it sees every worker) and without reading the environment. It is loaded with the first call.
 */
import {
  type Engine,
  type EngineBatch,
  type EngineBound,
  EngineConfigError,
  type EngineFailure,
  type EngineReply,
  failAll,
  optionKinds as kinds,
  optionCheck,
} from "@trans-hub/core/engine";
import type OpenAI from "openai";
import { readAddress } from "../address.ts";
import { CallFailed, probeWithin } from "../call.ts";
import { engineFailure } from "../failure.ts";
import { askModel } from "../llm/ask-model.ts";
import {
  answerTokens,
  estimateTokens,
  estimateUsage,
  PROMPT_VERSION,
  ROOM_TOKENS,
  SYSTEM_PROMPT,
  userMessage,
} from "../llm/prompt.ts";
import { failureOf, isUnbilled, NO_SUCH_LIST, type Refusal, refusalOf } from "../llm/refusal.ts";
import type { Secret } from "../secret.ts";
import { openClient } from "./client.ts";
import { replyOf } from "./completion.ts";
import { RESPONSE_FORMATS } from "./response-format.ts";
import {
  isAboutAnswerLimit,
  isAboutResponseFormat,
  isAboutTemperature,
  lowerAnswerLimit,
  roomInWindow,
} from "./unsupported.ts";

const NAME = "openai";

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
  /**
   * The most tokens of a model's thoughts in one answer. Where a price is known, each answer is limited to these and to its texts.
   * Default 4,096.
   */
  thinkingTokens?: number | undefined;
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
  thinkingTokens: kinds.whole(0, 1_000_000),
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
  readAddress(NAME, baseURL, { setting: "TH_OPENAI_ENDPOINT", example: "http://localhost:11434/v1" });

  const { thinkingTokens = ROOM_TOKENS } = options;
  const chat = new Chat({ apiKey, baseURL, model, temperature, timeoutMs, thinkingTokens });
  return {
    name: NAME,
    version: `${PROMPT_VERSION}:${model}`,
    processor: options.processor ?? "third-party",
    maxItemsPerCall: options.maxItemsPerCall ?? 100,
    maxBytesPerCall: options.maxBytesPerCall ?? 48 * 1024,
    detectsSource: true,
    takesContext: true,
    takesHint: true,
    takesTerms: true,
    takesReferences: true,
    takesInstructions: true,
    model,
    estimateTokens,
    estimateUsage,
    bound: (batch) => chat.bound(batch),
    async prepare() {
      await chat.client();
    },
    probe: (signal) => probeWithin({ engine: NAME, signal, timeoutMs }, (within) => chat.list(within)),
    translate: (batch, signal) =>
      askModel({ engine: NAME, batch, signal, timeoutMs }, (within) => chat.complete(batch, within)),
  };
}

interface ChatOptions {
  apiKey: Secret | undefined;
  baseURL: string;
  model: string;
  temperature: number;
  timeoutMs: number;
  thinkingTokens: number;
}

/** The names of the limit of an answer, in the order in which they are tried: OpenAI's own, and that of older servers. */
const ANSWER_LIMITS = ["max_completion_tokens", "max_tokens"] as const;

/** A server may count the end of an answer as well. */
const COUNTED_ALIKE = 1.01;

/** The calls of one engine, and the refusals that its endpoint has shown so far. */
class Chat {
  readonly #options: ChatOptions;
  #client: Promise<OpenAI> | undefined;
  // Calls that run at the same time may all learn the same refusal; none unlearns it.
  readonly #learned = { formatStep: 0, temperature: true, limitStep: 0, mostTokens: Number.POSITIVE_INFINITY };

  constructor(options: ChatOptions) {
    this.#options = options;
  }

  /** Made with the first call: the package is loaded only when it is needed. */
  client(): Promise<OpenAI> {
    this.#client ??= openClient(this.#options);
    return this.#client;
  }

  /** A request has no token that is not a byte of its body at least. Undefined: the endpoint takes no limit of an answer. */
  bound(batch: EngineBatch): EngineBound | undefined {
    const { thinkingTokens } = this.#options;
    const { limitStep, mostTokens } = this.#learned;
    if (limitStep >= ANSWER_LIMITS.length) return undefined;
    const outputTokens = Math.min(answerTokens(batch, thinkingTokens), mostTokens);
    // The longest body: each refusal of an option makes it shorter.
    const body = this.#body({ ...batch, maxOutputTokens: outputTokens }, { ...this.#learned, formatStep: 0 });
    return { inputTokens: Buffer.byteLength(JSON.stringify(body)), outputTokens };
  }

  #body(
    batch: EngineBatch,
    asked: { formatStep: number; temperature: boolean; limitStep: number; mostTokens: number },
  ) {
    const { model, temperature } = this.#options;
    const limit = ANSWER_LIMITS[asked.limitStep];
    const { maxOutputTokens: most } = batch;
    return {
      model,
      messages: [
        { role: "system" as const, content: SYSTEM_PROMPT },
        { role: "user" as const, content: userMessage(batch) },
      ],
      ...(asked.temperature && { temperature }),
      ...withFormat(asked.formatStep),
      ...(most !== undefined && limit !== undefined && { [limit]: Math.min(most, asked.mostTokens) }),
    };
  }

  /** One request, and again only after a refusal of an option that it can do without: at most seven times more. */
  async complete(batch: EngineBatch, signal: AbortSignal): Promise<EngineReply> {
    const { chat } = await this.client();
    const { timeoutMs } = this.#options;
    const learned = this.#learned;
    let limited = batch;
    for (;;) {
      const asked = { ...learned };
      // The call was given a bound, and must keep it. Another call may have learned meanwhile that the endpoint takes no limit.
      if (batch.maxOutputTokens !== undefined && asked.limitStep >= ANSWER_LIMITS.length) {
        return { ...failAll(batch, unlimited()), unconfirmed: "none" };
      }
      const response = await chat.completions
        .create(
          this.#body(limited, asked),
          { signal, timeout: timeoutMs + 1_000 }, // our own timer ends the call first, with an error that says so
        )
        .withResponse()
        .catch(refusalIn);
      if ("data" in response) {
        const reply = replyOf(response.data, response.response.headers, batch);
        const most = Math.min(limited.maxOutputTokens ?? Number.POSITIVE_INFINITY, asked.mostTokens);
        // Servers that do not know a name of the limit may also ignore it.
        if (batch.maxOutputTokens !== undefined && (reply.usage?.outputTokens ?? 0) > COUNTED_ALIKE * most) {
          learned.limitStep = Math.max(learned.limitStep, asked.limitStep + 1);
        }
        return reply;
      }

      const lower = lowerAnswerLimit(response);
      const room = roomInWindow(response);
      const isLimited = batch.maxOutputTokens !== undefined && asked.limitStep < ANSWER_LIMITS.length;
      if (isLimited && limited === batch && room !== undefined && room < (batch.maxOutputTokens ?? 0)) {
        // The room is that beside this question, and no other.
        limited = { ...batch, maxOutputTokens: room };
      } else if (isLimited && lower !== undefined && lower < Math.min(asked.mostTokens, batch.maxOutputTokens ?? 0)) {
        learned.mostTokens = Math.min(learned.mostTokens, lower);
      } else if (isLimited && isAboutAnswerLimit(response)) {
        learned.limitStep = Math.max(learned.limitStep, asked.limitStep + 1);
      } else if (asked.temperature && isAboutTemperature(response)) learned.temperature = false;
      else if (asked.formatStep < RESPONSE_FORMATS.length - 1 && isAboutResponseFormat(response)) {
        learned.formatStep = Math.max(learned.formatStep, asked.formatStep + 1);
      } else {
        const reply = failAll(batch, failureOf(NAME, response, batch.items.length));
        return isUnbilled(response) ? { ...reply, unconfirmed: "none" } : reply;
      }
    }
  }

  /** Lists the models: free of charge, and refused with a wrong key. A server without such a list passes. */
  async list(signal: AbortSignal): Promise<void> {
    const { models } = await this.client();
    const timeout = this.#options.timeoutMs + 1_000; // the timer of the probe ends it first
    const answer = await models.list({ signal, timeout }).catch(refusalIn);
    if (!("status" in answer) || NO_SUCH_LIST.has(answer.status ?? 0)) return;
    throw new CallFailed(failureOf(NAME, answer, 1));
  }
}

function unlimited(): EngineFailure {
  return engineFailure("transient", `Engine "${NAME}" takes no limit of its answer: its calls cannot be bounded`);
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
