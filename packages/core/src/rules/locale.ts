/**
 * Locales in their stored form: BCP 47, one spelling each, the same on every machine.
 *
 * `Intl.getCanonicalLocales` cannot serve: it depends on the Unicode data of its Node, accepts `english` as a language,
 * and does not know the SQL side. This is the twin of `trans_hub.canonical_locale`; for every accepted locale, both
 * give the result of `Intl` (tests check both).
 */
import { UNDETERMINED_LOCALE } from "../contract/engine.ts";
import { InvalidItemError } from "../contract/errors.ts";
import {
  LANGUAGE_ALIASES,
  LANGUAGES_2,
  LANGUAGES_3,
  REFUSED_VARIANTS,
  REGION_ALIASES,
  REGIONS,
  SCRIPTS,
} from "./locale-tables.ts";

export interface LocaleOptions {
  /** Whether `und`, "the engine must detect it", is accepted: for a source locale. Default: false. */
  allowUndetermined?: boolean;
}

/**
 * The one spelling of a locale: `zh_cn` is `zh-CN`, `iw` is `he`, `fra` is `fr`, `en-uk` is `en-GB`.
 *
 * Refuses invalid locales, and of the valid ones: extensions (`-u-`, `-t-`: the format of dates does not change a
 * translation), extended languages (`zh-yue` is `yue`) and variants that name a language or region.
 *
 * @param field The field's name, for the error. Default `locale`.
 * @throws {InvalidItemError} `TH_LOCALE`, with the likely locale as hint if there is one.
 */
export function canonicalLocale(input: unknown, field = "locale", options: LocaleOptions = {}): string {
  const locale = typeof input === "string" ? remembered(input) : undefined;
  if (locale === undefined || (locale === UNDETERMINED_LOCALE && options.allowUndetermined !== true)) {
    throw notALocale(input, field);
  }
  return locale;
}

/**
 * The locale and its fallbacks, ending with the language: `zh-Hant-TW`, `zh-Hant`, `zh` (RFC 4647, lookup).
 *
 * @param locale In canonical form.
 */
export function localeFallbacks(locale: string): string[] {
  const fallbacks = [locale];
  for (let rest = locale; rest.includes("-"); ) {
    rest = rest.slice(0, rest.lastIndexOf("-")).replace(/-x$/, "");
    fallbacks.push(rest);
  }
  return fallbacks;
}

/** Whether two spellings name the same locale. An invalid locale equals none. */
export function sameLocale(one: string, other: string): boolean {
  const locale = remembered(one);
  return locale !== undefined && locale === remembered(other);
}

const REMEMBERED_MAX = 1_000;
const seen = new Map<string, string | undefined>();

/** Cached, because an application uses a handful of spellings for all of its items. */
function remembered(input: string): string | undefined {
  const known = seen.get(input);
  if (known !== undefined) return known;
  const locale = readLocale(input);
  if (locale !== undefined) {
    if (seen.size >= REMEMBERED_MAX) seen.clear();
    seen.set(input, locale);
  }
  return locale;
}

const SHAPE =
  /^([A-Za-z]{2,3})(-[A-Za-z]{4})?(-[A-Za-z]{2}|-[0-9]{3})?((?:-(?:[A-Za-z0-9]{5,8}|[0-9][A-Za-z0-9]{3}))*)((?:-[xX](?:-[A-Za-z0-9]{1,8})+)?)$/;
const MAX_LENGTH = 100;

const languageAliases = pairs(LANGUAGE_ALIASES);
const regionAliases = pairs(REGION_ALIASES);
const languages2 = new Set(LANGUAGES_2.split(" "));
const languages3 = Buffer.from(LANGUAGES_3, "base64");
const scripts = new Set(SCRIPTS.split(" "));
const regions = new Set(REGIONS.split(" "));
const refusedVariants = new Set(REFUSED_VARIANTS.split(" "));

