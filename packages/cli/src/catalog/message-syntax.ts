/**
 * Finds the messages with ICU or plural syntax, which must not be translated as if they were one plain sentence.
 * `translate` counts and reports them. Every rule here prefers a clear sign over a guess.
 */

/** The rules' input: a key and its text. */
export interface SyntaxMessage {
  key: string;
  text: string;
}

/** The header of a complex argument, up to its first branch. ICU accepts the type in upper and lower case. */
const complexArgument = /\{\s*[^\s{},]+\s*,\s*(?:plural|selectordinal|select)\s*,\s*(?:offset\s*:\s*-?\d+\s*)?/iy;
/** The selector of a branch: a plural category, `=1`, or any word of a `select`. */
const branchSelector = /\s*[^\s{},]+\s*(?=\{)/y;

/**
 * True when the text holds, at any depth, an ICU argument of type `plural`, `select` or `selectordinal` with at least
 * one branch and all its braces closed.
 *
 * `{name}`, `{{count}}` and `{price, number}` do not count. Text in ICU quotes (`'{…}'`) is literal, but only where the
 * quote is closed: a lone apostrophe (`l'{n, plural, …}`) is not a quote here.
 */
export function hasIcuSyntax(text: string): boolean {
  // Every header contains its keyword, so this test settles most texts.
  if (!/,\s*(?:plural|select)/i.test(text)) return false;
  const closings = matchBraces(text);
  for (const [open, close] of closings) {
    complexArgument.lastIndex = open;
    if (complexArgument.test(text) && hasOnlyBranches(text, complexArgument.lastIndex, close, closings)) return true;
  }
  return false;
}

/** Whether the range from `from` to `close` is a sequence of selector and braced text, with at least one pair. */
function hasOnlyBranches(text: string, from: number, close: number, closings: ReadonlyMap<number, number>): boolean {
  let at = from;
  let branchCount = 0;
  for (;;) {
    branchSelector.lastIndex = at;
    if (!branchSelector.test(text)) break;
    const end = closings.get(branchSelector.lastIndex);
    if (end === undefined) return false;
    at = end + 1;
    branchCount += 1;
  }
  return branchCount > 0 && text.slice(at, close).trim() === "";
}

/** Maps each opening brace to its closing brace, without quoted braces, in one pass over any text. */
function matchBraces(text: string): Map<number, number> {
  const closings = new Map<number, number>();
  const open: number[] = [];
  let quoteStaysOpen = false;
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at];
    if (character === "'" && text[at + 1] === "'") {
      at += 1;
    } else if (character === "'" && /[{}]/.test(text[at + 1] ?? "") && !quoteStaysOpen) {
      const end = closingQuote(text, at + 1);
      // If one quote stays open, all later ones do too, so the rest is not searched again.
      if (end === -1) quoteStaysOpen = true;
      else at = end;
    } else if (character === "{") {
      open.push(at);
    } else if (character === "}") {
      const opened = open.pop();
      if (opened !== undefined) closings.set(opened, at);
    }
  }
  return closings;
}

function closingQuote(text: string, from: number): number {
  for (let at = text.indexOf("'", from); at !== -1; at = text.indexOf("'", at + 2)) {
    if (text[at + 1] !== "'") return at;
  }
  return -1;
}

const pluralSuffix = /_(?:zero|one|two|few|many|other)$/;

/**
 * The keys that belong to an i18next plural family.
 *
 * - JSON v4: `items_one` when `items_other` exists too; ordinals (`place_ordinal_one`) and context forms
 *   (`friend_male_one`) follow the same rule, because only the last suffix counts.
 * - A lone `items_other` (the only form of a Japanese or Chinese source), when its text holds `{{count}}`; otherwise it
 *   is a word such as `gender_other`.
 * - JSON v3: `items_plural` and `items`, when both exist.
 *
 * `arrowhead_one` without an `arrowhead_other` is not a plural.
 */
export function i18nextPluralKeys(messages: Iterable<SyntaxMessage>): Set<string> {
  const texts = new Map(Array.from(messages, ({ key, text }) => [key, text]));
  const plurals = new Set<string>();
  for (const key of texts.keys()) {
    const stem = key.replace(pluralSuffix, "");
    if (stem !== key && !key.endsWith("_other") && texts.has(`${stem}_other`)) {
      plurals.add(key).add(`${stem}_other`);
    } else if (key.endsWith("_other") && /\{\{-?\s*count\b/.test(texts.get(key) ?? "")) {
      plurals.add(key);
    } else if (key.endsWith("_plural") && texts.has(key.slice(0, -"_plural".length))) {
      plurals.add(key).add(key.slice(0, -"_plural".length));
    }
  }
  return plurals;
}

/**
 * True for a vue-i18n plural such as `no apples | one apple | {count} apples`: two to four forms between pipes with
 * white space on both sides, and `{n}` or `{count}` in one of them.
 *
 * The placeholder is required because `Home | Shop` is far more often a page title than a plural; `car | cars` is
 * therefore missed. `{{count}}` does not count: it marks an i18next file, where a pipe is only a pipe.
 */
export function hasPipePlural(text: string): boolean {
  const forms = text.split(/\s\|\s/);
  return (
    forms.length >= 2 &&
    forms.length <= 4 &&
    forms.every((form) => form.trim() !== "") &&
    /(?<!\{)\{\s*(?:n|count)\s*\}(?!\})/.test(text)
  );
}

/** The keys of all messages with ICU or plural syntax, as `translate` reports them. */
export function pluralMessageKeys(messages: readonly SyntaxMessage[]): Set<string> {
  const keys = i18nextPluralKeys(messages);
  for (const { key, text } of messages) {
    if (hasIcuSyntax(text) || hasPipePlural(text)) keys.add(key);
  }
  return keys;
}
