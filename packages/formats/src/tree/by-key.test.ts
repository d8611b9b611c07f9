import { expect, test } from "vitest";
import { removedEntries } from "./removals.ts";
import type { Slot, TreeEntry, TreeNode } from "./tree.ts";

test("to remove many texts takes a reading of each key, and not one of all keys for each text", () => {
  let reads = 0;
  const at = { start: 0, end: 0 };
  const leaf: TreeNode = { ...at, kind: "text", entries: [], style: "", isFlow: false, indent: 0, value: "text" };
  const entries = Array.from({ length: 1_000 }, (_, index): TreeEntry => {
    const entry = { key: "", keySpan: at, ...at, node: leaf };
    Object.defineProperty(entry, "key", {
      get() {
        reads += 1;
        return `key${index}`;
      },
    });
    return entry;
  });
  const root: TreeEntry = { key: "", keySpan: at, ...at, node: { ...leaf, kind: "map", entries } };
  const slots = entries.map((entry, index): [string, Slot] => {
    const unit = {
      id: `key${index}`,
      value: "text",
      translate: true,
      syntax: "auto",
      state: "translated",
      line: 1,
      column: 1,
    };
    return [unit.id, { unit: unit as Slot["unit"], trail: [root, entry] }];
  });
  const changes = slots.map(([id]) => ({ kind: "remove", id }) as const);
  const { gone } = removedEntries(new Map(slots), changes, false);
  expect([...gone]).toEqual(entries);
  expect(reads).toBeLessThan(4_000);
});
