/**
 * Which messages hold ICU or plural syntax: those that must not be translated as if they were one plain sentence.
 *
 * `translate` counts and reports them. Every rule here prefers a clear sign over a guess.
 */

/** What the rules look at: a key and its text. */
export interface SyntaxMessage {
  key: string;
  text: string;
}

/** The header of a complex argument, up to its first branch; ICU takes the type in any case. */
const complexArgument = /\{\s*[^\s{},]+\s*,\s*(?:plural|selectordinal|select)\s*,\s*(?:offset\s*:\s*-?\d+\s*)?/iy;
/** The selector of a branch: a plural category, `=1`, or any word of a `select`. */
const branchSelector = /\s*[^\s{},]+\s*(?=\{)/y;

/**
 * True when the text holds an ICU argument of type `plural`, `select` or `selectordinal` with at least one branch and
 * all its braces closed, anywhere and at any depth.
 *
 * `{name}`, `{{count}}` and `{price, number}` are no such arguments. Text in ICU quotes (`'{…}'`) counts as literal,
 * but only where the quote is closed: a lone apostrophe (`l'{n, plural, …}`) is no quote here.
 */
export function hasIcuSyntax(text: string): boolean {
  // Every header needs its keyword; most texts end here.
  if (!/,\s*(?:plural|select)/i.test(text)) return false;
  const closings = matchBraces(text);
  for (const [open, close] of closings) {
    complexArgument.lastIndex = open;
    if (complexArgument.test(text) && hasOnlyBranches(text, complexArgument.lastIndex, close, closings)) return true;
  }
  return false;
}

/** Between `from` and `close`: selector, braced text, and so on, at least once. */
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

/** Each opening brace with its closing one, quoted braces left aside: one pass, whatever the text. */
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
      // Once one quote stays open, so do all later ones: never search the rest again.
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
 * - JSON v4: `items_one` when there is also `items_other`; ordinals (`place_ordinal_one`) and context forms
 *   (`friend_male_one`) fall under the same rule, since only the last suffix is looked at.
 * - A lone `items_other`, all that a Japanese or Chinese source has, when its text holds `{{count}}`; else it is a word
 *   such as `gender_other`.
 * - JSON v3: `items_plural` and `items`, when both are there.
 *
 * `arrowhead_one` beside no `arrowhead_other` is no plural.
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
 * True for a vue-i18n plural such as `no apples | one apple | {count} apples`: two to four forms between pipes that have
 * white space on both sides, and `{n}` or `{count}` in one of them.
 *
 * The placeholder is asked for because `Home | Shop` is far more often a page title than a plural; `car | cars` is
 * therefore missed. `{{count}}` does not count: where it stands, the file is i18next's and a pipe is a pipe.
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

/** The keys of all messages with ICU or plural syntax: what `translate` reports. */
export function pluralMessageKeys(messages: readonly SyntaxMessage[]): Set<string> {
  const keys = i18nextPluralKeys(messages);
  for (const { key, text } of messages) {
    if (hasIcuSyntax(text) || hasPipePlural(text)) keys.add(key);
  }
  return keys;
}
