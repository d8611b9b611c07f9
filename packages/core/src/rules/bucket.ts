/** Turns a limit per minute into a bucket that fills evenly and is emptied by calls. */

/**
 * Share of a minute's allowance that may be taken at once after a rest. The share is larger for tokens, because no call
 * may be larger than a full bucket: with smaller calls, the fixed part of every call would cost more of the allowance
 * than the burst does.
 */
const BURST_SHARE = { 1: 1 / 40, 0: 1 / 30 } as const;

/** A minute, plus the time by which two calls may be closer together at the engine than at their departure. Seconds. */
const WINDOW_SECONDS = 60.25;

export interface Bucket {
  /** Content of a full bucket. */
  burst: number;
  perSecond: number;
}

/**
 * In no minute, beginning anywhere, does the bucket let more than `perMinute` through: the burst of a full bucket is
 * subtracted from the inflow. 600 requests: 15 at once, then 9.7 a second, which is 97 % of the limit while there is
 * work.
 *
 * @param unit The least amount of one call: 1 for requests, 0 for tokens, which come in any number.
 */
export function bucketOf(perMinute: number, unit: 0 | 1): Bucket {
  // Leaves some inflow, even for a limit of 1.
  const burst = Math.min(Math.max(1, perMinute * BURST_SHARE[unit]), Math.max(perMinute / 2, unit));
  return { burst, perSecond: (perMinute - burst + unit) / WINDOW_SECONDS };
}

/**
 * The amount that a call takes from the bucket of tokens. A call larger than a full bucket starts when the bucket is
 * full, and is paid off before the next call; beyond that it pays enough that no minute holds more calls of its size
 * than the limit allows.
 */
export function chargeOf(tokens: number, tokensPerMinute: number): number {
  const { burst, perSecond } = bucketOf(tokensPerMinute, 0);
  if (tokens <= burst) return tokens;
  return Math.max(tokens, (perSecond * WINDOW_SECONDS) / Math.max(1, Math.floor(tokensPerMinute / tokens)));
}

/** An estimate, on the safe side for European languages, where four bytes make a token. */
const BYTES_A_TOKEN = 3;

/** Tokens of a call for texts of this many bytes: the answer counts as much as the question. */
export function estimateTokens(bytes: number): number {
  return 2 * Math.ceil(bytes / BYTES_A_TOKEN);
}
