import type { PluralValue, Value } from "../contract.ts";
import { PLURAL_CATEGORIES } from "../plural-categories.ts";
import type { Splice } from "../splice.ts";
import { withoutEntries } from "../tree/comma-list.ts";
import type { NewEntry, NewNode, Slot, TreeEntry, TreeNode } from "../tree/tree.ts";
import type { TreeWriter } from "../tree/tree-document.ts";
import { quoted, type TomlStyle } from "./literal.ts";

/** The style of a table of an array, `[[items]]`. */
export const ARRAY_TABLE = "array-table";

export interface TomlHabits {
  readonly text: string;
  readonly lineEnd: string;
  /** Whether an empty line stands between tables. */
  readonly hasGaps: boolean;
  readonly style: TomlStyle;
}

export class TomlWriter implements TreeWriter {
  readonly #habits: TomlHabits;

  constructor(habits: TomlHabits) {
    this.#habits = habits;
  }

  set({ trail }: Slot, value: Value): Splice[] | string | undefined {
    const node = trail.at(-1)?.node;
    if (node === undefined || node.kind === "list") return undefined;
    if (node.kind !== "map") return typeof value === "string" ? [this.#replaced(node, value)] : undefined;
    if (typeof value !== "string") return this.#setForms(node, value);
    const other = node.entries.find(({ key }) => key === "other")?.node;
    return other === undefined ? undefined : [this.#replaced(other, value)];
  }

  #replaced(node: TreeNode, value: string): Splice {
    const { text, lineEnd, style } = this.#habits;
    const present = text.slice(node.start, node.end);
    const own = node.kind === "text" ? (node.style as TomlStyle) : style;
    return { start: node.start, end: node.end, text: quoted(value, own, present, lineEnd) };
  }

  fill(node: TreeNode, value: string): Splice[] {
    return [this.#replaced(node, value)];
  }

  /** Forms that both have are replaced, others removed, new ones put where their category belongs. */
  #setForms(node: TreeNode, { forms }: PluralValue): Splice[] | string {
    if ([...forms.keys()].some((key) => !isCategory(key))) return "the format has no form for an exact number";
    const splices: Splice[] = [];
    const gone = new Set<TreeEntry>();
    const present = node.entries.filter(({ key }) => isCategory(key));
    for (const entry of present) {
      const value = forms.get(entry.key);
      if (value === undefined) gone.add(entry);
      else if (value !== entry.node.value) splices.push(this.#replaced(entry.node, value));
    }
    if (gone.size > 0) splices.push(...this.remove(node, gone));
    const model = present.find(({ key }) => key === "other") ?? present[0];
    for (const category of PLURAL_CATEGORIES) {
      const value = forms.get(category);
      if (value === undefined || model === undefined || present.some(({ key }) => key === category)) continue;
      const before =
        present.findLast(({ key }) => rankOf(key) < rankOf(category)) ?? entryBefore(node.entries, present[0]);
      const added: NewEntry = { keyLiteral: category, node: { kind: "value", value, like: model.node } };
      splices.push(...this.insert(node, before, [added]));
    }
    return splices;
  }

  remove({ entries, isFlow }: TreeNode, gone: ReadonlySet<TreeEntry>): Splice[] {
    if (isFlow) return withoutEntries(entries, (at) => gone.has(entries[at] as TreeEntry));
    // A table goes with the empty line above, which parts it from the one before.
    return [...gone].map((entry) => {
      const before = this.#habits.text.slice(Math.max(0, entry.start - 4), entry.start);
      const gap = isTable(entry) ? (/(?<=\n)\r?\n$/.exec(before)?.[0].length ?? 0) : 0;
      return { start: entry.start - gap, end: entry.end, text: "" };
    });
  }

  /** The tables of an array are named by their place, so one that is empty stays. */
  keeps({ style }: TreeNode): boolean {
    return style === ARRAY_TABLE;
  }

  insert(branch: TreeNode, after: TreeEntry | undefined, added: readonly NewEntry[]): Splice[] {
    if (branch.isFlow) return this.#insertInFlow(branch, after, added);
    const { text } = this.#habits;
    const firstTable = branch.entries.find(isTable);
    const lastKey = branch.entries.findLast((entry) => !isTable(entry));
    const keys = added.filter(({ node }) => !isNewTable(node));
    const tables = added.filter(({ node }) => isNewTable(node));
    const splices: Splice[] = [];
    if (keys.length > 0) {
      const before = after !== undefined && isTable(after) ? lastKey : after;
      const at = before?.end ?? branch.entries[0]?.start ?? branch.end;
      splices.push(this.#line(at, keys.map((entry) => this.#keyLine(entry)).join("")));
    }
    if (tables.length > 0) {
      const before = after !== undefined && isTable(after) ? after : lastKey;
      const at = before?.end ?? firstTable?.start ?? text.length;
      splices.push(this.#line(at, tables.map((entry) => this.#table(entry, at === firstTable?.start)).join("")));
    }
    return splices;
  }

  /** Lines that end with a line end, put at the beginning of a line. */
  #line(at: number, lines: string): Splice {
    const { text, lineEnd } = this.#habits;
    const isOpenLine = at > 0 && text[at - 1] !== "\n";
    return { start: at, end: at, text: isOpenLine ? `${lineEnd}${lines.slice(0, -lineEnd.length)}` : lines };
  }

  #keyLine({ keyLiteral, node }: NewEntry): string {
    return `${keyLiteral} = ${this.#value(node)}${this.#habits.lineEnd}`;
  }

  #table({ keyLiteral, node }: NewEntry, isFirst: boolean): string {
    const { lineEnd, hasGaps } = this.#habits;
    const lines = [`${keyLiteral}${lineEnd}`, ...entriesOf(node).map((entry) => this.#keyLine(entry))];
    const gap = hasGaps ? lineEnd : "";
    return isFirst ? `${lines.join("")}${gap}` : `${gap}${lines.join("")}`;
  }

  #insertInFlow(branch: TreeNode, after: TreeEntry | undefined, added: readonly NewEntry[]): Splice[] {
    const items = added.map(({ keyLiteral, node }) =>
      branch.kind === "list" ? this.#value(node) : `${keyLiteral} = ${this.#value(node)}`,
    );
    const [first] = branch.entries;
    if (first === undefined) return [{ start: branch.start + 1, end: branch.end - 1, text: items.join(", ") }];
    const at = after?.end ?? first.start;
    const text = items.map((item) => (after === undefined ? `${item}, ` : `, ${item}`)).join("");
    return [{ start: at, end: at, text }];
  }

  #value(node: NewNode): string {
    const { lineEnd, style } = this.#habits;
    if (node.kind === "literal") return node.literal;
    if (node.kind === "value" && typeof node.value === "string") {
      const like = node.like.kind === "map" ? node.like.entries.find(({ key }) => key === "other")?.node : node.like;
      const own = (like?.kind === "text" ? like.style : style) as TomlStyle;
      const isLines = own.endsWith("-lines") && node.value.includes("\n");
      return quoted(
        node.value,
        isLines ? own : (own.replace("-lines", "") as TomlStyle),
        isLines ? '"""\n' : "",
        lineEnd,
      );
    }
    if (node.kind === "list") return `[${node.entries.map((entry) => this.#value(entry.node)).join(", ")}]`;
    return `{ ${entriesOf(node)
      .map((entry) => `${entry.keyLiteral} = ${this.#value(entry.node)}`)
      .join(", ")} }`;
  }
}

export function isCategory(name: string): boolean {
  return (PLURAL_CATEGORIES as readonly string[]).includes(name);
}

function rankOf(category: string): number {
  return (PLURAL_CATEGORIES as readonly string[]).indexOf(category);
}

function entryBefore(entries: readonly TreeEntry[], entry: TreeEntry | undefined): TreeEntry | undefined {
  return entry === undefined ? entries.at(-1) : entries[entries.indexOf(entry) - 1];
}

function isTable({ node }: TreeEntry): boolean {
  return node.kind === "map" && !node.isFlow;
}

function isNewTable(node: NewNode): boolean {
  return node.kind !== "literal" && node.like.kind === "map" && !node.like.isFlow;
}

/** The entries of a new branch; the forms of a family or the text of a message by their keys. */
function entriesOf(node: NewNode): readonly NewEntry[] {
  if (node.kind === "literal") return [];
  if (node.kind !== "value") return node.entries;
  const { value, like } = node;
  const form = (category: string) => like.entries.find(({ key }) => key === category) ?? like.entries.at(-1);
  const forms = typeof value === "string" ? new Map([["other", value]]) : value.forms;
  return [...forms].map(([category, text]) => ({
    keyLiteral: category,
    node: { kind: "value", value: text, like: form(category)?.node ?? like },
  }));
}
