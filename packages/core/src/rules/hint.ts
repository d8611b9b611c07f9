/**
 * A producer's hint about a text: what may help an engine and is no part of the text's identity. The twin of
 * `trans_hub.are_hints`.
 */
import { InvalidItemError } from "../contract/errors.ts";
import type { Hint } from "../contract/hint.ts";
import { LONGEST_MAX_LENGTH } from "./max-length.ts";
import { isStorable, NOT_STORABLE } from "./name.ts";

/** Largest size of a hint in bytes (UTF-8): those of its keys and strings, and 8 for each number. */
export const MAX_HINT_BYTES = 4_096;

const NUMBER_BYTES = 8;
const CURE = { hint: 'Such as { "note": "A button in the cart", "key": "cart.pay", "maxLength": 20 }.' };

/**
 * A hint in its one form, as JSON with sorted keys. Undefined: none was given. A member that is null or undefined is absent; an
 * empty hint (`{}`) stays one, and takes an earlier one back.
 *
 * @throws {InvalidItemError} `TH_ITEM_SHAPE`. The message holds no value.
 */
export function parseHint(hint: unknown, field = "hint"): string | undefined {
  if (hint === undefined || hint === null) return undefined;
  if (typeof hint !== "object" || Array.isArray(hint)) throw refused(field, "must be an object");
  const prototype = Object.getPrototypeOf(hint);
  if (prototype !== null && Object.getPrototypeOf(prototype) !== null) {
    throw refused(field, "must be a plain object, and is an instance of a class");
  }
  const normal: Record<string, string | number> = Object.create(null);
  let bytes = 0;
  for (const key of Object.keys(hint).sort()) {
    const value: unknown = (hint as Record<string, unknown>)[key];
    if (value === undefined || value === null) continue;
    bytes += Buffer.byteLength(key) + (typeof value === "string" ? Buffer.byteLength(value) : NUMBER_BYTES);
    if (bytes > MAX_HINT_BYTES) throw refused(field, "is longer than 4,096 bytes");
    const problem = isStorable(key) ? problemWith(key, value) : NOT_STORABLE;
    if (problem !== undefined) throw refused(isKnown(key) ? `${field}.${key}` : field, problem);
    normal[key] = value as string | number;
  }
  return JSON.stringify(normal);
}

/** What may be said of a text, read from where it is stored. */
export function readHint(json: string | undefined): Hint | undefined {
  return json === undefined || json === "{}" ? undefined : (JSON.parse(json) as Hint);
}

function problemWith(key: string, value: unknown): string | undefined {
  if (key === "maxLength") {
    const isLength = typeof value === "number" && Number.isInteger(value) && value >= 1 && value <= LONGEST_MAX_LENGTH;
    return isLength ? undefined : `must be a whole number from 1 to ${LONGEST_MAX_LENGTH}`;
  }
  if (typeof value === "string") return isStorable(value) ? undefined : NOT_STORABLE;
  if (isKnown(key)) return "must be a string";
  return typeof value === "number" && Number.isFinite(value) ? undefined : "may hold strings and numbers only";
}

function isKnown(key: string): boolean {
  return key === "note" || key === "key" || key === "maxLength";
}

function refused(field: string, problem: string): InvalidItemError {
  return new InvalidItemError("TH_ITEM_SHAPE", field, problem, CURE);
}
