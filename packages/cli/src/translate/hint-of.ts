import type { Hint, Item } from "@trans-hub/core";
import type { CatalogMessage } from "../catalog/catalog.ts";
import { cutToBytes } from "./cut-text.ts";

/** In bytes of UTF-8. A hint takes 4,096 together: a longer note is cut, and a longer key is most often a text. */
const LONGEST_NOTE = 3_000;
const LONGEST_KEY = 500;
const MOST_CHARACTERS = 1_000_000;

type Said = Pick<CatalogMessage, "key" | "text" | "note" | "maxLength" | "distinct">;

/**
 * The hint about a message: its note, its key, the length that its file allows, and no part of its identity. A key that holds
 * the text itself, as in gettext, is left out.
 */
export function hintOf({ key, text, note, maxLength, distinct }: Said): Pick<Item, "hint"> {
  const isKeyTold = distinct === undefined && Buffer.byteLength(key) <= LONGEST_KEY && !saysText(key, text);
  const hint: Hint = {
    ...(note !== undefined && isStorable(note) && { note: cut(note) }),
    ...(isKeyTold && isStorable(key) && { key }),
    ...(maxLength !== undefined && isLength(maxLength) && { maxLength }),
  };
  // Also where it is empty: a note that was deleted is taken back.
  return { hint };
}

function saysText(key: string, text: string): boolean {
  return key === text || key.endsWith(`\u0004${text}`) || key.startsWith(`${text}[`) || key.includes(`\u0004${text}[`);
}

function cut(note: string): string {
  if (Buffer.byteLength(note) <= LONGEST_NOTE) return note;
  return `${cutToBytes(note, LONGEST_NOTE - 3)}…`;
}

function isStorable(text: string): boolean {
  return text !== "" && text.isWellFormed() && !text.includes("\0");
}

function isLength(most: number): boolean {
  return Number.isInteger(most) && most >= 1 && most <= MOST_CHARACTERS;
}
