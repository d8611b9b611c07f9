/**
 * Finds the code by which a server of machine translation knows a locale. The codes of servers are two or three letters with
 * a region, a script or a variant (`eng`, `pt_BR`, `zh-Hans`, `cat_valencia`).
 */

/** Codes that are no tags of BCP 47, with the locale that they mean. */
const ODD_CODES: Readonly<Record<string, string>> = {
  zt: "zh-Hant", // Argos
  pb: "pt-BR", // Argos
  no: "nb",
  iw: "he",
};

/** Languages that a code of another one serves: Apertium has one for Bosnian, Croatian and Serbian. */
const SERVED_BY: Readonly<Record<string, readonly string[]>> = {
  hr: ["sr-Latn-HR", "sr-Latn"],
  bs: ["sr-Latn-BS", "sr-Latn"],
  no: ["nb"],
};

/** The canonical locale of a server's code (`eng` is `en`). Undefined: the code is no tag of BCP 47. */
export function localeOfCode(code: string): string | undefined {
  try {
    return Intl.getCanonicalLocales(ODD_CODES[code] ?? code.replaceAll("_", "-"))[0];
  } catch {
    return undefined;
  }
}

/**
 * The code that serves a locale best: its own, or that of a shorter locale in the same script (`fr` for `fr-CA`, `zh-Hant`
 * for `zh-TW`, and never `zh` for `zh-Hant`). Undefined: none of the codes serves it.
 *
 * @param locale Canonical BCP 47.
 */
export function codeFor(locale: string, codes: Iterable<string>): string | undefined {
  const byLocale = new Map<string, string>();
  for (const code of codes) {
    const meant = localeOfCode(code);
    if (meant !== undefined && !byLocale.has(meant)) byLocale.set(meant, code);
  }
  const wanted = [...shorterLocales(locale)].flatMap((each) => [each, ...(SERVED_BY[each] ?? [])]);
  for (const each of wanted) {
    const code = byLocale.get(each);
    if (code !== undefined) return code;
  }
  return undefined;
}

/** The locale, then with its script in place of its region, then ever shorter, as long as the script stays the same. */
function* shorterLocales(locale: string): Generator<string> {
  const script = scriptOf(locale);
  const { language, region } = new Intl.Locale(locale);
  yield locale;
  if (script !== undefined) {
    if (region !== undefined) yield `${language}-${script}-${region}`;
    yield `${language}-${script}`;
  }
  for (let at = locale.lastIndexOf("-"); at > 0; at = locale.lastIndexOf("-", at - 1)) {
    const shorter = locale.slice(0, at);
    if (scriptOf(shorter) === script) yield shorter;
  }
}

/** The script that a locale is written in: its own, or the usual one. */
export function scriptOf(locale: string): string | undefined {
  try {
    return new Intl.Locale(locale).maximize().script;
  } catch {
    return undefined; // a cut in the middle of an extension
  }
}

const MOST_LISTED = 40;

/** The codes in words, for an error: "its targets are fra, spa". */
export function listOf(what: string, codes: Iterable<string>): string {
  const all = [...codes].sort();
  if (all.length === 0) return `it has no ${what}`;
  const more = all.length > MOST_LISTED ? `, and ${all.length - MOST_LISTED} more` : "";
  return `its ${what} are ${all.slice(0, MOST_LISTED).join(", ")}${more}`;
}

/** Whether a value of a server's list looks like a code. Codes go into errors, so nothing else may pass. */
export function isCode(value: unknown): value is string {
  return typeof value === "string" && /^[A-Za-z]{2,3}([_-][A-Za-z0-9]{1,12}){0,3}$/.test(value);
}
