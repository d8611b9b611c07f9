/**
 * The syntax of a catalog's messages: ICU, and plurals that must not be translated as if they were one plain sentence, and for
 * which there is no other way yet. `translate` counts and reports those. Every rule here prefers a clear sign over a guess.
 */
import { readSyntax } from "@trans-hub/core/engine";
import type { Catalog } from "./json-catalog.ts";

/** The rules' input: a key and its text. */
export interface SyntaxMessage {
  key: string;
  text: string;
}

/**
 * Declares the format `icu` for the messages of a catalog in which one message is ICU and none has i18next's `{{name}}`. A text
 * such as `It''s {name}` does not show by itself whether its apostrophes quote. A text without braces is left to detection: it
 * reads the same in both, and shares its translation with other files.
 */
export function withSyntax(catalog: Catalog): Catalog {
  const { messages } = catalog;
  const isIcu =
    messages.some(({ text }) => /,\s*(?:plural|select)/.test(text) && readSyntax(text).isIcu) &&
    !messages.some(({ text }) => text.includes("{{"));
  if (!isIcu) return catalog;
  return {
    ...catalog,
    messages: messages.map((message) => (/\{|''/.test(message.text) ? { ...message, format: "icu" } : message)),
  };
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
