/** What registering is given and answers. */
import type { TransHubError } from "./errors.ts";

/** What became of one item, counted in rows (one a target locale). */
export interface ItemReceipt {
  /** Rows that this call made, or put back to work (`force`). */
  registered: number;
  /** All others, duplicates inside the call included. */
  existing: number;
  /** Those of `existing` that lie in the dead letters. */
  failed: number;
  /** Set when the store refused this item alone: nothing of it was stored. */
  error?: TransHubError;
}

export interface RegisterOptions {
  /** The active engine of who registers, when it has one: rows stored by `pseudo` then count as missing. */
  engine?: string | undefined;
  /**
   * The most texts that may wait. An item whose new rows would go over it is refused with `BacklogFullError`; rows that are
   * there are not, unless they are to be translated anew. Calls at the same moment may go over it together.
   * Default: the store's own bound, or none.
   */
  maxBacklog?: number | undefined;
  signal?: AbortSignal | undefined;
}
