/** Liberties that a person may take in texts of known kinds, although they look like faults. */

export interface Pair {
  source: string;
  translation: string;
}

/** Rails gives these to every message of a validation, whether the source uses them or not. */
const GIVEN_BY_RAILS = /%\{(?:attribute|model|value|count|message)\}/g;
const RAILS_ERRORS = /(?:^|\.)errors\.(?:format|template|messages|models|attributes)(?:\.|$)/;
/** Formats of dates for strftime: each language has its own parts in them. */
const RAILS_TIMES = /(?:^|\.)(?:date|time)\.formats\./;

/**
 * The pair to judge. Undefined: there is nothing to judge, because each language fills such a text in its own way.
 *
 * @param file The target, by whose ending the kind is known.
 * @param key The key of the text.
 */
export function withoutLiberties(pair: Pair, { file, key }: { file: string; key: string }): Pair | undefined {
  // A separator of numbers, which is a space in some languages.
  if (isBlank(pair.translation) && !/[\p{L}\p{N}]/u.test(pair.source)) return undefined;
  if (!/\.ya?ml$/i.test(file)) return pair;
  if (RAILS_TIMES.test(key)) return undefined;
  if (!RAILS_ERRORS.test(key)) return pair;
  const [source, translation] = [pair.source, pair.translation].map((text) => text.replaceAll(GIVEN_BY_RAILS, "x"));
  return { source: source ?? "", translation: translation ?? "" };
}

/** Most texts begin with a letter, and need no trimming. */
function isBlank(text: string): boolean {
  return text.charCodeAt(0) <= SPACE || text.charCodeAt(0) > DELETE ? text.trim() === "" : text === "";
}

const SPACE = 0x20;
const DELETE = 0x7f;
