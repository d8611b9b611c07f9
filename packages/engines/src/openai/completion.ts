/** Reads a response of Chat Completions: its choice, its usage, and the failures that a success status can hide. */
import {
  type EngineBatch,
  type EngineFailure,
  type EngineReply,
  type EngineUsage,
  failAll,
} from "@trans-hub/core/engine";
import { z } from "zod";
import { engineFailure } from "../failure.ts";
import { readAnswer } from "./answer.ts";
import { failureOf, refusalOf, refused } from "./refusal.ts";

const Completion = z.object({
  model: z.string().optional().catch(undefined),
  choices: z
    .array(
      z.object({
        finish_reason: z.string().nullish(),
        message: z.object({
          content: z.union([z.string(), z.array(z.object({ text: z.string() }))]).nullish(),
          refusal: z.string().nullish(),
        }),
      }),
    )
    .min(1),
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
 * The batch's reply from a response with a success status. Some gateways answer 200 and report a failure in the body.
 */
export function replyOf(body: unknown, headers: Headers, batch: EngineBatch): EngineReply {
  const error = errorWithin(body);
  if (error !== undefined)
    return failAll(batch, failureOf("openai", refusalOf(200, error, headers), batch.items.length));
  const completion = Completion.safeParse(body);
  if (!completion.success) {
    return failAll(batch, engineFailure("transient", 'Engine "openai" answered with something else than a completion'));
  }
  const { usage, model, choices } = completion.data;
  const facts = { ...(usage && { usage: usageOf(usage) }), ...(model !== undefined && { model }) };
  const [choice] = choices;
  const failure = choice && failureOfChoice(choice, batch.items.length);
  if (failure !== undefined) return { ...failAll(batch, failure), ...facts };

  const content = choice?.message.content ?? "";
  const text = typeof content === "string" ? content : content.map((part) => part.text).join("");
  return { results: readAnswer(text, batch), ...facts };
}

function errorWithin(body: unknown): unknown {
  if (typeof body !== "object" || body === null) return undefined;
  const { error, choices } = body as { error?: unknown; choices?: unknown };
  if (error !== undefined && error !== null) return error;
  const [choice] = Array.isArray(choices) ? choices : [];
  return (choice as { error?: unknown } | undefined)?.error ?? undefined;
}

type Choice = z.infer<typeof Completion>["choices"][number];

function failureOfChoice({ finish_reason, message }: Choice, itemCount: number): EngineFailure | undefined {
  switch (finish_reason) {
    case "length":
      // A cut answer may end in a cut text even if it parses, so all of it is discarded.
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
