/**
 * The keys by which texts find similar ones in the translation memory: MinHash over trigrams of characters, in bands (LSH).
 *
 * Two texts share a band with the fourth power of their similarity, and count as candidates with two shared bands of twenty: 97 %
 * of the pairs at a similarity of 0.7, 99.9 % at 0.8, and 2 % at 0.3. The candidates are then compared exactly.
 */

/** Raise it with every change of the keys: those of another version are made anew by a task. */
export const MEMORY_KEY_VERSION = 1;

/** Pairs below it help no engine. */
export const LEAST_SIMILARITY = 0.7;

/** Longer texts get no keys, and are found by their whole text alone: as examples they would cost more than they help. */
export const LONGEST_KEYED_TEXT = 2_000;

const BANDS = 20;
const ROWS_A_BAND = 4;

/** The trigrams of a text as hashes: each once, sorted. */
export type Trigrams = Uint32Array;

/** Letter case, white space and the form of composed letters make no difference. */
function normalized(text: string): string {
  return text.normalize("NFC").toLowerCase().replace(/\s+/gu, " ").trim();
}

export function trigramsOf(text: string): Trigrams {
  const padded = ` ${normalized(text)} `;
  if (padded.length < 3) return new Uint32Array();
  const hashes = new Uint32Array(padded.length - 2);
  for (let at = 0; at < hashes.length; at += 1) {
    const pair = Math.imul(padded.charCodeAt(at), 0x1f123bb5) ^ Math.imul(padded.charCodeAt(at + 1), 0x5bd1e995);
    hashes[at] = mixed(pair ^ Math.imul(padded.charCodeAt(at + 2), 0x2c1b3c6d));
  }
  hashes.sort();
  let kept = 0;
  for (let at = 0; at < hashes.length; at += 1) {
    if (at > 0 && hashes[at] === hashes[at - 1]) continue;
    hashes[kept] = hashes[at] as number;
    kept += 1;
  }
  return hashes.subarray(0, kept);
}

/** The share of trigrams that two texts have in common (Jaccard), from 0 to 1. */
export function similarity(one: Trigrams, other: Trigrams): number {
  if (one.length === 0 || other.length === 0) return 0;
  let common = 0;
  for (let at = 0, beside = 0; at < one.length && beside < other.length; ) {
    const [left, right] = [one[at] as number, other[beside] as number];
    if (left === right) common += 1;
    if (left <= right) at += 1;
    if (right <= left) beside += 1;
  }
  return common / (one.length + other.length - common);
}

/**
 * The keys of a text in a project's memory, one a band, as integers of PostgreSQL. Empty: it has no words, or is longer than
 * {@link LONGEST_KEYED_TEXT}.
 */
export function memoryKeys(project: string, text: string): number[] {
  if (text.length > LONGEST_KEYED_TEXT) return [];
  const trigrams = trigramsOf(text);
  if (trigrams.length === 0) return [];
  const least = new Uint32Array(BANDS * ROWS_A_BAND).fill(0xffffffff);
  for (const trigram of trigrams) {
    for (let row = 0; row < least.length; row += 1) {
      const value = permuted(trigram, row);
      if (value < (least[row] as number)) least[row] = value;
    }
  }
  const scope = hashOf(project);
  return Array.from({ length: BANDS }, (_, band) => {
    let key = mixed(scope ^ Math.imul(band + 1, 0x9e3779b1));
    for (let row = 0; row < ROWS_A_BAND; row += 1) key = mixed(key ^ (least[band * ROWS_A_BAND + row] as number));
    return key | 0;
  });
}

/** One of eighty orders of all hashes. */
const ORDERS = Uint32Array.from({ length: BANDS * ROWS_A_BAND }, (_, row) => mixed(Math.imul(row + 1, 0x85ebca6b)));

function permuted(hash: number, row: number): number {
  return mixed(hash ^ (ORDERS[row] as number));
}

/** The finalizer of MurmurHash3: each bit of the input changes half of the output. */
function mixed(input: number): number {
  let hash = input;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** FNV-1a over UTF-16 units, and the version of the keys. */
function hashOf(name: string): number {
  let hash = 0x811c9dc5 ^ MEMORY_KEY_VERSION;
  for (let at = 0; at < name.length; at += 1) hash = Math.imul(hash ^ name.charCodeAt(at), 0x01000193);
  return mixed(hash);
}
