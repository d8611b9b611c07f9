/** How pairs of the memory are weighed against a text, and checked before they are stored. */
import { InvalidItemError } from "../contract/errors.ts";
import type { MemoryMatch, MemoryPair, MemoryUnit } from "../contract/memory.ts";
import { LEAST_SIMILARITY, similarity, type Trigrams, trigramsOf } from "./memory-keys.ts";
import { parseName } from "./name.ts";

/** The score of a pair whose source differs in nothing but letter case or white space. */
const ALMOST = 0.99;

/** The best of the pairs for a text; equal pairs of source and target once. */
export function bestMatches(text: string, found: readonly MemoryUnit[], limit: number): MemoryMatch[] {
  const wanted = trigramsOf(text);
  const sources = new Map<string, number>();
  const scored = found.flatMap((unit): MemoryMatch[] => {
    const score = sources.get(unit.source) ?? scoreOf(text, wanted, unit.source);
    sources.set(unit.source, score);
    return score < LEAST_SIMILARITY ? [] : [{ ...unit, score }];
  });
  const best = scored.toSorted(
    (one, other) =>
      other.score - one.score ||
      Number(other.origin === "approved") - Number(one.origin === "approved") ||
      other.at.getTime() - one.at.getTime() ||
      Number(other.unit) - Number(one.unit),
  );
  const seen = new Set<string>();
  return best
    .filter(({ source, target }) => {
      const pair = JSON.stringify([source, target]);
      if (seen.has(pair)) return false;
      seen.add(pair);
      return true;
    })
    .slice(0, limit);
}

function scoreOf(text: string, wanted: Trigrams, source: string): number {
  if (source === text) return 1;
  return Math.min(ALMOST, similarity(wanted, trigramsOf(source)));
}

/** The longest source or target of a pair, in UTF-8 bytes: four times the longest one that is ever an example. */
export const LONGEST_MEMORY_TEXT_BYTES = 32_768;

/**
 * @throws {InvalidItemError} A text of the pair is empty, too long, or holds characters that no store can hold.
 */
export function checkPair(pair: MemoryPair): void {
  for (const field of ["source", "target"] as const) {
    const text = pair[field];
    if (text.trim() === "") throw new InvalidItemError("TH_TEXT_EMPTY", field, "must not be empty");
    if (Buffer.byteLength(text) > LONGEST_MEMORY_TEXT_BYTES) {
      throw new InvalidItemError("TH_TEXT_TOO_LONG", field, `is longer than ${LONGEST_MEMORY_TEXT_BYTES} bytes`);
    }
    if (text.includes("\0") || !text.isWellFormed()) {
      throw new InvalidItemError("TH_TEXT_CHARACTERS", field, "holds U+0000 or half of a surrogate pair");
    }
  }
  if (pair.by !== undefined) parseName(pair.by, "by", "TH_ITEM_SHAPE");
}

/** The most pairs that a search gives. */
export const MOST_MATCHES = 100;
