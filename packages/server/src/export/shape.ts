/** The JSON of an export: the texts by their keys, nested or flat, in the order of their business ids. */
import type { ExportedText } from "@trans-hub/core";
import { HttpError } from "../problem.ts";
import { type ExportKey, exportKey, filesNamed } from "./keys.ts";

export const SHAPES = ["nested", "flat"] as const;
export type Shape = (typeof SHAPES)[number];

export interface ShapeOptions {
  shape: Shape;
  /** Only the texts of this file; see {@link filesNamed}. */
  namespace?: string | undefined;
}

interface Entry extends ExportKey {
  readonly businessId: string;
  readonly text: string | null;
}

/**
 * @returns Undefined: there is no file of this namespace.
 * @throws {HttpError} `TH_EXPORT_CONFLICT`: Two ids want the same place, or a namespace names two files.
 */
export function shaped(texts: readonly ExportedText[], { shape, namespace }: ShapeOptions): string | undefined {
  const entries = texts
    .map(({ businessId, text, sourceText }): Entry => ({ businessId, text, ...exportKey(businessId, sourceText) }))
    // In the order of code units, which is the same on each server; a database sorts by its own collation.
    .sort((one, other) => (one.businessId < other.businessId ? -1 : 1));
  const chosen = namespace === undefined ? entries : ofNamespace(entries, namespace);
  if (chosen === undefined) return undefined;
  return shape === "flat" ? flat(chosen) : nested(chosen);
}

function ofNamespace(entries: readonly Entry[], namespace: string): Entry[] | undefined {
  const files = new Set(entries.flatMap(({ file }) => file ?? []));
  const [file, another] = filesNamed(namespace, files);
  if (file === undefined) return undefined;
  if (another !== undefined) {
    throw conflictOf([file, another], "Name more of the path, such as .../locales/fr/admin%2Fcommon.json.");
  }
  return entries.filter((entry) => entry.file === file);
}

function flat(entries: readonly Entry[]): string {
  const taken = new Map<string, Entry>();
  const members: string[] = [];
  for (const entry of entries) {
    const key = entry.path.join(".");
    const before = taken.get(key);
    if (before !== undefined) throw conflict(before, entry);
    taken.set(key, entry);
    if (entry.text !== null) members.push(`${JSON.stringify(key)}:${JSON.stringify(entry.text)}`);
  }
  return `{${members.join(",")}}`;
}

class Branch {
  readonly children = new Map<string, Branch | Entry>();
}

function nested(entries: readonly Entry[]): string {
  const root = new Branch();
  for (const entry of entries) {
    let branch = root;
    for (const [depth, segment] of entry.path.entries()) {
      const present = branch.children.get(segment);
      if (depth === entry.path.length - 1) {
        if (present !== undefined) throw conflict(entryIn(present), entry);
        branch.children.set(segment, entry);
      } else if (present instanceof Branch) branch = present;
      else if (present !== undefined) throw conflict(present, entry);
      else {
        const next = new Branch();
        branch.children.set(segment, next);
        branch = next;
      }
    }
  }
  return objectOf(root) ?? "{}";
}

/** Undefined: it has no text. Branches are as deep as a business id of 255 bytes has dots. */
function jsonOf(node: Branch | Entry): string | undefined {
  if (!(node instanceof Branch)) return node.text === null ? undefined : JSON.stringify(node.text);
  return isArray(node) ? arrayOf(node) : objectOf(node);
}

function objectOf({ children }: Branch): string | undefined {
  const members: string[] = [];
  for (const [name, child] of children) {
    const value = jsonOf(child);
    if (value !== undefined) members.push(`${JSON.stringify(name)}:${value}`);
  }
  return members.length === 0 ? undefined : `{${members.join(",")}}`;
}

/** Keys `0`, `1`, … without a gap are an array in the file, as its format wrote them into the ids. */
function isArray({ children }: Branch): boolean {
  for (let index = 0; index < children.size; index += 1) if (!children.has(String(index))) return false;
  return children.size > 0;
}

/** An array is written as a whole or not at all, as `translate` does: an item that is missing would move all others. */
function arrayOf({ children }: Branch): string | undefined {
  const items: string[] = [];
  for (let index = 0; index < children.size; index += 1) {
    const child = children.get(String(index));
    const item = child === undefined || !isComplete(child) ? undefined : jsonOf(child);
    if (item === undefined) return undefined;
    items.push(item);
  }
  return `[${items.join(",")}]`;
}

function isComplete(node: Branch | Entry): boolean {
  return node instanceof Branch ? [...node.children.values()].every(isComplete) : node.text !== null;
}

function entryIn(node: Branch | Entry): Entry {
  let at = node;
  while (at instanceof Branch) {
    const [first] = at.children.values();
    if (first === undefined) throw new Error("a branch has no child");
    at = first;
  }
  return at;
}

function conflict(one: Entry, other: Entry): HttpError {
  const hint =
    one.file !== other.file
      ? 'Ask for one file at a time: .../locales/{locale}/{namespace}.json, where the namespace is the part of the id before "#".'
      : "Rename one of them. Where they stand at different depths, ?shape=flat has both.";
  return conflictOf([one.businessId, other.businessId], hint);
}

/** Ids are no texts, and the caller needs both to end the conflict. */
function conflictOf(ids: string[], hint: string): HttpError {
  return new HttpError("TH_EXPORT_CONFLICT", { hint, members: { ids } });
}
