/** Reads an answer: tolerant of text around the JSON, strict about the JSON's content. */

import type { EngineBatch, EngineItemResult } from "@trans-hub/core/engine";
import { z } from "zod";
import { engineFailure } from "../failure.ts";

const Answer = z.object({ items: z.array(z.unknown()) });
const AnswerItem = z.object({
  // Some models answer 7 for "7", which cannot confuse two ids.
  id: z.union([z.string(), z.number().transform(String)]),
  text: z.unknown(),
});

/**
 * The results of an answer, one for each item of the batch.
 *
 * No text is matched by position, padded or trimmed. An unknown id is dropped. An id that is missing, repeated or
 * without a text is `malformed`: with two texts for one id, the right one cannot be determined.
 */
export function readAnswer(content: string, batch: EngineBatch): Map<string, EngineItemResult> {
  const answer = Answer.safeParse(parseJson(content));
  if (!answer.success) return malformed(batch, "The answer was not the JSON object that was asked for");

  const found = new Map<string, { text: unknown; count: number }>();
  for (const entry of answer.data.items) {
    const item = AnswerItem.safeParse(entry);
    if (!item.success) continue;
    const { id, text } = item.data;
    found.set(id, { text, count: (found.get(id)?.count ?? 0) + 1 });
  }
  return new Map(batch.items.map(({ id }) => [id, resultOf(found.get(id))]));
}

function resultOf(found: { text: unknown; count: number } | undefined): EngineItemResult {
  if (found === undefined) return { failure: engineFailure("malformed", "The answer left this item out") };
  const { text, count } = found;
  if (count > 1) return { failure: engineFailure("malformed", "The answer held this item more than once") };
  if (typeof text !== "string") {
    return { failure: engineFailure("malformed", "The answer held no text for this item") };
  }
  return { text };
}

function malformed(batch: EngineBatch, message: string): Map<string, EngineItemResult> {
  return new Map(batch.items.map(({ id }) => [id, { failure: engineFailure("malformed", message) }]));
}

/**
 * The first reading that parses: the whole content, the part after a model's thinking aloud, the content of a code
 * fence, or the part between the outermost braces. Broken JSON is not repaired: a guess at broken JSON is a guess at
 * texts.
 */
function parseJson(content: string): unknown {
  const thought = content.lastIndexOf("</think>");
  const spoken = thought === -1 ? content : content.slice(thought + "</think>".length);
  const fence = spoken.indexOf("```");
  const fenced = spoken.slice(spoken.indexOf("\n", fence) + 1, spoken.lastIndexOf("```"));
  const braced = spoken.slice(spoken.indexOf("{"), spoken.lastIndexOf("}") + 1);
  for (const candidate of [content, spoken, ...(fence === -1 ? [] : [fenced]), braced]) {
    try {
      return JSON.parse(candidate);
    } catch {
      // The next reading may parse.
    }
  }
  return undefined;
}
