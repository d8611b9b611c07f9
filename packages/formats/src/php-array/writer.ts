import type { Value } from "../contract.ts";
import type { Splice } from "../splice.ts";
import { withoutEntries } from "../tree/comma-list.ts";
import type { NewEntry, NewNode, Slot, TreeEntry, TreeNode } from "../tree/tree.ts";
import type { TreeWriter } from "../tree/tree-document.ts";
import { quoted } from "./literal.ts";
import { formOrder, separatorOf, writtenForm } from "./plurals.ts";

export interface PhpHabits {
  readonly text: string;
  readonly lineEnd: string;
  readonly locale: string | undefined;
  /** The spaces that an entry is further in than the array it stands in. */
  readonly step: string;
  /** The more frequent quotes. */
  readonly quote: string;
}

/** The rest of a line behind an entry's comma: nothing, or a remark. */
const REST = /[ \t]*(?:(?:\/\/|#)[^\r\n]*|\/\*[^\r\n]*?\*\/[ \t]*)?(?=\r|\n|$)/y;
const REMARK_LINE = /^[ \t]*(?:\/\/|#(?!\[)|\/\*.*\*\/[ \t]*$)/;

export class PhpWriter implements TreeWriter {
  readonly #habits: PhpHabits;

  constructor(habits: PhpHabits) {
    this.#habits = habits;
  }

  set({ trail }: Slot, value: Value, locale: string | undefined): Splice[] | string | undefined {
    const node = trail.at(-1)?.node;
    if (node === undefined || node.kind === "map" || node.kind === "list") return undefined;
    if (node.kind === "fixed" && node.value === undefined) return "the value is an expression of PHP";
    const present = this.#habits.text.slice(node.start, node.end);
    const text = this.#written(value, present, locale ?? this.#habits.locale);
    if (text === undefined) return PIPE;
    const like = node.kind === "text" ? present : this.#habits.quote;
    return [{ start: node.start, end: node.end, text: quoted(text, like) }];
  }

  /** Undefined: a form holds a pipe. */
  #written(value: Value, present: string, locale: string | undefined): string | undefined {
    if (typeof value === "string") return value;
    const order = formOrder(locale) ?? [];
    const forms = [...value.forms].sort(([a], [b]) => (order.indexOf(a) + 1 || 99) - (order.indexOf(b) + 1 || 99));
    if (forms.some(([key, form]) => form.includes("|") || key.startsWith("="))) return undefined;
    return forms.map(([, form]) => writtenForm(form)).join(separatorOf(present));
  }

  fill(node: TreeNode, value: string): Splice[] {
    return [{ start: node.start, end: node.end, text: quoted(value, this.#habits.quote) }];
  }

  remove({ entries }: TreeNode, gone: ReadonlySet<TreeEntry>): Splice[] {
    const lines = entries.filter((entry) => gone.has(entry)).map((entry) => this.#lines(entry));
    const own = lines.filter((line) => line !== undefined);
    if (own.length === lines.length) return own;
    return withoutEntries(entries, (at) => gone.has(entries[at] as TreeEntry));
  }

  /** The lines that an entry has for itself, with the remarks above. Undefined: it shares them. */
  #lines({ start, end }: TreeEntry): Splice | undefined {
    const { text } = this.#habits;
    let lineStart = text.lastIndexOf("\n", start - 1) + 1;
    if (text.slice(lineStart, start).trim() !== "") return undefined;
    REST.lastIndex = commaAfter(text, end) ?? end;
    if (REST.exec(text) === null) return undefined;
    const lineEnd = text.indexOf("\n", REST.lastIndex);
    while (lineStart > 0) {
      const above = text.lastIndexOf("\n", lineStart - 2) + 1;
      if (!REMARK_LINE.test(text.slice(above, lineStart).replace(/[\r\n]+$/, ""))) break;
      lineStart = above;
    }
    return { start: lineStart, end: lineEnd === -1 ? text.length : lineEnd + 1, text: "" };
  }

  insert(branch: TreeNode, after: TreeEntry | undefined, added: readonly NewEntry[]): Splice[] {
    const { text, lineEnd, step } = this.#habits;
    const [first] = branch.entries;
    const literal = text.slice(branch.start, branch.end);
    const isLong = literal.startsWith("array");
    const outer = /^[ \t]*/.exec(text.slice(text.lastIndexOf("\n", branch.start) + 1))?.[0] ?? "";
    if (first === undefined) {
      const start = branch.start + literal.indexOf(isLong ? "(" : "[") + 1;
      const lines = this.#printed(added, branch.kind, outer + step, isLong).map(
        (line) => `${lineEnd}${outer}${step}${line},`,
      );
      return [{ start, end: branch.end - 1, text: `${lines.join("")}${lineEnd}${outer}` }];
    }
    const lead = text.slice(text.lastIndexOf("\n", first.start - 1) + 1, first.start);
    const isOnLines = lead.trim() === "" && first.start > branch.start + lead.length;
    const pad = isOnLines ? lead : outer;
    const lines = this.#printed(added, branch.kind, pad, isLong);
    if (after === undefined) {
      const place = isOnLines ? (this.#lines(first)?.start ?? first.start - lead.length) : first.start;
      const line = lines.map((entry) => (isOnLines ? `${pad}${entry},${lineEnd}` : `${entry}, `));
      return [{ start: place, end: place, text: line.join("") }];
    }
    const comma = commaAfter(text, after.end);
    REST.lastIndex = comma ?? after.end;
    const endsLine = isOnLines && REST.exec(text) !== null;
    if (!endsLine) {
      return [{ start: after.end, end: after.end, text: lines.map((entry) => `, ${entry}`).join("") }];
    }
    const place = REST.lastIndex;
    const shown = lines.map((entry) => `${lineEnd}${pad}${entry}`);
    if (comma !== undefined) return [{ start: place, end: place, text: shown.map((line) => `${line},`).join("") }];
    return [
      { start: after.end, end: after.end, text: "," },
      { start: place, end: place, text: shown.join(",") },
    ];
  }

  #printed(entries: readonly NewEntry[], kind: string, pad: string, isLong: boolean): string[] {
    return entries.map(({ keyLiteral, node }) => {
      const value = this.#value(node, pad, isLong);
      return kind === "list" || keyLiteral === "" ? value : `${keyLiteral} => ${value}`;
    });
  }

  #value(node: NewNode, pad: string, isLong: boolean): string {
    const { lineEnd, step, quote, locale } = this.#habits;
    if (node.kind === "literal") return node.literal;
    if (node.kind === "value") {
      const present = typeof node.like.value === "string" ? node.like.value : "";
      const text = this.#written(node.value, present, locale) ?? "";
      return quoted(text, node.like.style === "double" ? '"' : node.like.style === "single" ? "'" : quote);
    }
    const inside = `${pad}${step}`;
    const lines = this.#printed(node.entries, node.kind, inside, isLong).map((line) => `${lineEnd}${inside}${line},`);
    const [open, close] = isLong ? ["array(", ")"] : ["[", "]"];
    return `${open}${lines.join("")}${lineEnd}${pad}${close}`;
  }
}

const PIPE = "a form holds a pipe or counts an exact number, which Laravel writes in another way";

/** The place behind the comma of an entry. */
function commaAfter(text: string, end: number): number | undefined {
  const comma = /\s*,/y;
  comma.lastIndex = end;
  return comma.exec(text) === null ? undefined : comma.lastIndex;
}

/** A line of a file for machines: to look for its beginning from each of its entries would take hours. */
const LONG_LINE = 10_000;

/** The remarks directly above and beside an entry. */
export function noteOf(text: string, start: number, end: number): string | undefined {
  const remarks: string[] = [];
  const lineStart = text.slice(Math.max(0, start - LONG_LINE), start).lastIndexOf("\n") + 1;
  const isLong = lineStart === 0 && start > LONG_LINE;
  for (let at = isLong ? 0 : Math.max(0, start - LONG_LINE) + lineStart; at > 0; ) {
    const above = text.lastIndexOf("\n", at - 2) + 1;
    const line = text.slice(above, at).trim();
    if (!REMARK_LINE.test(line)) break;
    remarks.push(remarkText(line));
    at = above;
  }
  remarks.reverse();
  REST.lastIndex = commaAfter(text, end) ?? end;
  const beside = REST.exec(text)?.[0].trim() ?? "";
  if (beside !== "") remarks.push(remarkText(beside));
  const note = remarks.join("\n").trim();
  return note === "" ? undefined : note;
}

function remarkText(line: string): string {
  return line.replace(/^(?:\/\/|#|\/\*+)[ \t]?|[ \t]*\*\/$/g, "");
}
