const FIRST_MS = 5_000;
const MOST_MS = 86_400_000;

/**
 * Wait before the next try, in milliseconds.
 *
 * After failure 1: 5 s; 2: 15 s; 3: 45 s; 5: 7 min; 8: 3 h; 10 and later: 24 h, each ±20 %: receivers that failed together are not
 * tried together. A receiver that asks for a longer wait gets it, up to 24 h.
 *
 * @param failures Tries that failed since the last success, this one included.
 * @param retryAfterMs The wait that the receiver asks for.
 */
export function retryMs(failures: number, retryAfterMs = 0, random: () => number = Math.random): number {
  const baseMs = Math.min(FIRST_MS * 3 ** Math.min(failures - 1, 20), MOST_MS);
  return Math.round(Math.max(baseMs * (0.8 + 0.4 * random()), Math.min(retryAfterMs, MOST_MS)));
}
