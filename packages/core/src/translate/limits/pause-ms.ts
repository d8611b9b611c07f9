/** An engine that answers "at once" to every refused call would otherwise be called without a pause for ever. */
const SHORTEST_PAUSE_MS = 1_000;

/** An engine that asks for a longer pause is tried by one call an hour, if nobody resumes it before. */
const LONGEST_PAUSE_MS = 3_600_000;

/**
 * How long a rate limit holds the fleet, in milliseconds: as long as the engine asks, from a second to an hour. Without a
 * wish of the engine until the next minute, when limits by the minute begin anew, and up to 6 s later, because two clocks
 * differ.
 *
 * @param now Milliseconds since the epoch.
 * @param random From 0 to 1.
 */
export function pauseMs(retryAfterMs: number | undefined, now: number, random: number): number {
  if (retryAfterMs !== undefined && !Number.isNaN(retryAfterMs)) {
    return Math.min(Math.max(SHORTEST_PAUSE_MS, retryAfterMs), LONGEST_PAUSE_MS);
  }
  return 60_000 - (now % 60_000) + 6_000 * random;
}
