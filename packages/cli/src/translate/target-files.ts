/** Maps each locale of a source file to its target file. */
import { basename, extname, relative, resolve, sep } from "node:path";
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
 * the pattern.
 *
 * @throws {UsageError} Two targets, or a target and a source, would be the same file.
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
  const targets = sources.flatMap((source) =>
    locales.map((locale) => {
      const name = basename(source, extname(source));
      return { source, locale, path: pattern.replaceAll("{locale}", locale).replaceAll("{name}", name) };
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

/** The part of a business id that names the file: the same on every machine for the same working folder. */
export function fileName(file: string, cwd: string): string {
  return relative(cwd, resolve(cwd, file)).split(sep).join("/");
}

function hint(pattern: string): string {
  return pattern.includes("{locale}")
    ? "Put {name} into the pattern, such as 'locales/{locale}/{name}.json'."
    : "Put {locale} into the pattern, such as 'locales/{locale}.json'.";
}
