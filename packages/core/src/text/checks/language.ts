/** Facts about a locale that `Intl` knows. Each is read once for each locale: building them takes up to 0.1 ms. */

/** A process meets a few hundred locales; a caller that invents them must not fill the memory. */
const MOST_LOCALES = 1_000;

/** `sr` of `sr-Latn-RS`. */
export function languageOf(locale: string): string {
  return locale.split("-", 1)[0] ?? locale;
}

/** Languages that put no space between words, so that space around a tag or a full stop has no meaning of its own. */
const UNSPACED = new Set(["ja", "zh", "yue", "th", "lo", "km", "my", "bo", "dz"]);

export function hasSpaces(locale: string): boolean {
  return !UNSPACED.has(languageOf(locale));
}

const SCRIPTS_OF: Readonly<Record<string, string>> = {
  Hans: "\\p{Script=Han}",
  Hant: "\\p{Script=Han}\\p{Script=Bopomofo}",
  Jpan: "\\p{Script=Han}\\p{Script=Hiragana}\\p{Script=Katakana}ー",
  Kore: "\\p{Script=Hangul}\\p{Script=Han}",
};

/** The script in which a locale is written: `zh` in Chinese characters, `sr` in Cyrillic ones. */
export interface Script {
  /** Matches every run of letters of other scripts. */
  foreignWord: RegExp;
}

/** Undefined: the locale is none, or its script is unknown. */
export const scriptOf = remembered((locale: string): Script | undefined => {
  try {
    const script = new Intl.Locale(locale).maximize().script;
    if (script === undefined || script === "Zxxx" || script === "Zyyy") return undefined;
    const own = SCRIPTS_OF[script] ?? `\\p{Script=${script}}`;
    return { foreignWord: new RegExp(`[[\\p{L}\\p{M}]--[${own}\\p{Script=Common}\\p{Script=Inherited}]]+`, "gv") };
  } catch {
    return undefined;
  }
});

/** The plural categories of a language, as far as a message needs them. */
export interface PluralCategories {
  /** Every category of the language in CLDR. */
  known: ReadonlySet<string>;
  /**
   * The categories of the whole numbers to 200, each with those numbers (the first few of them). `many` of French is none of
   * them: it begins at a million, and no catalog of people has it.
   */
  counting: ReadonlyMap<string, readonly number[]>;
}

const COUNTED_TO = 200;
/** More exact numbers than these do not stand for a category. */
const MOST_EXAMPLES = 4;

/** Undefined: the locale is none, or its plurals are unknown. */
export const pluralCategoriesOf = remembered((key: `${"cardinal" | "ordinal"} ${string}`) => {
  const [type, locale = ""] = key.split(" ", 2);
  try {
    if (Intl.PluralRules.supportedLocalesOf(locale).length === 0) return undefined;
    const rules = new Intl.PluralRules(locale, { type: type === "ordinal" ? "ordinal" : "cardinal" });
    const counting = new Map<string, number[]>();
    for (let number = 0; number <= COUNTED_TO; number += 1) {
      const category = rules.select(number);
      const examples = counting.get(category) ?? [];
      if (examples.length < MOST_EXAMPLES) counting.set(category, [...examples, number]);
    }
    return { known: new Set<string>(rules.resolvedOptions().pluralCategories), counting } satisfies PluralCategories;
  } catch {
    return undefined;
  }
});

function remembered<Key extends string, Fact>(find: (key: Key) => Fact): (key: Key) => Fact {
  const facts = new Map<Key, Fact>();
  return (key) => {
    if (facts.has(key)) return facts.get(key) as Fact;
    if (facts.size >= MOST_LOCALES) facts.clear();
    const fact = find(key);
    facts.set(key, fact);
    return fact;
  };
}
