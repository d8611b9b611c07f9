/** Items of arrays whose index changed in the source: a value follows its item, and not the index. */
import type { Catalog, CatalogMessage } from "../catalog/catalog.ts";
import { type LockEntry, sourceHash } from "../catalog/lock-file.ts";
import { candidates } from "../catalog/lock-text.ts";

export interface MovedItems {
  /** By the key of a message, the key under which its value stands in the target; undefined: it has no value yet. */
  readonly from: ReadonlyMap<string, string | undefined>;
  /**
   * Values of people whose item the source has no more, by the key that each has from now on: they go to the end of their
   * array, as values of people stay when their key is gone.
   */
  readonly displaced: ReadonlyMap<string, string>;
}

interface Leaf {
  readonly key: string;
  /** The hash of its source. Undefined: unknown. */
  readonly source: string | undefined;
}

/** The leaves of an item by their path inside it. */
type Item = Map<string, Leaf>;

/**
 * The lock knows the source of each value, so an item is known by the texts that it had at the last run. An array stays as it is by index
 * where a person moved its values by hand, or where a person's value would have no place.
 */
export function movedItems(
  messages: readonly CatalogMessage[],
  existing: Catalog | undefined,
  locked: ReadonlyMap<string, LockEntry> | undefined,
): MovedItems {
  const from = new Map<string, string | undefined>();
  const displaced = new Map<string, string>();
  const groups = Map.groupBy(messages, ({ group }) => group);
  groups.delete(undefined);
  if (existing === undefined || locked === undefined || groups.size === 0) return { from, displaced };
  const standing = Map.groupBy(
    [...existing.texts].filter(([, value]) => value !== ""),
    ([key]) => groupOf(key, groups),
  );
  for (const [group = "", own] of groups) {
    const values = new Map(standing.get(group));
    const now = itemsOf(
      group,
      own.map(({ key, text }) => ({ key, source: sourceHash(text) })),
    );
    const before = itemsOf(
      group,
      [...values.keys()].map((key) => ({ key, source: locked.get(key)?.source })),
    );
    const pairs = pairedItems(now, before);
    const isShifted = [...pairs].some(([at, old]) => at !== old);
    if (!isShifted || isRearranged(values, locked)) continue;
    const places = placesOfRest({ now, before, pairs, values, locked });
    if (places === undefined) continue;
    for (const [at, item] of now.entries()) {
      const old = pairs.get(at);
      if (old === at) continue;
      for (const [path, { key }] of item) from.set(key, before[old ?? -1]?.get(path)?.key);
    }
    for (const [key, value] of places) displaced.set(key, value);
  }
  return { from, displaced };
}

/** The outermost array that a key stands in. */
function groupOf(key: string, groups: ReadonlyMap<string | undefined, unknown>): string | undefined {
  for (let at = key.indexOf("."); at !== -1; at = key.indexOf(".", at + 1)) {
    if (groups.has(key.slice(0, at))) return key.slice(0, at);
  }
  return undefined;
}

function itemsOf(group: string, leaves: readonly Leaf[]): Item[] {
  const items: Item[] = [];
  for (const leaf of leaves) {
    const [index = "", ...path] = leaf.key.slice(group.length + 1).split(".");
    const at = Number(index);
    if (!Number.isSafeInteger(at)) continue;
    for (let missing = items.length; missing <= at; missing += 1) items.push(new Map());
    items[at]?.set(path.join("."), leaf);
  }
  return items;
}

/** The item of before for each item of now: an equal one, or else the likest, or else the one at its index. */
function pairedItems(now: readonly Item[], before: readonly Item[]): Map<number, number> {
  const pairs = new Map<number, number>();
  const taken = new Set<number>();
  const pair = (at: number, old: number) => {
    pairs.set(at, old);
    taken.add(old);
  };
  for (const isEnough of [isEqual, isLike]) {
    for (const at of now.keys()) {
      if (!pairs.has(at) && !taken.has(at) && isEnough(now[at], before[at])) pair(at, at);
    }
    for (const [at, item] of now.entries()) {
      const old = pairs.has(at) ? -1 : before.findIndex((other, index) => !taken.has(index) && isEnough(item, other));
      if (old !== -1) pair(at, old);
    }
  }
  for (const at of now.keys()) if (!pairs.has(at) && !taken.has(at) && before[at] !== undefined) pair(at, at);
  return pairs;
}

function isEqual(item: Item = new Map(), other: Item = new Map()): boolean {
  return item.size > 0 && item.size === other.size && commonOf(item, other) === item.size;
}

function isLike(item: Item = new Map(), other: Item = new Map()): boolean {
  return 2 * commonOf(item, other) >= item.size && commonOf(item, other) > 0;
}

function commonOf(item: Item, other: Item): number {
  return [...item].filter(([path, { source }]) => other.get(path)?.source === source).length;
}

/** Whether a value stands under a key, and the lock has it under another one of the same array. */
function isRearranged(values: ReadonlyMap<string, string>, locked: ReadonlyMap<string, LockEntry>): boolean {
  const known = new Set<string | undefined>([...values.keys()].flatMap((key) => valueHashes(locked.get(key))));
  return [...values].some(([key, value]) => {
    const hash = sourceHash(value);
    return known.has(hash) && !valueHashes(locked.get(key)).includes(hash);
  });
}

function valueHashes(entry: LockEntry | undefined): (string | undefined)[] {
  return entry === undefined ? [] : candidates(entry).map(({ written, person }) => written ?? person);
}

/** The values of people in items that the source has no more, behind its last item. Undefined: there is no room for them. */
function placesOfRest({
  now,
  before,
  pairs,
  values,
  locked,
}: {
  now: readonly Item[];
  before: readonly Item[];
  pairs: ReadonlyMap<number, number>;
  values: ReadonlyMap<string, string>;
  locked: ReadonlyMap<string, LockEntry>;
}): Map<string, string> | undefined {
  const isPersons = ({ key }: Leaf) => {
    const hash = sourceHash(values.get(key) ?? "");
    const entry = locked.get(key);
    return entry === undefined || !candidates(entry).some(({ written }) => written === hash);
  };
  const kept = new Set(pairs.values());
  const rest = before.filter((item, at) => !kept.has(at) && [...item.values()].some(isPersons));
  const places = new Map<string, string>();
  for (const [at, item] of rest.entries()) {
    const place = before[now.length + at];
    for (const [path, { key }] of item) {
      const to = place?.get(path)?.key;
      if (to === undefined) return undefined;
      places.set(to, values.get(key) ?? "");
    }
  }
  return places;
}
