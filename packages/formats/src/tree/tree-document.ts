/** The document of a tree: which entries a call sets, adds and removes. The format prints them. */
import type { CatalogDocument, Change, Span, Unit, Value, WriteOptions, WrittenDocument } from "../contract.ts";
import { anchors, type Splice, spliced } from "../splice.ts";
import { encodeFile, type TextFile } from "../text-file.ts";
import { Additions } from "./additions.ts";
import { collapsed, parentOf, removedEntries } from "./removals.ts";
import type { NewEntry, Slot, TreeEntry, TreeNode } from "./tree.ts";

/** How a format prints the changes of a tree. */
export interface TreeWriter {
  /**
   * Puts a value in the place of another. A string is the reason why it cannot; undefined: the place has another shape.
   *
   * @param locale Of a new file, its locale.
   */
  set(slot: Slot, value: Value, locale: string | undefined): Splice[] | string | undefined;
  /** Puts a text in the place of a value that is none: null, an alias. */
  fill(node: TreeNode, value: string): Splice[];
  /** Takes entries out of a branch. */
  remove(branch: TreeNode, gone: ReadonlySet<TreeEntry>): Splice[];
  /** Puts entries behind another; undefined: to the front. */
  insert(branch: TreeNode, after: TreeEntry | undefined, added: readonly NewEntry[]): Splice[];
  /** The new text of the file's statement of its own locale. */
  locale?(locale: string): Splice[];
  /** Whether a map stays although it loses all its entries. Default: it goes. */
  keeps?(branch: TreeNode): boolean;
  /** The entries that make no sense without those that go: aliases of theirs. */
  dependents?(gone: ReadonlySet<TreeEntry>): Iterable<TreeEntry>;
  /** The reason why a text of the source has no place in the file. Undefined: it has one. */
  refuses?(from: Slot): string | undefined;
  /** A key of the source as it stands in this file. Undefined: as it stands in the source. */
  keyLiteral?(key: string): string | undefined;
}

export interface TreeParts {
  readonly file: TextFile;
  readonly locale?: string | undefined;
  /** See {@link CatalogDocument.zeroIsNumber}. */
  readonly zeroIsNumber?: boolean | undefined;
  /** An entry of no key that holds the whole tree; each trail begins with it. */
  readonly root: TreeEntry;
  readonly slots: readonly Slot[];
  readonly writer: TreeWriter;
}

export class TreeDocument implements CatalogDocument {
  readonly locale: string | undefined;
  readonly zeroIsNumber: boolean;
  readonly isBilingual = false;
  readonly keepsUntranslatable = true;
  readonly units: readonly Unit[];
  readonly #parts: TreeParts;
  readonly #slots: ReadonlyMap<string, Slot>;
  #lists: Map<TreeEntry, Slot[]> | undefined;

  constructor(parts: TreeParts) {
    this.#parts = parts;
    this.locale = parts.locale;
    this.zeroIsNumber = parts.zeroIsNumber ?? false;
    this.#slots = new Map(parts.slots.map((slot) => [slot.unit.id, slot]));
    this.units = [...this.#slots.values()].map(({ unit }) => unit);
  }

  write(changes: readonly Change[], { locale }: WriteOptions = {}): WrittenDocument {
    const { file, root, writer } = this.#parts;
    const { gone, refused } = removedEntries(this.#slots, changes, locale !== undefined);
    const splices: Splice[] = locale === undefined ? [] : (writer.locale?.(locale) ?? []);
    const own = new Set([...this.#slots.values()].map(({ trail }) => trail.at(-1)));
    const additions = new Additions(root, gone, (entry) => own.has(entry));
    const take = ({ id }: Change, outcome: readonly Splice[] | string) => {
      if (typeof outcome === "string") refused.push({ id, reason: outcome });
      else splices.push(...outcome);
    };
    const adds = changes.filter((change) => change.kind === "add");
    const anchorOf = anchors(adds, (id) => this.#slots.has(id));
    for (const change of changes) {
      if (change.kind === "set") take(change, this.#set(change, gone, additions, locale));
      else if (change.kind === "add") take(change, this.#add(change, anchorOf(change.after), additions));
    }
    const groups = additions.groups();
    refused.push(...additions.refused);
    for (const entry of writer.dependents?.(gone) ?? []) gone.add(entry);
    const removed = collapsed(root, gone, (branch) => additions.has(branch) || writer.keeps?.(branch) === true);
    for (const [branch, entries] of removed) splices.push(...writer.remove(branch, entries));
    for (const { branch, after, entries } of groups) splices.push(...writer.insert(branch, after, entries));
    return { bytes: encodeFile(file, spliced(file.text, splices)), refused };
  }

  #set(
    { id, value }: { id: string; value: Value },
    gone: Set<TreeEntry>,
    additions: Additions,
    locale: string | undefined,
  ): readonly Splice[] | string {
    const slot = this.#slots.get(id);
    if (slot === undefined) return "the file has no such text";
    if (slot.trail.some((entry) => gone.has(entry))) return "an array is written as a whole";
    const { node } = slot.trail.at(-1) ?? this.#parts.root;
    if (isSame(slot.unit.value, value)) return [];
    if (node.kind === "empty" && typeof value === "string") return this.#parts.writer.fill(node, value);
    const outcome = this.#parts.writer.set(slot, value, locale);
    if (outcome !== undefined) return outcome;
    const parent = parentOf(slot);
    const entry = slot.trail.at(-1);
    if (parent.kind !== "map" || entry === undefined) return "the text has another shape in the file";
    additions.replace(parent, entry, this.#text(entry.keySpan), value);
    return [];
  }

  #add(
    { id, value, from }: Extract<Change, { kind: "add" }>,
    after: string | undefined,
    additions: Additions,
  ): readonly Splice[] | string {
    const { writer } = this.#parts;
    const source = from instanceof TreeDocument ? from : undefined;
    const slot = source === undefined ? undefined : source.#slots.get(id);
    if (source === undefined || slot === undefined) return "the source has no such text";
    const reason = writer.refuses?.(slot);
    if (reason !== undefined) return reason;
    const outcome = additions.add({
      ...{ id, value, from: slot },
      textsOf: (list) => source.#textsOf(list),
      sourceText: (span) => source.#text(span),
      keyLiteral: ({ key, keySpan }) => writer.keyLiteral?.(key) ?? source.#text(keySpan),
      after: after === undefined ? undefined : this.#slots.get(after),
    });
    if (typeof outcome === "object") return writer.fill(outcome, typeof value === "string" ? value : "");
    return outcome ?? [];
  }

  #text({ start, end }: Span): string {
    return this.#parts.file.text.slice(start, end);
  }

  /** The texts to translate in a list. */
  #textsOf(list: TreeEntry): readonly Slot[] {
    this.#lists ??= new Map();
    const known = this.#lists.get(list);
    if (known !== undefined) return known;
    const own = [...this.#slots.values()].filter(({ unit, trail }) => unit.translate && trail.includes(list));
    this.#lists.set(list, own);
    return own;
  }
}

function isSame(present: Value | undefined, value: Value): boolean {
  if (typeof present !== "object" || typeof value !== "object") return present === value;
  return (
    present.forms.size === value.forms.size && [...value.forms].every(([key, text]) => present.forms.get(key) === text)
  );
}
