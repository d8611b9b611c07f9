/** Plurals of vue-i18n: forms between pipes in one text. */
import type { PluralForm } from "@trans-hub/core/engine";
import type { CatalogMessage } from "./catalog.ts";

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

/** A pipe with the white space around it. `{'|'}` is a character of a text. */
const PIPE = /(?<!\{')(\s*\|\s*)(?!'\})/;

/**
 * A message of a catalog whose syntax is vue-i18n. Each form is translated by itself: vue-i18n counts them, so a translation has
 * as many as its source. A text without two forms is one text.
 */
export function withPipes(message: CatalogMessage): CatalogMessage {
  const pieces = message.text.split(PIPE);
  const texts = formsBetween(pieces);
  if (texts.length < 2 || texts.some((text) => text.trim() === "")) return message;
  const forms = PIPE_FORMS[texts.length] ?? [];
  return {
    ...message,
    parts: {
      rows: texts.map((text, at) => ({ text, form: { ...(forms[at] ?? rest(2)), of: message.text } })),
      // A pipe in a form would begin one more.
      join: (translations) =>
        pieces
          .map((piece, at) => (at % 2 === 1 ? piece : (translations[at / 2] ?? piece).replaceAll(PIPES, " {'|'} ")))
          .join(""),
    },
  };
}

const PIPES = new RegExp(PIPE, "g");

/** The forms of a value, without the white space beside their pipes. */
export function formsBetweenPipes(value: string): string[] {
  return formsBetween(value.split(PIPE));
}

/** Every second piece is a pipe. */
function formsBetween(pieces: readonly string[]): string[] {
  return pieces.filter((_, at) => at % 2 === 0);
}
