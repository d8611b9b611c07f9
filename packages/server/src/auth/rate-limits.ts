/**
 * The requests of one token, of one login, or of one address to what is open to everybody: a rate in this process, and a share of the
 * waits.
 *
 * A bucket a caller stands in memory, and goes once it is full again and nobody has used it for a while.
 */
import { LRUCache } from "lru-cache";
import { HttpError } from "../problem.ts";
import type { Identity } from "./grant.ts";
import { TokenBucket } from "./token-bucket.ts";

export interface RateLimitOptions {
  /** Requests a second of one token or login, in this process. Default: no bound. */
  perSecond?: number | undefined;
  /** The most requests at once beyond that rate. Default: those of two seconds. */
  burst?: number | undefined;
  /** Requests a second of one address to public exports, in this process; twice as many at once. Default: no bound. */
  publicPerSecond?: number | undefined;
  /** Requests of one token or login that may wait at once: `translations:wait` and event streams. Default: no bound of its own. */
  waits?: number | undefined;
  /** Milliseconds, of a clock that never goes back. Default: `performance.now`. */
  now?: (() => number) | undefined;
}

/** Callers in memory. One that falls out begins with a full bucket. */
const MOST_CALLERS = 10_000;

export class RateLimits {
  readonly #options: RateLimitOptions;
  readonly #buckets = new LRUCache<string, TokenBucket>({ max: MOST_CALLERS });
  readonly #waits = new Map<string, number>();

  constructor(options: RateLimitOptions = {}) {
    this.#options = options;
  }

  /**
   * Takes a request of the caller's rate. Gives the headers that tell it the rest.
   *
   * @throws {HttpError} `TH_TOO_MANY_REQUESTS`, with the time until the next one.
   */
  take(identity: Identity): Readonly<Record<string, string>> {
    const { perSecond, burst } = this.#options;
    return perSecond === undefined ? {} : this.#take(callerOf(identity), perSecond, burst);
  }

  /**
   * Takes a request of the rate of an address, of callers who need be nobody.
   *
   * @throws {HttpError} `TH_TOO_MANY_REQUESTS`.
   */
  takeOf(address: string): Readonly<Record<string, string>> {
    const { publicPerSecond } = this.#options;
    return publicPerSecond === undefined ? {} : this.#take(`address ${address}`, publicPerSecond);
  }

  #take(
    key: string,
    perSecond: number,
    burst = Math.max(1, Math.ceil(2 * perSecond)),
  ): Readonly<Record<string, string>> {
    const { now } = this.#options;
    let bucket = this.#buckets.get(key);
    if (bucket === undefined) {
      bucket = new TokenBucket({ perSecond, burst, now });
      this.#buckets.set(key, bucket);
    }
    const isFree = bucket.take();
    const { left, waitSeconds } = bucket;
    const headers = {
      "ratelimit-policy": `"caller";q=${burst};w=${Math.max(1, Math.ceil(burst / perSecond))}`,
      ratelimit: `"caller";r=${left};t=${Math.ceil(waitSeconds)}`,
    };
    if (isFree) return headers;
    throw new HttpError("TH_TOO_MANY_REQUESTS", { retryAfter: Math.max(1, waitSeconds), headers });
  }

  /**
   * Takes a wait of the caller's share; the returned function gives it back, once.
   *
   * @throws {HttpError} `TH_TOO_MANY_REQUESTS`: as many as the caller may have are waiting.
   */
  holdWait(caller: Pick<Identity, "kind" | "subject" | "tokenId">): () => void {
    const { waits } = this.#options;
    if (waits === undefined) return () => undefined;
    const key = callerOf(caller);
    const held = this.#waits.get(key) ?? 0;
    if (held >= waits) {
      throw new HttpError("TH_TOO_MANY_REQUESTS", { hint: `At most ${waits} requests of a caller may wait at once.` });
    }
    this.#waits.set(key, held + 1);
    let isHeld = true;
    return () => {
      if (!isHeld) return;
      isHeld = false;
      const left = (this.#waits.get(key) ?? 1) - 1;
      if (left === 0) this.#waits.delete(key);
      else this.#waits.set(key, left);
    };
  }
}

function callerOf({ kind, subject, tokenId }: Pick<Identity, "kind" | "subject" | "tokenId">): string {
  return `${kind} ${tokenId ?? subject}`;
}
