/**
 * The rate limits of providers, for the test server: requests and tokens a minute, refused with 429.
 *
 * A call counts at its arrival, with all its tokens, including those of its answer: the server makes the answer, so it
 * knows them. Real providers guess them at that moment and correct the guess later. A refused call does not count.
 */

/**
 * The ways to count.
 *
 * - `bucket`: full at the start and filled continuously, with a minute's allowance as its maximum, as OpenAI documents.
 * - `sliding`: no sixty seconds, beginning anywhere, exceed the limit. The strictest.
 * - `minute`: counted anew from each full minute of the clock, as gateways do.
 */
export const WINDOWS = ["bucket", "sliding", "minute"] as const;
export type Window = (typeof WINDOWS)[number];

export interface EnforcedLimits {
  /** Requests a minute. */
  rpm?: number | undefined;
  /** Tokens a minute. */
  tpm?: number | undefined;
  /** Default `bucket`. */
  window?: Window | undefined;
}

/** One call that was counted or refused. */
export interface CountedCall {
  /** Milliseconds since the epoch. */
  at: number;
  tokens: number;
  isRefused: boolean;
}

export interface Verdict {
  /** Undefined: let through. */
  refusedFor: "requests" | "tokens" | undefined;
  /** Milliseconds until the same call would be let through; 0 when it was. */
  waitMs: number;
  /** `x-ratelimit-*` as OpenAI sends them with every answer, and the required wait with a refusal. */
  headers: Record<string, string>;
}

const MINUTE_MS = 60_000;

export class LimitEnforcer {
  readonly calls: CountedCall[] = [];
  readonly limits: EnforcedLimits;
  readonly #counters: [kind: "requests" | "tokens", counter: Counter][] = [];

  constructor(limits: EnforcedLimits) {
    this.limits = limits;
    const { rpm, tpm, window = "bucket" } = limits;
    if (rpm !== undefined) this.#counters.push(["requests", makeCounter(window, rpm)]);
    if (tpm !== undefined) this.#counters.push(["tokens", makeCounter(window, tpm)]);
  }

  /** @param now Milliseconds since the epoch; never less than before. */
  admit(tokens: number, now: number): Verdict {
    const waits = this.#counters.map(([kind, counter]) => ({
      kind,
      waitMs: counter.waitFor(kind === "requests" ? 1 : tokens, now),
    }));
    const refused = waits.find(({ waitMs }) => waitMs > 0);
    if (refused === undefined) {
      for (const [kind, counter] of this.#counters) counter.take(kind === "requests" ? 1 : tokens, now);
    }
    this.calls.push({ at: now, tokens, isRefused: refused !== undefined });
    const waitMs = Math.max(0, ...waits.map((wait) => wait.waitMs));
    return { refusedFor: refused?.kind, waitMs, headers: this.#headers(now, waitMs) };
  }

  /** The calls that passed and were refused, as returned by `/control/limits`. */
  report() {
    const passed = this.calls.filter(({ isRefused }) => !isRefused);
    return {
      limits: this.limits,
      passed: { requests: passed.length, tokens: passed.reduce((sum, { tokens }) => sum + tokens, 0) },
      refused: this.calls.length - passed.length,
      calls: this.calls,
    };
  }

  #headers(now: number, waitMs: number): Record<string, string> {
    const headers: Record<string, string> = {};
    for (const [kind, counter] of this.#counters) {
      const left = Math.max(0, Math.floor(counter.left(now)));
      headers[`x-ratelimit-limit-${kind}`] = String(counter.limit);
      headers[`x-ratelimit-remaining-${kind}`] = String(left);
      headers[`x-ratelimit-reset-${kind}`] = `${(counter.resetMs(now) / 1_000).toFixed(3)}s`;
    }
    if (waitMs > 0) {
      headers["retry-after"] = String(Math.ceil(waitMs / 1_000));
      headers["retry-after-ms"] = String(Math.ceil(waitMs));
    }
    return headers;
  }
}

/** Counts one kind of quantity. */
interface Counter {
  readonly limit: number;
  /** The amount available now. */
  left(now: number): number;
  /**
   * Milliseconds until this amount is available; 0: now. An amount above the limit never fits: it waits for all of the
   * limit.
   */
  waitFor(count: number, now: number): number;
  take(count: number, now: number): void;
  /** Milliseconds until all of the limit is available. */
  resetMs(now: number): number;
}

function makeCounter(window: Window, limit: number): Counter {
  if (window === "bucket") return makeBucket(limit);
  return window === "sliding" ? makeSliding(limit) : makeByMinute(limit);
}

function makeBucket(limit: number): Counter {
  let held = limit;
  let filledAt = Number.NEGATIVE_INFINITY;
  const left = (now: number) => Math.min(limit, held + Math.max(0, now - filledAt) * (limit / MINUTE_MS));
  return {
    limit,
    left,
    waitFor: (count, now) => Math.max(0, (Math.min(count, limit) - left(now)) / (limit / MINUTE_MS)),
    take(count, now) {
      held = left(now) - count;
      filledAt = now;
    },
    resetMs: (now) => (limit - left(now)) / (limit / MINUTE_MS),
  };
}

function makeSliding(limit: number): Counter {
  const taken: { at: number; count: number }[] = [];
  const forget = (now: number) => {
    while (taken[0] !== undefined && taken[0].at <= now - MINUTE_MS) taken.shift();
  };
  const left = (now: number) => {
    forget(now);
    return limit - taken.reduce((sum, { count }) => sum + count, 0);
  };
  return {
    limit,
    left,
    waitFor(count, now) {
      let missing = Math.min(count, limit) - left(now);
      for (const { at, count: freed } of taken) {
        if (missing <= 0) break;
        missing -= freed;
        if (missing <= 0) return at + MINUTE_MS - now;
      }
      return 0;
    },
    take: (count, now) => void taken.push({ at: now, count }),
    resetMs: (now) => (taken.at(-1)?.at ?? now - MINUTE_MS) + MINUTE_MS - now,
  };
}

function makeByMinute(limit: number): Counter {
  let minute = Number.NEGATIVE_INFINITY;
  let taken = 0;
  const left = (now: number) => limit - (Math.floor(now / MINUTE_MS) === minute ? taken : 0);
  const nextMs = (now: number) => MINUTE_MS - (now % MINUTE_MS);
  return {
    limit,
    left,
    waitFor: (count, now) => (Math.min(count, limit) <= left(now) ? 0 : nextMs(now)),
    take(count, now) {
      taken = limit - left(now) + count;
      minute = Math.floor(now / MINUTE_MS);
    },
    resetMs: nextMs,
  };
}
