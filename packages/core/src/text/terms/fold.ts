/** Texts as terms are looked for in them: without letter case, with one kind of white space, each letter in one code. */

export interface Folded {
  /** As long as `nfc`. */
  readonly text: string;
  /** The text in Unicode's composed form. */
  readonly nfc: string;
  /** The place in the text as it was given. */
  place(at: number): number;
}

export function fold(given: string, language: string): Folded {
  const nfc = given.normalize("NFC");
  const text = withoutCase(nfc, language);
  return { text, nfc, place: nfc === given ? same : placesOf(given, nfc) };
}

const same = (at: number): number => at;

/** Each code unit becomes one, so that places stay. */
function withoutCase(text: string, language: string): string {
  const isTurkic = language === "tr" || language === "az";
  const lower = isTurkic ? text.toLocaleLowerCase(language) : text.toLowerCase();
  const folded = lower.length === text.length ? lower : text.replace(/\p{L}/gu, (letter) => sameLength(letter));
  return UNUSUAL.test(folded) ? folded.replace(/[\s\u00a0]/g, " ").replaceAll("\u2019", "'") : folded;
}

/** İ is one code unit, and two in lower case. */
function sameLength(letter: string): string {
  const lower = letter.toLowerCase();
  return lower.length === letter.length ? lower : letter;
}

const UNUSUAL = /[\t-\r\u00a0\u1680\u2000-\u200a\u2019\u2028\u2029\u202f\u205f\u3000]/;

/** By letters with their marks, each of which has one composed form. */
function placesOf(given: string, nfc: string): (at: number) => number {
  const places: number[] = [];
  let from = 0;
  for (const [cluster] of given.matchAll(/\P{M}\p{M}*|\p{M}+/gsu)) {
    const { length } = cluster.normalize("NFC");
    for (let at = 0; at < length; at += 1) places.push(from);
    from += cluster.length;
  }
  places.push(given.length);
  // Hangul in parts is composed across clusters: such a text has no places.
  return places.length === nfc.length + 1 ? (at) => places[at] ?? given.length : (at) => Math.min(at, given.length);
}
