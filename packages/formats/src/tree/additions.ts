import type { Span, Value } from "../contract.ts";
import { EntriesByKey } from "./by-key.ts";
import { isBranch, type NewEntry, type NewNode, type Slot, type TreeEntry, type TreeNode } from "./tree.ts";

/** New entries that go behind one entry of a branch; undefined: to its front. */
export interface AddedGroup {
  readonly branch: TreeNode;
  readonly after: TreeEntry | undefined;
  readonly entries: readonly NewEntry[];
}

export interface NewText {
  readonly id: string;
  readonly value: Value;
  /** The unit in the document that it comes from. */
  readonly from: Slot;
  /** The texts of the source's lists, by the list. */
  readonly textsOf: (list: TreeEntry) => readonly Slot[];
  /** A stretch of the source's text. */
  readonly sourceText: (span: Span) => string;
  /** A key of the source as it stands in this file. */
  readonly keyLiteral: (entry: TreeEntry) => string;
  /** The unit of the file behind which it goes. */
  readonly after: Slot | undefined;
}

/** A branch that the call makes, with the entries that it has got so far. */
interface Made {
  readonly keyLiteral: string;
  readonly like: TreeNode;
  readonly children: Map<string, Made | NewEntry>;
  /** Of a list: the values for the texts of the source's list. */
  readonly list?: { readonly source: TreeEntry; readonly texts: Map<string, NewText> };
}

interface Group {
  branch: TreeNode;
  after: TreeEntry | undefined;
  children: Map<string, Made | NewEntry>;
}

/** Gathers the texts that are added, with the maps and lists around them that the file does not have. */
export class Additions {
  readonly #root: TreeEntry;
  readonly #gone: Set<TreeEntry>;
  readonly #isUnit: (entry: TreeEntry) => boolean;
  readonly #groups = new Map<TreeNode, Map<TreeEntry | undefined, Group>>();
  /** The branches that the call makes, by the branch they stand in. */
  readonly #made = new Map<TreeNode, Map<string, Made>>();
  readonly #refused: { id: string; reason: string }[] = [];
  readonly #byKey = new EntriesByKey();

  /** @param isUnit Whether an entry holds a text or a family as a whole. */
  constructor(root: TreeEntry, gone: Set<TreeEntry>, isUnit: (entry: TreeEntry) => boolean) {
    this.#root = root;
    this.#gone = gone;
    this.#isUnit = isUnit;
  }

  /** The branches that get an entry. */
  has(branch: TreeNode): boolean {
    return this.#groups.has(branch);
  }

  /** A string is the reason why the text cannot be added; a node, the place that holds no text yet and is to be filled. */
  add(text: NewText): TreeNode | string | undefined {
    const trail = text.from.trail.slice(1);
    let branch = this.#root.node;
    for (const [depth, { key }] of trail.entries()) {
      const isLast = depth === trail.length - 1;
      const present = this.#find(branch, key);
      if (present === undefined) return this.#insert(branch, text, trail.slice(depth), this.#anchor(branch, text));
      const { node } = present;
      // A fixed place without a value is code of a person.
      const isHole =
        node.kind === "empty" || node.kind === "foreign" || (node.kind === "fixed" && node.value !== undefined);
      if (isLast && isHole && typeof text.value === "string") return node;
      if ((isLast && isHole) || node.kind === "empty") {
        this.#gone.add(present);
        return this.#insert(branch, text, trail.slice(depth), present);
      }
      if (isLast) return this.#isUnit(present) ? HAS_TEXT : "the file has other texts at this place";
      if (!isBranch(node) || this.#isUnit(present)) return "the file has a text where this one has its keys";
      branch = node;
    }
    return HAS_TEXT;
  }

  /** Puts a unit of another shape in the place of an entry. */
  replace(branch: TreeNode, entry: TreeEntry, keyLiteral: string, value: Value): void {
    this.#gone.add(entry);
    const node: NewNode = { kind: "value", value, like: entry.node };
    this.#group(branch, entry).children.set(entry.key, { keyLiteral, node });
  }

  #find(branch: TreeNode, key: string): TreeEntry | undefined {
    return this.#byKey.get(branch, key).findLast((entry) => !this.#gone.has(entry));
  }

