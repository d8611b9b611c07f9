/** The catalogs of a project, as a look at its files finds them. */
import type { Catalog } from "../catalog/catalog.ts";
import { languageOf } from "../config/locale-spelling.ts";
import { type Family, familiesOf } from "../look/families.ts";
import { type FoundFamily, openFamily, openTarget, type Surroundings } from "../look/found-families.ts";
import { lookRound } from "../look/look-round.ts";
import { withoutPlace } from "../problems/problem.ts";

/** A source file with its targets. Paths are relative to the working directory, with forward slashes. */
export interface ProjectFile {
  source: string;
  /** The target files, with `{locale}`. Undefined: the file holds all locales. */
  pattern: string | undefined;
  targets: readonly ProjectTarget[];
  /** The syntax that the texts show. Undefined: none. */
  syntax: "icu" | "i18next" | undefined;
}

export interface ProjectTarget {
  path: string;
  locale: string;
  /** The locale as the path spells it. */
  token: string;
}

export interface Project {
  /** BCP 47. */
  sourceLocale: string;
  files: readonly ProjectFile[];
  /** All files that may be catalogs. */
  paths: readonly string[];
  /** Catalogs that have no place in a configuration, with one clause each. */
  leftOut: readonly { path: string; reason: string }[];
}

export interface ProjectOptions {
  cwd: string;
  /** BCP 47. Default: that of most source files. */
  sourceLocale: string | undefined;
  signal: AbortSignal;
}

/** Looks round the working directory. */
export async function findProject({ cwd, sourceLocale: given, signal }: ProjectOptions): Promise<Project> {
  const { files: paths } = await lookRound(["."], cwd, signal);
  const families = familiesOf(paths);
  const sourceLocale = given ?? (await commonest(families, { paths }, signal)) ?? "en";
  const [files, leftOut]: [ProjectFile[], Project["leftOut"][number][]] = [[], []];
  for (const family of families) {
    signal.throwIfAborted();
    const found = await openFamily(family, { paths, sourceLocale });
    if (found === undefined) continue;
    const reason = misfitOf(found, sourceLocale);
    if (reason !== undefined) {
      leftOut.push({ path: pathOf(found), reason });
    } else if ("source" in found && found.source !== undefined) {
      const targets = await targetsOf(found);
      if (targets.length === 0 && !found.isSure) continue;
      files.push({
        source: found.source.path,
        pattern: found.pattern,
        targets,
        syntax: syntaxOf(found.source.catalog),
      });
    }
  }
  return { sourceLocale, files, paths, leftOut };
}

type Opened = NonNullable<Awaited<ReturnType<typeof openFamily>>>;

function pathOf(found: Opened): string {
  return "error" in found ? found.path : (found.source?.path ?? found.candidates[0]?.path ?? "");
}

/** Why a family has no place in the configuration. Undefined: it has one. */
function misfitOf(found: Opened, sourceLocale: string): string | undefined {
  if ("error" in found) return withoutPlace(found.error.message, found.path);
  if (found.source === undefined) return "has no source file or template beside it";
  const { locale } = found.source;
  if (locale === undefined || languageOf(locale) === languageOf(sourceLocale)) return undefined;
  return `is in ${locale}, and there is no file in ${sourceLocale}`;
}

/** The source locale of most families; English wins a tie. Undefined: there is none. */
async function commonest(
  families: readonly Family[],
  around: Surroundings,
  signal: AbortSignal,
): Promise<string | undefined> {
  const counts = new Map<string, number>();
  for (const family of families) {
    signal.throwIfAborted();
    const found = await openFamily(family, around);
    const locale = found === undefined || "error" in found ? undefined : found.source?.locale;
    if (locale !== undefined) counts.set(locale, (counts.get(locale) ?? 0) + 1);
  }
  const rank = (locale: string) => (locale === "en" ? 1 : 0);
  const [first] = [...counts].sort(([a, many], [b, few]) => few - many || rank(b) - rank(a));
  return first?.[0];
}

async function targetsOf(found: FoundFamily): Promise<ProjectTarget[]> {
  const targets: ProjectTarget[] = [];
  for (const member of found.candidates) {
    const catalog = await openTarget(found, member);
    if (catalog !== undefined) targets.push(member);
  }
  return targets;
}

/** The syntax that a run would detect in the file: said, so that a text that comes later does not change it for all others. */
function syntaxOf({ file, syntax }: Catalog): ProjectFile["syntax"] {
  if (!/\.json[c5]?$/i.test(file)) return undefined;
  return syntax === "i18next" || syntax === "icu" ? syntax : undefined;
}
