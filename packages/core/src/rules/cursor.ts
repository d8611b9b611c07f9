/** Keyset paging: a cursor is the key of the last row shown, opaque to its users. */
import { InvalidItemError } from "../contract/errors.ts";
import type { PageRequest } from "../contract/page.ts";

const DEFAULT_LIMIT = 100;
const GREATEST_LIMIT = 1_000;

export function pageLimit({ limit = DEFAULT_LIMIT }: PageRequest): number {
  return Math.max(1, Math.min(GREATEST_LIMIT, Math.trunc(limit)));
}

export function encodeCursor(key: readonly string[]): string {
  return Buffer.from(key.join(",")).toString("base64url");
}

/**
 * The cursor of the page after this one; null: there is no further row.
 *
 * A page may end early, at its greatest size in bytes. `page_rows` of a row is the number of rows before that cut.
 */
export function nextCursor<Row extends { page_rows: number }>(
  found: readonly Row[],
  limit: number,
  keyOf: (last: Row) => readonly string[],
): string | null {
  const last = found.at(-1);
  if (last === undefined || (found.length < limit && found.length === last.page_rows)) return null;
  return encodeCursor(keyOf(last));
}

/**
 * A cursor whose last part is a name of any characters, behind whole numbers; undefined for the first page.
 *
 * @throws {InvalidItemError} The string is not a cursor of Trans-Hub.
 */
export function decodeNamedCursor(
  cursor: string | undefined,
  numbers: number,
): { key: string[]; name: string } | undefined {
  if (cursor === undefined) return undefined;
  const [, ...parts] = /^(\d{1,19}),(\d{1,19}),(.*)$/s.exec(Buffer.from(cursor, "base64url").toString()) ?? [];
  const [name] = parts.splice(numbers);
  if (name === undefined || name.includes("\0") || !parts.every(isRowNumber)) {
    throw new InvalidItemError("TH_ITEM_SHAPE", "cursor", "is not a cursor that a page before gave");
  }
  return { key: parts, name };
}

/**
 * A cursor of a list that is walked once for each of some reasons: the number of the reason stands before the name.
 *
 * @throws {InvalidItemError} The string is not a cursor of Trans-Hub.
 */
export function decodeQueueCursor(
  cursor: string | undefined,
  reasons: number,
): { reason: number; place: { key: string[]; name: string } } | undefined {
  const found = decodeNamedCursor(cursor, 2);
  if (found === undefined) return undefined;
  const [reason = "", name = ""] = [found.name.slice(0, 1), found.name.slice(1)];
  if (!/^\d$/.test(reason) || Number(reason) >= reasons) {
    throw new InvalidItemError("TH_ITEM_SHAPE", "cursor", "is not a cursor that a page of the queue gave");
  }
  return { reason: Number(reason), place: { key: found.key, name } };
}

/**
 * The whole numbers of a cursor; undefined for the first page.
 *
 * @throws {InvalidItemError} The string is not a cursor of Trans-Hub.
 */
export function decodeCursor(cursor: string | undefined, parts: number): string[] | undefined {
  if (cursor === undefined) return undefined;
  const key = Buffer.from(cursor, "base64url").toString().split(",");
  if (key.length !== parts || !key.every(isRowNumber)) {
    throw new InvalidItemError("TH_ITEM_SHAPE", "cursor", "is not a cursor that a page before gave");
  }
  return key;
}

/** The greatest number of a row: PostgreSQL answers a greater one with an error. */
const MOST = 2n ** 63n - 1n;

function isRowNumber(part: string): boolean {
  return /^\d{1,19}$/.test(part) && BigInt(part) <= MOST;
}
