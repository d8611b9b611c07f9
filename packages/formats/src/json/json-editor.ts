/** Edits of a JSON file. Text that no edit touches stays byte for byte; new members take the layout of their neighbours. */
import { encodeFile } from "../text-file.ts";
import { commentEnd, type JsonFile, type JsonNode, textOf } from "./json-file.ts";
import { type EscapeHabits, escapeHabits, toLiteral } from "./literal.ts";
import { type JsonStyle, styleOf } from "./style.ts";

/** A value that is to be written: a text, the literal of any value, or a container. */
export type NewValue = { readonly text: string } | { readonly literal: string } | NewContainer;

/** An object or an array that is to be written. It is filled by {@link JsonEditor.add}. */
export class NewContainer {
  readonly kind: "object" | "array";
  /** The white space inside its brackets, where it stands on one line. Undefined: it has lines of its own. */
  readonly padding: string | undefined;
  /** The first of its members. */
  first: Added | undefined;

  constructor(kind: "object" | "array", padding?: string) {
    this.kind = kind;
    this.padding = padding;
  }
}

/** A member or an element that is to be written. Further ones can be added behind it. */
export interface Added {
  readonly name: string | undefined;
  readonly value: NewValue;
  next: Added | undefined;
}

interface Draft {
  isRemoved: boolean;
  value: NewValue | undefined;
  name: string | undefined;
  /** New children in front of all others. */
  front: Added | undefined;
  /** New children of the parent, directly behind this one. */
  behind: Added | undefined;
}

/** The edits of one file. Nodes are those of the file that was read. */
export class JsonEditor {
  readonly #file: JsonFile;
  readonly #style: JsonStyle;
  readonly #drafts = new Map<JsonNode, Draft>();
  /** The containers in which something changes. */
  readonly #touched = new Set<JsonNode>();
  #habits: EscapeHabits | undefined;

  /** @param like A file whose layout is taken where this one is too empty to have its own. */
  constructor(file: JsonFile, like?: JsonFile) {
    this.#file = file;
    this.#style = styleOf(file) ?? (like && styleOf(like)) ?? {};
  }

