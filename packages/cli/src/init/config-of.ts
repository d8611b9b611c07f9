/** The configuration of a project that was found by looking. */
import type { Config, FileConfig } from "../config/config-types.ts";
import { LOCALE_STYLES, type LocaleStyle, spelled, styleOfPattern } from "../config/locale-spelling.ts";
import { withOneLocaleEach } from "./one-locale.ts";
import type { Project, ProjectFile, ProjectTarget } from "./project.ts";

export interface ProposedConfig {
  config: Config;
  /** A source file of each of its entries. */
  sources: readonly string[];
}

/** @param to Target locales besides those of the files. */
export function configOf({ sourceLocale, files: found, paths }: Project, to: readonly string[]): ProposedConfig {
  const files = withOneLocaleEach(found, sourceLocale);
  const locales = new Set([...files.flatMap(({ targets }) => targets.map(({ locale }) => locale)), ...to]);
  locales.delete(sourceLocale);
  const entries = joined(files, paths);
  const spellings = entries.map(({ targets, entry }) => spellingOf(targets, entry.out));
  const shared = sharedBy(spellings);
  const config = {
    source: sourceLocale,
    targets: [...locales].sort(),
    files: entries.map(({ entry }, at) => ({ ...entry, ...(shared === undefined && spellings[at]?.keys) })),
    ...shared,
  };
  return { config, sources: entries.map(({ source }) => source) };
}

/** The keys that all files have in common, which are said once. Undefined: the files differ. */
function sharedBy(spellings: readonly Spelling[]): Spelling["keys"] | undefined {
  const affected = spellings.filter(({ isNeutral }) => !isNeutral);
  const [first, ...others] = new Set(affected.map(({ keys }) => JSON.stringify(keys)));
  if (first === undefined || others.length > 0 || affected.some(({ isFixed }) => isFixed)) return undefined;
  return JSON.parse(first);
}

interface Entry {
  entry: FileConfig;
  /** One of its source files. */
  source: string;
  targets: readonly ProjectTarget[];
}

interface Spelling {
  keys: Pick<Config, "localeStyle" | "fileLocales">;
  /** Whether every style spells these locales in the same way. */
  isNeutral: boolean;
  /** Whether the pattern says the style. */
  isFixed: boolean;
}

/** The style in which most of the locales are spelled, and the locales that are spelled otherwise. */
function spellingOf(targets: readonly ProjectTarget[], out: string | undefined): Spelling {
  const fixed = out === undefined ? undefined : styleOfPattern(out);
  const usual: LocaleStyle = fixed ?? "bcp47";
  const misfits = (style: LocaleStyle) => targets.filter(({ locale, token }) => spelled(locale, style) !== token);
  const styles: LocaleStyle[] = fixed === undefined ? [usual, ...LOCALE_STYLES] : [fixed];
  const [style = usual] = styles.toSorted((a, b) => misfits(a).length - misfits(b).length);
  const others = misfits(style).map(({ locale, token }) => [locale, token] as const);
  return {
    keys: {
      ...(style !== usual && { localeStyle: style }),
      ...(others.length > 0 && { fileLocales: Object.fromEntries(others) }),
    },
    isNeutral: LOCALE_STYLES.every((each) => misfits(each).length === 0),
    isFixed: fixed !== undefined,
  };
}

/** One entry for the files that differ in one folder or in their name alone. */
function joined(files: readonly ProjectFile[], paths: readonly string[]): Entry[] {
  const trees = [...Map.groupBy(files, (file) => treeOf(file)?.id ?? "").values()];
  return trees.flatMap((tree): Entry[] => {
    const whole = entryFor(tree, treeGlobOf(tree, paths));
    if (whole !== undefined) return [whole];
    return [...Map.groupBy(tree, (file) => groupOf(file)).values()].flatMap((group) => entriesOf(group, paths));
  });
}

/** Undefined: there is no glob for the files, or they are one file. */
function entryFor(group: readonly ProjectFile[], glob: Glob | undefined): Entry | undefined {
  const [first] = group;
  if (glob === undefined || first === undefined || group.length === 1) return undefined;
  return {
    entry: { ...glob, ...syntaxOf(first) },
    source: first.source,
    targets: group.flatMap((file) => file.targets),
  };
}

