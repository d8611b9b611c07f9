/**
 * Families of plural forms that a catalog keeps side by side (`key_one`, `key_other`; `msgid_plural`; Android's `<plurals>`):
 * one message, of which each form of the target locale is asked for by itself.
 */
import type { PluralForm, TextFormat } from "../../contract/engine.ts";
import { readSyntax } from "../syntax.ts";
import { MAX_REPEATED_LENGTH } from "./asking.ts";
import { categoriesOf, categoryOf, exactNumber, sourceKeyOf } from "./categories.ts";
import type { GettextPlurals } from "./gettext-plurals.ts";

/** The forms of one text in its source locale. */
export interface PluralFamily {
  /** By plural category of CLDR (`one`) or exact number (`=0`). Without `other`, the last one stands for it. */
  forms: ReadonlyMap<string, string>;
  /** `ordinal` for "1st, 2nd". Default: `cardinal`. */
  kind?: "cardinal" | "ordinal" | undefined;
  /** The format by which the forms are read. Default: `auto`. */
  format?: TextFormat | undefined;
  /** Whether `zero` is the form of the number 0 in languages without that category, as i18next and Apple have it. Default: false. */
  zeroIsNumber?: boolean | undefined;
  /** BCP 47. */
  sourceLocale: string;
  /** BCP 47. */
  targetLocale: string;
}

/** One form of a family in the target locale. */
export interface FormToAsk {
  /** A plural category or an exact number; for gettext the index of `msgstr`. */
  key: string;
  /** The source's form to translate. */
  text: string;
  /** Goes to the engine with the text. */
  form: PluralForm;
  /** The key of the form whose translation is this one's too: `many` of French is `other`. Absent: it is asked for. */
  sameAs?: string | undefined;
}

/** The forms that a family has in its target locale: exact numbers, then the categories of CLDR in their order. */
export function formsToAsk({ zeroIsNumber = false, ...family }: PluralFamily): FormToAsk[] {
  return zeroIsNumber ? formsWithZero(family) : formsOf(family);
}

function formsWithZero(family: PluralFamily): FormToAsk[] {
  const { forms, kind = "cardinal", sourceLocale, targetLocale } = family;
  const zeroOf = (locale: string) => categoriesOf(locale, kind).find(({ name }) => name === "zero");
  const isNumber = zeroOf(sourceLocale) === undefined;
  const byNumber = new Map([...forms].map(([key, text]) => [isNumber && key === "zero" ? "=0" : key, text]));
  const asked = formsOf({ ...family, forms: byNumber });
  // A category that more numbers take needs words of its own.
  const isOnlyZero = zeroOf(targetLocale)?.numbers.every((number) => number === 0) ?? true;
  const hasExact = asked.some(({ key }) => key === "=0");
  return asked
    .filter(({ key }) => (isOnlyZero ? !(hasExact && key === "zero") : key !== "=0"))
    .map((form) => (form.key === "=0" ? { ...form, key: "zero" } : form));
}

function formsOf(family: PluralFamily): FormToAsk[] {
  const { forms, kind = "cardinal", targetLocale } = family;
  const exact = [...forms.keys()].flatMap((key) => exactNumber(key) ?? []);
  const toAsk = (key: string, from: string, example: number, sameAs?: string): FormToAsk => ({
    key,
    text: formOf(forms, from),
    form: { category: key, example, of: familyText(forms) },
    ...(sameAs !== undefined && { sameAs }),
  });
  return [
    ...exact.map((number) => toAsk(`=${number}`, `=${number}`, number)),
    ...categoriesOf(targetLocale, kind, new Set(exact)).map((category) =>
      toAsk(category.name, sourceOf(family, category), category.example, category.asOther ? "other" : undefined),
    ),
  ];
}

/**
 * The forms `msgstr[0]`, `msgstr[1]` … of a family, as the `Plural-Forms` of the target file count them. A form that no number
 * takes is the same as the last one that a number takes.
 */
export function gettextFormsToAsk(family: PluralFamily, { forms: indexes }: GettextPlurals): FormToAsk[] {
  const { forms, kind = "cardinal", targetLocale } = family;
  const lastTaken = indexes.findLast(({ numbers }) => numbers.length > 0)?.index ?? 0;
  return indexes.map(({ index, numbers }) => {
    const [example = 1] = numbers;
    // The header may count otherwise than CLDR, so the numbers decide and the category is only their name.
    const name = categoryOf(targetLocale, kind, example);
    return {
      key: String(index),
      text: formOf(forms, sourceOf(family, { name, numbers })),
      form: { category: name, example, of: familyText(forms) },
      ...(numbers.length === 0 && index !== lastTaken && { sameAs: String(lastTaken) }),
    };
  });
}

function sourceOf(
  { forms, kind = "cardinal", format = "auto", sourceLocale }: PluralFamily,
  category: { name: string; numbers: readonly number[] },
): string {
  const placeholders = (key: string) =>
    readSyntax(formOf(forms, key), format).tokens.filter((token) => token.kind !== "markup").length;
  return sourceKeyOf(category, {
    locale: sourceLocale,
    kind,
    has: (key) => forms.has(key),
    // The form does not say which of its placeholders is the number; one fewer than `other` is it.
    leavesOut: (key) => placeholders(key) < placeholders("other"),
  });
}

function formOf(forms: ReadonlyMap<string, string>, key: string): string {
  return forms.get(key) ?? forms.get("other") ?? [...forms.values()].at(-1) ?? "";
}

/** The context of a text has 8,192 bytes. */
function familyText(forms: ReadonlyMap<string, string>): string {
  const text = [...forms].map(([key, form]) => `${key}: ${form}`).join("\n");
  return text.length > MAX_REPEATED_LENGTH ? "" : text;
}
