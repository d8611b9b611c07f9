/** Reads a response of Chat Completions: its choice, its usage, and its ways of being a failure. */
import {
  type EngineBatch,
  type EngineFailure,
  type EngineReply,
  type EngineUsage,
  failAll,
} from "@trans-hub/core/engine";
import { z } from "zod";
import { engineFailure } from "../failure.ts";
import { readAnswer } from "../llm/answer.ts";
import { failureOf, refusalOf, refused } from "./refusal.ts";

/** Only the first choice is read, and no list is checked piece by piece: a hostile one holds a million pieces. */
const Completion = z.object({
  model: z.string().optional().catch(undefined),
  choice: z.object({
    finish_reason: z.string().nullish(),
    message: z.object({ content: z.unknown(), refusal: z.string().nullish() }),
  }),
  usage: z
    .object({
      prompt_tokens: z.number().catch(0),
      completion_tokens: z.number().catch(0),
      prompt_tokens_details: z
        .object({ cached_tokens: z.number().catch(0) })
        .nullish()
        .catch(undefined),
    })
    .optional()
    .catch(undefined),
});

/**
 * The reply to a batch, read from a response with a success status.
 *
 * Some gateways answer 200 with an error inside.
 */
export function replyOf(body: unknown, headers: Headers, batch: EngineBatch): EngineReply {
  const fields = (typeof body === "object" && body !== null ? body : {}) as Record<string, unknown>;
  const [first] = Array.isArray(fields.choices) ? fields.choices : [];
  const error = fields.error ?? (first as { error?: unknown } | null | undefined)?.error ?? undefined;
  if (error !== undefined)
    return failAll(batch, failureOf("openai", refusalOf(200, error, headers), batch.items.length));
  const { model: answering, usage: used } = fields;
  const completion = Completion.safeParse({ model: answering, usage: used, choice: first });
  const text = completion.success ? textOf(completion.data.choice.message.content) : undefined;
  if (!completion.success || text === undefined) {
    return failAll(batch, engineFailure("transient", 'Engine "openai" answered with something else than a completion'));
  }
  const { usage, model, choice } = completion.data;
  const facts = { ...(usage && { usage: usageOf(usage) }), ...(model !== undefined && { model }) };
  const failure = failureOfChoice(choice, batch.items.length);
  if (failure !== undefined) return { ...failAll(batch, failure), ...facts };
  return { results: readAnswer(text, batch), ...facts };
}

/** The text of a content: a string, or a list of parts. Undefined: neither. */
function textOf(content: unknown): string | undefined {
  if (content === undefined || content === null) return "";
  if (typeof content === "string") return content;
  if (!Array.isArray(content)) return undefined;
  const texts = content.map((part: { text?: unknown } | null) => part?.text);
  return texts.every((text) => typeof text === "string") ? texts.join("") : undefined;
}

type Choice = z.infer<typeof Completion>["choice"];

function failureOfChoice({ finish_reason, message }: Choice, itemCount: number): EngineFailure | undefined {
  switch (finish_reason) {
    case "length":
      // The part of a cut answer that parses may end in a cut text, so no text of it counts.
      return engineFailure("too_long", 'Engine "openai" reached the end of its answer before the end of the texts');
    case "content_filter":
      return refused("openai", "by its content filter", itemCount);
    case "error":
      return engineFailure("transient", 'Engine "openai" broke off its answer');
  }
  return message.refusal ? refused("openai", "to translate", itemCount) : undefined;
}

function usageOf(usage: NonNullable<z.infer<typeof Completion>["usage"]>): EngineUsage {
  return {
    inputTokens: usage.prompt_tokens,
    outputTokens: usage.completion_tokens,
    cachedTokens: usage.prompt_tokens_details?.cached_tokens ?? 0,
  };
}
