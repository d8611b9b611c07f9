/** Options and results of registering. */
import type { TransHubError } from "./errors.ts";

/** The result of one item, counted in rows (one per target locale). */
export interface ItemReceipt {
  /** Rows that this call made, or put back to work (`force`). */
  registered: number;
  /** Rows that were there, duplicates inside the call included. */
  existing: number;
  /** Rows that wait in the inbox, because another session held a lock. A worker registers them after its end. */
  queued: number;
  /** The part of `existing` that is in the dead letters. */
  failed: number;
  /** Set when the store refused this item alone: nothing of it was stored. */
  error?: TransHubError;
}

export interface RegisterOptions {
  /** The caller's active engine, if it has one: rows stored by `pseudo` then count as missing. */
  engine?: string | undefined;
  /**
   * Upper bound of waiting texts. An item whose new rows would exceed it is refused with `BacklogFullError`; existing
   * rows are not refused, unless they are to be translated anew. Concurrent calls may exceed it together. Default: the
   * store's own bound, or none.
   */
  maxBacklog?: number | undefined;
  /**
   * The contexts of the sampled traces that ask, as W3C's `traceparent`, at most 16. A store carries them with the work to
   * `WorkBatch.traceparents`, or drops them. Default: none.
   */
  traceparents?: readonly string[] | undefined;
  /**
   * The tag of the request, for the accounts of the engine calls that its work takes. A store keeps work of different tags apart.
   * At most 64 letters of English, digits and `. _ : / @ + -`. Default: none.
   */
  tag?: string | undefined;
  signal?: AbortSignal | undefined;
}
