/** Where the texts of a JSON catalog are: at its leaves, or one in each of its entries. */
import { basename } from "node:path";
import type { ReadOptions } from "../contract.ts";
import { commentEnd, type JsonFile, type JsonNode, memberOf, textOf } from "./json-file.ts";
import { escapedSegment } from "./paths.ts";

/** One value of a file. */
export interface Leaf {
  readonly id: string;
  /** The literal of the value. */
  readonly value: JsonNode;
  /** Undefined: the value is no string, or an empty one. */
  readonly text: string | undefined;
  /** The member or element that goes with it: the value itself, or the entry that has it. */
  readonly holder: JsonNode;
  /** The outermost array that holds it. */
  readonly group: string | undefined;
  readonly note: string | undefined;
  readonly maxLength?: number | undefined;
}

export interface Layout {
  readonly name: "json" | "arb" | "formatjs-json" | "chrome-json";
  /** The members of an entry that may hold its text, the likeliest first. Undefined: each string is a text. */
  readonly textNames?: readonly string[];
  /** The members of an entry that tell translators about it. */
  readonly noteNames?: readonly string[];
  /** All members that an entry may have; undefined: any. */
  readonly names?: ReadonlySet<string>;
}

export const NESTED: Layout = { name: "json" };

/** Flutter's: a flat list of texts, and what is told about each under the same name with `@` before it. */
export const ARB: Layout = { name: "arb" };

export const FORMATJS: Layout = {
  name: "formatjs-json",
  textNames: ["defaultMessage", "string"],
  noteNames: ["description", "context", "developer_comment"],
};

export const CHROME: Layout = {
  name: "chrome-json",
  textNames: ["message"],
  noteNames: ["description"],
  names: new Set(["message", "description", "placeholders"]),
};

/** Whether a file has this layout of entries, throughout. */
export function hasLayout(file: JsonFile, { textNames, names, noteNames }: Layout): boolean {
  const entries = file.root.children.filter((child) => !isMetadata(child));
  if (textNames === undefined || entries.length === 0) return false;
  const isSure = entries.some(
    (entry) => memberOf(entry, "defaultMessage") || noteNames?.some((name) => memberOf(entry, name)?.kind === "string"),
  );
  return isSure && entries.every((entry) => isEntry(entry, textNames, names));
}

function isEntry(entry: JsonNode, textNames: readonly string[], names?: ReadonlySet<string>): boolean {
  if (entry.kind !== "object" || textNode(entry, textNames) === undefined) return false;
  if (entry.name === undefined && memberOf(entry, "id")?.kind !== "string") return false;
  return names === undefined || entry.children.every(({ name = "" }) => names.has(name));
}

function textNode(entry: JsonNode, textNames: readonly string[]): JsonNode | undefined {
  return textNames.map((name) => memberOf(entry, name)).find((node) => node?.kind === "string");
}

/** The values of a file, in its order. */
export function leavesOf(file: JsonFile, base: JsonNode, layout: Layout): Leaf[] {
  if (layout === ARB) return arbLeaves(file, base);
  return layout.textNames === undefined ? nestedLeaves(file, base) : entryLeaves(file, base, layout);
}

function arbLeaves(file: JsonFile, base: JsonNode): Leaf[] {
  return base.children.flatMap((child): Leaf[] => {
    const { name = "" } = child;
    if (name.startsWith("@") || memberOf(base, name) !== child) return [];
    const [id, text, note] = [escapedSegment(name), textIn(file, child), noteOf(file, child)];
    return [{ id, value: child, text, holder: child, group: undefined, note }];
  });
}

function nestedLeaves(file: JsonFile, base: JsonNode): Leaf[] {
  const leaves: Leaf[] = [];
  const walk = (node: JsonNode, prefix: string, group: string | undefined): void => {
    const mayHaveNotes = file.hasComments || node.children.some(({ name }) => name?.startsWith("@"));
    for (const child of node.children) {
      if (isMetadata(child)) continue;
      const id = prefix + (child.name === undefined ? String(child.index) : escapedSegment(child.name));
      if (child.children.length > 0) walk(child, `${id}.`, group ?? (child.kind === "array" ? id : undefined));
      else {
        const note = mayHaveNotes ? noteOf(file, child) : undefined;
        leaves.push({ id, value: child, text: textIn(file, child), holder: child, group, note });
      }
    }
  };
  walk(base, "", undefined);
  return leaves;
}

