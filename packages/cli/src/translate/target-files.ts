/** Maps each locale of a source file to its target file. */

import { existsSync } from "node:fs";
import { extname, posix, relative, resolve, sep } from "node:path";
import { canonicalLocale } from "@trans-hub/core/rules";
import { MULTI_LOCALE_EXTENSIONS } from "@trans-hub/formats";
import { type LocaleStyle, spelled, spellingsOf, styleOfPattern } from "../config/locale-spelling.ts";
import { filledIn, placeholderProblem } from "../config/placeholders.ts";
import { type SourceFile, sourceFiles } from "../config/source-files.ts";
import { UsageError } from "../usage-error.ts";
import type { TextRules } from "./text-rules.ts";

export interface TargetFile {
  /** Path as given, or as a glob found it. */
  source: string;
  locale: string;
  /** Relative to the working directory, or absolute. */
  path: string;
  /** Default: not known. */
  sourceLocale?: string;
  /** The rules of the configuration for the texts of the source. */
  rules?: TextRules;
  /** The folder that the name of the source in the store begins at. Default: the working directory. */
  root?: string;
  /** Whether the source file holds its targets itself. */
  isInPlace?: boolean;
}

export interface TargetPattern {
  /** As messages name it: `--out`, or a place in the configuration. */
  name: string;
  pattern: string;
  /** Fixed spellings of locales in names of files. */
  fileLocales?: ReadonlyMap<string, string> | undefined;
  /** Default: that of the files that exist, or else of the pattern, or else `bcp47`. */
  localeStyle?: LocaleStyle | undefined;
  /** Default: not known. */
  sourceLocale?: string | undefined;
}

/**
 * The targets of files that the command line names, by path or by glob.
 *
 * @param out The value of `--out`; undefined: the files hold their targets themselves.
 * @throws {UsageError} A glob matches no file, a placeholder does not exist, two targets, or a target and a source, would be
 *   the same file, or a source is the name of a locale.
 */
export function targetFiles(
  given: readonly string[],
  locales: readonly string[],
  out: string | undefined,
  { cwd, sourceLocale }: { cwd: string; sourceLocale?: string | undefined },
): TargetFile[] {
  const problem = out === undefined ? undefined : placeholderProblem(out, "out");
  if (problem !== undefined) throw new UsageError(`--out: ${problem}`);
  const lost = given.find((source) => isLocale(source) && !existsSync(resolve(cwd, source)));
  if (lost !== undefined) {
    const list = [...locales, lost].join(",");
    throw new UsageError(`${lost} does not exist`, `If it is a locale, write --to ${list}, without spaces.`);
  }
  const all = given.flatMap((pattern) => matchedFiles(pattern, cwd));
  // Two patterns may find the same file.
  const sources = [...new Map(all.map((source) => [resolve(cwd, source.path), source])).values()];
  if (out === undefined) return inPlace(sources, locales);
  const targets = targetsOf(sources, locales, { name: "--out", pattern: out, sourceLocale }, cwd);
  refuseCollisions(targets, cwd);
  return targets;
}

/** Each file as the target of itself. */
export function inPlace(sources: readonly SourceFile[], locales: readonly string[]): TargetFile[] {
  return sources.flatMap(({ path }) => locales.map((locale) => ({ source: path, path, locale, isInPlace: true })));
}

/** @throws {UsageError} A glob matches no file. */
export function matchedFiles(pattern: string, cwd: string, name?: string): SourceFile[] {
  const files = sourceFiles(pattern, cwd);
  if (files.length > 0) return files;
  throw new UsageError(`${name === undefined ? "" : `${name}: `}no file matches ${pattern}`);
}

/**
 * One target for each source and locale. A project spells locales in its own way, so a file that exists as `pt_BR` or `pt-br`
 * is the target for `pt-BR`. A file that a glob found and that is the target of another is no source.
 *
 * @throws {UsageError} `{path}` stands in the pattern, and a source was named without a glob.
 */
export function targetsOf(
  sources: readonly SourceFile[],
  locales: readonly string[],
  pattern: TargetPattern,
  cwd: string,
): TargetFile[] {
  const all = sources.map((source) => ({ source, paths: pathsOf(source, locales, pattern, cwd) }));
  const written = new Set<string>();
  for (const { source, paths } of all) {
    const own = resolve(cwd, source.path);
    for (const path of paths) if (resolve(cwd, path) !== own) written.add(resolve(cwd, path));
  }
  return all
    .filter(({ source }) => source.captured === undefined || !written.has(resolve(cwd, source.path)))
    .flatMap(({ source, paths }) =>
      paths.map((path, at) => ({
        ...{ source: source.path, locale: locales[at] ?? "", path },
        ...(holdsItself(source.path, path, cwd) && { isInPlace: true }),
      })),
    );
}

function holdsItself(source: string, path: string, cwd: string): boolean {
  const isAble = MULTI_LOCALE_EXTENSIONS.includes(extname(source).toLowerCase());
  return isAble && resolve(cwd, path) === resolve(cwd, source);
}

