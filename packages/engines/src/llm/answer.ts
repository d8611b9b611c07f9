/** Reads an answer: tolerant of text around the JSON, strict about the JSON itself. */

import type { EngineBatch, EngineItemResult } from "@trans-hub/core/engine";
import { z } from "zod";
import { engineFailure } from "../failure.ts";

/** A model that splits or invents items makes a few; a list of a million is not looked at. */
const MOST_ITEMS = { times: 2, more: 16 };

const AnswerItem = z.object({
  // Some models answer 7 for "7", which confuses no two ids.
  id: z.union([z.string(), z.number().transform(String)]),
  text: z.unknown(),
});

/**
 * The results of an answer, one for each item of the batch.
 *
 * No answer is taken by position, padded or trimmed. An id that was not asked for is dropped. An id that is missing, comes
 * twice or has no text is `malformed`: nothing says which of two texts is the right one.
 */
export function readAnswer(content: string, batch: EngineBatch): Map<string, EngineItemResult> {
  const items = itemsOf(parseJson(content));
  if (items === undefined) return malformed(batch, "The answer was not the JSON object that was asked for");
  if (items.length > MOST_ITEMS.times * batch.items.length + MOST_ITEMS.more) {
    return malformed(batch, "The answer held far more items than were asked for");
  }

  const found = new Map<string, { text: unknown; count: number }>();
  for (const entry of items) {
    const item = AnswerItem.safeParse(entry);
    if (!item.success) continue;
    const { id, text } = item.data;
    found.set(id, { text, count: (found.get(id)?.count ?? 0) + 1 });
  }
  return new Map(batch.items.map(({ id }) => [id, resultOf(found.get(id))]));
}

/** By hand: a parser makes an object of its own for each of a million items. */
function itemsOf(answer: unknown): unknown[] | undefined {
  const items = (answer as { items?: unknown } | null | undefined)?.items;
  return Array.isArray(items) ? items : undefined;
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
 * The value of the first candidate that parses: the whole content, the part after a model's thoughts, the content of a code
 * fence, the part between the outermost braces. Nothing is repaired: a guess at broken JSON is a guess at texts.
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
      // The next candidate may parse.
    }
  }
  return undefined;
}
