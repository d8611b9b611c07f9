/** Reads the files of a run, and plans each from the files alone. */
import { realpath } from "node:fs/promises";
import { UNDETERMINED_LOCALE } from "@trans-hub/core/rules";
import type { Catalog } from "../catalog/catalog.ts";
import { type ReadLock, readLockFile } from "../catalog/lock-file.ts";
import { writableTarget } from "../catalog/write-file.ts";
import type { KeyMatcher } from "../config/key-patterns.ts";
import { UsageError } from "../usage-error.ts";
import { type BrokenFile, Faults } from "./faults.ts";
import { type Pass, type PlannedFile, planFile } from "./plan.ts";
import { formatOfTarget, outOf, readSource, readTargetAndLock, takesLocale } from "./read-files.ts";
import type { TargetFile } from "./target-files.ts";

export interface PlanOptions {
  targets: readonly TargetFile[];
  lockFile: string;
  force: boolean;
  /** BCP 47, or `und`. */
  sourceLocale: string;
  /** The keys that the run is restricted to. Default: all. */
  only?: KeyMatcher | undefined;
  /** Tells the values that need no plan. Default: each has one. */
  passes?: Pass | undefined;
}

export interface Plan {
  files: PlannedFile[];
  broken: BrokenFile[];
  /** The error of the first broken file. */
  fault?: Error;
  /** The lock as it was read. */
  lock: ReadLock;
}

/**
 * Plans each target. A file that cannot be read is among the broken ones, and harms no other.
 *
 * @throws {CatalogError | UsageError} The lock cannot be read or written, or a target would be written over a source.
 */
export async function planFiles(options: PlanOptions): Promise<Plan> {
  const files: PlannedFile[] = [];
  const rest = await planEach(options, (file) => files.push(file));
  return { files, ...rest };
}

/**
 * Plans one target after the other, and keeps none: the plans of 10 targets take ten times the memory of one.
 *
 * @throws See {@link planFiles}.
 */
export async function planEach(
  { targets, lockFile, force, sourceLocale, only, passes }: PlanOptions,
  use: (file: PlannedFile) => void,
): Promise<Omit<Plan, "files">> {
  const faults = new Faults();
  const known = sourceLocale === UNDETERMINED_LOCALE ? {} : { sourceLocale };
  const writable = await writableTargets(
    targets.map((target) => ({ ...target, ...known })),
    lockFile,
    faults,
  );
  const read = await readLockFile(lockFile);
  const { lock } = read;
  const sources = new Map<string, Promise<Catalog>>();
  const sourceOf = (target: TargetFile): Promise<Catalog> => {
    const id = `${target.source}\n${target.rules?.name}`;
    const reading = sources.get(id) ?? readSource(target, targets);
    sources.set(id, reading);
    return reading;
  };
  const pair = ({ source, path }: TargetFile) => `${source}\n${path}`;
  const sharing = Map.groupBy(targets, pair);
  for (const target of writable) {
    const whole = await faults.of(target, () => sourceOf(target));
    const locales = sharing.get(pair(target))?.map(({ locale }) => locale) ?? [];
    if (whole === undefined || !takesLocale(target, whole, locales)) continue;
    await faults.of(target, async () => {
      const { existing, locked } = await readTargetAndLock(target, whole, { lock, lockFile });
      const source = formatOfTarget(target).shapedFor(whole, { sourceLocale, targetLocale: target.locale }, existing);
      use(planFile({ target, source, existing, locked, force, only, passes }));
    });
  }
  return { broken: faults.broken, lock: read, ...(faults.first && { fault: faults.first }) };
}

/**
 * Finds the targets that could not be written, before any text is registered or paid.
 *
 * @throws {CatalogError | UsageError} The lock cannot be written, or a target is one of the sources behind a link.
 */
async function writableTargets(
  targets: readonly TargetFile[],
  lockFile: string,
  faults: Faults,
): Promise<TargetFile[]> {
  await writableTarget(lockFile);
  const sources = new Map<string, string>();
  for (const { source } of targets) sources.set(await realpath(source).catch(() => source), source);
  const writable: TargetFile[] = [];
  for (const target of targets) {
    await faults.of(target, async () => {
      const source = sources.get((await writableTarget(target.path)) ?? "");
      if (source !== undefined && !target.isInPlace) {
        throw new UsageError(`${outOf(target)}: ${target.path} is the source file ${source}`);
      }
      writable.push(target);
    });
  }
  return writable;
}
