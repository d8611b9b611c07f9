/** Tags of requests, for the accounts of engine calls. */
import { InvalidItemError } from "../contract/errors.ts";

/** The most characters of a tag. */
export const MAX_TAG_LENGTH = 64;

/** Without blanks and letters of other scripts no text is a tag: tags stay when a text is forgotten. */
const TAG = /^[0-9A-Za-z][0-9A-Za-z._:/@+-]*$/;

/**
 * Checks a tag.
 *
 * @returns Undefined: there is none.
 * @throws {InvalidItemError} `TH_ITEM_SHAPE`. The message does not repeat it.
 */
export function parseTag(tag: unknown): string | undefined {
  if (tag === undefined || tag === null) return undefined;
  if (typeof tag === "string" && tag.length <= MAX_TAG_LENGTH && TAG.test(tag)) return tag;
  throw new InvalidItemError("TH_ITEM_SHAPE", "tag", "must be 1 to 64 letters of English, digits and . _ : / @ + -", {
    hint: 'Such as "checkout-team".',
  });
}
