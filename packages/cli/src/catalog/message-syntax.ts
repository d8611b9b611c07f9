/**
 * The syntax of a catalog's messages: ICU, and plurals between pipes, which must not be translated as if they were one plain
 * sentence. Every rule here prefers a clear sign over a guess.
 */
import { type PluralForm, readSyntax } from "@trans-hub/core/engine";
import type { Catalog, CatalogMessage } from "./catalog.ts";

/** The catalog with the syntax of its messages: the format `icu`, and the forms of a plural between pipes. */
export function withSyntax<Of extends Catalog>(catalog: Of): Of {
  return withPipes(withIcu(catalog));
}

/**
 * Declares the format `icu` for the messages of a catalog in which one message is ICU and none has i18next's `{{name}}`. A text
 * such as `It''s {name}` does not show by itself whether its apostrophes quote. A text without braces is left to detection: it
 * reads the same in both, and shares its translation with other files.
 */
function withIcu<Of extends Catalog>(catalog: Of): Of {
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

function withPipes<Of extends Catalog>(catalog: Of): Of {
  if (!catalog.messages.some(({ text }) => hasPipePlural(text))) return catalog;
  return {
    ...catalog,
    messages: catalog.messages.map((message) => (hasPipePlural(message.text) ? withForms(message) : message)),
  };
}

/** The numbers of the forms as vue-i18n chooses them when an application gives no rule of its own: by their count. */
const PIPE_FORMS: Readonly<Record<number, readonly Omit<PluralForm, "of">[]>> = {
  2: [exact(1), rest(2)],
  3: [exact(0), exact(1), rest(2)],
  4: [exact(0), exact(1), exact(2), rest(3)],
};

function exact(example: number) {
  return { category: `=${example}`, example };
}

function rest(example: number) {
  return { category: "other", example };
}

/** Each form is translated by itself: vue-i18n counts them, so a translation has as many as its source. */
function withForms(message: CatalogMessage): CatalogMessage {
  const pieces = message.text.split(/(\s\|\s)/);
  const texts = pieces.filter((_, at) => at % 2 === 0);
  const forms = PIPE_FORMS[texts.length] ?? [];
  return {
    ...message,
    parts: {
      rows: texts.map((text, at) => ({ text, form: { ...(forms[at] ?? rest(2)), of: message.text } })),
      // A pipe in a form would begin one more.
      join: (translations) =>
        pieces
          .map((piece, at) => (at % 2 === 1 ? piece : (translations[at / 2] ?? piece).replaceAll(/\s\|\s/g, " {'|'} ")))
          .join(""),
    },
  };
}
