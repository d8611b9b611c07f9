/**
 * Finds the messages with plural syntax that must not be translated as if they were one plain sentence, and for which there is
 * no other way yet. `translate` counts and reports them. Every rule here prefers a clear sign over a guess.
 */

/** The rules' input: a key and its text. */
export interface SyntaxMessage {
  key: string;
  text: string;
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

/** The keys of all messages with a plural between pipes. */
export function pipePluralKeys(messages: Iterable<SyntaxMessage>): Set<string> {
  return new Set(Array.from(messages).flatMap(({ key, text }) => (hasPipePlural(text) ? [key] : [])));
}
