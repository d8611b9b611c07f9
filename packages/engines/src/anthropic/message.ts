/** Reads a response of the Messages API: its text, its usage, and its ways of being a failure. */
import { type EngineBatch, type EngineReply, type EngineUsage, failAll } from "@trans-hub/core/engine";
import { z } from "zod";
import { engineFailure } from "../failure.ts";
import { type Ending, readAnswer } from "../llm/answer.ts";
import { failureOf, refusalOf, refused } from "../llm/refusal.ts";

/** No list is checked piece by piece: a hostile one holds a million pieces. */
const Message = z.object({
  model: z.string().optional().catch(undefined),
  content: z.array(z.unknown()),
  stop_reason: z.string().nullish().catch(undefined),
  usage: z
    .object({
      input_tokens: z.number().catch(0),
      output_tokens: z.number().catch(0),
      cache_creation_input_tokens: z.number().catch(0),
      cache_read_input_tokens: z.number().catch(0),
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
  const { error } = (typeof body === "object" && body !== null ? body : {}) as { error?: unknown };
  const { length } = batch.items;
  if (error !== undefined && error !== null) {
    return failAll(batch, failureOf("anthropic", refusalOf(200, error, headers), length));
  }
  const message = Message.safeParse(body);
  if (!message.success) {
    return failAll(batch, engineFailure("transient", 'Engine "anthropic" answered with something else than a message'));
  }
  const { content, usage, model, stop_reason } = message.data;
  return {
    results: readAnswer(textOf(content), batch, endingOf(stop_reason, length)),
    ...(usage && { usage: usageOf(usage) }),
    ...(model !== undefined && { model }),
  };
}

/** Thoughts and calls of tools are blocks of other types. */
function textOf(content: readonly unknown[]): string {
  let all = "";
  for (const block of content) {
    const { type, text } = (block ?? {}) as { type?: unknown; text?: unknown };
    if (type === "text" && typeof text === "string") all += text;
  }
  return all;
}

/** Undefined: the model ended the answer itself. */
function endingOf(reason: string | null | undefined, itemCount: number): Ending | undefined {
  switch (reason) {
    case "max_tokens":
    case "model_context_window_exceeded":
      return {
        failure: engineFailure(
          "too_long",
          'Engine "anthropic" reached the end of its answer before the end of the texts',
        ),
        isCut: true,
      };
    case "refusal":
      return { failure: refused("anthropic", "to translate", itemCount), isCut: true };
    default:
      return undefined;
  }
}

/** Anthropic counts the tokens of its cache beside the others. */
function usageOf(usage: NonNullable<z.infer<typeof Message>["usage"]>): EngineUsage {
  const { cache_creation_input_tokens: written, cache_read_input_tokens: read } = usage;
  return {
    inputTokens: usage.input_tokens + written + read,
    outputTokens: usage.output_tokens,
    cachedTokens: read,
    ...(written > 0 && { cacheWriteTokens: written }),
  };
}
