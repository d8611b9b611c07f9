/**
 * Which locales of a translation memory serve a text, by CLDR's likely subtags: `fr-FR` is `fr`, `zh-CN` and `zh-Hans` are `zh`, and
 * `pt-BR` is `pt`, while `pt-PT`, `zh-TW` and `en-GB` stand for themselves.
 */
import { LRUCache } from "lru-cache";
import { UNDETERMINED_LOCALE } from "../contract/engine.ts";
import type { MemoryPair } from "../contract/memory.ts";
import { localeFallbacks } from "./locale.ts";

const MINIMIZED = new LRUCache<string, string>({ max: 1_000 });

/** The shortest name of a target locale in a memory. */
export function memoryLocale(locale: string): string {
  let found = MINIMIZED.get(locale);
  if (found === undefined) {
    found = locale === UNDETERMINED_LOCALE ? locale : new Intl.Locale(locale).minimize().toString();
    MINIMIZED.set(locale, found);
  }
  return found;
}

/** The language of a source, with its script where that is not the usual one. Its region changes no word of the source. */
export function memoryLanguage(locale: string): string {
  if (locale === UNDETERMINED_LOCALE) return locale;
  const { language, script } = new Intl.Locale(locale).maximize();
  return memoryLocale(script === undefined ? language : `${language}-${script}`);
}

/** The locales whose units may serve a target, best first: itself, then those that it falls back to. */
export function memoryTargets(locale: string): string[] {
  const { script } = new Intl.Locale(locale).maximize();
  const fallbacks = localeFallbacks(locale).filter((each) => new Intl.Locale(each).maximize().script === script);
  return [...new Set(fallbacks.map(memoryLocale))];
}

/** The first part of a locale: the language. */
export function languageOf(locale: string): string {
  return locale.split("-", 1)[0] ?? locale;
}

interface Lane {
  sourceLocale: string;
  targetLocale: string;
}

type Locales = Pick<MemoryPair, "sourceLocale" | "targetLocale">;

/** The pairs that may be examples for texts of a lane. */
export function servingUnits<Unit extends Locales>(
  { sourceLocale, targetLocale }: Lane,
  units: readonly Unit[],
): Unit[] {
  const targets = memoryTargets(targetLocale);
  return units.filter((unit) => isSameSource(unit, sourceLocale) && targets.includes(memoryLocale(unit.targetLocale)));
}

/** The pairs that may be translations of texts of a lane: into this locale, and not into one that it falls back to. */
export function sameLocaleUnits<Unit extends Locales>(
  { sourceLocale, targetLocale }: Lane,
  units: readonly Unit[],
): Unit[] {
  const target = memoryLocale(targetLocale);
  return units.filter((unit) => isSameSource(unit, sourceLocale) && memoryLocale(unit.targetLocale) === target);
}

/** A source whose language nobody named may be of any. */
function isSameSource(unit: Locales, sourceLocale: string): boolean {
  const [one, other] = [memoryLanguage(unit.sourceLocale), memoryLanguage(sourceLocale)];
  return one === other || one === UNDETERMINED_LOCALE || other === UNDETERMINED_LOCALE;
}
