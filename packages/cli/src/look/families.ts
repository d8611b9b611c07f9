/** Groups paths into families: a source file and its targets, as their names alone tell. */
import { filled, type PathReading, readingsOf } from "./path-patterns.ts";

export interface FamilyMember {
  path: string;
  /** BCP 47. */
  locale: string;
  /** The locale as the path spells it. */
  token: string;
}

/** Files that differ in nothing but their locale. */
export interface Family {
  /** Target files, with `{locale}`. Undefined: one file holds all locales. */
  pattern: string | undefined;
  /** The file without locale in its name; undefined: there is none. */
  base: string | undefined;
  /** The files with one, in the order of their locales. */
  members: readonly FamilyMember[];
  /** Whether the names alone say that these are catalogs: `locales/`, `values/`, `.po`. Else their content has to. */
  isSure: boolean;
}

/** Endings of files that hold nothing but texts. */
const SURE_ENDINGS = /\.(?:arb|ftl|pot?|strings|stringsdict|xcstrings|xliff?|xlf)$/i;
const SURE_FOLDERS =
  /^(?:_?locales?|i18n|l10n|intl|lang|langs|languages?|translations?|messages|locali[sz]ations?|.*\.lproj)$/i;
/** Names of the file without locale beside which the translated ones stand. */
const BASE_NAMES =
  /^(?:\w*messages?|\w*strings?|\w*resources?|\w*translations?|labels?|texts?|locali[sz]able|i18n|lang)\.[\w.]+$/i;
const ONE_FILE_FOR_ALL = /\.xcstrings$/i;
/** Tables hold data of any kind. Only the name of one, or of its folder, lets its content be looked at. */
const TABLE = /\.[ct]sv$/i;
/** Files of tools, which stand in folders of any name with the same keys. */
const TOOL_FILES =
  /^(?:package(?:-lock)?|composer|tsconfig.*|jsconfig.*|manifest|deno|project|angular|nx|turbo|lerna|vercel|app|bower|metadata|(?:docker-)?compose.*|pnpm-.*|pubspec|gradle.*|local|log4j.*|application|bootstrap|build)\.(?:jsonc?|ya?ml|properties|toml)$/i;

/** The families among some paths, in the order of their patterns. A path is in one family at most. */
export function familiesOf(paths: readonly string[]): Family[] {
  const groups = new Map<string, Reading[]>();
  const multi: Family[] = [];
  for (const path of paths) {
    if (TOOL_FILES.test(nameOf(path))) continue;
    if (ONE_FILE_FOR_ALL.test(path)) {
      multi.push({ pattern: undefined, base: path, members: [], isSure: true });
      continue;
    }
    if (TABLE.test(path)) {
      const isLikely = BASE_NAMES.test(nameOf(path)) || foldersOf(path).some((folder) => SURE_FOLDERS.test(folder));
      if (isLikely) multi.push({ pattern: undefined, base: path, members: [], isSure: false });
      continue;
    }
    for (const [rank, reading] of readingsOf(path).entries()) {
      const group = groups.get(reading.pattern);
      if (group === undefined) groups.set(reading.pattern, [{ ...reading, path, rank }]);
      else group.push({ ...reading, path, rank });
    }
  }
  const families: Family[] = [];
  const taken = new Set<string>();
  // The largest group first: `en/common.json` is one of many languages, and `{locale}/common.json` of few names.
  const ordered = [...groups].map(([pattern, group]) => ({ pattern, group, weight: weightOf(group) }));
  ordered.sort((a, b) => b.weight - a.weight || (a.pattern < b.pattern ? -1 : 1));
  for (const { pattern, group } of ordered) {
    const family = familyOf(
      pattern,
      group.filter(({ path }) => !taken.has(path)),
    );
    if (family === undefined) continue;
    for (const path of pathsOf(family)) taken.add(path);
    families.push(family);
  }
  return [...withTemplates(families), ...multi].sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
}

