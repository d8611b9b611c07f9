/** Reads the source and the target of a plan, with what the configuration says of them. */
import { existsSync } from "node:fs";
import type { KnownValues } from "@trans-hub/formats";
import type { Catalog, CatalogFormat, ReadCatalogOptions } from "../catalog/catalog.ts";
import { readCatalogFile } from "../catalog/catalog-file.ts";
import { catalogFormat } from "../catalog/formats.ts";
import { type Lock, type LockEntry, sourceHash, targetName } from "../catalog/lock-file.ts";
import { candidates } from "../catalog/lock-text.ts";
import { UsageError } from "../usage-error.ts";
import { LOCALE_CURE, type TargetFile } from "./target-files.ts";

export function formatOfTarget({ source, rules }: TargetFile): CatalogFormat {
  return catalogFormat(source, rules?.format);
}

/**
 * @param targets All targets of the run: those of a source that does not exist are named.
 * @throws {CatalogError | UsageError} The file cannot be read, or does not exist.
 */
export async function readSource(target: TargetFile, targets: readonly TargetFile[] = []): Promise<Catalog> {
  const source = await formatOfTarget(target).read(target.source, readOptions(target, target.sourceLocale));
  if (source !== undefined) return source;
  const standing = targets.flatMap(({ source: other, path }) =>
    other === target.source && existsSync(path) ? path : [],
  );
  const hint = `Its target files are left as they are: ${[...new Set(standing)].join(", ")}.`;
  throw new UsageError(`${target.source} does not exist`, standing.length === 0 ? undefined : hint);
}

/** A target as it is, and what the lock says of it. */
export interface TargetAndLock {
  /** Undefined: the file does not exist. */
  existing: Catalog | undefined;
  /** The name of the target in the lock. */
  lockName: string;
  /** Its entries, by the keys that its values have with the present source. Undefined: the lock does not name the target. */
  locked: ReadonlyMap<string, LockEntry> | undefined;
}

/** @throws {CatalogError} The file cannot be read. */
export async function readTargetAndLock(
  target: TargetFile,
  source: Catalog,
  { lock, lockFile }: { lock: Lock; lockFile: string },
): Promise<TargetAndLock> {
  const lockName = nameInLock(lockFile, target, source);
  const remembered = lock.get(lockName);
  const existing = await readTarget(target, source, remembered);
  return { existing, lockName, locked: entriesFor(existing, remembered) };
}

/**
 * Reads the target as it is; undefined: it does not exist. A file of several locales that does not exist begins as a copy of
 * the source.
 *
 * @throws {CatalogError} The file cannot be read.
 */
async function readTarget(
  target: TargetFile,
  source: Catalog,
  locked: ReadonlyMap<string, LockEntry> | undefined,
): Promise<Catalog | undefined> {
  const format = formatOfTarget(target);
  const bytes = readCatalogFile(target.path) ?? (source.layout === "multi-locale" ? source.bytes : undefined);
  const options = { ...readOptions(target, target.locale), like: source, known: locked && knownValues(locked) };
  return bytes && withOwn(await format.parse(target.path, bytes, options), target, locked);
}

function knownValues(locked: ReadonlyMap<string, LockEntry>): KnownValues {
  let byHash: Map<string, string[]> | undefined;
  let ids: Set<string> | undefined;
  return {
    // Formats with keys ask for neither, and a lock has some 100,000 entries.
    get ids() {
      ids ??= new Set(locked.keys());
      return ids;
    },
    idsOf(value) {
      byHash ??= keysByValue(locked);
      return byHash.get(sourceHash(value)) ?? [];
    },
  };
}

function keysByValue(locked: ReadonlyMap<string, LockEntry>): Map<string, string[]> {
  const byHash = new Map<string, string[]>();
  for (const [key, entry] of locked) {
    for (const { written, person } of candidates(entry)) {
      const hash = written ?? person;
      if (hash === undefined) continue;
      const keys = byHash.get(hash);
      if (keys === undefined) byHash.set(hash, [key]);
      else keys.push(key);
    }
  }
  return byHash;
}

/** The entries of a target in the lock by the keys that its values have with the present source. */
function entriesFor(
  existing: Catalog | undefined,
  locked: ReadonlyMap<string, LockEntry> | undefined,
): ReadonlyMap<string, LockEntry> | undefined {
  const former = existing?.formerKeys;
  if (locked === undefined || former === undefined || former.size === 0) return locked;
  const moved = new Set(former.values());
  const entries = new Map([...locked].filter(([key]) => !moved.has(key)));
  for (const [key, before] of former) {
    const entry = locked.get(before);
    if (entry !== undefined) entries.set(key, entry);
  }
  return entries;
}

/** The bytes of a target, read again after a change in memory. */
export function parseTarget(target: TargetFile, source: Catalog, bytes: Uint8Array): Promise<Catalog> {
  return formatOfTarget(target).parse(target.path, bytes, { ...readOptions(target, target.locale), like: source });
}

/**
 * The catalog with the values that Trans-Hub wrote for a person to look at. Without `review`, a value with such a mark is a
 * guess of another tool, and none.
 */
function withOwn(catalog: Catalog, { rules }: TargetFile, locked: ReadonlyMap<string, LockEntry> | undefined): Catalog {
  if (rules?.review !== true) return catalog;
  return withUnreviewed(catalog, (key, value) => locked?.get(key)?.written === sourceHash(value));
}

export function withUnreviewed(catalog: Catalog, isWanted: (key: string, value: string) => boolean): Catalog {
  const wanted = [...(catalog.unreviewed ?? [])].filter(([key, value]) => isWanted(key, value));
  return wanted.length === 0 ? catalog : { ...catalog, texts: new Map([...catalog.texts, ...wanted]) };
}

function readOptions({ rules, sourceLocale }: TargetFile, locale?: string): ReadCatalogOptions {
  const { format, syntax } = rules ?? {};
  return { format, syntax, locale, sourceLocale };
}

/** The name of a target in the lock: in a file of several locales, with its locale. */
export function nameInLock(lockFile: string, { path, locale }: TargetFile, source: Catalog): string {
  const name = targetName(lockFile, path);
  return source.layout === "multi-locale" ? `${name}#${locale}` : name;
}

/**
 * Whether the file of a target takes its locale. A file that is translated in place, with its sources beside its values, is that
 * of the one locale that it says.
 *
 * @param shared The locales of this source that have the same file.
 * @throws {UsageError} The file can hold one locale, and is to hold several, or its source.
 */
export function takesLocale(target: TargetFile, { layout, locale: own }: Catalog, shared: readonly string[]): boolean {
  const { isInPlace = false, source, path, locale } = target;
  if (layout === "multi-locale") return true;
  if (isInPlace && layout === "bilingual") {
    if (own !== undefined) return own === locale;
    if (shared.length === 1) return true;
    throw new UsageError(`${outOf(target)} is missing: ${source} does not say which locale it is in`, LOCALE_CURE);
  }
  if (isInPlace) throw new UsageError(`${outOf(target)} is missing: ${source} can hold one locale only`, LOCALE_CURE);
  if (shared.length === 1) return true;
  throw new UsageError(`${outOf(target)}: ${path} would hold ${source} in ${shared.join(" and ")}`, LOCALE_CURE);
}

/** The place that says the target files. */
export function outOf({ rules }: TargetFile): string {
  return rules === undefined ? "--out" : `${rules.name}.out`;
}
