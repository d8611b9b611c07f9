/**
 * Requests that last, such as waits and event streams: each is judged again while it lasts, so that it ends with its token.
 *
 * While the database does not answer they go on: nothing new reaches them from it.
 */

import { HttpError } from "../problem.ts";
import type { Authenticator } from "./authenticator.ts";
import type { Credentials } from "./credentials.ts";

/** Milliseconds between two judgements. With the time for which an answer of the store is kept, a revoked token lasts ten seconds. */
const EVERY_MS = 2_000;

interface Open {
  readonly credentials: Credentials;
  readonly onEnded: () => void;
}

export class StandingRequests {
  readonly #authenticator: Authenticator;
  readonly #everyMs: number;
  readonly #open = new Set<Open>();
  #timer: NodeJS.Timeout | undefined;
  #isJudging = false;

  constructor(authenticator: Authenticator, { everyMs = EVERY_MS }: { everyMs?: number } = {}) {
    this.#authenticator = authenticator;
    this.#everyMs = everyMs;
  }

  /**
   * Judges a request again until the returned function is called.
   *
   * @param onEnded Called once, when the caller is nobody any more.
   */
  watch(credentials: Credentials, onEnded: () => void): () => void {
    const open = { credentials, onEnded };
    this.#open.add(open);
    this.#timer ??= setInterval(() => void this.#judge(), this.#everyMs).unref();
    return () => {
      this.#open.delete(open);
      if (this.#open.size > 0) return;
      clearInterval(this.#timer);
      this.#timer = undefined;
    };
  }

  async #judge(): Promise<void> {
    if (this.#isJudging) return;
    this.#isJudging = true;
    try {
      for (const open of [...this.#open]) {
        if (!(await this.#isSomebody(open)) && this.#open.delete(open)) open.onEnded();
      }
    } finally {
      this.#isJudging = false;
    }
  }

  async #isSomebody({ credentials }: Open): Promise<boolean> {
    try {
      await this.#authenticator.authenticate(credentials);
      return true;
    } catch (error) {
      return !(error instanceof HttpError && (error.code === "TH_UNAUTHORIZED" || error.code === "TH_FORBIDDEN"));
    }
  }
}
