/** Requests that must run once, although their caller may send them again. */
import type { RegisterItem } from "./item.ts";
import type { RegisterOptions } from "./register.ts";

export interface OnceKey {
  /** The name space of the key: no two callers share one. */
  owner: string;
  /** Chosen by the caller. Stores keep no more of it than its hash. */
  key: string;
  /** All of the request. Stores keep no more of it than its hash with the key. */
  body: string;
}

/** One call of `register` that runs once. */
export interface OnceCall {
  items: readonly RegisterItem[];
  options: RegisterOptions;
}

/**
 * - `done`: the answer of this request, or of the first one with its key. It is committed.
 * - `running`: another request with the key has not ended. Nothing was done.
 * - `other`: the key was used with another body. Nothing was done.
 */
export type OnceEnd<Answer> = { kind: "running" } | { kind: "other" } | { kind: "done"; answer: Answer };
