/** What texts would take of an engine, without a call: the calls, cut as a run cuts them, their tokens and their cost. */
import type { Engine, EngineBatch, TextFormat } from "../contract/engine.ts";
import type { Hint } from "../contract/hint.ts";
import { type Instructions, instructionTable } from "../rules/instructions.ts";
import { pluralFormOf } from "../rules/plural-context.ts";
import { costOf, isPriced, type PriceTable } from "../rules/prices.ts";
import { engineBatch, factsOf, itemBytes, packCalls } from "./brief.ts";

export interface TextToEstimate {
  text: string;
  context: Record<string, unknown> | null;
  format: TextFormat;
  /** Default: none. */
  hint?: Hint | undefined;
}

export interface EstimateOptions {
  project: string;
  /** Canonical BCP 47, or `und`. */
  sourceLocale: string;
  /** Canonical BCP 47. */
  targetLocale: string;
  /** The most texts of one batch. */
  batchSize: number;
  /** Default: there are none. */
  instructions?: Instructions | undefined;
  /** Default: none is known. */
  prices?: PriceTable | undefined;
}

/** The tokens are estimated by bytes (docs/adr/0043). */
export interface CallEstimate {
  calls: number;
  inputTokens: number;
  outputTokens: number;
  /** Of source text, where the engine counts characters. */
  characters: number;
  /** An exact amount of the estimated units. Undefined: no price is known. */
  cost: bigint | undefined;
  /** UTF-8 bytes of the requests, of an engine that is sent a prompt; else 0. */
  promptBytes: number;
  /** Parts of `promptBytes`; the rest is the engine's own prompt. */
  parts: { texts: number; instructions: number; contexts: number };
}

/** As in the store: the most bytes of text of one batch. */
const BATCH_BYTES = 32_768;
const BYTES_A_TOKEN = 3;

/** Estimates the first try of each text. A text that an engine answers badly is asked again. */
export function estimateCalls(
  engine: Engine,
  texts: readonly TextToEstimate[],
  options: EstimateOptions,
): CallEstimate {
  const { batchSize, instructions, prices } = options;
  const instructionsOf = instructionTable(instructions);
  const isKnown = isPriced(prices, engine.name, [engine.model]) || (prices !== undefined && engine.isFree === true);
  const estimate: CallEstimate = {
    ...{ calls: 0, inputTokens: 0, outputTokens: 0, characters: 0, cost: isKnown ? 0n : undefined, promptBytes: 0 },
    parts: { texts: 0, instructions: 0, contexts: 0 },
  };
  const groups = texts.map(({ text, context, format, hint }) => {
    const form = context === null ? undefined : pluralFormOf(context);
    return [{ item: { text, format, ...(form && { form }), ...factsOf(engine, { context, hint }, undefined) } }];
  });
  const batches = packCalls(groups, {
    ...{ maxItemsPerCall: batchSize, maxBytesPerCall: BATCH_BYTES, maxTokensPerCall: Number.POSITIVE_INFINITY },
    tokensOf: () => 0,
  });
  for (const batch of batches) {
    const calls = packCalls(
      batch.map((entry) => [entry]),
      { ...limitsOf(engine), maxTokensPerCall: Number.POSITIVE_INFINITY, tokensOf: () => 0 },
    );
    for (const call of calls) {
      const items = call.map(({ item }) => item);
      addCall(estimate, engine, engineBatch(engine, options, items, instructionsOf), prices);
    }
  }
  return estimate;
}

function addCall(estimate: CallEstimate, engine: Engine, asked: EngineBatch, prices: PriceTable | undefined): void {
  const add = (amount: bigint | undefined) => {
    if (estimate.cost !== undefined) estimate.cost += amount ?? 0n;
  };
  const bound = engine.bound?.(asked);
  const textBytes = asked.items.reduce((sum, { text }) => sum + Buffer.byteLength(text), 0);
  estimate.calls += 1;
  if (bound !== undefined && "characters" in bound) {
    estimate.characters += bound.characters;
    add(costOf(prices, engine.name, [engine.model], bound)?.amount);
    return;
  }
  const usage = engine.estimateUsage?.(asked) ?? safeUsage(engine, asked, textBytes);
  estimate.inputTokens += usage.inputTokens;
  estimate.outputTokens += usage.outputTokens;
  add(costOf(prices, engine.name, [engine.model], usage)?.amount);
  // A bound counts each byte of the request as a token.
  estimate.promptBytes += bound?.inputTokens ?? 0;
  estimate.parts.texts += textBytes;
  estimate.parts.instructions += Buffer.byteLength(asked.instructions ?? "");
  estimate.parts.contexts += asked.items.reduce((sum, item) => sum + itemBytes(item), 0) - textBytes;
}

function safeUsage(engine: Engine, asked: EngineBatch, textBytes: number) {
  const outputTokens = Math.ceil(textBytes / BYTES_A_TOKEN);
  const bytes = asked.items.reduce((sum, item) => sum + itemBytes(item), 0);
  const all = engine.estimateTokens?.(asked) ?? Math.ceil(bytes / BYTES_A_TOKEN) + outputTokens;
  return { inputTokens: Math.max(0, all - outputTokens), outputTokens };
}

function limitsOf({ maxItemsPerCall, maxBytesPerCall }: Engine): Pick<Engine, "maxItemsPerCall" | "maxBytesPerCall"> {
  return { maxItemsPerCall, maxBytesPerCall };
}
