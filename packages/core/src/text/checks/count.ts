import type { ProtectedToken } from "../syntax.ts";

/** A conversion of whole numbers: `%d`, `%1$d`, `%,d`, `%lld`, `%(num)d`, and Qt's `%n`. */
const NUMERIC = /^%(?:\([^()]*\))?(?:[0-9]{1,3}\$)?[-#0+,(']{0,5}[0-9]{0,9}(?:hh|h|ll|l|q|j|z|t)?[diu]$|^%L?n$/;
/** A placeholder without a name, or with a number alone: `%s`, `%1$s`, `%@`, `{0}`, `{}`. */
const UNNAMED = /^%(?:[0-9]{1,3}\$)?[s@]$|^\{[0-9]*\}$|^%[0-9]$/;
const NAME = /[\p{L}_][\p{L}\p{N}_]*/u;
/** The names that families of plural forms vary on. */
const COUNT_NAME =
  /^(?:n|nb|nr|no|num|numbers?|counts?|counter|cnt|totals?|amount|quantity|qty|size|length|sum)$|count$|_(?:n|nb|num|number|total|amount|size|length)$|^(?:num|nb|n|count|total|number)_/i;
const CAMEL_COUNT_NAME = /[a-z](?:Num|Number|Total|Amount|Size|Length)$|^(?:num|nb|n|count|total|number)(?:[A-Z]|Of)/;

/** A verb that follows a name rather than a number: "%s has left". */
const AFTER_NAME =
  /^(?:has|have|is|was|will|can|could|would|wants?|and|or|to|in|into|of|at|from|for|on|by|as|with|not|now|already|joined|left|sent|added|removed|changed|created|deleted|liked|said|says|does|did|must|should|may)$/;

/**
 * Finds the placeholder that holds the number of a plural form: the one numeric conversion, the one name such as `count`, or
 * the one placeholder that a noun follows ("%s lines", "{days} days"). Of any other it is not known that it is the number.
 *
 * @returns its `canonical`. Undefined: neither text shows one.
 */
export function countOf(
  expected: readonly ProtectedToken[],
  actual: readonly ProtectedToken[],
  source: string,
): string | undefined {
  const all = placeholdersOf(expected);
  const own = all.filter((name) => !isUnnamed(name) || all.indexOf(name) === all.lastIndexOf(name));
  const known = countAmong(own) ?? (new Set(all).size === 1 ? nounFollows(own, source) : undefined);
  if (known !== undefined) return known;
  // The form of one often names no number, and a language whose form serves 21 as well must add it.
  const added = placeholdersOf(actual).filter((name) => !all.includes(name));
  return countAmong(added) ?? (all.length === 0 && added.length === 1 ? added.find(isUnnamed) : undefined);
}

function placeholdersOf(tokens: readonly ProtectedToken[]): string[] {
  return tokens
    .filter(({ kind, lenient }) => kind === "placeholder" && lenient !== "")
    .map(({ canonical, lenient }) => lenient ?? canonical);
}

function countAmong(placeholders: readonly string[]): string | undefined {
  const numeric = new Set(placeholders.filter((name) => NUMERIC.test(name)));
  const counts = numeric.size > 0 ? numeric : new Set(placeholders.filter(isCountName));
  return counts.size === 1 ? [...counts][0] : undefined;
}

function isCountName(placeholder: string): boolean {
  if (UNNAMED.test(placeholder) || /^%[^({]/.test(placeholder)) return false;
  const name = NAME.exec(placeholder)?.[0] ?? "";
  return COUNT_NAME.test(name) || CAMEL_COUNT_NAME.test(name);
}

function isUnnamed(placeholder: string): boolean {
  return UNNAMED.test(placeholder) || /^%[^($]*[a-zA-Z@]$/.test(placeholder);
}

function nounFollows(placeholders: readonly string[], source: string): string | undefined {
  const [only] = placeholders;
  if (only === undefined) return undefined;
  const at = source.indexOf(only);
  if (at === -1) return undefined;
  const [word = ""] = /^\s[\p{Ll}-]{2,}/u.exec(source.slice(at + only.length, at + only.length + 40)) ?? [];
  const noun = word.trim();
  if (noun === "" || AFTER_NAME.test(noun)) return undefined;
  if (isUnnamed(only)) return only;
  // `{days} day`: the placeholder is named after the things that it counts.
  const name = (NAME.exec(only)?.[0] ?? "").toLowerCase();
  return name.length >= 3 && (name.startsWith(noun.slice(0, 4)) || name.endsWith(noun)) ? only : undefined;
}
