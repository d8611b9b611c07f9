/** How a limit by the minute becomes a bucket that is filled evenly and emptied by calls. */

/** The share of a minute's allowance that may be taken at once after a rest. */
const BURST_SHARE = 1 / 30;

/** A minute, and what calls may reach an engine sooner after one another than they left us. */
const WINDOW_SECONDS = 60.5;

export interface Bucket {
  /** What a full one holds. */
  burst: number;
  perSecond: number;
}

/**
 * In no minute, wherever it begins, does the bucket let more than `perMinute` through: what a full one gives at once comes
 * off what flows in. 600 requests: 20 at once, then 9.6 a second, which is 96 % of the limit while there is work.
 *
 * @param unit What one call takes at least: 1 for requests, 0 for tokens, which come in any number.
 */
export function bucketOf(perMinute: number, unit: 0 | 1): Bucket {
  const burst = Math.max(1, perMinute * BURST_SHARE);
  return { burst, perSecond: (perMinute - burst + unit) / WINDOW_SECONDS };
}

/** Judgement, on the safe side for European languages, where four bytes make a token. */
const BYTES_A_TOKEN = 3;

/** Tokens of a call for texts of so many bytes: as many for the answer as for the question. */
export function estimateTokens(bytes: number): number {
  return 2 * Math.ceil(bytes / BYTES_A_TOKEN);
}

/** The most bytes of text in a call whose tokens are to fit into a full bucket. */
export function bytesWithin(tokensPerMinute: number | undefined): number {
  if (tokensPerMinute === undefined) return Number.POSITIVE_INFINITY;
  return Math.max(1, Math.floor(bucketOf(tokensPerMinute, 0).burst / 2) * BYTES_A_TOKEN);
}
