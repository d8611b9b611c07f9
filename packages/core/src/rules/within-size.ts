/** The bound on the size of a text, at the two ways by which a translation comes into a store: a settlement and an approval. */
import type { BestTry } from "../contract/dead-letter.ts";
import { InvalidItemError, TranslationBlockedError } from "../contract/errors.ts";
import { isLonger, MAX_STORED_TEXT_BYTES } from "../contract/text-size.ts";
import type { WorkOutcome } from "../contract/work.ts";

/**
 * The outcome to be written: a translation over {@link MAX_STORED_TEXT_BYTES} fails for good, and its neighbours are stored. The
 * checks find it earlier; this bound also holds for a {@link TranslateWork} without them.
 */
export function withinSize(outcome: WorkOutcome): WorkOutcome {
  if (outcome.kind !== "translated" || !isLonger(outcome.text, MAX_STORED_TEXT_BYTES)) return outcome;
  const { code, message } = new TranslationBlockedError("oversized", "The translation is longer than any text may be");
  return { kind: "failed", error: { at: new Date().toISOString(), engine: outcome.engine, code, message } };
}

/** The best try as a dead letter keeps it; undefined: PostgreSQL could not store it, and the letter goes without. */
export function storableTry(bestTry: BestTry | undefined): BestTry | undefined {
  if (bestTry === undefined || isLonger(bestTry.text, MAX_STORED_TEXT_BYTES)) return undefined;
  return bestTry.text.includes("\0") || !bestTry.text.isWellFormed() ? undefined : bestTry;
}

/** @throws {InvalidItemError} `TH_TEXT_TOO_LONG`: a person's text is over {@link MAX_STORED_TEXT_BYTES}. */
export function assertWithinSize(text: string | undefined): void {
  if (text !== undefined && isLonger(text, MAX_STORED_TEXT_BYTES)) {
    throw new InvalidItemError("TH_TEXT_TOO_LONG", "text", `is longer than ${MAX_STORED_TEXT_BYTES} bytes`);
  }
}
