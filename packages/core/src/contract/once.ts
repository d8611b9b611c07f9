/** Requests that must run once, although their caller may send them again. */

export interface OnceKey {
  /** The name space of the key: no two callers share one. */
  owner: string;
  /** Chosen by the caller. Stores keep no more of it than its hash. */
  key: string;
  /** All of the request. Stores keep no more of it than its hash with the key. */
  body: string;
}

/**
 * - `begun`: it is the caller's to do. `endOnce` must follow.
 * - `running`: it began elsewhere and has no answer yet. After five minutes it counts as lost, and may be begun anew.
 * - `other`: the key was used with another body.
 * - `done`: its answer.
 */
export type OnceBegun = { kind: "begun" | "running" | "other" } | { kind: "done"; answer: unknown };