  /** Puts a text in the place of a value, with the escapes of the literal that it replaces. */
  setText(node: JsonNode, text: string): void {
    const draft = this.#drafts.get(node);
    if (node.kind === "string" && textOf(this.#file, node) === text) {
      if (draft !== undefined) Object.assign(draft, { isRemoved: false, value: undefined });
      return;
    }
    this.replace(node, { literal: this.#literal(text, this.#slice(node.start, node.end)) });
  }

  /** Puts any value in the place of another, also of a removed one. */
  replace(node: JsonNode, value: NewValue): void {
    Object.assign(this.#draft(node), { isRemoved: false, value });
    this.#touch(node.parent ?? node);
  }

  /** Removes a member or an element, and each container that is emptied by it, but not the root. */
  remove(node: JsonNode): void {
    this.#draft(node).isRemoved = true;
    this.#touch(node.parent ?? node);
  }

  rename(node: JsonNode, name: string): void {
    if (node.name === name) return;
    this.#draft(node).name = name;
    this.#touch(node.parent ?? node);
  }

  /**
   * Adds a member or an element behind another, of this file or an added one.
   *
   * @param after A child of `to`. Undefined: to the front.
   * @param name Undefined in an array.
   */
  add(
    to: JsonNode | NewContainer,
    after: JsonNode | Added | undefined,
    name: string | undefined,
    value: NewValue,
  ): Added {
    const added: Added = { name, value, next: undefined };
    if (!(to instanceof NewContainer)) this.#touch(to);
    if (after !== undefined && "parent" in after) {
      const draft = this.#draft(after);
      added.next = draft.behind;
      draft.behind = added;
    } else if (after !== undefined) {
      added.next = after.next;
      after.next = added;
    } else if (to instanceof NewContainer) {
      added.next = to.first;
      to.first = added;
    } else {
      const draft = this.#draft(to);
      added.next = draft.front;
      draft.front = added;
    }
    return added;
  }

  /** The child that stands directly before another, added ones included. Undefined: none. */
  before(node: JsonNode): JsonNode | Added | undefined {
    const sibling = node.parent?.children[node.index - 1];
    const first =
      sibling === undefined ? node.parent && this.#drafts.get(node.parent)?.front : this.#drafts.get(sibling)?.behind;
    let last: JsonNode | Added | undefined = sibling;
    for (let added = first; added !== undefined; added = added.next) last = added;
    return last;
  }

  /** The bytes of the file with the edits. */
  bytes(): Uint8Array {
    const { text, root } = this.#file;
    const written = this.#rendered(root) ?? (root.kind === "array" ? "[]" : "{}");
    return encodeFile(this.#file, text.slice(0, root.start) + written + text.slice(root.end));
  }

  #draft(node: JsonNode): Draft {
    const present = this.#drafts.get(node);
    if (present !== undefined) return present;
    const draft = { isRemoved: false, value: undefined, name: undefined, front: undefined, behind: undefined };
    this.#drafts.set(node, draft);
    return draft;
  }

  #touch(container: JsonNode): void {
    for (let node: JsonNode | undefined = container; node !== undefined; node = node.parent) {
      if (this.#touched.has(node)) return;
      this.#touched.add(node);
    }
  }

  #slice(start: number, end: number): string {
    return this.#file.text.slice(start, end);
  }

  #literal(text: string, like?: string): string {
    this.#habits ??= escapeHabits(this.#file.text);
    return toLiteral(text, this.#habits, like);
  }

  /** Undefined: all its children were removed. */
  #rendered(node: JsonNode): string | undefined {
    const draft = this.#drafts.get(node);
    if (draft?.isRemoved) return undefined;
    if (draft?.value !== undefined) {
      const isContainer = draft.value instanceof NewContainer;
      return this.#new(draft.value, isContainer ? indentationAt(this.#file.text, node) : undefined);
    }
    if (!this.#touched.has(node)) return this.#slice(node.start, node.end);
    const items = this.#items(node);
    if (items.length > 0) return this.#joined(node, items);
    return node.children.length > 0 ? undefined : this.#slice(node.start, node.end);
  }

  /** The children as they will be, in their order. */
  #items(node: JsonNode): Item[] {
    const { children } = node;
    const items: Item[] = [];
    const addAll = (first: Added | undefined, anchor: JsonNode | undefined) => {
      for (let added = first; added !== undefined; added = added.next) items.push(this.#added(node, added, anchor));
    };
    addAll(this.#drafts.get(node)?.front, undefined);
    let from = node.start + 1;
    for (const child of children) {
      const { comma, end } = borderOf(this.#file.text, child);
      const body = this.#child(child);
      if (body !== undefined) {
        const gapEnd = comma ?? child.end;
        items.push({
          lead: this.#slice(from, child.nameStart),
          child,
          body,
          gap: this.#slice(child.end, gapEnd),
          rest: comma === undefined ? this.#slice(gapEnd, end) : this.#slice(gapEnd + 1, end),
        });
      }
      from = end;
      addAll(this.#drafts.get(child)?.behind, child);
    }
    return items;
  }

  #child(child: JsonNode): string | undefined {
    const body = this.#rendered(child);
    if (body === undefined || child.name === undefined) return body;
    const name = this.#drafts.get(child)?.name;
    if (name === undefined) return this.#slice(child.nameStart, child.start) + body;
    const literal = this.#literal(name, this.#slice(child.nameStart, child.nameEnd));
    return literal + this.#slice(child.nameEnd, child.start) + body;
  }

  #added(node: JsonNode, { name, value }: Added, anchor: JsonNode | undefined): Item {
    const lead = this.#leadOf(node, anchor);
    return { lead, child: undefined, body: this.#member(name, value, indentationIn(lead)), gap: "", rest: "" };
  }

  /** The white space before a new child. */
  #leadOf(node: JsonNode, anchor: JsonNode | undefined): string {
    const { children } = node;
    const { lineEnd } = this.#file;
    const model = anchor?.index === 0 ? (children[1] ?? anchor) : (anchor ?? children[0]);
    if (model === undefined) return this.#isOneLine() ? "" : `${lineEnd}${this.#indentedIn(node)}`;
    const lead = blankBefore(this.#file.text, model);
    const lines = lead.lastIndexOf("\n") === -1 ? lead.lastIndexOf("\r") : lead.lastIndexOf("\n");
    if (lines !== -1) return `${lineEnd}${lead.slice(lines + 1)}`;
    return model.index === 0 && anchor !== undefined ? this.#space() : lead;
  }

  #isOneLine(): boolean {
    return this.#style.indent === undefined && this.#style.isOneLine === true;
  }

  #space(): string {
    return this.#style.space ?? " ";
  }

  /** The indentation of the children of a container without any. */
  #indentedIn(node: JsonNode): string {
    return `${indentationAt(this.#file.text, node) ?? ""}${this.#style.indent ?? DEFAULT_INDENT}`;
  }

  /** @param indentation That of the line on which it begins; undefined: all is on one line. */
  #member(name: string | undefined, value: NewValue, indentation: string | undefined): string {
    const body = this.#new(value, indentation);
    return name === undefined ? body : `${this.#literal(name)}${this.#style.separator ?? ": "}${body}`;
  }

  #new(value: NewValue, indentation: string | undefined): string {
    if ("text" in value) return this.#literal(value.text);
    if ("literal" in value) return value.literal;
    const [open, close] = value.kind === "object" ? "{}" : "[]";
    const isLine = value.padding !== undefined || indentation === undefined || this.#isOneLine();
    const inner = isLine ? undefined : `${indentation}${this.#style.indent ?? DEFAULT_INDENT}`;
    const members: string[] = [];
    for (let added = value.first; added !== undefined; added = added.next) {
      members.push(this.#member(added.name, added.value, inner));
    }
    if (members.length === 0) return `${open}${close}`;
    if (inner === undefined) {
      const padding = this.#isOneLine() ? this.#style.padding : value.padding;
      return [open, members.join(`,${this.#space()}`), close].join(padding ?? "");
    }
    const { lineEnd } = this.#file;
    return `${open}${lineEnd}${inner}${members.join(`,${lineEnd}${inner}`)}${lineEnd}${indentation}${close}`;
  }

  /** A child that becomes the first or the last takes the white space and the comma of that place. */
  #joined(node: JsonNode, items: readonly Item[]): string {
    const { text } = this.#file;
    const [first, second] = node.children;
    const last = node.children.at(-1);
    const border = last && borderOf(text, last);
    const tail = text.slice(border?.end ?? node.start + 1, node.end - 1);
    const firstLead = first && blankAfterOpen(text, first);
    const otherLead = second ? blankBefore(text, second) : this.#space();
    const parts: string[] = [text.charAt(node.start)];
    for (const [at, { lead, child, body, gap, rest }] of items.entries()) {
      const isLast = at === items.length - 1;
      const hasComma = !isLast || border?.comma !== undefined;
      let before = lead;
      if (at === 0 && firstLead !== undefined) before = withBlank(lead, firstLead);
      else if (at > 0 && (child === undefined || child === first) && !/^\s*[\r\n]/.test(lead)) {
        before = withBlank(lead, otherLead);
      }
      const isGapKept = hasComma || gap.trim() !== "";
      parts.push(before, body, isGapKept ? gap : "", hasComma ? "," : "", rest);
    }
    if (first === undefined && !this.#isOneLine()) {
      parts.push(tail.trim() === "" ? "" : tail.trimEnd(), this.#file.lineEnd, indentationAt(text, node) ?? "");
    } else parts.push(tail);
    return parts.join("") + text.charAt(node.end - 1);
  }
}

/** One child of the written container. */
interface Item {
  /** White space and comments before it. */
  readonly lead: string;
  /** Undefined: it is added. */
  readonly child: JsonNode | undefined;
  readonly body: string;
  /** The text between it and its comma. */
  readonly gap: string;
  /** A comment that ends its line. */
  readonly rest: string;
}

const DEFAULT_INDENT = "  ";

/** The comma of a child, and the end of the comment that ends its line. */
function borderOf(text: string, child: JsonNode): { comma: number | undefined; end: number } {
  const at = skipBlank(text, child.end);
  const comma = text[at] === "," ? at : undefined;
  REST_OF_LINE.lastIndex = comma === undefined ? child.end : comma + 1;
  const from = REST_OF_LINE.lastIndex;
  return { comma, end: REST_OF_LINE.test(text) ? REST_OF_LINE.lastIndex : from };
}

/** A comment that belongs to what stands before it on its line. */
const REST_OF_LINE = /[ \t]*(?:\/\/[^\r\n]*|\/\*(?:[^*\r\n]|\*(?!\/))*\*\/[ \t]*(?=[\r\n]))/y;

function skipBlank(text: string, from: number): number {
  let at = from;
  for (;;) {
    while (isBlank(text.charCodeAt(at))) at += 1;
    const end = commentEnd(text, at);
    if (end === undefined || end === -1) return at;
    at = end;
  }
}

function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09;
}

