/** The ways in which a path may name the locale of its file, and the patterns that follow from them. */
import { type LocaleToken, localeOfAndroid, localeOfCountry, localeOfWord } from "./locale-token.ts";

/** One reading of a path. */
export interface PathReading {
  /** The path with `{locale}` in the place of its locale: `app/res/values-{locale}/strings.xml`. */
  pattern: string;
  /** Undefined: the path is that of the file without locale, beside which the others stand (`values/strings.xml`). */
  at: LocaleToken | undefined;
  /** Whether the locale is only guessed: the word is a country's code. */
  isGuess: boolean;
}

const PLACEHOLDER = "{locale}";

/** All readings of a path; the likelier ones first. A path may have none. */
export function readingsOf(path: string): PathReading[] {
  const segments = path.split("/");
  const name = segments.at(-1) ?? "";
  if (/\.xml$/i.test(name)) return androidReadings(segments);
  const folderAt = segments.findIndex((segment) => segment.endsWith(".lproj"));
  if (folderAt !== -1) return appleReadings(segments, folderAt);
  const slots = [...nameSlots(segments), ...folderSlots(segments)];
  const readings = slots.map(({ at, locale, token, isGuess }): PathReading => {
    // `en/messages.en.json` says its locale twice.
    const all = slots.filter((slot) => slot.locale === locale && slot.token === token);
    const filled = segments.map((segment, index) => {
      const own = all.find((slot) => slot.at === index) ?? (index === at ? { before: "", after: "" } : undefined);
      return own === undefined ? segment : `${own.before}${PLACEHOLDER}${own.after}`;
    });
    return { pattern: filled.join("/"), at: { locale, token }, isGuess };
  });
  return [...new Map(readings.map((reading) => [reading.pattern, reading])).values(), ...baseReadings(segments)];
}

interface Slot extends LocaleToken {
  /** Index of the segment. */
  at: number;
  /** The segment's text around the locale. */
  before: string;
  after: string;
  isGuess: boolean;
}

function androidReadings(segments: readonly string[]): PathReading[] {
  const at = segments.length - 2;
  const folder = segments[at] ?? "";
  const pattern = segments.with(at, `values-${PLACEHOLDER}`).join("/");
  if (folder === "values") return [{ pattern, at: undefined, isGuess: false }];
  const locale = localeOfAndroid(folder);
  return locale === undefined ? [] : [{ pattern, at: locale, isGuess: false }];
}

function appleReadings(segments: readonly string[], at: number): PathReading[] {
  const token = (segments[at] ?? "").slice(0, -".lproj".length);
  const pattern = segments.with(at, `${PLACEHOLDER}.lproj`).join("/");
  if (token === "Base") return [{ pattern, at: undefined, isGuess: false }];
  const locale = localeOfWord(token);
  return locale === undefined ? [] : [{ pattern, at: { token, locale }, isGuess: false }];
}

function folderSlots(segments: readonly string[]): Slot[] {
  // Nearest to the file first.
  return segments
    .slice(0, -1)
    .flatMap((segment, at) => wholeSlot(segment, at, "", ""))
    .reverse();
}

function wholeSlot(word: string, at: number, before: string, after: string): Slot[] {
  const locale = localeOfWord(word);
  if (locale !== undefined) return [{ at, token: word, locale, before, after, isGuess: false }];
  const meant = localeOfCountry(word);
  return meant === undefined ? [] : [{ at, token: word, locale: meant, before, after, isGuess: true }];
}

/** `fr.json`, `messages.fr.xlf`, `app_fr.arb`, `fr-common.json`. */
function nameSlots(segments: readonly string[]): Slot[] {
  const at = segments.length - 1;
  const name = segments[at] ?? "";
  const parts = name.split(".");
  return parts.slice(0, -1).flatMap((part, index): Slot[] => {
    const before = parts.slice(0, index).map((other) => `${other}.`);
    const after = parts.slice(index + 1).map((other) => `.${other}`);
    const [start, end] = [before.join(""), after.join("")];
    const whole = wholeSlot(part, at, start, end);
    return whole.length > 0 ? whole : affixSlots(part, at, start, end);
  });
}

function affixSlots(part: string, at: number, before: string, after: string): Slot[] {
  for (const { index } of part.matchAll(/[-_]/g)) {
    const token = part.slice(index + 1);
    const locale = localeOfWord(token);
    if (index === 0 || locale === undefined) continue;
    return [{ at, token, locale, before: before + part.slice(0, index + 1), after, isGuess: false }];
  }
  const [, token, rest = ""] = /^([A-Za-z]{2,3}(?:[-_][A-Z]{2})?)([-_].+)$/.exec(part) ?? [];
  const locale = token === undefined ? undefined : localeOfWord(token);
  if (token === undefined || locale === undefined) return [];
  return [{ at, token, locale, before, after: rest + after, isGuess: false }];
}

/** The file without locale, beside `messages.fr.xlf`, `messages_fr.properties` or `strings-fr.json`. */
function baseReadings(segments: readonly string[]): PathReading[] {
  const at = segments.length - 1;
  const name = segments[at] ?? "";
  const end = name.indexOf(".", 1);
  if (end === -1) return [];
  const [stem, ending] = [name.slice(0, end), name.slice(end)];
  return [".", "_", "-"].map((separator) => ({
    pattern: segments.with(at, `${stem}${separator}${PLACEHOLDER}${ending}`).join("/"),
    at: undefined,
    isGuess: false,
  }));
}

/** A pattern with a locale's word in it. */
export function filled(pattern: string, token: string): string {
  return pattern.replaceAll(PLACEHOLDER, token);
}
