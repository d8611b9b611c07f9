import type { IcuArgument } from "../icu.ts";
import { pluralCategoriesOf } from "./language.ts";
import type { Check } from "./subject.ts";

/**
 * A plural has a form for each category that a whole number of the target language has. An exact number stands for its
 * category where it is the only one of it (`=1` for `one` in English). A source with the form `other` alone asks for none.
 */
export const pluralFormMissing: Check = {
  name: "plural-form-missing",
  severity: "warn",
  check({ given: { targetLocale }, sourceSyntax, translationSyntax }) {
    if (targetLocale === undefined || !translationSyntax.isIcu) return undefined;
    if (!sourceSyntax.arguments.some((argument) => isPlural(argument) && argument.selectors.length > 1))
      return undefined;
    const isIncomplete = translationSyntax.arguments.some((argument) => {
      if (!isPlural(argument)) return false;
      const categories = categoriesOf(argument, targetLocale);
      if (categories === undefined) return false;
      return [...categories.counting].some(
        ([category, numbers]) =>
          !argument.selectors.includes(category) &&
          numbers.some((number) => !argument.selectors.includes(`=${number}`)),
      );
    });
    return isIncomplete ? "a plural lacks a form of its language" : undefined;
  },
};

/** No form of a plural is one that the target language does not have: no number would ever choose it. */
export const pluralFormForeign: Check = {
  name: "plural-form-foreign",
  severity: "warn",
  check({ given: { targetLocale, pluralCategory }, translationSyntax }) {
    if (targetLocale === undefined) return undefined;
    const form: readonly Selecting[] =
      pluralCategory === undefined ? translationSyntax.arguments : [{ type: "plural", selectors: [pluralCategory] }];
    const isForeign = form.some((argument) => {
      if (!isPlural(argument)) return false;
      const categories = categoriesOf(argument, targetLocale);
      return (
        categories !== undefined &&
        argument.selectors.some((selector) => CATEGORIES.has(selector) && !categories.known.has(selector))
      );
    });
    return isForeign ? "a plural has a form that its language does not have" : undefined;
  },
};

type Selecting = Pick<IcuArgument, "type" | "selectors">;

const CATEGORIES = new Set(["zero", "one", "two", "few", "many", "other"]);

function isPlural({ type }: Selecting): boolean {
  return type === "plural" || type === "selectordinal";
}

function categoriesOf({ type }: Selecting, locale: string) {
  return pluralCategoriesOf(`${type === "selectordinal" ? "ordinal" : "cardinal"} ${locale}`);
}
