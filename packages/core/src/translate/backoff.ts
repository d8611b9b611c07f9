const FIRST_MS = 2_000;
/** 2 s × 2⁹: about 17 minutes. An engine that is down for longer need not be tried more often. */
const MAX_DOUBLINGS = 9;

/**
 * Wait before the next attempt, in milliseconds.
 *
 * After attempt 1: 2 s; 2: 4 s; 3: 8 s; 4: 16 s; 10 and later: 1,024 s (about 17 min), ±10 %. With the default of five
 * attempts a text goes to the dead letters half a minute after its first failure. Rate limits and outages of a whole engine
 * do not use this wait: they wait as long as the engine asks. The jitter keeps texts that failed together from coming back
 * together.
 *
 * @param attempt The attempt that failed, counted from 1.
 * @param random Returns a number from 0 to below 1. Default: `Math.random`.
 */
export function backoffMs(attempt: number, random: () => number = Math.random): number {
  const doublings = Math.min(Math.max(attempt - 1, 0), MAX_DOUBLINGS);
  return Math.round(FIRST_MS * 2 ** doublings * (0.9 + 0.2 * random()));
}
