/** Keys that the source renamed: the text stays, and so does its value in a target file. */
import type { Catalog } from "../catalog/catalog.ts";
import { type LockEntry, sourceHash } from "../catalog/lock-file.ts";

/**
 * The earlier key of each message that came with the text of one that is gone.
 *
 * The lock knows the source's hash of a key that is gone. Of several keys with the same text, the one with the longest common end
 * counts (`cart.pay.title` and `basket.pay.title`); where two are alike, none does.
 *
 * @returns The earlier keys, by present key.
 */
export function renamedKeys(
  source: Catalog,
  existing: Catalog | undefined,
  locked: ReadonlyMap<string, LockEntry> | undefined,
): ReadonlyMap<string, string> {
  const renamed = new Map<string, string>();
  if (existing === undefined || locked === undefined) return renamed;
  const gone = new Map<string, string[]>();
  for (const [key, { source: hash }] of locked) {
    if (hash === undefined || source.texts.has(key) || !hasValue(existing, key)) continue;
    gone.set(hash, [...(gone.get(hash) ?? []), key]);
  }
  if (gone.size === 0) return renamed;
  const come = new Map<string, string[]>();
  for (const { key, text } of source.messages) {
    if (locked.has(key) || hasValue(existing, key)) continue;
    const hash = sourceHash(text);
    if (gone.has(hash)) come.set(hash, [...(come.get(hash) ?? []), key]);
  }
  for (const [hash, keys] of come) {
    for (const [before, now] of pairs(gone.get(hash) ?? [], keys)) renamed.set(now, before);
  }
  return renamed;
}

function hasValue({ texts }: Catalog, key: string): boolean {
  return (texts.get(key) ?? "") !== "";
}

/** Texts as common as "OK" are no sign of a rename, and comparing all with all would take its time. */
const MOST_WITH_ONE_TEXT = 100;

/** Pairs that are each other's best. */
function pairs(gone: readonly string[], come: readonly string[]): [string, string][] {
  if (gone.length > MOST_WITH_ONE_TEXT || come.length > MOST_WITH_ONE_TEXT) return [];
  return come.flatMap((now): [string, string][] => {
    const before = best(now, gone);
    return before !== undefined && best(before, come) === now ? [[before, now]] : [];
  });
}

/** The key with the longest common end; undefined: two are alike. */
function best(key: string, others: readonly string[]): string | undefined {
  const ranked = others
    .map((other) => ({ other, common: commonEnd(key, other) }))
    .sort((one, another) => another.common - one.common);
  const [first, second] = ranked;
  return first === undefined || first.common === second?.common ? undefined : first.other;
}

function commonEnd(one: string, other: string): number {
  let length = 0;
  while (length < one.length && length < other.length && one.at(-1 - length) === other.at(-1 - length)) length += 1;
  return length;
}
