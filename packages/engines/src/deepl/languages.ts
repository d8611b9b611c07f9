/** The codes of DeepL for locales. The list of languages grows each year, so an unknown one is left to DeepL to refuse. */
import { scriptOf } from "../locale-codes.ts";

/** Regions in which English is written as in the United States. */
const AMERICAN = new Set(["US", "CA", "PH", "PR", "AS", "GU", "UM", "VI"]);
/** Regions of Spanish that are not Latin America. */
const EUROPEAN_SPANISH = new Set(["ES", "GQ", "PH", "EA", "IC"]);

/** The code of a source: a language without a region. */
export function sourceCode(locale: string): string {
  return languageOf(locale);
}

/**
 * The code of a target, with the region or script that DeepL asks for. A locale without a region has the one with the most
 * speakers (`en` is EN-US, `pt` is PT-BR).
 *
 * @returns undefined where DeepL would answer in another script than the locale's (`sr-Latn`).
 */
export function targetCode(locale: string): string | undefined {
  const code = languageOf(locale);
  const { region = "" } = new Intl.Locale(locale).maximize();
  const hasRegion = new Intl.Locale(locale).region !== undefined;
  if (code === "ZH") return scriptOf(locale) === "Hant" ? "ZH-HANT" : "ZH-HANS";
  if (scriptOf(locale) !== scriptOf(new Intl.Locale(locale).language)) return undefined;
  if (code === "EN") return AMERICAN.has(region) ? "EN-US" : "EN-GB";
  if (code === "PT") return region === "BR" ? "PT-BR" : "PT-PT";
  if (code === "ES") return hasRegion && !EUROPEAN_SPANISH.has(region) ? "ES-419" : "ES";
  return code;
}

function languageOf(locale: string): string {
  const { language } = new Intl.Locale(locale);
  return language === "no" || language === "nn" ? "NB" : language.toUpperCase();
}
