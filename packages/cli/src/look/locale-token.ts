/** Locales as the names of files and folders spell them. */
import { canonicalLocale } from "@trans-hub/core/rules";

/** A part of a path that names a locale. */
export interface LocaleToken {
  /** As it stands in the path: `pt_BR`, `zh-rCN`. */
  token: string;
  /** BCP 47. */
  locale: string;
}

/**
 * The locale that a word names: `fr`, `pt-BR`, `zh_Hans`, `sr@latin`. Undefined: none that a catalog is likely to have. Three
 * letters name a language only where the system knows more of it than its code: `app`, `lib` and `src` are languages too.
 */
export function localeOfWord(word: string): string | undefined {
  const [, plain = word, modifier] = /^([A-Za-z_]{2,11})@([a-z]+)$/.exec(word) ?? [];
  if (!/^[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{2,8})*$/.test(plain)) return undefined;
  if (/^[A-Z]{2,3}$/.test(plain)) return undefined;
  const locale = canonical(plain);
  if (locale === undefined) return undefined;
  const [language = ""] = locale.split("-");
  if (language.length === 3 && Intl.DateTimeFormat.supportedLocalesOf(language).length === 0) return undefined;
  return modifier === undefined ? locale : withModifier(locale, modifier);
}

const SCRIPTS: Readonly<Record<string, string>> = { latin: "Latn", cyrillic: "Cyrl", devanagari: "Deva" };

/** gettext's `sr@latin` is `sr-Latn`, and `ca@valencia` has a variant. */
function withModifier(locale: string, modifier: string): string | undefined {
  const [language = "", ...rest] = locale.split("-");
  const script = SCRIPTS[modifier];
  return canonical(script === undefined ? `${locale}-${modifier}` : [language, script, ...rest].join("-"));
}

/** The locale of a folder of Android's resources: `values-fr`, `values-zh-rCN`, `values-b+sr+Latn`. */
export function localeOfAndroid(folder: string): LocaleToken | undefined {
  const [, token] = /^values-([a-z]{2,3}(?:-r(?:[A-Z]{2}|[0-9]{3}))?|b\+[A-Za-z0-9+]+)$/.exec(folder) ?? [];
  if (token === undefined) return undefined;
  const locale = canonical(token.startsWith("b+") ? token.slice(2).replaceAll("+", "-") : token.replace("-r", "-"));
  return locale === undefined ? undefined : { token, locale };
}

/**
 * The locale that people mean by the code of a country: `cn`, `jp`, `kr`. Such a word names a locale only beside others that
 * do. Undefined: the code is no country's, or its language is not clear.
 */
export function localeOfCountry(word: string): string | undefined {
  if (!/^[a-z]{2}$/.test(word) || canonical(word) !== undefined) return undefined;
  const region = word.toUpperCase();
  if (canonical(`en-${region}`) === undefined) return undefined;
  const { language } = new Intl.Locale(`und-${region}`).maximize();
  if (language === undefined || language === "und" || language === "en") return undefined;
  // Chinese is written in two scripts, so its country says more than its language.
  return language === "zh" ? `zh-${region}` : language;
}

function canonical(word: string): string | undefined {
  try {
    return canonicalLocale(word, "locale");
  } catch {
    return undefined;
  }
}
