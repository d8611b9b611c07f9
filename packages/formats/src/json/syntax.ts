/** The syntax of a JSON catalog's texts. Nothing in a single text shows it, so it is detected once a file. */
import { readSyntax } from "@trans-hub/core/engine";
import type { CatalogSyntax } from "../contract.ts";

/**
 * The syntax of a file, by the signs in its texts:
 *
 * - `i18next`: texts have `{{name}}`;
 * - `icu`: more texts have a plural or a selection of ICU than have `{{name}}`. A branch that begins with an argument
 *   (`one {{gender, select, …}}`) has two braces as well, and is ICU;
 * - `vue-i18n`: there is neither, and a text links to another (`@:menu.ok`), or has forms between pipes of which the last
 *   shows the number (`one car | {n} cars`);
 * - `auto`: there is no sign. A pipe is then only a pipe, as in `Results {count} | Shop`.
 */
export function detectSyntax(texts: Iterable<string>): CatalogSyntax {
  let [double, icu, vue] = [0, 0, 0];
  for (const text of texts) {
    if (/,\s*(?:plural|select)/.test(text) && readSyntax(text).isIcu) icu += 1;
    else if (text.includes("{{")) double += 1;
    else if (vue === 0 && (isLinked(text) || hasCountedPipes(text))) vue += 1;
  }
  if (icu > double) return "icu";
  return double > 0 ? "i18next" : vue > 0 ? "vue-i18n" : "auto";
}

function isLinked(text: string): boolean {
  return text.includes("@") && /(?<![\w.+-])@(?:\.[a-z]+)?:(?:[\w]|\(|\{')/.test(text);
}

function hasCountedPipes(text: string): boolean {
  if (!text.includes("|")) return false;
  const forms = text.split(/\s\|\s/);
  return forms.length > 1 && forms.length <= 4 && /\{\s*(?:n|count)\s*\}/.test(forms.at(-1) ?? "");
}

/** The syntax of one text. A text that reads the same in every syntax shares its translation with other files. */
export function syntaxOf(text: string, syntax: CatalogSyntax): CatalogSyntax {
  switch (syntax) {
    case "vue-i18n":
      return text.includes("|") ? syntax : "auto";
    case "i18next":
    case "auto":
      return "auto";
    case "icu":
      return /\{|''/.test(text) ? "icu" : "auto";
    default:
      return /[^\p{L}\p{N}\s.,!?-]/u.test(text) ? syntax : "auto";
  }
}
