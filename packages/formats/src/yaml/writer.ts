import type { PluralValue, Value } from "../contract.ts";
import { PLURAL_CATEGORIES } from "../plural-categories.ts";
import type { Splice } from "../splice.ts";
import { withoutEntries } from "../tree/comma-list.ts";
import type { NewEntry, NewNode, Slot, TreeEntry, TreeNode } from "../tree/tree.ts";
import type { TreeWriter } from "../tree/tree-document.ts";
import { type Place, type Style, scalar } from "./literal.ts";
import { columnOf, lineStartOf } from "./nodes.ts";
import { mayBePlain } from "./plain.ts";
import { formsOf, isCategory } from "./rails.ts";

/** In place of the root key that says the locale, so that a source and its targets have the same paths. */
export const LOCALE_KEY = "\u0000locale";

export interface YamlHabits {
  readonly text: string;
  readonly lineEnd: string;
  /** The columns that a map is further in than its key. */
  readonly step: number;
  /** The columns that a list's dashes are further in than its key. */
  readonly listStep: number;
  /** The most frequent style of texts in one line. Undefined: the file has none. */
  readonly style: Style | undefined;
  /** The most frequent quotes. */
  readonly quote: Place["quote"];
  /** The entry whose key is the locale. */
  readonly localeEntry?: TreeEntry | undefined;
  /** The locale that a new root key says. */
  readonly newLocale?: string | undefined;
  /** The ends of block texts that keep their last line ends. */
  readonly keptEnds: ReadonlySet<number>;
  /** All aliases, by the entry that they stand in. */
  readonly aliases: readonly { readonly name: string; readonly entry: TreeEntry }[];
}

export class YamlWriter implements TreeWriter {
  readonly #habits: YamlHabits;

  constructor(habits: YamlHabits) {
    this.#habits = habits;
  }

