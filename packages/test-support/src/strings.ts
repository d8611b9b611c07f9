/** Made-up interface texts with the lengths of real ones: half under 20 characters, 90 % under 80, 99 % under 225. */

export const WORDS =
  "add all account back cart change check choose close code confirm continue copy create customer date delete details edit email empty error every file filter first from go group help history home import invite item keep language last link list loading log manage message more name new next no note number of one open order page password pay please print privacy product profile quantity reset return review save search select send settings share show sign size sort start status step stop store submit switch team terms text the this time title to total try type undo update upload use view week welcome with year your".split(
    " ",
  );

/** Deterministic, so that two runs measure the same texts (xorshift32). */
export function makeRandom(seed: number): () => number {
  let state = seed >>> 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}

/** Its multiples spread evenly between whole numbers, for any count. */
const GOLDEN_RATIO = (Math.sqrt(5) - 1) / 2;

/** This many distinct texts. */
export function makeTexts(count: number, seed = 1): string[] {
  const random = makeRandom(seed);
  const offset = random();
  return Array.from({ length: count }, (_, number) => {
    // Evenly spread, so that a few hundred texts have the same lengths as a million.
    const length = textLength((number * GOLDEN_RATIO + offset) % 1);
    let text = number.toString(36);
    while (text.length < length) text += ` ${WORDS[Math.floor(random() * WORDS.length)]}`;
    return text.slice(0, Math.max(length, 6));
  });
}

function textLength(share: number): number {
  if (share < 0.5) return 6 + share * 28;
  if (share < 0.9) return 20 + (share - 0.5) * 150;
  if (share < 0.99) return 80 + (share - 0.9) * 1_611;
  return 225 + (share - 0.99) * 40_000;
}
