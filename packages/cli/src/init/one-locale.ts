/** One name for the locales that files of one project spell apart: `de` and `de-DE`, `zh-CN` and `zh-Hans`. */
import type { ProjectFile } from "./project.ts";

/**
 * The files with the locale that most of them use for each language, script and region. A configuration with both names would
 * make both files everywhere.
 *
 * Two names stay apart where one source has a target for each.
 */
export function withOneLocaleEach(files: readonly ProjectFile[], sourceLocale: string): ProjectFile[] {
  const counts = new Map<string, number>();
  for (const { targets } of files) {
    for (const { locale } of targets) counts.set(locale, (counts.get(locale) ?? 0) + 1);
  }
  const names = new Map<string, string>();
  for (const [, alike] of Map.groupBy(counts.keys(), (locale) => likely(locale))) {
    const isApart = files.some(({ targets }) => {
      return targets.filter(({ locale }) => locale === sourceLocale || alike.includes(locale)).length > 1;
    });
    const [name = ""] = alike.toSorted((a, b) => (counts.get(b) ?? 0) - (counts.get(a) ?? 0) || a.length - b.length);
    for (const locale of alike) names.set(locale, isApart ? locale : name);
  }
  return files.map((file) => ({
    ...file,
    targets: file.targets.map((target) => ({ ...target, locale: names.get(target.locale) ?? target.locale })),
  }));
}

/** With the script and the region that a reader would suppose: `de-Latn-DE` for `de`. */
function likely(locale: string): string {
  return new Intl.Locale(locale).maximize().toString();
}
