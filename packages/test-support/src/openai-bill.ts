/**
 * The bill of a provider of Chat Completions: tokens counted by OpenAI's own tokenizer, prefixes cached as OpenAI documents it.
 *
 * In a test: `const bill = new OpenaiBill(); await startOpenaiServer({ count: bill.count })`.
 */
import { createHash } from "node:crypto";
import { countTokens, encodeChat } from "gpt-tokenizer/encoding/o200k_base";
import type { ChatMessage, Usage } from "./openai-server.ts";

/** Whole amounts of 10^-12 of the currency's unit, for one token. */
export interface TokenPrices {
  input: bigint;
  cached: bigint;
  output: bigint;
}

export interface CountedTokens {
  calls: number;
  /** Cached ones included. */
  inputTokens: number;
  cachedTokens: number;
  outputTokens: number;
}

/** Only the form of the messages depends on it, and is the same for all models of the encoding. */
const MODEL = "gpt-4o-mini";
/** "Caching is available for prompts containing 1024 tokens or more, with cache hits occurring in increments of 128 tokens." */
const LEAST_PREFIX = 1_024;
const PREFIX_STEP = 128;

/** The tokens of a text by `o200k_base`. */
export const tokensIn = (text: string): number => countTokens(text);

/**
 * Counts the messages of each call and the content of its answer. The schema of an answer is not counted.
 *
 * A prefix is cached from the first call that has it, and never dropped: the documented drop after some minutes without use, and
 * the spread of busy prefixes over machines, are left out.
 */
export class OpenaiBill {
  readonly #caches: boolean;
  readonly #prefixes = new Set<string>();
  readonly #tokens: CountedTokens = { calls: 0, inputTokens: 0, cachedTokens: 0, outputTokens: 0 };

  /** @param caches False: no prefix is served from a cache. Default: true. */
  constructor({ caches = true }: { caches?: boolean } = {}) {
    this.#caches = caches;
  }

  /** All calls so far. */
  get tokens(): Readonly<CountedTokens> {
    return { ...this.#tokens };
  }

  /** What all calls so far cost. */
  amount(prices: TokenPrices): bigint {
    return amountOf(this.#tokens, prices);
  }

  /** Adds a call. */
  readonly count = (messages: readonly ChatMessage[], content: string): Usage => {
    const chat = messages.map(({ role, content: text }) => ({ role: role as "system" | "user", content: text }));
    const asked = encodeChat(chat, MODEL);
    const cached = this.#caches ? this.#cachedPrefix(asked) : 0;
    const answered = tokensIn(content);
    this.#tokens.calls += 1;
    this.#tokens.inputTokens += asked.length;
    this.#tokens.cachedTokens += cached;
    this.#tokens.outputTokens += answered;
    return {
      prompt_tokens: asked.length,
      completion_tokens: answered,
      total_tokens: asked.length + answered,
      prompt_tokens_details: { cached_tokens: cached },
    };
  };

  /** The length of the longest prefix that an earlier call had too. */
  #cachedPrefix(tokens: readonly number[]): number {
    const hash = createHash("sha256");
    const bytes = Buffer.from(Uint32Array.from(tokens).buffer);
    let cached = 0;
    let hashed = 0;
    for (let length = LEAST_PREFIX; length <= tokens.length; length += PREFIX_STEP) {
      hash.update(bytes.subarray(hashed * 4, length * 4));
      hashed = length;
      const prefix = hash.copy().digest("base64");
      if (this.#prefixes.has(prefix)) cached = length;
      else this.#prefixes.add(prefix);
    }
    return cached;
  }
}

/** What tokens cost. */
export function amountOf(
  { inputTokens, cachedTokens, outputTokens }: CountedTokens,
  { input, cached, output }: TokenPrices,
): bigint {
  return BigInt(inputTokens - cachedTokens) * input + BigInt(cachedTokens) * cached + BigInt(outputTokens) * output;
}
