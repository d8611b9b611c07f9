/** The plural families of i18next: keys that differ in a suffix alone. */
import { categoriesOf, categoryOf } from "./categories.ts";
import { type FormToAsk, formsToAsk } from "./forms.ts";

/** Keys of one plural text. */
export interface I18nextFamily {
  /** The key without the suffix of the category: `mail`, `friend_male`, `place_ordinal`. */
  stem: string;
  kind: "cardinal" | "ordinal";
  /** JSON v3 has `key` and `key_plural`; v4 has `key_one` and `key_other`. */
  version: "v3" | "v4";
  /** The keys of the source by category, in the order of the file. */
  keys: ReadonlyMap<string, string>;
}

const SUFFIX = /^(.+)_(zero|one|two|few|many|other)$/s;
const ORDINAL = "_ordinal";
const COUNT = /\{\{-?\s*count\b/;

/**
 * Finds the families among the keys of one file.
 *
 * - JSON v4: two suffixes or more of one stem, `_other` among them. Ordinals (`place_ordinal_one`) and forms of a context
 *   (`friend_male_one`) follow the same rule, because the category is the last suffix. The suffixes are categories of the
 *   source locale or `_zero`, or one of the texts shows `{{count}}`: `step_one`, `step_two`, `step_other` in English are words.
 * - A single `_other`, the only form of a Japanese or Chinese source, when its text shows `{{count}}`; otherwise it is a word,
 *   as in `gender_other`.
 * - JSON v3: `items_plural` and `items`, when both exist.
 *
 * @param texts The texts by key.
 * @param sourceLocale BCP 47. Undefined: unknown, and every suffix counts as a category of it.
 */
export function i18nextFamilies(texts: ReadonlyMap<string, string>, sourceLocale?: string): I18nextFamily[] {
  const stems = new Map<string, Map<string, string>>();
  for (const key of texts.keys()) {
    const [, stem, category] = SUFFIX.exec(key) ?? [];
    if (stem === undefined || category === undefined) continue;
    const keys = stems.get(stem) ?? new Map<string, string>();
    stems.set(stem, keys.set(category, key));
  }
  const families: I18nextFamily[] = [];
  for (const [stem, keys] of stems) {
    if (!keys.has("other")) continue;
    const kind = stem.endsWith(ORDINAL) && stem !== ORDINAL ? "ordinal" : "cardinal";
    const showsCount = [...keys.values()].some((key) => COUNT.test(texts.get(key) ?? ""));
    const isFamily = showsCount || (keys.size > 1 && areCategories([...keys.keys()], kind, sourceLocale));
    if (isFamily) families.push({ stem, kind, version: "v4", keys });
  }
  for (const key of texts.keys()) {
    const stem = key.endsWith("_plural") ? key.slice(0, -"_plural".length) : undefined;
    if (stem === undefined || !texts.has(stem)) continue;
    const keys = new Map([
      ["one", stem],
      ["other", key],
    ]);
    families.push({ stem, kind: "cardinal", version: "v3", keys });
  }
  return families;
}

/** i18next takes `_zero` in every language. */
function areCategories(found: readonly string[], kind: "cardinal" | "ordinal", locale: string | undefined): boolean {
  if (locale === undefined) return true;
  const known = new Set(categoriesOf(locale, kind).map(({ name }) => name));
  return found.every((category) => category === "zero" || known.has(category));
}

/**
 * The keys that a family has in its target locale, with the texts to translate.
 *
 * @param texts The texts of the source by key.
 */
export function i18nextFormsToAsk(
  family: I18nextFamily,
  texts: ReadonlyMap<string, string>,
  { sourceLocale, targetLocale }: { sourceLocale: string; targetLocale: string },
): FormToAsk[] {
  const { kind, version, keys } = family;
  const forms = new Map([...keys].map(([category, key]) => [category, texts.get(key) ?? ""]));
  const asked = formsToAsk({ forms, kind, format: "i18next", zeroIsNumber: true, sourceLocale, targetLocale });
  return version === "v3" ? v3Forms(family, asked, targetLocale) : v4Forms(family, asked);
}

function v4Forms({ stem }: I18nextFamily, asked: readonly FormToAsk[]): FormToAsk[] {
  return asked.map(({ sameAs, ...form }) => ({
    ...form,
    key: `${stem}_${form.key}`,
    ...(sameAs !== undefined && { sameAs: `${stem}_${sameAs}` }),
  }));
}

/** The languages that JSON v3 gives other forms than one for 1 and one for all else, each form by a number that takes it. */
const V3_NUMBERS: Readonly<Record<string, readonly number[]>> = {
  ...each("ay bo cgg fa ht id ja jbo ka km ko ky lo ms sah su th tt ug vi wo zh", [1]),
  ...each("be bs cnr dz hr ru sr uk cs sk csb pl", [1, 2, 5]),
  ...{
    ar: [0, 1, 2, 3, 11, 100],
    cy: [1, 2, 3, 8],
    ga: [1, 2, 3, 7, 11],
    gd: [1, 2, 3, 20],
    jv: [0, 1],
    kw: [1, 2, 3, 4],
  },
  ...{
    lt: [1, 2, 10],
    lv: [1, 2, 0],
    mnk: [0, 1, 2],
    mt: [1, 2, 11, 20],
    or: [2, 1],
    ro: [1, 2, 20],
    sl: [5, 1, 2, 3],
  },
  ...each("he iw", [1, 2, 20, 21]),
};

function each(languages: string, numbers: readonly number[]): Record<string, readonly number[]> {
  return Object.fromEntries(languages.split(" ").map((language) => [language, numbers]));
}

function v3Forms({ stem }: I18nextFamily, asked: readonly FormToAsk[], targetLocale: string): FormToAsk[] {
  const numbers = V3_NUMBERS[targetLocale.split("-")[0] ?? ""] ?? [1, 2];
  const hasPlural = numbers.length === 2 && numbers[0] === 1;
  return numbers.flatMap((example, index) => {
    const category = categoryOf(targetLocale, "cardinal", example);
    const found = asked.find(({ key }) => key === category);
    if (found === undefined) return [];
    const key = hasPlural ? [stem, `${stem}_plural`][index] : `${stem}_${index}`;
    const { text, form } = found;
    return key === undefined ? [] : [{ key, text, form: { ...form, example } }];
  });
}
