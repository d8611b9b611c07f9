/** Locks that two branches changed. */
import { isDeepStrictEqual } from "node:util";
import { bothOf, type Lock, type LockEntry, parseLockLines } from "./lock-text.ts";

/** Whether version control left the marks of a merge in a text. */
export function hasConflictMarks(text: string): boolean {
  // A search for a word takes a tenth of the time of an expression, and most texts have none.
  return text.includes("<<<<<<<") && /^<{7}(?: |$)/m.test(text) && /^>{7}(?: |$)/m.test(text);
}

/**
 * The two sides of a lock in which version control left the marks of a merge, also with the common base between them
 * (`merge.conflictStyle=diff3`).
 *
 * @returns Undefined: there are no such marks, or a line is none of a lock.
 */
export function conflictSides(text: string): [Lock, Lock] | undefined {
  if (!hasConflictMarks(text)) return undefined;
  const sides: [string[], string[]] = [[], []];
  let side: "both" | "ours" | "base" | "theirs" = "both";
  for (const line of text.split(/\r?\n/)) {
    if (/^<{7}(?: |$)/.test(line)) side = "ours";
    else if (/^\|{7}(?: |$)/.test(line)) side = "base";
    else if (/^={7}$/.test(line) && side !== "both") side = "theirs";
    else if (/^>{7}(?: |$)/.test(line)) side = "both";
    else {
      if (side === "both" || side === "ours") sides[0].push(line);
      if (side === "both" || side === "theirs") sides[1].push(line);
    }
  }
  const [ours, theirs] = sides.map((lines) => parseLockLines(lines.join("\n")));
  return ours && theirs && [ours, theirs];
}

/**
 * Two locks as one, by target file and key. An entry says the hash of its value, so none can be taken for the entry of another
 * value: where the two differ, both stay, and the value in the file decides.
 *
 * @param base The lock that both began with: what only one of them changed or removed is as that one says. Without it,
 *   nothing counts as removed.
 */
export function mergedLock(ours: Lock, theirs: Lock, base: Lock = new Map()): Lock {
  const merged: Lock = new Map();
  for (const target of new Set([...ours.keys(), ...theirs.keys()])) {
    const [mine, other, old] = [ours, theirs, base].map((lock) => lock.get(target));
    if (old !== undefined && (mine === undefined || other === undefined)) {
      // One branch does without this file. The other's entries count only if it changed some.
      const left = mine ?? other ?? new Map();
      if (isDeepStrictEqual(left, old)) continue;
    }
    const entries = new Map<string, LockEntry>();
    for (const key of new Set([...(mine?.keys() ?? []), ...(other?.keys() ?? [])])) {
      const entry = mergedEntry(mine?.get(key), other?.get(key), old?.get(key));
      if (entry !== undefined) entries.set(key, entry);
    }
    merged.set(target, entries);
  }
  return merged;
}

function mergedEntry(
  ours: LockEntry | undefined,
  theirs: LockEntry | undefined,
  base: LockEntry | undefined,
): LockEntry | undefined {
  if (isDeepStrictEqual(ours, theirs) || isDeepStrictEqual(theirs, base)) return ours;
  if (isDeepStrictEqual(ours, base)) return theirs;
  if (ours === undefined || theirs === undefined) return ours ?? theirs;
  return bothOf(ours, theirs);
}
