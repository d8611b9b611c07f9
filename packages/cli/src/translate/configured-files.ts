/** The target files that a configuration names. */
import { relative, resolve } from "node:path";
import type { FileRule, LoadedConfig } from "../config/config.ts";
import { spelled } from "../config/locale-spelling.ts";
import { filledIn } from "../config/placeholders.ts";
import type { SourceFile } from "../config/source-files.ts";
import { UsageError } from "../usage-error.ts";
import { inPlace, matchedFiles, refuseCollisions, type TargetFile, targetsOf } from "./target-files.ts";
import { textRules } from "./text-rules.ts";

export interface Narrowing {
  cwd: string;
  /** Some of the target locales. Default: all. */
  to?: readonly string[] | undefined;
  /** Some of the source files, by path or by glob. Default: all. */
  files?: readonly string[] | undefined;
}

/**
 * The targets of a configuration, by entry, source file and locale.
 *
 * @throws {UsageError} A glob matches no file, a file or locale that is asked for is not configured, or two entries would write
 *   one file.
 */
export function configuredFiles(config: LoadedConfig, { cwd, to, files = [] }: Narrowing): TargetFile[] {
  const unknown = to?.find((locale) => !config.targets.includes(locale));
  if (unknown !== undefined) {
    throw new UsageError(
      `--to: ${unknown} is not among the targets of ${config.file}: ${config.targets.join(", ")}`,
      "Add the locale to targets.",
    );
  }
  const locales = config.targets.filter((locale) => to === undefined || to.includes(locale));
  const root = relative(resolve(cwd), config.folder);
  const inCwd = (path: string) => (root === "" || path.startsWith("/") ? path : `${root}/${path}`);
  const all = config.files.flatMap((rule) => {
    const shared = { rules: textRules(rule), root: config.folder };
    const sources = matchedFiles(inCwd(sourcePattern(rule, config.source)), cwd, `${rule.name}.in`);
    return targetsOfRule(rule, sources, {
      locales,
      cwd,
      out: rule.out && inCwd(rule.out),
      sourceLocale: config.source,
    }).map((target): TargetFile => ({ ...target, ...shared }));
  });
  refuseCollisions(all, cwd, config.file);
  return narrowed(all, files, cwd, config.file);
}

function sourcePattern({ in: pattern, fileLocales, localeStyle = "bcp47" }: FileRule, source: string): string {
  return filledIn(pattern, {
    locale: (style) =>
      style === undefined
        ? (fileLocales.get(source) ?? spelled(source, localeStyle))
        : spelled(source, style as typeof localeStyle),
  });
}

function targetsOfRule(
  { name, fileLocales, localeStyle }: FileRule,
  sources: readonly SourceFile[],
  {
    locales,
    cwd,
    out,
    sourceLocale,
  }: { locales: readonly string[]; cwd: string; out: string | undefined; sourceLocale: string },
): TargetFile[] {
  if (out !== undefined) {
    return targetsOf(
      sources,
      locales,
      { name: `${name}.out`, pattern: out, fileLocales, localeStyle, sourceLocale },
      cwd,
    );
  }
  return inPlace(sources, locales);
}

function narrowed(targets: readonly TargetFile[], files: readonly string[], cwd: string, config: string): TargetFile[] {
  if (files.length === 0) return [...targets];
  const known = new Set(targets.map(({ source }) => resolve(cwd, source)));
  const wanted = new Set<string>();
  for (const { path } of files.flatMap((pattern) => matchedFiles(pattern, cwd))) {
    const file = resolve(cwd, path);
    if (!known.has(file)) {
      throw new UsageError(`${path} is no source file of ${config}`, "Add it to files, or give --to and --out.");
    }
    wanted.add(file);
  }
  return targets.filter(({ source }) => wanted.has(resolve(cwd, source)));
}
