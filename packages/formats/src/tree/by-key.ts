/** The entries of branches by their keys: a scan for each of many texts would take the square of their number. */
import type { TreeEntry, TreeNode } from "./tree.ts";

export class EntriesByKey {
  readonly #byBranch = new Map<TreeNode, ReadonlyMap<string, readonly TreeEntry[]>>();

  /** In the order of the file; several where a key stands twice. */
  get(branch: TreeNode, key: string): readonly TreeEntry[] {
    const known = this.#byBranch.get(branch);
    const entries = known ?? Map.groupBy(branch.entries, (entry) => entry.key);
    if (known === undefined) this.#byBranch.set(branch, entries);
    return entries.get(key) ?? [];
  }
}