  /** The entry of the branch behind which the text goes. */
  #anchor(branch: TreeNode, { after }: NewText): TreeEntry | undefined {
    if (branch.kind === "list") return branch.entries.at(-1);
    const depth = after?.trail.findIndex(({ node }) => node === branch) ?? -1;
    return depth === -1 ? undefined : after?.trail[depth + 1];
  }

  #group(branch: TreeNode, after: TreeEntry | undefined): Group {
    const groups = this.#groups.get(branch) ?? new Map<TreeEntry | undefined, Group>();
    this.#groups.set(branch, groups);
    const group = groups.get(after) ?? { branch, after, children: new Map() };
    groups.set(after, group);
    return group;
  }

  #insert(
    branch: TreeNode,
    text: NewText,
    rest: readonly TreeEntry[],
    after: TreeEntry | undefined,
  ): string | undefined {
    const [first] = rest;
    if (first === undefined) return HAS_TEXT;
    const made = this.#made.get(branch) ?? new Map<string, Made>();
    this.#made.set(branch, made);
    const present = made.get(first.key);
    if (present !== undefined) return this.#into(present, text, rest.slice(1));
    const { children } = this.#group(branch, after);
    if (branch.kind === "list" && Number(first.key) !== branch.entries.length + children.size) {
      return "the file's array has another length";
    }
    return this.#put(children, made, text, rest);
  }

  #into(made: Made, text: NewText, rest: readonly TreeEntry[]): string | undefined {
    if (made.list !== undefined) {
      made.list.texts.set(text.id, text);
      return undefined;
    }
    const present = made.children.get(rest[0]?.key ?? "");
    if (present !== undefined && "children" in present) return this.#into(present, text, rest.slice(1));
    if (present !== undefined) return HAS_TEXT;
    return this.#put(made.children, undefined, text, rest);
  }

  #put(
    children: Map<string, Made | NewEntry>,
    made: Map<string, Made> | undefined,
    text: NewText,
    rest: readonly TreeEntry[],
  ): string | undefined {
    const [first] = rest;
    if (first === undefined) return HAS_TEXT;
    if (children.has(first.key)) return HAS_TEXT;
    const keyLiteral = text.keyLiteral(first);
    if (rest.length === 1) {
      children.set(first.key, { keyLiteral, node: { kind: "value", value: text.value, like: first.node } });
      return undefined;
    }
    const isList = first.node.kind === "list";
    const branch: Made = {
      keyLiteral,
      like: first.node,
      children: new Map(),
      ...(isList && { list: { source: first, texts: new Map([[text.id, text]]) } }),
    };
    children.set(first.key, branch);
    made?.set(first.key, branch);
    return isList ? undefined : this.#put(branch.children, undefined, text, rest.slice(1));
  }

  /** The groups of new entries. A list of which a text has no value is left out; {@link refused} names its texts. */
  groups(): AddedGroup[] {
    const groups = [...this.#groups.values()].flatMap((byAnchor) => [...byAnchor.values()]);
    // Where an inner branch ends with an outer one's entry, the inner one's new entries come first.
    return groups
      .sort((a, b) => b.branch.start - a.branch.start)
      .map(({ children, ...place }) => ({ ...place, entries: this.#finished(children) }))
      .filter(({ entries }) => entries.length > 0);
  }

  get refused(): readonly { id: string; reason: string }[] {
    return this.#refused;
  }

  #finished(children: ReadonlyMap<string, Made | NewEntry>): NewEntry[] {
    return [...children.values()].flatMap((child): NewEntry[] => {
      if ("node" in child) return [child];
      const { keyLiteral, like, list } = child;
      if (list === undefined) {
        const entries = this.#finished(child.children);
        return entries.length === 0 ? [] : [{ keyLiteral, node: { kind: "map", entries, like } }];
      }
      const [any] = list.texts.values();
      const wanted = any?.textsOf(list.source) ?? [];
      if (any === undefined || !wanted.every(({ unit }) => list.texts.has(unit.id))) {
        const reason = "an array is added as a whole";
        this.#refused.push(...[...list.texts.keys()].map((id) => ({ id, reason })));
        return [];
      }
      const values = new Map(wanted.map(({ unit, trail }) => [trail.at(-1), list.texts.get(unit.id)?.value ?? ""]));
      return [{ keyLiteral, node: copyOf(list.source, values, any.sourceText) }];
    });
  }
}

const HAS_TEXT = "the file has this text already";

/** A branch of the source with other values in it. */
function copyOf(
  entry: TreeEntry,
  values: ReadonlyMap<TreeEntry | undefined, Value>,
  sourceText: NewText["sourceText"],
): NewNode {
  const { node } = entry;
  const value = values.get(entry);
  if (value !== undefined) return { kind: "value", value, like: node };
  if (node.kind !== "map" && node.kind !== "list") return { kind: "literal", literal: sourceText(node) };
  const { kind } = node;
  const entries = node.entries.map((child) => ({
    keyLiteral: kind === "list" ? "" : sourceText(child.keySpan),
    node: copyOf(child, values, sourceText),
  }));
  return { kind, entries, like: node };
}
