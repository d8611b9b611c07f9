/** Enters the values that stand in target files into the lock, as people's texts of the present sources. */
import { isVerbatim } from "@trans-hub/core/engine";
import { entryOf, type Lock, type LockEntry, sourceHash, standingOf } from "../catalog/lock-file.ts";
import type { KeyMatcher } from "../config/key-patterns.ts";
import {
  type FaultyTarget,
  type StandingOptions,
  type StandingTarget,
  standingTargets,
} from "../translate/standing-targets.ts";
import { ruledKey } from "../translate/text-rules.ts";

export interface Adoption {
  /** The lock, with an entry for each adopted value. */
  lock: Lock;
  /** The number of adopted values: those that the lock did not know. */
  adopted: number;
  /** The number of values that are left because their source changed. */
  outdated: number;
  /** The target files with adopted values, and their number. */
  files: { file: string; locale: string; adopted: number }[];
  /** Those of them that equal their source, as file and key. A tool that copies texts leaves such values, and they are not translated. */
  same: string[];
  /** Targets whose values are not adopted, because a file cannot be read. */
  faulty: readonly FaultyTarget[];
}

export interface AdoptOptions extends StandingOptions {
  /** Whether values whose source changed are adopted too: they fit the changed source. Each keeps its author. Default: false. */
  stale?: boolean;
  /** Default: all keys. */
  only?: KeyMatcher | undefined;
  signal: AbortSignal;
}

/** Adopts the values of all targets that are of unknown age. Other entries that name their source stay as they are. */
export async function adoptValues(options: AdoptOptions): Promise<Adoption> {
  const lock: Lock = new Map(options.lock);
  const faulty: FaultyTarget[] = [];
  const files: Adoption["files"] = [];
  const same: string[] = [];
  let [adopted, outdated] = [0, 0];
  for await (const found of standingTargets(options)) {
    options.signal.throwIfAborted();
    if ("error" in found) {
      faulty.push(found);
      continue;
    }
    const own = adoptedEntries(found, options);
    const { path: file, locale } = found.target;
    lock.set(found.lockName, new Map([...(found.locked ?? []), ...own.entries]));
    if (own.adopted > 0) files.push({ file, locale, adopted: own.adopted });
    adopted += own.adopted;
    outdated += own.outdated;
    same.push(...own.same.map((key) => `${file}: ${key}`));
  }
  return { lock, adopted, outdated, files, same, faulty };
}

function adoptedEntries(
  { messages, existing, locked }: StandingTarget,
  { stale = false, only = () => true }: AdoptOptions,
): { entries: Map<string, LockEntry>; adopted: number; outdated: number; same: string[] } {
  const entries = new Map<string, LockEntry>();
  const same: string[] = [];
  let [adopted, outdated] = [0, 0];
  for (const message of messages) {
    const { key, text } = message;
    const value = existing.texts.get(key);
    if (value === undefined || value === "") continue;
    const hash = sourceHash(text);
    const { author, source } = standingOf({ key, existing: value, sourceHash: hash, locked });
    const isStale = source !== undefined && source !== hash;
    if (locked?.has(key) === true && source !== undefined && !(stale && isStale)) {
      if (isStale && only(ruledKey(message))) outdated += 1;
      continue;
    }
    if (!only(ruledKey(message))) {
      // In a lock that names the file from now on, a value without an entry would be one that came since.
      if (locked === undefined) entries.set(key, entryOf(value, { author: "person", source: undefined }, hash));
      continue;
    }
    entries.set(key, entryOf(value, { author: isStale ? author : "person", source: hash }, hash));
    adopted += 1;
    if (value === text && /\p{L}{2}/u.test(text) && !isVerbatim(text)) same.push(key);
  }
  return { entries, adopted, outdated, same };
}
