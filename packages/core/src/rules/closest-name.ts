import { distance } from "fastest-levenshtein";

/** The greatest number of edits (a letter added, left out or exchanged) between a name and its misspelling. */
const MAX_EDITS = 3;

/**
 * The known name that a misspelled one most likely means, for hints such as `Did you mean "openai"?`.
 *
 * At most two edits count as a misspelling, three for names of nine letters and more. Case does not count.
 * Locales have a rule of their own (`locale.ts`): their usual mistakes are the names of other standards.
 *
 * @returns Undefined if no name is close.
 */
export function closestName(name: string, known: readonly string[]): string | undefined {
  let closest: string | undefined;
  let fewest = Number.POSITIVE_INFINITY;
  for (const candidate of known) {
    // A name from outside may have any length, and the distance costs the product of both.
    if (Math.abs(candidate.length - name.length) > MAX_EDITS) continue;
    const edits = distance(candidate.toLowerCase(), name.toLowerCase());
    if (edits < fewest && edits <= Math.min(MAX_EDITS, Math.max(2, candidate.length / 3))) {
      closest = candidate;
      fewest = edits;
    }
  }
  return closest;
}
