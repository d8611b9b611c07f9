/** The target files of a configuration that exist, each with its source: read one after the other. */
import { CatalogError } from "@trans-hub/core/operations";
import type { Catalog, CatalogMessage } from "../catalog/catalog.ts";
import type { Lock, LockEntry } from "../catalog/lock-file.ts";
import { UsageError } from "../usage-error.ts";
import { explained } from "./faults.ts";
import { formatOfTarget, readSource, readTargetAndLock, takesLocale } from "./read-files.ts";
import type { TargetFile } from "./target-files.ts";
import { ruledMessages } from "./text-rules.ts";

export interface StandingTarget {
  target: TargetFile;
  /** The texts of the source as the target has to have them. */
  messages: readonly CatalogMessage[];
  source: Catalog;
  existing: Catalog;
  /** The name of the target in the lock. */
  lockName: string;
  /** Undefined: the lock does not name the target. */
  locked: ReadonlyMap<string, LockEntry> | undefined;
}

/** A target whose file, or whose source, is at fault. */
export interface FaultyTarget {
  target: TargetFile;
  error: CatalogError | UsageError;
}

export interface StandingOptions {
  targets: readonly TargetFile[];
  /** BCP 47, or `und`. */
  sourceLocale: string;
  lockFile: string;
  lock: Lock;
}

export async function* standingTargets(options: StandingOptions): AsyncGenerator<StandingTarget | FaultyTarget> {
  const { targets } = options;
  const sources = Map.groupBy(targets, ({ source, rules }) => `${source}\n${rules?.name}`);
  for (const group of sources.values()) {
    const [first] = group;
    if (first === undefined) continue;
    const source = await orFault(() => readSource(first));
    for (const target of group) {
      const found = isFault(source) ? source : await orFault(() => open(target, source, group, options));
      if (isFault(found)) yield { target, error: found };
      else if (found !== undefined) yield found;
    }
  }
}

async function open(
  target: TargetFile,
  source: Catalog,
  group: readonly TargetFile[],
  { sourceLocale, lockFile, lock }: StandingOptions,
): Promise<StandingTarget | undefined> {
  const sharing = group.filter(({ path }) => path === target.path).map(({ locale }) => locale);
  if (!takesLocale(target, source, sharing)) return undefined;
  const { existing, lockName, locked } = await readTargetAndLock(target, source, { lock, lockFile });
  if (existing === undefined) return undefined;
  const shaped = formatOfTarget(target).shapedFor(source, { sourceLocale, targetLocale: target.locale }, existing);
  return { target, source, existing, lockName, locked, messages: ruledMessages(shaped, target.rules) };
}

type Fault = CatalogError | UsageError;

async function orFault<Result>(work: () => Promise<Result>): Promise<Result | Fault> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof CatalogError) return explained(error);
    if (error instanceof UsageError) return error;
    throw error;
  }
}

function isFault(value: unknown): value is Fault {
  return value instanceof Error;
}
