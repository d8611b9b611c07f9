/** From a database error that one item caused to the error of our catalogue. */

import { type InvalidItemCode, InvalidItemError } from "../../contract/errors.ts";
import { errorCode } from "../database/database-error.ts";

/** The codes that our SQL functions raise (migrations/functions/register/item_code.sql). */
const CODE_OF_STATE: Record<string, InvalidItemCode> = {
  TH001: "TH_ITEM_SHAPE",
  TH002: "TH_TEXT_EMPTY",
  TH003: "TH_TEXT_TOO_LONG",
  TH004: "TH_TEXT_CHARACTERS",
  TH005: "TH_LOCALE",
  TH006: "TH_BUSINESS_ID",
  TH007: "TH_PROJECT",
  TH008: "TH_CONTEXT",
  TH009: "TH_PRIORITY",
  TH010: "TH_FORMAT",
};

/**
 * The typed error for a database error that one item caused. PostgreSQL's own message may quote a value of the
 * item, so the error gives only its SQLSTATE.
 */
export function itemErrorOfState(error: unknown): InvalidItemError {
  const state = errorCode(error) ?? "unknown";
  const code = CODE_OF_STATE[state];
  if (code !== undefined) {
    const { column } = error as { column?: string };
    return new InvalidItemError(code, column ?? "item", (error as Error).message, { cause: error });
  }
  return new InvalidItemError("TH_ITEM_SHAPE", "item", `the database cannot store it (SQLSTATE ${state})`, {
    cause: error,
  });
}
