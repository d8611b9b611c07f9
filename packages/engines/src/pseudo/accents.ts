/** Look-alikes of each letter. All differ from every ASCII letter, so no word can turn into syntax. */
const LOOK_ALIKES: Readonly<Record<string, string>> = {
  A: "ÀÁÂÃÄÅ", B: "ßƁɃ", C: "ÇĆĈĊČ", D: "ĎĐḐ", E: "ÈÉÊËĒĖ", F: "ƑḞ", G: "ĜĞĠĢ", H: "ĤĦḪ", I: "ÌÍÎÏĪĮ", J: "ĴɈ", K: "ĶǨḰ",
  L: "ĹĻĽŁ", M: "ḾṀṂ", N: "ÑŃŅŇ", O: "ÒÓÔÕÖØ", P: "ÞṔṖ", Q: "ǪǬ", R: "ŔŖŘ", S: "ŚŜŞŠ", T: "ŢŤŦ", U: "ÙÚÛÜŪŮ", V: "ṼṾ",
  W: "ŴẀẂẄ", X: "ẊẌ", Y: "ÝŶŸ", Z: "ŹŻŽ",
  a: "àáâãäå", b: "ƀɓ", c: "çćĉċč", d: "ďđð", e: "èéêëēė", f: "ƒḟ", g: "ĝğġģ", h: "ĥħḫ", i: "ìíîïīį", j: "ĵǰ", k: "ķǩḱ",
  l: "ĺļľł", m: "ḿṁṃ", n: "ñńņň", o: "òóôõöø", p: "þṕṗ", q: "ǫǭ", r: "ŕŗř", s: "śŝşš", t: "ţťŧ", u: "ùúûüūů", v: "ṽṿ",
  w: "ŵẁẃẅ", x: "ẋẍ", y: "ýŷÿ", z: "źżž",
}; // biome-ignore format: a table

/**
 * One accented letter for each ASCII letter. Each locale has its own set, so that texts of two locales side by side
 * differ; the same locale always has the same set.
 */
export function accentsOf(locale: string): Readonly<Record<string, string>> {
  let hash = hashOf(locale);
  return Object.fromEntries(
    Object.entries(LOOK_ALIKES).map(([letter, variants]) => {
      hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d) >>> 0;
      return [letter, [...variants][hash % [...variants].length] ?? letter];
    }),
  );
}

/** FNV-1a, 32 bits: spreads short names; used only for variety. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (const character of text) hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193) >>> 0;
  return hash;
}