/** Gives the families of gettext their templates: `locale/django.pot` that of `locale/{locale}/LC_MESSAGES/django.po`. */
function withTemplates(families: readonly Family[]): Family[] {
  const templates = families.flatMap(({ base, members }) =>
    base?.endsWith(".pot") && members.length === 0 ? [base] : [],
  );
  const used = new Set<string>();
  const all = families.map((family) => {
    const { pattern = "", base } = family;
    if (base !== undefined || !pattern.endsWith(".po")) return family;
    const above = templates.filter((template) => pattern.startsWith(folderOf(template)));
    const sameName = above.filter((template) => stemOf(pattern) === stemOf(template));
    const [template, ...others] =
      sameName.length > 0 ? sameName : above.filter((each) => folderOf(each) === folderOf(pattern));
    if (template === undefined || others.length > 0) return family;
    used.add(template);
    return { ...family, base: template };
  });
  return all.filter(({ base, members }) => members.length > 0 || base === undefined || !used.has(base));
}

/** The name of a file without its locale and its ending. */
function stemOf(path: string): string {
  return nameOf(path)
    .replace(/[-_.]?\{locale\}[-_.]?/, "")
    .replace(/\.?[^.]*$/, "");
}

/** With a slash at the end; empty for a file of the root. */
function folderOf(path: string): string {
  return path.slice(0, path.lastIndexOf("/") + 1);
}

interface Reading extends PathReading {
  path: string;
  rank: number;
}

/** Many locales outweigh few, and English among them outweighs a coincidence of two codes. */
function weightOf(group: readonly Reading[]): number {
  const named = group.filter(({ at, isGuess }) => at !== undefined && !isGuess);
  const hasSource = named.some(({ at }) => isEnglish(at?.locale ?? "")) || group.some(({ at }) => at === undefined);
  const depth = Math.min(...group.map(({ rank }) => rank));
  return named.length * 10 + (hasSource ? 15 : 0) - depth;
}

export function isEnglish(locale: string): boolean {
  return locale === "en" || locale.startsWith("en-");
}

function familyOf(pattern: string, group: readonly Reading[]): Family | undefined {
  const base = group.find(({ at }) => at === undefined)?.path;
  const isCertain = group.some(({ at, isGuess }) => at !== undefined && !isGuess);
  const members = group.flatMap(({ path, at, isGuess }) => {
    return at === undefined || (isGuess && !isCertain) ? [] : [{ path, ...at }];
  });
  const isSure =
    SURE_ENDINGS.test(pattern) ||
    /(?:^|\/)values-\{locale\}\//.test(pattern) ||
    foldersOf(pattern).some((folder) => SURE_FOLDERS.test(folder));
  const family = { pattern, base, members: members.sort(byLocale), isSure };
  if (members.length === 0) {
    if (base === undefined || !standsAlone(base, pattern)) return undefined;
    return base.endsWith(".pot") ? { ...family, pattern: templatePattern(base) } : family;
  }
  if (base !== undefined || members.length > 1) return family;
  return isSure ? family : undefined;
}

/** A file without locale is a source by itself where its kind or its name says so. */
function standsAlone(base: string, pattern: string): boolean {
  if (/(?:^|\/)(?:values-\{locale\}|\{locale\}\.lproj)\//.test(pattern)) return true;
  if (/\.(?:pot|xlf)$/i.test(base)) return pattern === dotted(base);
  if (!/\.(?:properties|resx)$/i.test(base) || !BASE_NAMES.test(nameOf(base))) return false;
  return pattern === (/\.resx$/i.test(base) ? dotted(base) : dotted(base).replace(".{locale}", "_{locale}"));
}

/** The files that a template without any is usually for. */
function templatePattern(template: string): string {
  const folder = folderOf(template);
  const name = nameOf(template).replace(/pot$/, "po");
  if (/(?:^|\/)po\/$/.test(folder)) return `${folder}{locale}.po`;
  if (SURE_FOLDERS.test(folder.split("/").at(-2) ?? "")) return `${folder}{locale}/LC_MESSAGES/${name}`;
  return dotted(`${folder}${name}`);
}

/** `messages.xlf` → `messages.{locale}.xlf` */
function dotted(path: string): string {
  return path.replace(/(\.[^/.]*)$/, ".{locale}$1");
}

function foldersOf(path: string): string[] {
  return path.split("/").slice(0, -1);
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

function pathsOf({ base, members }: Family): string[] {
  return [...(base === undefined ? [] : [base]), ...members.map(({ path }) => path)];
}

function keyOf({ pattern, base }: Family): string {
  return pattern === undefined ? (base ?? "") : filled(pattern, "");
}

function byLocale(a: FamilyMember, b: FamilyMember): number {
  return a.locale < b.locale ? -1 : a.locale > b.locale ? 1 : a.path < b.path ? -1 : 1;
}
