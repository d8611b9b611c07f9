/** How a project spells locales in the names of its files: `pt_BR.json`, `values-pt-rBR`, `zh-Hans.lproj`. */

export const LOCALE_STYLES = ["bcp47", "underscore", "android", "apple"] as const;

/** `pt-BR` and `zh-Hans` in each style: `pt-BR`, `zh-Hans`; `pt_BR`, `zh_Hans`; `pt-rBR`, `b+zh+Hans`; `pt-BR`, `zh-Hans`. */
export type LocaleStyle = (typeof LOCALE_STYLES)[number];

/** @param locale In canonical form. */
export function spelled(locale: string, style: LocaleStyle): string {
  if (style === "underscore") return locale.replaceAll("-", "_");
  if (style === "android") return androidQualifier(locale);
  return style === "apple" ? (APPLE_NAMES[locale] ?? locale) : locale;
}

/** Chinese is told by its script, not by its region, in folders that Xcode makes. */
const APPLE_NAMES: Readonly<Record<string, string>> = { "zh-CN": "zh-Hans", "zh-TW": "zh-Hant" };

/**
 * The short form has a language and a region of two letters; any other locale needs the long form. Android writes three
 * languages by the codes that they had before 1989.
 */
function androidQualifier(locale: string): string {
  const [, language = "", region] = /^([a-z]{2,3})(?:-([A-Z]{2}))?$/.exec(locale) ?? [];
  if (language === "") return `b+${locale.replaceAll("-", "+")}`;
  const qualifier = OLD_LANGUAGES[language] ?? language;
  return region === undefined ? qualifier : `${qualifier}-r${region}`;
}

const OLD_LANGUAGES: Readonly<Record<string, string>> = { he: "iw", id: "in", yi: "ji" };

/** The spellings under which a file may exist, the canonical one first. */
export function spellingsOf(locale: string): string[] {
  const [language = locale] = locale.split("-", 1);
  const old = OLD_LANGUAGES[language];
  const locales = old === undefined ? [locale] : [locale, old + locale.slice(language.length)];
  const styled = locales.flatMap((each) => LOCALE_STYLES.map((style) => spelled(each, style)));
  return [...new Set([...styled, ...styled.flatMap((each) => [each.toLowerCase(), each.toUpperCase()])])];
}

/** The style that a file's pattern asks for by its form: folders of Android and of Xcode, and files of Flutter. */
export function styleOfPattern(pattern: string): LocaleStyle | undefined {
  if (/(?:^|[\\/])values-\{locale\}[\\/]/.test(pattern)) return "android";
  if (/\{locale\}\.arb$/.test(pattern)) return "underscore";
  return pattern.includes("{locale}.lproj") ? "apple" : undefined;
}

/** `pt` of `pt-BR`. The locale is canonical. */
export function languageOf(locale: string): string {
  return locale.split("-", 1)[0] ?? locale;
}
