import type { Change, RefusedChange } from "../contract.ts";
import { EntriesByKey } from "./by-key.ts";
import { isBranch, type Slot, type TreeEntry, type TreeNode } from "./tree.ts";

/**
 * The entries that a call takes out of a tree.
 *
 * The index of a list's item is its name, so a list goes as a whole or loses items at its end. In a new file, a list that has
 * no value for one of its items is left out.
 */
export function removedEntries(
  slots: ReadonlyMap<string, Slot>,
  changes: readonly Change[],
  isNewFile: boolean,
): { gone: Set<TreeEntry>; refused: RefusedChange[] } {
  const gone = new Set<TreeEntry>();
  const refused: RefusedChange[] = [];
  const fromLists = new Map<TreeEntry, Slot[]>();
  const byKey = new EntriesByKey();
  for (const { kind, id } of changes) {
    if (kind !== "remove") continue;
    const slot = slots.get(id);
    const entry = slot?.trail.at(-1);
    if (slot === undefined || entry === undefined) {
      refused.push({ id, reason: "the file has no such text" });
      continue;
    }
    const list = slot.trail.find(({ node }) => node.kind === "list");
    if (list !== undefined && list !== entry) push(fromLists, list, slot);
    // The doubles of a key go with it, or an older one would be read in its place.
    else for (const twin of byKey.get(parentOf(slot), entry.key)) gone.add(twin);
  }
  if (fromLists.size === 0) return { gone, refused };
  const open = openSlots(slots);
  for (const [list, removed] of fromLists) {
    if (isNewFile || removed.length === (open.get(list)?.length ?? 0)) {
      gone.add(list);
      continue;
    }
    const tail = tailOf(list, removed, open);
    if (tail !== undefined) for (const item of tail) gone.add(item);
    else {
      const reason = "an array is removed as a whole, or from its end";
      refused.push(...removed.map(({ unit }) => ({ id: unit.id, reason })));
    }
  }
  return { gone, refused };
}

export function parentOf({ trail }: Slot): TreeNode {
  const parent = trail.at(-2);
  if (parent === undefined) throw new TypeError("The root of a tree is no unit");
  return parent.node;
}

/** The texts in each list and in each item of a list. */
function openSlots(slots: ReadonlyMap<string, Slot>): Map<TreeEntry, Slot[]> {
  const open = new Map<TreeEntry, Slot[]>();
  for (const slot of slots.values()) {
    if (!slot.unit.translate) continue;
    const at = slot.trail.findIndex(({ node }) => node.kind === "list");
    for (const entry of at === -1 ? [] : slot.trail.slice(at, at + 2)) {
      push(open, entry, slot);
    }
  }
  return open;
}

function push(map: Map<TreeEntry, Slot[]>, entry: TreeEntry, slot: Slot): void {
  const own = map.get(entry);
  if (own === undefined) map.set(entry, [slot]);
  else own.push(slot);
}

/** The items at the end of a list that hold the removed texts and no other. Undefined: the texts are not at its end. */
function tailOf(
  { node }: TreeEntry,
  removed: readonly Slot[],
  open: ReadonlyMap<TreeEntry, readonly Slot[]>,
): TreeEntry[] | undefined {
  const rest = new Set(removed);
  const tail: TreeEntry[] = [];
  for (const item of node.entries.toReversed()) {
    const own = open.get(item) ?? [];
    if (rest.size === 0 || own.length === 0 || !own.every((slot) => rest.has(slot))) break;
    for (const slot of own) rest.delete(slot);
    tail.push(item);
  }
  return rest.size === 0 ? tail : undefined;
}

/** Adds the maps to `gone` that lose all their entries, and returns the entries to take out, by the branch they stand in. */
export function collapsed(
  root: TreeEntry,
  gone: Set<TreeEntry>,
  keeps: (branch: TreeNode) => boolean,
): Map<TreeNode, Set<TreeEntry>> {
  const byBranch = new Map<TreeNode, Set<TreeEntry>>();
  if (gone.size === 0) return byBranch;
  const visit = (branch: TreeNode): boolean => {
    const own = new Set<TreeEntry>();
    for (const entry of branch.entries) {
      if (!gone.has(entry) && isBranch(entry.node) && entry.node.entries.length > 0 && visit(entry.node))
        gone.add(entry);
      if (gone.has(entry)) own.add(entry);
    }
    if (own.size > 0 && own.size === branch.entries.length && branch !== root.node && !keeps(branch)) return true;
    if (own.size > 0) byBranch.set(branch, own);
    return false;
  };
  visit(root.node);
  return byBranch;
}
