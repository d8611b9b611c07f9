/** Files that hold a source beside each value, and whose sources are keys (`cart.title`) instead of texts. */
import type { Catalog, CatalogMessage } from "../catalog/catalog.ts";
import { familyKey } from "../catalog/unit-keys.ts";

/**
 * The texts to judge the values of such a file by.
 *
 * @param messages The sources that the file itself holds.
 * @param english The file of the same family in the source locale. Undefined: there is none.
 * @returns the messages as they are where they are texts; with the values of the source locale where they are keys; none where
 *   nothing has the texts.
 */
export function withTexts(
  messages: readonly CatalogMessage[],
  english: Catalog | undefined,
): readonly CatalogMessage[] {
  if (!areKeys(messages, english)) return messages;
  return messages.flatMap((message) => {
    const text = english && textOf(message, english);
    return text === undefined ? [] : [{ ...message, text, sameForm: undefined }];
  });
}

/** A form of a plural has the index of its own language; the source locale has one for 1, and one for all else. */
function textOf({ key, form }: CatalogMessage, { texts }: Catalog): string | undefined {
  if (form === undefined) return texts.get(key);
  const id = familyKey(key);
  return texts.get(`${id}[${form.category === "one" ? 0 : 1}]`) ?? texts.get(`${id}[0]`);
}

const HALF = 0.5;
const MOST = 0.8;

function areKeys(messages: readonly CatalogMessage[], english: Catalog | undefined): boolean {
  const valued = english?.messages.filter(({ key }) => english.texts.has(key)) ?? [];
  if (valued.length > 0) {
    const differing = valued.filter(({ key, text }) => english?.texts.get(key) !== text);
    return differing.length > valued.length * HALF;
  }
  return messages.length > 0 && messages.filter(({ text }) => isKey(text)).length >= messages.length * MOST;
}

/** `cart.title`, `CART_TITLE`, `cartTitle`: no text that a reader sees. */
function isKey(text: string): boolean {
  return /^[\w.:/-]+$/.test(text) && /[._:/-]\w|[a-z][A-Z]/.test(text);
}
