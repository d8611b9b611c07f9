/**
 * Rules about a batch whose workers died while they worked on it.
 *
 * A text that kills its worker must end alone in the dead letters; a text whose worker was killed by another cause must
 * not. Two deaths are no proof: where workers are killed all the time, about one batch in some hundred is being worked
 * on at two of them. From the third death on the batch is suspected, and is narrowed down in two steps: parts, then
 * single texts. (Single texts at once would make fifty calls of one text, each of which may be hit again just as
 * easily.)
 */

/** Number of crashes from which the texts go on in parts, with one part being worked on at a time. */
const SUSPECT_CRASHES = 3;

/** The most texts of such a part. */
const PART_ITEMS = 8;

/** Number of crashes from which the texts go on one by one. */
const ALONE_CRASHES = 4;

/** Number of crashes from which a text is not tried again; it was alone at two of them. */
const DEADLY_CRASHES = 6;

/**
 * Whether a batch may well have caused its workers' deaths. Only one such batch may be worked on at a time, or each
 * would be charged with the other's crashes.
 */
export function isSuspect({ crashes }: { crashes: number }): boolean {
  return crashes >= SUSPECT_CRASHES;
}

/** The most texts that may go together after this many crashes. */
export function mostTogether({ crashes }: { crashes: number }): number {
  if (crashes >= ALONE_CRASHES) return 1;
  return isSuspect({ crashes }) ? PART_ITEMS : Number.POSITIVE_INFINITY;
}

/** Whether this single text was alone at enough deaths. */
export function isDeadly({ crashes }: { crashes: number }): boolean {
  return crashes >= DEADLY_CRASHES;
}
