/** Names chosen by people. */
import { type InvalidItemCode, InvalidItemError } from "../contract/errors.ts";
import { isLonger } from "../contract/text-size.ts";

/** Largest size of a project's name and of a business id, in bytes (UTF-8). */
export const MAX_NAME_BYTES = 255;

/**
 * A name chosen by people: a project, a business id.
 *
 * @throws {InvalidItemError} With the given code: not a string, empty, over 255 bytes, or not storable.
 */
export function parseName(name: unknown, field: string, code: InvalidItemCode): string {
  if (typeof name !== "string") throw new InvalidItemError(code, field, "must be a string");
  if (name === "") throw new InvalidItemError(code, field, "must not be empty", { hint: "Leave it out instead." });
  if (isLonger(name, MAX_NAME_BYTES)) {
    throw new InvalidItemError(code, field, `is longer than ${MAX_NAME_BYTES} bytes`);
  }
  if (!isStorable(name)) throw new InvalidItemError(code, field, NOT_STORABLE);
  return name;
}

/** The problem of a string that {@link isStorable} refuses. */
export const NOT_STORABLE = "holds U+0000 or half a surrogate pair, which the database cannot store";

/** Whether the database can store it. */
export function isStorable(text: string): boolean {
  return text.isWellFormed() && !text.includes("\0");
}