/** A member that is a text by itself is an entry, too: a target may be flat. */
function entryLeaves(file: JsonFile, base: JsonNode, { textNames = [], noteNames = [] }: Layout): Leaf[] {
  const seen = new Set<string>();
  return base.children.flatMap((holder): Leaf[] => {
    if (isMetadata(holder)) return [];
    const value = holder.kind === "object" ? textNode(holder, textNames) : holder;
    const idNode = memberOf(holder, "id");
    const name = holder.name ?? (idNode?.kind === "string" ? textOf(file, idNode) : undefined);
    if (value === undefined || name === undefined || seen.has(name)) return [];
    seen.add(name);
    const notes = noteNames.flatMap((noteName) => {
      const note = memberOf(holder, noteName);
      return note?.kind === "string" ? [textOf(file, note)] : [];
    });
    const limit = memberOf(holder, "character_limit");
    return [
      {
        ...{ id: escapedSegment(name), value, text: textIn(file, value), holder, group: undefined },
        note: notes.join("\n") || noteOf(file, holder),
        ...(limit?.kind === "scalar" && { maxLength: Number(file.text.slice(limit.start, limit.end)) || undefined }),
      },
    ];
  });
}

function textIn(file: JsonFile, value: JsonNode): string | undefined {
  return value.kind === "string" ? textOf(file, value) || undefined : undefined;
}

/** A `description` beside the text (`@title` of `title`), or the remarks on the lines before it. */
function noteOf(file: JsonFile, node: JsonNode): string | undefined {
  const { parent, name } = node;
  const beside = parent && name !== undefined ? memberOf(parent, `@${name}`) : undefined;
  const description = beside && (beside.kind === "string" ? beside : memberOf(beside, "description"));
  if (description?.kind === "string") return textOf(file, description);
  return file.hasComments ? remarksBefore(file.text, node) || undefined : undefined;
}

function remarksBefore(text: string, { nameStart, parent, index }: JsonNode): string {
  const before = index > 0 ? parent?.children[index - 1]?.end : parent && parent.start + 1;
  const lead = text.slice(before ?? nameStart, nameStart);
  if (!lead.includes("/")) return "";
  const remarks: string[] = [];
  let isOwnLine = index === 0;
  for (let at = 0; at < lead.length; at += 1) {
    if (lead[at] === "\n" || lead[at] === "\r") isOwnLine = true;
    const end = commentEnd(lead, at);
    if (end === undefined || end === -1) continue;
    if (isOwnLine) remarks.push(lead.slice(at, end).replace(/^\/[/*]+|\*+\/$/g, ""));
    at = end - 1;
  }
  return remarks.map((remark) => remark.trim()).join("\n");
}

const ROOT_METADATA: ReadonlySet<string> = new Set(["$schema", "$id", "$comment", "smartling"]);

const METADATA_INITIALS = "$@/_s";

/** Whether a member tells about the file or about another member, and not to its readers. */
export function isMetadata({ name, parent, kind }: JsonNode): boolean {
  if (name === undefined || parent === undefined || !METADATA_INITIALS.includes(name.charAt(0))) return false;
  if (name.startsWith("@@") || name === "//" || name.startsWith("// ") || /^_+comments?_*$/i.test(name)) return true;
  if (name.startsWith("@")) return name.length > 1 && memberOf(parent, name.slice(1)) !== undefined;
  return parent.parent === undefined && ROOT_METADATA.has(name) && (name !== "smartling" || kind === "object");
}

/** The member whose name is the locale of everything below, as in `{"en": {…}}`. */
export function localeRoot({ root }: JsonFile, { file, locale }: ReadOptions): JsonNode | undefined {
  const members = root.kind === "object" ? root.children.filter((child) => !isMetadata(child)) : [];
  const [only] = members;
  if (only?.name === undefined || only.kind !== "object" || members.length > 1) return undefined;
  const [name, own] = [localeName(only.name), locale === undefined ? undefined : localeName(locale)];
  if (name === undefined) return undefined;
  if (own !== undefined && own !== "und") return language(name) === language(own) ? only : undefined;
  // Three letters are as likely a word: `app`, `nav`.
  return language(name).length === 2 &&
    basename(file)
      .split(".")
      .some((part) => localeName(part) === name)
    ? only
    : undefined;
}

function language(locale: string): string {
  return locale.split("-")[0] ?? locale;
}

/** Undefined: it cannot be one. */
function localeName(name: string): string | undefined {
  return /^[a-z]{2,3}(?:[-_][A-Za-z0-9]{2,8})*$/i.test(name) ? name.toLowerCase().replaceAll("_", "-") : undefined;
}
