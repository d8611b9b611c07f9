import type { Engine } from "../contract/engine.ts";

/**
 * The engines for a target locale, in their order: those that name it or, where none does, its language; else those that name no
 * locale. Empty: each engine is for other locales.
 */
export function chainFor<Each extends Pick<Engine, "name" | "targetLocales">>(
  engines: readonly Each[],
  targetLocale: string,
): readonly Each[] {
  if (engines.every(({ targetLocales }) => targetLocales === undefined)) return engines;
  // `zh-Hant-TW`, then `zh-Hant`, then `zh`.
  for (let locale = targetLocale; locale !== ""; locale = locale.slice(0, Math.max(0, locale.lastIndexOf("-")))) {
    const named = engines.filter(({ targetLocales }) => targetLocales?.includes(locale));
    if (named.length > 0) return named;
  }
  return engines.filter(({ targetLocales }) => targetLocales === undefined);
}
