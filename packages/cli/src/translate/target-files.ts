/** Maps each locale of a source file to its target file. */
import { existsSync } from "node:fs";
import { basename, extname, relative, resolve, sep } from "node:path";
import { canonicalLocale } from "@trans-hub/core";
import { UsageError } from "../usage-error.ts";

export interface TargetFile {
  /** Path as given on the command line. */
  source: string;
  locale: string;
  /** Path from `--out`, relative to the working directory or absolute. */
  path: string;
}

/**
 * One target per source and locale: `{locale}` and `{name}` (the source's file name without its ending) are replaced in
 * the pattern. A project spells locales in its own way, so a file that exists as `pt_BR` or `pt-br` is the target for
 * `pt-BR`; a new file is `pt-BR`.
 *
 * @throws {UsageError} Two targets, or a target and a source, would be the same file, or a source is the name of a locale.
 */
export function targetFiles(
  sources: readonly string[],
  locales: readonly string[],
  pattern: string,
  cwd: string,
): TargetFile[] {
  const unknown = pattern.match(/\{(?!(?:locale|name)\})[^{}]*\}/);
  if (unknown)
    throw new UsageError(`--out: ${unknown[0]} is not a placeholder`, "The placeholders are {locale} and {name}.");
  const lost = sources.find((source) => isLocale(source) && !existsSync(resolve(cwd, source)));
  if (lost !== undefined) {
    const list = [...locales, lost].join(",");
    throw new UsageError(`${lost} does not exist`, `If it is a locale, write --to ${list}, without spaces.`);
  }
  const targets = sources.flatMap((source) =>
    locales.map((locale) => {
      const name = basename(source, extname(source));
      const paths = spellings(locale).map((spelling) =>
        pattern.replaceAll("{locale}", spelling).replaceAll("{name}", name),
      );
      const existing = paths.find((path) => existsSync(resolve(cwd, path)));
      return { source, locale, path: existing ?? pattern.replaceAll("{locale}", locale).replaceAll("{name}", name) };
    }),
  );
  const writers = new Map<string, string>(sources.map((source) => [resolve(cwd, source), "the source itself"]));
  for (const { source, locale, path } of targets) {
    const other = writers.get(resolve(cwd, path));
    if (other !== undefined)
      throw new UsageError(`--out: ${path} would hold ${source} in ${locale} and ${other}`, hint(pattern));
    writers.set(resolve(cwd, path), `${source} in ${locale}`);
  }
  return targets;
}

function isLocale(word: string): boolean {
  try {
    canonicalLocale(word, "locale");
    return true;
  } catch {
    return false;
  }
}

/** The canonical spelling first. */
function spellings(locale: string): string[] {
  return [locale, locale.toLowerCase()].flatMap((spelling) => [spelling, spelling.replaceAll("-", "_")]);
}

/** The part of a business id that names the file: the same on every machine for the same working folder. */
export function fileName(file: string, cwd: string): string {
  return relative(cwd, resolve(cwd, file)).split(sep).join("/");
}

function hint(pattern: string): string {
  return pattern.includes("{locale}")
    ? "Put {name} into the pattern, such as 'locales/{locale}/{name}.json'."
    : "Put {locale} into the pattern, such as 'locales/{locale}.json'.";
}
