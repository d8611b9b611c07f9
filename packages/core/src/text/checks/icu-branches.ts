import type { IcuArgument } from "../icu.ts";
import { counted } from "./counted.ts";
import type { Check } from "./subject.ts";

const PLURAL_FORM = /^(?:zero|one|two|few|many|other|=[0-9]+)$/;

/**
 * In an ICU message the options of each select are those of the source, for they are identifiers of the program. The
 * forms of a plural belong to the language: each must be one that CLDR knows, `other` among them, and their number is free.
 * Exact numbers (`=0`) stay, and no selector comes twice.
 *
 * It shares its name with the check `icu`, and comes after the checks of placeholders and tags: a lost tag is reported first,
 * because it also breaks a page.
 */
export const icuBranches: Check = {
  name: "icu",
  severity: "block",
  check({ sourceSyntax, translationSyntax }) {
    const options = optionsOf(sourceSyntax.arguments);
    const found = optionsOf(translationSyntax.arguments);
    const missing = [...options].filter((option) => !found.has(option)).length;
    const added = [...found].filter((option) => !options.has(option)).length;
    if (missing > 0 || added > 0) return `${counted(missing, "select option")} missing, ${added} added`;

    const plurals = translationSyntax.arguments.filter(isPlural);
    if (plurals.some(({ selectors }) => selectors.some((selector) => !PLURAL_FORM.test(selector)))) {
      return "a plural form is none of zero, one, two, few, many, other";
    }
    if (sourceSyntax.arguments.filter(isPlural).every(hasOther) && !plurals.every(hasOther)) {
      return "a plural lost its form other";
    }
    if (!sourceSyntax.arguments.some(hasTwice) && translationSyntax.arguments.some(hasTwice)) {
      return "a selector comes twice in one argument";
    }
    return lostNumber(sourceSyntax.arguments, plurals) ? "a plural lost the form of an exact number" : undefined;
  },
};

function hasTwice({ selectors }: IcuArgument): boolean {
  return new Set(selectors).size < selectors.length;
}

/** An exact number (`=0`) has words of its own. Where the plural itself may go (ja), its exact numbers go with it. */
function lostNumber(source: readonly IcuArgument[], plurals: readonly IcuArgument[]): boolean {
  const found = new Map<string, Set<string>>();
  for (const { name, selectors } of plurals) {
    const numbers = found.get(name) ?? new Set();
    found.set(name, numbers);
    for (const selector of selectors) numbers.add(selector);
  }
  return source.filter(isPlural).some(({ name, selectors }) => {
    const numbers = found.get(name);
    return numbers !== undefined && selectors.some((one) => one.startsWith("=") && !numbers.has(one));
  });
}

function optionsOf(message: readonly IcuArgument[]): Set<string> {
  const selects = message.filter(({ type }) => type === "select");
  return new Set(selects.flatMap(({ name, selectors }) => selectors.map((selector) => `${name},${selector}`)));
}

function isPlural({ type }: IcuArgument): boolean {
  return type === "plural" || type === "selectordinal";
}

function hasOther({ selectors }: IcuArgument): boolean {
  return selectors.includes("other");
}