  set({ trail }: Slot, value: Value): Splice[] | string | undefined {
    const node = trail.at(-1)?.node;
    if (node === undefined) return undefined;
    if (typeof value === "string") return isLeaf(node) ? [this.#replaced(node, value)] : undefined;
    const forms = writtenForms(value);
    if (typeof forms === "string") return forms;
    return node.kind === "map" ? this.#setForms(node, forms) : undefined;
  }

  fill(node: TreeNode, value: string): Splice[] {
    const { text } = this.#habits;
    const literal = this.#scalar(value, { ...node, style: this.#habits.style ?? "plain" }, "");
    if (node.start < node.end) return [{ start: node.start, end: node.end, text: literal }];
    const before = /\s/.test(text[node.start - 1] ?? " ") ? "" : " ";
    const after = /[\s,\]}]/.test(text[node.end] ?? "\n") ? "" : " ";
    return [{ start: node.start, end: node.end, text: `${before}${literal}${after}` }];
  }

  #replaced(node: TreeNode, value: string): Splice {
    const present = this.#habits.text.slice(node.start, node.end);
    return { start: node.start, end: node.end, text: this.#scalar(value, node, present) };
  }

  #scalar(value: string, { style, isFlow, indent }: TreeNode, present: string): string {
    const { step, lineEnd, quote } = this.#habits;
    return scalar(value, {
      ...{ style: style as Style, present, isFlow, indent, lineEnd, quote },
      blockIndent: blockIndentOf(present, indent) ?? indent + step,
    });
  }

  /** Forms that both have are replaced, others removed, new ones put where their category belongs. */
  #setForms(node: TreeNode, forms: ReadonlyMap<string, string>): Splice[] {
    const splices: Splice[] = [];
    const gone = new Set<TreeEntry>();
    for (const entry of node.entries) {
      const value = forms.get(entry.key);
      if (value === undefined) gone.add(entry);
      else if (entry.node.kind === "empty") splices.push(...(value === "" ? [] : this.fill(entry.node, value)));
      else if (value !== entry.node.value) splices.push(this.#replaced(entry.node, value));
    }
    if (gone.size > 0) splices.push(...this.remove(node, gone));
    const model = node.entries.find(({ key }) => key === "other") ?? node.entries[0];
    if (model === undefined) return splices;
    const keyLike = this.#habits.text.slice(model.keySpan.start, model.keySpan.end);
    for (const category of PLURAL_CATEGORIES) {
      const value = forms.get(category);
      if (value === undefined || node.entries.some(({ key }) => key === category)) continue;
      const rank = rankOf(category);
      const before = node.entries.findLast(({ key }) => rankOf(key) < rank);
      const keyLiteral = keyLike.replace(model.key, category);
      const added: NewEntry = { keyLiteral, node: { kind: "value", value, like: model.node } };
      splices.push(...this.insert(node, before, [added]));
    }
    return splices;
  }

  remove(branch: TreeNode, gone: ReadonlySet<TreeEntry>): Splice[] {
    const { entries, isFlow } = branch;
    if (isFlow) return withoutEntries(entries, (at) => gone.has(entries[at] as TreeEntry));
    const splices: Splice[] = [];
    const [first] = entries;
    let rest = entries;
    // The first key of a list's item stands behind the dash, and the next one takes its place.
    if (first !== undefined && gone.has(first) && first.start > lineStartOf(this.#habits.text, first.start)) {
      const at = entries.findIndex((entry) => !gone.has(entry));
      const next = entries[at];
      if (next !== undefined) {
        splices.push({ start: first.start, end: next.keySpan.start, text: "" });
        rest = entries.slice(at);
      }
    }
    const { keptEnds, text } = this.#habits;
    for (const [at, { start, end }] of rest.entries()) {
      if (!gone.has(rest[at] as TreeEntry)) continue;
      splices.push({ start, end, text: "" });
      // Empty lines below would become a part of a block text above that keeps its last line ends.
      const above = rest.slice(0, at).findLast((entry) => !gone.has(entry));
      if (!keptEnds.has(above?.end ?? start)) continue;
      const blank = /^(?:[ \t]*\r?\n)+/.exec(text.slice(end))?.[0].length ?? 0;
      if (blank > 0) splices.push({ start: end, end: end + blank, text: "" });
    }
    return splices;
  }

  insert(branch: TreeNode, after: TreeEntry | undefined, added: readonly NewEntry[]): Splice[] {
    const neighbour = after ?? branch.entries[0];
    const style = (neighbour && styleOf(neighbour.node)) ?? this.#habits.style;
    const print = new Printer(this.#habits, style);
    if (branch.isFlow) return this.#insertInFlow(branch, after, added, print);
    const { text, lineEnd, step } = this.#habits;
    if (branch.entries.length === 0) {
      // A locale without texts, or a file without anything.
      const isRoot = branch.indent === 0 && branch.start === branch.end && columnOf(text, branch.start) === 0;
      if (isRoot) return [{ start: branch.start, end: branch.end, text: print.block(added, 0) + lineEnd }];
      const lines = print.block(added, branch.indent + step);
      return [{ start: branch.start, end: branch.end, text: `${lineEnd}${lines}` }];
    }
    const lines = print.block(added, branch.indent, branch.kind === "list");
    if (after !== undefined) {
      const isOpenLine = !/[\r\n]/.test(text[after.end - 1] ?? "");
      const line = isOpenLine ? `${lineEnd}${lines}` : `${lines}${lineEnd}`;
      return [{ start: after.end, end: after.end, text: line }];
    }
    const start = branch.entries[0]?.start ?? branch.start;
    const isOwnLine = start === lineStartOf(text, start);
    const pad = " ".repeat(branch.indent);
    const line = isOwnLine ? `${lines}${lineEnd}` : `${lines.slice(branch.indent)}${lineEnd}${pad}`;
    return [{ start, end: start, text: line }];
  }

  #insertInFlow(branch: TreeNode, after: TreeEntry | undefined, added: readonly NewEntry[], print: Printer): Splice[] {
    const { text, lineEnd, step } = this.#habits;
    const [first, second] = branch.entries;
    if (first === undefined) {
      const lead = text.slice(lineStartOf(text, branch.start), branch.start);
      if (branch.kind === "map" && !/[[{,]/.test(lead)) {
        const isRoot = lead.trim() === "";
        const start = isRoot ? branch.start : branch.start - (/\s*$/.exec(lead)?.[0].length ?? 0);
        const lines = print.block(added, isRoot ? 0 : branch.indent + step);
        return [{ start, end: branch.end, text: isRoot ? lines : `${lineEnd}${lines}` }];
      }
      const at = branch.start + 1;
      return [{ start: at, end: at, text: print.flow(added, branch.kind === "list").join(", ") }];
    }
    const lead = text.slice(branch.start + 1, first.start);
    const between = second === undefined ? undefined : text.slice(first.end, second.start);
    const separator =
      between?.includes("\n") || lead.includes("\n") ? `,${/\s*$/.exec(between ?? lead)?.[0] ?? ""}` : ", ";
    const items = print.flow(added, branch.kind === "list");
    if (after === undefined) {
      return [{ start: first.start, end: first.start, text: items.map((item) => `${item}${separator}`).join("") }];
    }
    return [{ start: after.end, end: after.end, text: items.map((item) => `${separator}${item}`).join("") }];
  }

  locale(locale: string): Splice[] {
    const { localeEntry, text } = this.#habits;
    if (localeEntry === undefined) return [];
    const present = text.slice(localeEntry.keySpan.start, localeEntry.keySpan.end);
    return [{ ...localeEntry.keySpan, text: localeLiteral(locale, present) }];
  }

  refuses({ trail }: Slot): string | undefined {
    const { localeEntry, newLocale } = this.#habits;
    const isUnderLocale = trail[1]?.key === LOCALE_KEY;
    if (isUnderLocale && localeEntry === undefined && newLocale === undefined)
      return "the file has no locale at its root";
    return undefined;
  }

  keyLiteral(key: string): string | undefined {
    return key === LOCALE_KEY ? localeLiteral(this.#habits.newLocale ?? "", "") : undefined;
  }

  *dependents(gone: ReadonlySet<TreeEntry>): Iterable<TreeEntry> {
    if (gone.size === 0 || this.#habits.aliases.length === 0) return;
    const names = new Set([...gone].flatMap((entry) => [...anchorsIn(entry.node)]));
    for (const { name, entry } of this.#habits.aliases) if (names.has(name)) yield entry;
  }
}

function* anchorsIn({ anchor, entries }: TreeNode): Iterable<string> {
  if (anchor !== undefined) yield anchor;
  for (const { node } of entries) yield* anchorsIn(node);
}

function isLeaf({ kind }: TreeNode): boolean {
  return kind === "text" || kind === "fixed";
}

function rankOf(category: string): number {
  return (PLURAL_CATEGORIES as readonly string[]).indexOf(category);
}

/** A string is the reason why the forms cannot be written. */
function writtenForms({ forms }: PluralValue): ReadonlyMap<string, string> | string {
  return [...forms.keys()].every(isCategory) ? forms : "the format has no form for an exact number";
}

function localeLiteral(locale: string, present: string): string {
  const name = present.includes("_") ? locale.replaceAll("-", "_") : locale;
  const [quote = ""] = /^["']/.exec(present) ?? [];
  return quote !== "" ? `${quote}${name}${quote}` : mayBePlain(name, true) ? name : `"${name}"`;
}

/** The column of the lines of a block scalar. */
function blockIndentOf(present: string, indent: number): number | undefined {
  if (!/^[|>]/.test(present)) return undefined;
  const digit = /^[|>][-+]?(\d)/.exec(present)?.[1];
  if (digit !== undefined) return indent + Number(digit);
  return /[\r\n]( *)[^\s]/.exec(present)?.[1]?.length;
}

function styleOf(node: TreeNode): Style | undefined {
  if (node.kind === "text" && /^(?:plain|single|double)$/.test(node.style)) return node.style as Style;
  const form = node.kind === "map" && formsOf(node) !== undefined ? node.entries.at(-1) : undefined;
  return form === undefined ? undefined : styleOf(form.node);
}

/** Prints new entries in the habits of the file. */
class Printer {
  readonly #habits: YamlHabits;
  readonly #style: Style | undefined;

  constructor(habits: YamlHabits, style: Style | undefined) {
    this.#habits = habits;
    this.#style = style;
  }

  /** Lines without the last line end. */
  block(entries: readonly NewEntry[], indent: number, isList = false): string {
    const pad = " ".repeat(indent);
    return entries
      .map(({ keyLiteral, node }) =>
        isList ? `${pad}-${this.#item(node, indent)}` : `${pad}${keyLiteral}:${this.#value(node, indent)}`,
      )
      .join(this.#habits.lineEnd);
  }

  flow(entries: readonly NewEntry[], isList: boolean): string[] {
    return entries.map(({ keyLiteral, node }) =>
      isList ? this.#inFlow(node) : `${keyLiteral}: ${this.#inFlow(node)}`,
    );
  }

  #value(node: NewNode, indent: number): string {
    const { lineEnd, step, listStep } = this.#habits;
    const entries = entriesOf(node);
    if (entries === undefined) return ` ${this.#leaf(node, indent, false)}`;
    if (node.kind === "list" && node.like.isFlow) return ` ${this.#inFlow(node)}`;
    const inside = indent + (node.kind === "list" ? listStep : step);
    return `${lineEnd}${this.block(entries, inside, node.kind === "list")}`;
  }

  #item(node: NewNode, indent: number): string {
    const entries = entriesOf(node);
    if (entries === undefined) return ` ${this.#leaf(node, indent, false)}`;
    if (node.kind === "list") return ` ${this.#inFlow(node)}`;
    return ` ${this.block(entries, indent + 2).slice(indent + 2)}`;
  }

  #inFlow(node: NewNode): string {
    const entries = entriesOf(node);
    if (entries === undefined) return this.#leaf(node, 0, true);
    const items = this.flow(entries, node.kind === "list").join(", ");
    return node.kind === "list" ? `[${items}]` : `{${items}}`;
  }

  #leaf(node: NewNode, indent: number, isFlow: boolean): string {
    if (node.kind === "literal") return node.literal;
    if (node.kind !== "value" || typeof node.value !== "string") return "";
    const { lineEnd, quote, step } = this.#habits;
    const like = node.like.style as Style;
    const isBlock = like === "literal" || like === "folded";
    const style = isBlock && node.value.includes("\n") ? like : (this.#style ?? (isBlock ? "plain" : like));
    const place = { style, present: "", isFlow, indent, blockIndent: indent + step, lineEnd, quote };
    const literal = scalar(node.value, place);
    return literal.endsWith(lineEnd) ? literal.slice(0, -lineEnd.length) : literal;
  }
}

/** Undefined: it is no branch. */
function entriesOf(node: NewNode): readonly NewEntry[] | undefined {
  if (node.kind === "literal") return undefined;
  if (node.kind !== "value") return node.entries;
  if (typeof node.value === "string") return undefined;
  const forms = writtenForms(node.value);
  if (typeof forms === "string") return [];
  const { like } = node;
  return [...forms].map(([category, text]) => {
    const form = like.entries.find(({ key }) => key === category) ?? like.entries.at(-1);
    return { keyLiteral: category, node: { kind: "value", value: text, like: form?.node ?? like } };
  });
}