/**
 * Refuses targets that would lose a file: two sources with one target, or a target that is a source. Locales of one source may
 * share a file; only its format knows whether it can hold them.
 *
 * @throws {UsageError}
 */
export function refuseCollisions(targets: readonly TargetFile[], cwd: string, name = "--out"): void {
  const sources = new Set(targets.map(({ source }) => resolve(cwd, source)));
  const writers = new Map<string, { source: string; locales: Set<string> }>();
  for (const { source, locale, path, isInPlace = false } of targets) {
    const key = resolve(cwd, path);
    const writer = writers.get(key) ?? { source, locales: new Set() };
    const other =
      !isInPlace && sources.has(key)
        ? "and the source itself"
        : writer.source !== source
          ? `and ${writer.source}`
          : writer.locales.has(locale)
            ? "twice"
            : undefined;
    if (other !== undefined) {
      const isForAll = targets.some((target) => target.locale !== locale && target.path === path);
      const cure = isForAll || (!isInPlace && sources.has(key)) ? LOCALE_CURE : NAME_CURE;
      throw new UsageError(`${name}: ${path} would hold ${source} in ${locale} ${other}`, cure);
    }
    writers.set(key, { source, locales: writer.locales.add(locale) });
  }
}

/** The cure where several locales would be in one file that can hold only one. */
export const LOCALE_CURE = "Give target files with {locale} in their name, such as 'locales/{locale}.json'.";
const NAME_CURE =
  "Put {name}, {dir} or {path} into the pattern, such as 'locales/{locale}/{name}.json' or '{dir}/{locale}.json'.";

function pathsOf(
  { path: source, captured }: SourceFile,
  locales: readonly string[],
  { name, pattern, fileLocales, localeStyle, sourceLocale }: TargetPattern,
  cwd: string,
): string[] {
  if (captured === undefined && pattern.includes("{path}")) {
    const cure =
      "Name the files by a glob, in quotes, such as 'locales/en/**/*.json': {path} is the part that it stands for.";
    throw new UsageError(`${name}: {path} has no meaning for ${source}, which is no glob`, cure);
  }
  const extension = extname(source);
  const others = {
    name: posix.basename(source, extension),
    ext: extension.slice(1),
    dir: posix.dirname(source),
    path: captured ?? "",
  };
  const isComposed = /\{(?:dir|path)\}/.test(pattern);
  const path = (spelling: string) => {
    const styled = (style: string | undefined) => (style === undefined ? spelling : inStyle(spelling, style));
    const filled = filledIn(pattern, { locale: styled, others });
    return isComposed ? posix.normalize(filled) : filled;
  };
  const isThere = (spelling: string) => existsSync(resolve(cwd, path(spelling)));
  const style = localeStyle ?? styleOfPattern(pattern);
  const standing = locales.map((locale) => {
    const fixed = fileLocales?.get(locale);
    if (fixed !== undefined) return { locale, fixed };
    const first = style === undefined ? [] : [spelled(locale, style)];
    return { locale, found: [...first, ...spellingsOf(locale)].find(isThere) };
  });
  const seen = standing.flatMap(({ locale, found }) => (found === undefined ? [] : [{ locale, spelling: found }]));
  const own =
    sourceLocale === undefined
      ? undefined
      : HABITS.map((habit) => habit(sourceLocale)).find((each) => path(each) === source);
  if (sourceLocale !== undefined && own !== undefined) seen.push({ locale: sourceLocale, spelling: own });
  const usual = style === undefined ? habitOf(seen) : (locale: string) => spelled(locale, style);
  return standing.map(({ locale, fixed, found }) => path(fixed ?? found ?? usual(locale)));
}

/** Such as `zh-rCN` for `zh_CN`. A spelling that is no locale has no other. */
function inStyle(spelling: string, style: string): string {
  return isLocale(spelling) ? spelled(canonicalLocale(spelling), style as LocaleStyle) : spelling;
}

const HABITS: readonly ((locale: string) => string)[] = [
  (locale) => locale,
  (locale) => locale.replaceAll("-", "_"),
  (locale) => locale.toLowerCase(),
  (locale) => locale.toLowerCase().replaceAll("-", "_"),
];

/** The way of spelling that the files agree in which exist; the canonical one, where they show none or differ. */
function habitOf(seen: readonly { locale: string; spelling: string }[]): (locale: string) => string {
  const telling = seen.filter(({ locale }) => locale.includes("-"));
  const [canonical] = HABITS as [(typeof HABITS)[number]];
  return HABITS.find((habit) => telling.every(({ locale, spelling }) => habit(locale) === spelling)) ?? canonical;
}

function isLocale(word: string): boolean {
  try {
    canonicalLocale(word, "locale");
    return true;
  } catch {
    return false;
  }
}

/** The part of a business id that names the file: the same on every machine for the same working folder. */
export function fileName(file: string, cwd: string): string {
  return relative(cwd, resolve(cwd, file)).split(sep).join("/");
}
