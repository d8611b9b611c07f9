/** The greatest sizes of requests: routes hold to them, and `…/catalog` tells them. */
import { HttpError } from "./problem.ts";

export const MAX_BODY_BYTES = 4 * 2 ** 20;
/** Items of a request. */
export const MAX_ITEMS = 10_000;
/** Texts of a read. */
export const MAX_NAMES = 1_000;

/** @throws {HttpError} `TH_TOO_LARGE`. */
export function requireFewItems(items: readonly unknown[]): void {
  if (items.length <= MAX_ITEMS) return;
  throw new HttpError("TH_TOO_LARGE", { field: "items", hint: "A request has 10,000 items at most." });
}

/** @throws {HttpError} `TH_TOO_LARGE`. */
export function requireFewNames(names: readonly unknown[]): void {
  if (names.length <= MAX_NAMES) return;
  throw new HttpError("TH_TOO_LARGE", { field: "items", hint: "A read has 1,000 texts at most." });
}
