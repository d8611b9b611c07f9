/** Settles by content what the names of files leave open: which file is the source, and whether the others are its targets. */
import { CatalogError } from "@trans-hub/core/operations";
import type { Catalog } from "../catalog/catalog.ts";
import { type Family, type FamilyMember, isEnglish } from "./families.ts";
import { readCatalogOrError } from "./read-catalogs.ts";

/** A file that cannot be read. */
export interface UnreadableFile {
  path: string;
  /** Undefined: the name does not say it. */
  locale: string | undefined;
  error: CatalogError;
}

export interface SourceFile {
  path: string;
  /** BCP 47. Undefined: nothing says it. */
  locale: string | undefined;
  catalog: Catalog;
}

export interface FoundFamily {
  /** Target files, with `{locale}`. Undefined: one file holds all locales. */
  pattern: string | undefined;
  /** Undefined: only the targets hold the sources, each beside its value. */
  source: SourceFile | undefined;
  /** The files that may be targets. {@link openTarget} reads one of them. */
  candidates: readonly FamilyMember[];
  isSure: boolean;
}

export interface Surroundings {
  /** All paths that were found. */
  paths: readonly string[];
  /** BCP 47. Default: English, else the locale with the most texts. */
  sourceLocale?: string | undefined;
}

/** The family with its source. Undefined: its files are no catalogs, as far as their content tells. */
export async function openFamily(
  family: Family,
  around: Surroundings,
): Promise<FoundFamily | UnreadableFile | undefined> {
  const { pattern, isSure } = family;
  if (pattern === undefined) return openWhole(family, around);
  const chosen = await chooseSource(family, around);
  if (chosen === undefined) return undefined;
  const candidates = family.members.filter(({ path }) => path !== chosen.path);
  if (chosen.path === undefined) return { pattern, source: undefined, candidates, isSure };
  const catalog = await readCatalogOrError(chosen.path, { locale: chosen.locale });
  if (catalog instanceof CatalogError) {
    const isMeant = isSure || family.members.length > 2;
    return isMeant ? { path: chosen.path, locale: chosen.locale, error: catalog } : undefined;
  }
  if (catalog.texts.size === 0 && catalog.messages.length === 0) return undefined;
  return { pattern, source: { path: chosen.path, locale: chosen.locale, catalog }, candidates, isSure };
}

/** A file that holds all locales is the source of itself. */
async function openWhole(
  { base: path = "", isSure }: Family,
  { sourceLocale }: Surroundings,
): Promise<FoundFamily | UnreadableFile | undefined> {
  const first = await readCatalogOrError(path);
  if (first instanceof CatalogError) return isSure ? { path, locale: undefined, error: first } : undefined;
  const { locales = [] } = first;
  const own = [sourceLocale, "en"].find((locale) => locale !== undefined && locales.includes(locale));
  const locale = isSure ? first.locale : (own ?? first.locale);
  const again = locale === first.locale ? first : await readCatalogOrError(path, { locale, sourceLocale: locale });
  const catalog = again instanceof CatalogError ? first : again;
  const targets = locales.filter((each) => each !== locale);
  const candidates = targets.map((each): FamilyMember => ({ path, locale: each, token: each }));
  return { pattern: undefined, source: { path, locale, catalog }, candidates, isSure };
}

interface Choice {
  path: string | undefined;
  locale: string | undefined;
}

async function chooseSource(family: Family, around: Surroundings): Promise<Choice | undefined> {
  const { base, members } = family;
  const named = members.find(({ locale }) => locale === around.sourceLocale);
  if (named !== undefined) return named;
  const english = members.find(({ locale }) => locale === "en") ?? members.find(({ locale }) => isEnglish(locale));
  if (base !== undefined)
    return { path: base, locale: around.sourceLocale ?? (english === undefined ? "en" : undefined) };
  if (english !== undefined) return english;
  const sibling = await siblingSource(family, around);
  if (sibling !== undefined) return { path: sibling, locale: around.sourceLocale ?? "en" };
  return fullest(family);
}

/** Most files beside a target that are read to find its source. */
const MAX_SIBLINGS = 20;

/** The file of another name beside the targets that has their keys: `defaultMessages.json` beside `fr.json`. */
async function siblingSource({ pattern = "", members }: Family, { paths }: Surroundings): Promise<string | undefined> {
  const [member] = members;
  const folder = pattern.slice(0, pattern.lastIndexOf("/") + 1);
  if (member === undefined || folder.includes("{locale}")) return undefined;
  const target = await readCatalogOrError(member.path);
  if (target instanceof CatalogError || target.layout === "bilingual") return undefined;
  const ending = pattern.slice(pattern.lastIndexOf("."));
  const own = new Set(members.map(({ path }) => path));
  const siblings = paths.filter((path) => {
    return (
      path.startsWith(folder) && !path.slice(folder.length).includes("/") && path.endsWith(ending) && !own.has(path)
    );
  });
  let best: { path: string; share: number } | undefined;
  for (const path of siblings.slice(0, MAX_SIBLINGS)) {
    const catalog = await readCatalogOrError(path);
    if (catalog instanceof CatalogError) continue;
    const share = shareOf(target, catalog);
    if (share >= HALF && share > (best?.share ?? 0)) best = { path, share };
  }
  return best?.path;
}

/** The locale with the most texts, where no name says which one the others are made from. */
async function fullest({ members, isSure }: Family): Promise<Choice | undefined> {
  // Two words that happen to be codes of languages (`in.json`, `to.json`) are no sign.
  if (!isSure && members.length < FEW) return undefined;
  let best: { member: FamilyMember; size: number } | undefined;
  for (const member of members) {
    const catalog = await readCatalogOrError(member.path);
    if (catalog instanceof CatalogError) continue;
    if (catalog.layout === "bilingual") return { path: undefined, locale: undefined };
    if (catalog.texts.size > (best?.size ?? 0)) best = { member, size: catalog.texts.size };
  }
  if (best !== undefined) return best.member;
  // None of them can be read: each is named, if they are catalogs at all.
  return isSure ? members[0] : undefined;
}

const FEW = 3;
const HALF = 0.5;

/** The share of the target's keys that the source has; 1 for a target without texts. The forms of a plural have one key. */
function shareOf(target: Catalog, source: Catalog): number {
  const keys = [...target.texts.keys()].map(withoutForm);
  const known = new Set([...source.texts.keys()].map(withoutForm));
  return keys.length === 0 ? 1 : keys.filter((key) => known.has(key)).length / keys.length;
}

/** `mail` for `mail_one`, `mail[few]` and `mail_plural`. */
function withoutForm(key: string): string {
  return key.replace(/(?:_(?:zero|one|two|few|many|other|plural)|\[[a-z0-9=]+\])$/, "");
}

/**
 * Reads one candidate of a family.
 *
 * @returns Undefined: it is no target, because it shares too few keys with the source.
 */
export async function openTarget(
  { pattern, source, isSure, candidates }: FoundFamily,
  member: FamilyMember,
): Promise<Catalog | CatalogError | undefined> {
  const catalog = await readCatalogOrError(member.path, {
    ...{ locale: member.locale, like: source?.catalog },
    sourceLocale: pattern === undefined ? source?.locale : undefined,
  });
  if (catalog instanceof CatalogError) return isSure || candidates.length > 1 ? catalog : undefined;
  if (catalog.layout === "bilingual" || source === undefined) return catalog;
  const share = shareOf(catalog, source.catalog);
  return share >= HALF || (isSure && share > 0) ? catalog : undefined;
}
