/** Reads a response of Chat Completions: its choice, its usage, and its ways of being a failure. */
import { type EngineBatch, type EngineReply, type EngineUsage, failAll } from "@trans-hub/core/engine";
import { z } from "zod";
import { engineFailure } from "../failure.ts";
import { type Ending, readAnswer } from "../llm/answer.ts";
import { userMessage } from "../llm/prompt.ts";
import { failureOf, refusalOf, refused } from "../llm/refusal.ts";
import { cutQuestion } from "../llm/window.ts";

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
      total_tokens: z.number().catch(0),
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
  const error = errorIn(fields) ?? (first as { error?: unknown } | null | undefined)?.error ?? undefined;
  if (error !== undefined) {
    return failAll(batch, failureOf("openai", refusalOf(200, error, headers), batch.items.length));
  }
  if (first === undefined && isPromptBlocked(fields)) {
    return failAll(batch, refused("openai", "the texts by its filter of prompts", batch.items.length));
  }
  const { model: answering, usage: used } = fields;
  const completion = Completion.safeParse({ model: answering, usage: used, choice: first });
  const text = completion.success ? textOf(completion.data.choice.message.content) : undefined;
  if (!completion.success || text === undefined) {
    return failAll(batch, engineFailure("transient", 'Engine "openai" answered with something else than a completion'));
  }
  const { usage, model, choice } = completion.data;
  const facts = { ...(usage && { usage: usageOf(usage) }), ...(model !== undefined && { model }) };
  const cut = usage && cutQuestion("openai", userMessage(batch), usage.prompt_tokens, batch.items.length);
  if (cut !== undefined) return { ...failAll(batch, cut), ...facts };
  return { results: readAnswer(text, batch, endingOf(choice, batch.items.length)), ...facts };
}

/** The error of a body: OpenAI's `error`, or the whole body of servers that mark it by `object`. */
function errorIn(fields: Record<string, unknown>): unknown {
  return fields.error ?? (fields.object === "error" ? fields : undefined);
}

/** Gemini and Azure answer so to a question that their filters do not let pass. */
function isPromptBlocked(fields: Record<string, unknown>): boolean {
  const { prompt_feedback, promptFeedback, prompt_filter_results } = fields;
  const facts = JSON.stringify([prompt_feedback, promptFeedback, prompt_filter_results]);
  return /"(block_?reason)":"|"filtered":true/i.test(facts);
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

/** Undefined: the model ended the answer itself. Gateways hand on the words of their providers. */
function endingOf({ finish_reason, message }: Choice, itemCount: number): Ending | undefined {
  switch (finish_reason?.toLowerCase()) {
    case "length":
    case "max_tokens":
    case "model_length":
      return {
        failure: engineFailure(
          "too_long",
          'Engine "openai" reached the end of its answer before the end of the texts',
          { hint: "With prices, answers are limited. Raise TH_OPENAI_THINKING_TOKENS for a model that thinks." },
        ),
        isCut: true,
      };
    case "content_filter":
    case "safety":
    case "recitation":
    case "blocklist":
    case "prohibited_content":
    case "spii":
      return { failure: refused("openai", "by its content filter", itemCount), isCut: true };
    case "error":
    case "insufficient_system_resource": // DeepSeek
      return { failure: engineFailure("transient", 'Engine "openai" broke off its answer'), isCut: true };
  }
  return message.refusal ? { failure: refused("openai", "to translate", itemCount) } : undefined;
}

/** Gemini and xAI bill a model's thoughts as output, and count them in the total alone. */
function usageOf(usage: NonNullable<z.infer<typeof Completion>["usage"]>): EngineUsage {
  const { prompt_tokens: inputTokens, completion_tokens: written, total_tokens: total } = usage;
  return {
    inputTokens,
    outputTokens: inputTokens > 0 ? Math.max(written, total - inputTokens) : written,
    cachedTokens: usage.prompt_tokens_details?.cached_tokens ?? 0,
  };
}
