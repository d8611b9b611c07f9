/** Locales in the keys, the names and the folders of files. */
import { basename } from "node:path";

const LOCALE = /^[a-z]{2,3}(?:[-_][A-Za-z0-9]{1,8})*$/;
const languages = new Intl.DisplayNames(["en"], { type: "language", fallback: "none" });

/** The parts of a file's name between dots. */
function nameParts(file: string): string[] {
  return basename(file).split(".");
}

/** Many short words are languages too (`new`, `sun`): three letters alone need the file's name or its locale to say the same. */
export function isLocale(key: string, file: string, locale: string | undefined): boolean {
  if (!LOCALE.test(key)) return false;
  if (key === locale) return true;
  const [language = ""] = key.split(/[-_]/);
  if (language.length !== 2 && language === key && !nameParts(file).includes(key)) return false;
  try {
    return languages.of(language) !== undefined;
  } catch {
    return false;
  }
}

/** The locale that a file's name says: `fr` of `devise.fr.yml`. */
export function localeOfName(file: string): string | undefined {
  return nameParts(file)
    .slice(0, -1)
    .findLast((part) => LOCALE.test(part) && isLocale(part, "", undefined));
}