function entriesOf(group: readonly ProjectFile[], paths: readonly string[]): Entry[] {
  const whole = group.length > 1 ? entryFor(group, globOf(group, paths)) : undefined;
  if (whole !== undefined) return [whole];
  return group.map((file) => ({
    entry: { in: file.source, ...(file.pattern !== undefined && { out: file.pattern }), ...syntaxOf(file) },
    source: file.source,
    targets: file.targets,
  }));
}

type Glob = Pick<FileConfig, "in" | "out">;

/** The folders of the locales, for files in folders below them: `locales/en/shop/cart.json`. Undefined: there are none. */
function treeOf({
  source,
  pattern = "",
  syntax,
}: ProjectFile): { id: string; root: string; targetRoot: string } | undefined {
  const [, targetRoot, rest] = /^((?:[^{]*\/)?\{locale\}\/)([^{]+)$/.exec(pattern) ?? [];
  if (targetRoot === undefined || rest === undefined || !source.endsWith(`/${rest}`)) return undefined;
  const root = source.slice(0, -rest.length);
  return { id: JSON.stringify([root, targetRoot, endingOf(source), syntax]), root, targetRoot };
}

/** A glob for all files below one folder. Undefined: they are in one folder, or the glob would name other files as well. */
function treeGlobOf(tree: readonly ProjectFile[], paths: readonly string[]): Glob | undefined {
  const [first] = tree;
  const roots = first && treeOf(first);
  if (first === undefined || roots === undefined) return undefined;
  if (new Set(tree.map(({ source }) => split(source)[0])).size === 1) return undefined;
  const ending = endingOf(first.source);
  const below = paths.filter((path) => path.startsWith(roots.root) && path.endsWith(ending));
  if (below.length !== tree.length) return undefined;
  return { in: `${roots.root}**/*${ending}`, out: `${roots.targetRoot}{path}/{name}${ending}` };
}

function endingOf(path: string): string {
  return path.slice(path.lastIndexOf("."));
}

function syntaxOf({ syntax }: ProjectFile): Pick<FileConfig, "syntax"> {
  return syntax === undefined ? {} : { syntax };
}

/** Equal for the files that one entry may name. */
function groupOf({ source, pattern, syntax }: ProjectFile): string {
  const [folder, name] = split(source);
  if (pattern === undefined) return `file ${source}`;
  const [targetFolder, targetName] = split(pattern);
  const ending = endingOf(name);
  // `locales/en/common.json`, `locales/en/cart.json`
  if (name === targetName) return JSON.stringify(["name", folder, targetFolder, ending, syntax]);
  // `packages/a/locales/en.json`, `packages/b/locales/en.json`
  if (folder === targetFolder) {
    return JSON.stringify(["folder", folder.split("/").length, folder.split("/").at(-1), name, targetName, syntax]);
  }
  return `file ${source}`;
}

/** A glob for all of them. Undefined: it would name other files as well. */
function globOf(group: readonly ProjectFile[], paths: readonly string[]): Glob | undefined {
  const sources = group.map(({ source }) => source);
  const [{ source = "", pattern = "" } = {}] = group;
  const [folder, name] = split(source);
  const [targetFolder, targetName] = split(pattern);
  if (name === targetName) {
    const ending = endingOf(name);
    const beside = paths.filter((path) => split(path)[0] === folder && path.endsWith(ending));
    if (beside.length !== sources.length) return undefined;
    return { in: withFolder(folder, `*${ending}`), out: withFolder(targetFolder, `{name}${ending}`) };
  }
  const parts = sources.map((path) => path.split("/"));
  const differing = (parts[0] ?? []).flatMap((part, at) => (parts.every((each) => each[at] === part) ? [] : [at]));
  const [at, ...others] = differing;
  if (at === undefined || others.length > 0) return undefined;
  const glob = (parts[0] ?? []).with(at, "*");
  const matching = paths.filter((path) => {
    const own = path.split("/");
    return own.length === glob.length && glob.every((part, index) => part === "*" || part === own[index]);
  });
  return matching.length === sources.length ? { in: glob.join("/"), out: `{dir}/${targetName}` } : undefined;
}

function split(path: string): [folder: string, name: string] {
  const at = path.lastIndexOf("/");
  return [path.slice(0, Math.max(at, 0)), path.slice(at + 1)];
}

function withFolder(folder: string, name: string): string {
  return folder === "" ? name : `${folder}/${name}`;
}
