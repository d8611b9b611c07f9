/** Reads an answer: tolerant of text around the JSON and of an end that is missing, strict about each item. */

import type { EngineBatch, EngineFailure, EngineItemResult } from "@trans-hub/core/engine";
import { z } from "zod";
import { engineFailure } from "../failure.ts";
import { documentIn } from "./document.ts";

/** A model that splits or invents items makes a few; a list of a million is not looked at. */
const MOST_ITEMS = { times: 2, more: 16 };

const AnswerItem = z.object({
  // Some models answer 7 for "7", which confuses no two ids.
  id: z.union([z.string(), z.number().transform(String)]),
  text: z.unknown(),
});

/** Why an answer ended before its end. */
export interface Ending {
  /** The failure of every item that the answer does not hold. */
  failure: EngineFailure;
  /** The answer was cut by a limit of length. */
  isCut?: boolean | undefined;
}

/**
 * The results of an answer, one for each item of the batch.
 *
 * No answer is taken by position, padded or trimmed. An id that was not asked for is dropped. An id that is missing, comes
 * twice or has no text is `malformed`: nothing says which of two texts is the right one. The items before a break in the
 * JSON count, as each of them is closed.
 *
 * @param ending Undefined: the model ended the answer itself.
 */
export function readAnswer(content: string, batch: EngineBatch, ending?: Ending): Map<string, EngineItemResult> {
  const most = MOST_ITEMS.times * batch.items.length + MOST_ITEMS.more;
  const document = documentIn(content, most + 1);
  const missing = ending?.failure;
  if (document === undefined) {
    return all(batch, missing ?? malformed("The answer was not the JSON object that was asked for"));
  }
  if (document.items.length > most) {
    return all(batch, malformed("The answer held far more items than were asked for"));
  }
  const { isWhole } = document;
  // A server that holds the model to JSON may close a text that was cut, so the last text of such an answer does not count.
  const items = ending?.isCut === true && isWhole ? document.items.slice(0, -1) : document.items;
  const left =
    missing ?? malformed(isWhole ? "The answer left this item out" : "The answer broke off before this item");

  const found = new Map<string, { text: unknown; count: number }>();
  for (const entry of items) {
    const item = AnswerItem.safeParse(entry);
    if (!item.success) continue;
    const { id, text } = item.data;
    found.set(id, { text, count: (found.get(id)?.count ?? 0) + 1 });
  }
  return new Map(batch.items.map(({ id }) => [id, resultOf(found.get(id), left)]));
}

function resultOf(found: { text: unknown; count: number } | undefined, left: EngineFailure): EngineItemResult {
  if (found === undefined) return { failure: left };
  const { text, count } = found;
  if (count > 1) return { failure: malformed("The answer held this item more than once") };
  if (typeof text !== "string") return { failure: malformed("The answer held no text for this item") };
  return { text };
}

function all(batch: EngineBatch, failure: EngineFailure): Map<string, EngineItemResult> {
  return new Map(batch.items.map(({ id }) => [id, { failure }]));
}

function malformed(message: string): EngineFailure {
  return engineFailure("malformed", message);
}
