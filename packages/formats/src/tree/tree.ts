/** The model of a file whose texts stand in maps and lists inside each other: YAML, PHP arrays and their like. */
import type { Span, Unit, Value } from "../contract.ts";

/**
 * A place of the file that holds something.
 *
 * - `text`: a string. `fixed`: a number, a symbol or the like, which is listed and never translated. `empty`: null.
 * - `foreign`: an alias, a merge or the like, which is no text of its own and is not listed.
 * - `map`, `list`: a branch with entries.
 */
export interface TreeNode extends Span {
  readonly kind: "text" | "fixed" | "empty" | "foreign" | "map" | "list";
  /** Of a text, its characters without escapes; of a fixed value, its literal. Undefined: it has none. */
  readonly value?: Value | undefined;
  /** In the order of the file. Of a leaf: none. */
  readonly entries: readonly TreeEntry[];
  /** How a leaf is quoted, by a name of the format's own. */
  readonly style: string;
  /** Of a branch: its entries stand in brackets, apart by commas. Of a leaf: it stands in such a branch. */
  readonly isFlow: boolean;
  /** The column of the entries of a branch or, of a leaf, of the entry that it stands in. Counted from 0. */
  readonly indent: number;
  /** The name by which other places of the file refer to this one. */
  readonly anchor?: string | undefined;
}

export interface TreeEntry extends Span {
  /** The key of a map as programs see it; in a list, the index. */
  readonly key: string;
  readonly keySpan: Span;
  readonly node: TreeNode;
  readonly note?: string | undefined;
}

/** Something that is to be put into a file: a value, or a branch with values somewhere in it. */
export type NewNode =
  | { readonly kind: "value"; readonly value: Value; readonly like: TreeNode }
  | { readonly kind: "literal"; readonly literal: string }
  | { readonly kind: "map" | "list"; readonly entries: readonly NewEntry[]; readonly like: TreeNode };

export interface NewEntry {
  /** The key as it stands in the source file, with its quotes. Of a list's item: empty. */
  readonly keyLiteral: string;
  readonly node: NewNode;
}

/** One unit with its place in the tree. */
export interface Slot {
  readonly unit: Unit;
  /** From the outermost entry to the unit's own. */
  readonly trail: readonly TreeEntry[];
}

/**
 * The id of a path: its keys joined with dots, a dot in a key written `\.` and a backslash `\\`. So no two paths share an id,
 * and it stays when neighbours come and go.
 */
export function pathId(path: readonly string[]): string {
  return path.map((key) => key.replace(/[\\.]/g, "\\$&")).join(".");
}

/** The way to the outermost list that a unit stands in. Undefined: it stands in none. */
export function trailOfList(trail: readonly TreeEntry[]): readonly TreeEntry[] | undefined {
  const at = trail.findIndex(({ node }) => node.kind === "list");
  return at === -1 || at === trail.length - 1 ? undefined : trail.slice(0, at + 1);
}

export function isBranch({ kind }: TreeNode): boolean {
  return kind === "map" || kind === "list";
}