/** The white space directly before a child. */
function blankBefore(text: string, { nameStart }: JsonNode): string {
  let start = nameStart;
  while (start > 0 && isBlank(text.charCodeAt(start - 1))) start -= 1;
  return text.slice(start, nameStart);
}

/** The white space behind the bracket that opens the container of its first child. */
function blankAfterOpen(text: string, { parent, nameStart }: JsonNode): string {
  const from = (parent?.start ?? 0) + 1;
  return /^\s*/.exec(text.slice(from, nameStart))?.[0] ?? "";
}

function withBlank(lead: string, blank: string): string {
  return blank + lead.trimStart();
}

/** The indentation in a lead; undefined: it is on the line of its container. */
function indentationIn(lead: string): string | undefined {
  return /[\r\n]/.test(lead) ? (/[^\r\n]*$/.exec(lead)?.[0] ?? "") : undefined;
}

/** The indentation of the line on which a value stands. */
function indentationAt(text: string, { nameStart }: JsonNode): string | undefined {
  let from = nameStart;
  // A search for either line end would go back to the start of a file that has not got it.
  while (from > 0 && text[from - 1] !== "\n" && text[from - 1] !== "\r") from -= 1;
  return /^[ \t]*/.exec(text.slice(from, nameStart))?.[0];
}

/** The white space inside the brackets of a container on one line. Undefined: it has lines of its own. */
export function paddingOf(text: string, { start, end, children: [first] }: JsonNode): string | undefined {
  if (/[\r\n]/.test(text.slice(start, end))) return undefined;
  return first === undefined || first.nameStart === start + 1 ? "" : " ";
}
