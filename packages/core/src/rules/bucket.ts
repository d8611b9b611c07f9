/** How a limit by the minute becomes a bucket that is filled evenly and emptied by calls. */

/**
 * The share of a minute's allowance that may be taken at once after a rest. Of tokens it is more, for no call is to be
 * larger: in smaller ones, what goes with every call takes more of the allowance than the burst does.
 */
const BURST_SHARE = { 1: 1 / 40, 0: 1 / 30 } as const;

/** A minute, and what calls may reach an engine sooner after one another than they left us. */
const WINDOW_SECONDS = 60.25;

export interface Bucket {
  /** What a full one holds. */
  burst: number;
  perSecond: number;
}

/**
 * In no minute, wherever it begins, does the bucket let more than `perMinute` through: what a full one gives at once comes
 * off what flows in. 600 requests: 15 at once, then 9.7 a second, which is 97 % of the limit while there is work.
 *
 * @param unit What one call takes at least: 1 for requests, 0 for tokens, which come in any number.
 */
export function bucketOf(perMinute: number, unit: 0 | 1): Bucket {
  // Something is always left to flow in, also of a limit of 1.
  const burst = Math.min(Math.max(1, perMinute * BURST_SHARE[unit]), Math.max(perMinute / 2, unit));
  return { burst, perSecond: (perMinute - burst + unit) / WINDOW_SECONDS };
}

/**
 * What a call takes of the bucket of tokens. One that is larger than a full bucket comes when that is full and pays it off
 * before the next; beyond that it pays so much that no minute holds one more of its kind than the limit allows.
 */
export function chargeOf(tokens: number, tokensPerMinute: number): number {
  const { burst, perSecond } = bucketOf(tokensPerMinute, 0);
  if (tokens <= burst) return tokens;
  return Math.max(tokens, (perSecond * WINDOW_SECONDS) / Math.max(1, Math.floor(tokensPerMinute / tokens)));
}

/** Judgement, on the safe side for European languages, where four bytes make a token. */
const BYTES_A_TOKEN = 3;

/** Tokens of a call for texts of so many bytes: as many for the answer as for the question. */
export function estimateTokens(bytes: number): number {
  return 2 * Math.ceil(bytes / BYTES_A_TOKEN);
}
