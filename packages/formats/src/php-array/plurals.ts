/** Laravel's plural forms between pipes: the order of the forms is by number, as Laravel counts them. */
import { readPluralForms } from "@trans-hub/core/engine";
import { pluralFormsFor } from "../gettext-po/plural-forms.ts";
import { categoriesOf } from "../tree/families.ts";

/**
 * The categories of a locale in the order of its forms. Laravel counts whole numbers as gettext does, so categories of
 * fractions alone come last. Undefined: the locale is not known.
 */
export function formOrder(locale: string | undefined): readonly string[] | undefined {
  const categories = categoriesOf(locale);
  if (locale === undefined || categories === undefined) return undefined;
  const tag = locale.replaceAll("_", "-");
  const rules = new Intl.PluralRules(tag);
  const order = new Set<string>();
  for (const { numbers } of readPluralForms(pluralFormsFor(tag))?.forms ?? []) {
    const counts = new Map<string, number>();
    for (const number of numbers) counts.set(rules.select(number), (counts.get(rules.select(number)) ?? 0) + 1);
    const [best] = [...counts].filter(([name]) => !order.has(name)).sort(([, a], [, b]) => b - a);
    if (best !== undefined) order.add(best[0]);
  }
  for (const category of categories) order.add(category);
  return [...order];
}

/** Laravel reads brackets at the beginning of a form as its range. */
const RANGE = /^[{[][^[\]{}]*[}\]]/;

/** A form whose first bracket is text: Laravel looks for a range at its first character alone. */
export function writtenForm(form: string): string {
  return form.replace(/^[{[]/, " $&");
}

/** The forms of a text. Undefined: it has no pipes, or ranges (`[1,19]`), or is a title such as `Home | Shop`. */
export function pipedForms(text: string): string[] | undefined {
  const forms = text.split("|");
  if (forms.length < 2 || forms.some((form) => form.trim() === "" || RANGE.test(form))) return undefined;
  if (/\s\|\s/.test(text) && !/:count\b/.test(text)) return undefined;
  return text.split(separatorOf(text)).map((form) => form.replace(/^ (?=[{[])/, ""));
}

/** The pipe as a text writes it. */
export function separatorOf(text: string): string {
  return text.replaceAll(" | ", "").includes("|") || !text.includes(" | ") ? "|" : " | ";
}
