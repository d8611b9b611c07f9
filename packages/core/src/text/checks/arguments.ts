import type { IcuArgument } from "../icu.ts";
import { differenceOf } from "./difference.ts";

/**
 * Compares the arguments of an ICU message with those of its translation: their names, the styles that each is formatted in,
 * and with `each` "as often" how often each comes. `#` is its plural's own argument, which a branch may also name. A plural may be added where its argument stands, and may
 * go where the target language has no other form than `other`; a select stays.
 *
 * @returns the numbers of names that only one of the two has; a name in another style counts as one of both.
 */
export function compareArguments(
  expected: readonly IcuArgument[],
  actual: readonly IcuArgument[],
  { targetLocale, each }: { targetLocale: string | undefined; each: "as often" | "once" },
): { missing: number; added: number } {
  if (each === "as often") return differenceOf(expected.map(spellingOf), actual.map(spellingOf), each);
  const wanted = formsOf(expected);
  const found = formsOf(actual);
  let missing = 0;
  let added = 0;
  for (const [name, forms] of wanted) {
    const others = found.get(name);
    if (others === undefined) missing += 1;
    else if (isOtherForm(forms, others, targetLocale)) {
      missing += 1;
      added += 1;
    }
  }
  for (const name of found.keys()) if (!wanted.has(name)) added += 1;
  return { missing, added };
}

function spellingOf({ name, type, style }: IcuArgument): string {
  return [name, type, style].join(",");
}

/** Type and style of each use of a name but the bare one. */
function formsOf(message: readonly IcuArgument[]): Map<string, Set<string>> {
  const forms = new Map<string, Set<string>>();
  for (const { name, type, style } of message) {
    const uses = forms.get(name) ?? new Set();
    forms.set(name, uses);
    if (type !== "") uses.add(`${type},${style}`);
  }
  return forms;
}

function isOtherForm(expected: Set<string>, actual: Set<string>, targetLocale: string | undefined): boolean {
  for (const form of expected) {
    if (!actual.has(form) && !(isPlural(form) && hasOneForm(form, targetLocale))) return true;
  }
  // `#` shows its number as `{n, number}` does, which stands where another plural is between them.
  const allowed = [...expected].some(isPlural) ? new Set(["plural,", "number,"]) : new Set(["plural,"]);
  for (const form of actual) if (!expected.has(form) && !allowed.has(form)) return true;
  return false;
}

function isPlural(form: string): boolean {
  return form === "plural," || form === "selectordinal,";
}

/** Whether a language has a single plural form (ja, zh, ko), or a single ordinal one. */
export function hasOneForm(form: string, locale: string | undefined): boolean {
  if (locale === undefined) return false;
  try {
    const rules = new Intl.PluralRules(locale, { type: form.startsWith("selectordinal") ? "ordinal" : "cardinal" });
    return rules.resolvedOptions().pluralCategories.length === 1;
  } catch {
    return false; // no locale
  }
}