function readLocale(input: string): string | undefined {
  if (input.length > MAX_LENGTH) return undefined;
  const parts = SHAPE.exec(input.replaceAll("_", "-"));
  if (parts === null) return undefined;

  const given = parts[1]?.toLowerCase() ?? "";
  const [language = given, ...implied] = languageAliases.get(given)?.split("-") ?? [];
  if (language === UNDETERMINED_LOCALE && input.length === 3) return UNDETERMINED_LOCALE;
  if (!isLanguage(language)) return undefined;

  const script = titleCase(parts[2]?.slice(1)) ?? implied.find((part) => part.length === 4);
  if (script !== undefined && !scripts.has(script)) return undefined;

  const written = parts[3]?.slice(1).toUpperCase() ?? implied.find((part) => part.length < 4);
  const region = written === undefined ? undefined : (regionAliases.get(written) ?? written);
  if (region !== undefined && !regions.has(region)) return undefined;

  const variants = parts[4] ? parts[4].slice(1).toLowerCase().split("-").sort() : [];
  if (new Set(variants).size < variants.length || variants.some((variant) => refusedVariants.has(variant))) {
    return undefined;
  }
  const known = [language, script, region, ...variants].filter((part) => part !== undefined);
  return known.join("-") + (parts[5]?.toLowerCase() ?? "");
}

function isLanguage(code: string): boolean {
  if (code.length === 2) return languages2.has(code);
  let place = 0;
  for (let at = 0; at < 3; at++) place = place * 26 + code.charCodeAt(at) - 97;
  return (((languages3[place >> 3] ?? 0) >> (place & 7)) & 1) === 1;
}

function titleCase(text: string | undefined): string | undefined {
  return text === undefined ? undefined : text.charAt(0).toUpperCase() + text.slice(1).toLowerCase();
}

function pairs(text: string): Map<string, string> {
  return new Map(text.split(" ").map((pair) => pair.split(":") as [string, string]));
}

// --- Suggestions ----------------------------------------------------------------------------------------------------

function notALocale(input: unknown, field: string): InvalidItemError {
  if (typeof input !== "string") return new InvalidItemError("TH_LOCALE", field, "must be a string");
  const meant = guess(input);
  // An invalid locale may be anything, a confidential text too: it is repeated only if it looks like a locale.
  const problem = !/^[A-Za-z0-9_-]{1,20}$/.test(input)
    ? "is not a locale"
    : input === UNDETERMINED_LOCALE
      ? `"${UNDETERMINED_LOCALE}" may stand for a source locale only`
      : `"${input}" is not a locale we know`;
  return new InvalidItemError("TH_LOCALE", field, problem, {
    hint:
      meant === undefined
        ? 'A locale is a BCP 47 tag, such as "fr", "pt-BR" or "zh-Hans".'
        : `Did you mean "${meant}"?`,
  });
}

function guess(input: string): string | undefined {
  if (input.length > MAX_LENGTH) return undefined;
  // POSIX (de_DE.UTF-8, sr_RS@latin), Android (zh-rCN), stray blanks
  const tidied = input
    .trim()
    .replace(/[.@].*$/, "")
    .replace(/-r([A-Z]{2})$/, "-$1");
  const candidates = [tidied, byEnglishName(tidied), byRegion(tidied), tidied.replace(/[-_].*$/, "")];
  return candidates
    .map((candidate) => (candidate === undefined ? undefined : readLocale(candidate)))
    .find((locale) => locale !== undefined && locale !== UNDETERMINED_LOCALE);
}

let codesByName: Map<string, string> | undefined;

/** `english` → `en` */
function byEnglishName(name: string): string | undefined {
  if (codesByName === undefined) {
    const names = new Intl.DisplayNames("en", { type: "language", fallback: "none" });
    codesByName = new Map([...languages2].map((code) => [(names.of(code) ?? code).toLowerCase(), code]));
  }
  return codesByName.get(name.toLowerCase());
}

/** `jp`, a country, → `ja`, its language */
function byRegion(code: string): string | undefined {
  const region = code.toUpperCase();
  if (!/^[A-Z]{2}$/.test(region) || !regions.has(region)) return undefined;
  const { language } = new Intl.Locale(`und-${region}`).maximize();
  return language === UNDETERMINED_LOCALE ? undefined : language;
}
