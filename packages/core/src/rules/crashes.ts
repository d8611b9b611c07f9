/**
 * What the deaths of workers say about the batch they had begun.
 *
 * A text that kills its worker must end alone in the dead letters; a text whose worker was killed by something else must
 * not. Two deaths are no proof: where workers are killed all the time, one batch in some hundred is in hand at two of them.
 * From the third on the batch is suspected, and is narrowed down in two steps: parts, then single texts. (Single texts at
 * once would make fifty calls of one, each of which is struck again just as easily.)
 */

/** From so many crashes on, its texts go on in parts, one part in hand at a time. */
const SUSPECT_CRASHES = 3;

/** The most texts of such a part. */
const PART_ITEMS = 8;

/** From so many on, one by one. */
const ALONE_CRASHES = 4;

/** From so many on, two of them while it was alone in hand, a text is not tried again. */
const DEADLY_CRASHES = 6;

/** Whether a batch may well be what its workers died of: only one such at a time, or each is charged with the other's deeds. */
export function isSuspect({ crashes }: { crashes: number }): boolean {
  return crashes >= SUSPECT_CRASHES;
}

/** The most texts that may go together after so many crashes. */
export function mostTogether({ crashes }: { crashes: number }): number {
  if (crashes >= ALONE_CRASHES) return 1;
  return isSuspect({ crashes }) ? PART_ITEMS : Number.POSITIVE_INFINITY;
}

/** Whether this one text has been alone in hand at enough deaths. */
export function isDeadly({ crashes }: { crashes: number }): boolean {
  return crashes >= DEADLY_CRASHES;
}
