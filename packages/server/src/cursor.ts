/** Cursors of lists: opaque, and bound to their filter. */
import { createHash } from "node:crypto";
import { HttpError } from "./problem.ts";

const MARK_LENGTH = 16;

/** @param filter The list and all of its filter. */
export function encodeCursor(place: string, filter: object): string {
  return `${markOf(filter)}${Buffer.from(place).toString("base64url")}`;
}

/** @throws {HttpError} `TH_CURSOR`: another list or filter made it. */
export function decodeCursor(cursor: string, filter: object): string {
  if (!cursor.startsWith(markOf(filter))) {
    throw new HttpError("TH_CURSOR", {
      field: "cursor",
      hint: "Begin without a cursor, or repeat the filter of its page.",
    });
  }
  return Buffer.from(cursor.slice(MARK_LENGTH), "base64url").toString();
}

/** The same for the same filter, whatever the order of its fields. */
function markOf(filter: object): string {
  const fields = Object.entries(filter)
    .filter(([, value]) => value !== undefined)
    .sort(([one], [other]) => (one < other ? -1 : 1));
  return createHash("sha256").update(JSON.stringify(fields)).digest("base64url").slice(0, MARK_LENGTH);
}
