/** Puts the texts of a source into a target that has not got them: behind the neighbours that they have in the source. */
import type { Change, Value } from "../contract.ts";
import { formId } from "./families.ts";
import { type Added, type JsonEditor, NewContainer, type NewValue, paddingOf } from "./json-editor.ts";
import type { JsonEntry, JsonTexts } from "./json-entry.ts";
import { type JsonNode, memberOf } from "./json-file.ts";
import { ARB } from "./layouts.ts";
import { nameIn } from "./paths.ts";

type Add = Extract<Change, { kind: "add" }>;
type Container = JsonNode | NewContainer;
type Child = JsonNode | NewContainer | Added;

export const NO_SOURCE = "the source has no such text";
const WHOLE_ARRAY = "an array is added as a whole";

export class JsonPlacer {
  readonly #target: JsonTexts;
  readonly #editor: JsonEditor;
  readonly #adds: ReadonlyMap<string, Add>;
  /** The added members of each container, by name. */
  readonly #placed = new Map<Container, Map<string, Added>>();
  /** The last form of each family that was written, by the name of its form `other`: later texts come behind the whole family. */
  readonly #lastForms = new Map<Container, Map<string, JsonNode | Added>>();
  /** The objects in the place of values that are no objects. */
  readonly #replaced = new Map<JsonNode, NewContainer>();
  /** Elements and arrays of the source that were copied whole. */
  readonly #copied = new Set<JsonNode>();
  #hasAbouts: boolean | undefined;
  #listIds: ReadonlyMap<JsonNode, string> | undefined;

  constructor(target: JsonTexts, editor: JsonEditor, adds: readonly Add[]) {
    this.#target = target;
    this.#editor = editor;
    this.#adds = new Map(adds.map((add) => [add.id, add]));
  }

  /** Undefined: done. Otherwise the reason why not. */
  add({ id, value }: Add, from: JsonTexts): string | undefined {
    const entry = from.entry(id);
    if (entry === undefined) return NO_SOURCE;
    const present = this.#target.entry(id);
    if (present !== undefined && present.family === undefined && typeof value === "string") {
      this.#put(present.leaf.value, this.#copyOf(from, entry.leaf.value) ?? { text: value });
      return undefined;
    }
    let to: Container = this.#target.facts.base;
    for (const node of nodesTo(entry.family?.container ?? entry.leaf.holder, from.facts.base)) {
      if (this.#copied.has(node)) return undefined;
      const found = this.#childIn(to, node);
      if (node === entry.leaf.holder) return this.#addLeaf(to, entry, found, from);
      if (node.parent?.kind === "array" && found === undefined) return this.#grow(to, node, from);
      if (isContainer(found, node)) to = found;
      else if (node.kind === "array") return this.#addWhole(to, node, found, from);
      else {
        const made = new NewContainer("object", paddingOf(from.facts.file.text, node));
        this.#insert(to, node, found, made, from);
        to = made;
      }
    }
    return this.#addFamily(to, entry, value, from);
  }

  #addLeaf(to: Container, { leaf, unit }: JsonEntry, found: Child | undefined, from: JsonTexts): string | undefined {
    if (found !== undefined && !unit.translate) return undefined;
    if (found !== undefined && !("parent" in found)) return "the file has this text already";
    if (leaf.holder.parent?.kind === "array" && found === undefined && !this.#isList()) {
      return this.#grow(to, leaf.holder, from);
    }
    const problem = this.#addWhole(to, this.#isFlat() ? leaf.value : leaf.holder, found, from, leaf.holder);
    if (problem === undefined && found === undefined) this.#addAbout(to, leaf.holder, from);
    return problem;
  }

  /** Flutter needs what is told about a text in its template alone, so a target gets it where it has the like already. */
  #addAbout(to: Container, { name, parent }: JsonNode, from: JsonTexts): void {
    const about = parent && memberOf(parent, `@${name}`);
    if (about === undefined || this.#target.facts.layout !== ARB || to instanceof NewContainer) return;
    this.#hasAbouts ??= to.children.some((child) => /^@[^@]/.test(child.name ?? ""));
    if (!this.#hasAbouts || memberOf(to, `@${name}`) !== undefined) return;
    const copy = this.#copyOf(from, about);
    if (copy !== undefined) this.#insert(to, about, undefined, copy, from);
  }

  /** A copy of a member of the source, with all its texts. */
  #addWhole(
    to: Container,
    node: JsonNode,
    found: Child | undefined,
    from: JsonTexts,
    place: JsonNode = node,
  ): string | undefined {
    const made = this.#copyOf(from, node);
    if (made === undefined) return WHOLE_ARRAY;
    this.#copied.add(place);
    this.#insert(to, place, found, made, from);
    return undefined;
  }

  /**
   * Writes the forms of a family: those that are there in their places, each new one behind the form before it.
   *
   * @param after The neighbour of a family that the container has not got.
   */
  writeForms(
    to: Container,
    forms: ReadonlyMap<string, string>,
    nameOf: (form: string) => string,
    after: JsonNode | Added | undefined,
  ): void {
    const node = to instanceof NewContainer ? undefined : to;
    const present = [...forms.keys()].flatMap((form) => (node && memberOf(node, nameOf(form))) ?? []);
    const [first] = present;
    let last = first === undefined ? after : this.#editor.before(first);
    for (const [form, text] of forms) {
      const member = node && memberOf(node, nameOf(form));
      if (member !== undefined) {
        this.#editor.setText(member, text);
        last = member;
      } else {
        last = this.#editor.add(to, last, nameOf(form), { text });
        this.#remember(to, nameOf(form), last);
      }
    }
    if (last === undefined) return;
    const lasts = this.#lastForms.get(to) ?? new Map<string, JsonNode | Added>();
    this.#lastForms.set(to, lasts.set(nameOf("other"), last));
  }

  #addFamily(to: Container, { family }: JsonEntry, value: Value, from: JsonTexts): string | undefined {
    if (family === undefined || typeof value === "string") return "the text has plural forms in the source";
    const [first] = family.leaves.values();
    const after = first && this.#anchor(to, first.holder, from);
    this.writeForms(to, value.forms, (form) => nameIn(formId(family.family, form)), after);
    return undefined;
  }

  /** Adds the elements that an array lacks, up to one of the source's. */
  #grow(to: Container, node: JsonNode, from: JsonTexts): string | undefined {
    const elements = node.parent?.children ?? [];
    const start = to instanceof NewContainer ? 0 : to.children.length;
    let last: JsonNode | Added | undefined = to instanceof NewContainer ? undefined : to.children.at(-1);
    const missing = elements.slice(start, node.index + 1).filter((element) => !this.#copied.has(element));
    const copies = missing.map((element) => this.#copyOf(from, element));
    if (copies.includes(undefined)) return WHOLE_ARRAY;
    for (const element of elements.slice(start, node.index)) {
      last = this.#placed.get(to)?.get(String(element.index)) ?? last;
    }
    for (const [at, element] of missing.entries()) {
      last = this.#editor.add(to, last, undefined, copies[at] ?? { literal: "null" });
      this.#remember(to, String(element.index), last);
      this.#copied.add(element);
    }
    return undefined;
  }

  /** Whether the file is a list of entries, each with an id of its own. */
  #isList(): boolean {
    return this.#target.facts.base.kind === "array";
  }

  /** Whether the entries of the file are texts, whatever those of the source are. */
  #isFlat(): boolean {
    const { entries } = this.#target.facts;
    return entries.length > 0 && entries.every(({ leaf }) => leaf.value === leaf.holder);
  }

  #insert(to: Container, node: JsonNode, found: Child | undefined, made: NewValue, from: JsonTexts): void {
    if (found !== undefined && "parent" in found) {
      this.#put(found, made);
      if (made instanceof NewContainer) this.#replaced.set(found, made);
      return;
    }
    const added = this.#editor.add(to, this.#anchor(to, node, from), node.name, made);
    this.#remember(to, this.#nameOf(node), added);
  }

  #put(node: JsonNode, value: NewValue): void {
    if ("text" in value) this.#editor.setText(node, value.text);
    else this.#editor.replace(node, value);
  }

  #remember(to: Container, name: string, added: Added): void {
    const members = this.#placed.get(to) ?? new Map<string, Added>();
    this.#placed.set(to, members.set(name, added));
  }

  /** The name of a child, also in a list of entries. */
  #nameOf(node: JsonNode): string {
    return node.name ?? String(node.index);
  }

  /** The child of the target in the place of one of the source. */
  #childIn(to: Container, node: JsonNode): Child | undefined {
    const added = this.#placed.get(to)?.get(this.#nameOf(node));
    if (added !== undefined) return added.value instanceof NewContainer ? added.value : added;
    if (to instanceof NewContainer) return undefined;
    const inList = this.#isList() ? undefined : to.children[node.index];
    const child = node.name === undefined ? inList : memberOf(to, node.name);
    return child && (this.#replaced.get(child) ?? child);
  }

  /** The nearest neighbour before a node of the source that the target has, too. Undefined: none. */
  #anchor(to: Container, node: JsonNode, from: JsonTexts): JsonNode | Added | undefined {
    const siblings = node.parent?.children ?? [];
    for (let at = node.index - 1; at >= 0; at -= 1) {
      const sibling = siblings[at];
      if (sibling === undefined) continue;
      const family = from.entryAt(sibling)?.family?.family;
      const last = family && this.#lastForms.get(to)?.get(nameIn(formId(family, "other")));
      if (last !== undefined) return last;
      const added = this.#placed.get(to)?.get(this.#nameOf(sibling));
      if (added !== undefined) return added;
      if (to instanceof NewContainer) continue;
      const child = sibling.name === undefined ? this.#inList(sibling, from) : memberOf(to, sibling.name);
      const next = child && to.children[child.index + 1];
      if (child !== undefined) return next?.name === `@${child.name}` ? next : child;
    }
    return undefined;
  }

  /** The entry of a list that has the id of one of the source. */
  #inList(holder: JsonNode, from: JsonTexts): JsonNode | undefined {
    this.#listIds ??= new Map(from.facts.entries.map(({ leaf, unit }) => [leaf.holder, unit.id]));
    return this.#target.entry(this.#listIds.get(holder) ?? "")?.leaf.holder;
  }

  /** A value of the source with the texts that are added. Undefined: one of its texts is not. */
  #copyOf(from: JsonTexts, node: JsonNode): NewValue | undefined {
    const { text } = from.facts.file;
    const entry = from.entryAt(node);
    if (entry?.unit.translate && entry.family === undefined) {
      const value = this.#adds.get(entry.unit.id)?.value;
      return typeof value === "string" ? { text: value } : undefined;
    }
    if (node.kind === "string" || node.kind === "scalar") return { literal: text.slice(node.start, node.end) };
    const copy = new NewContainer(node.kind, paddingOf(text, node));
    let last: Added | undefined;
    const done = new Set<JsonEntry>();
    for (const child of node.children) {
      const family = from.entryAt(child)?.family === undefined ? undefined : from.entryAt(child);
      if (family === undefined) {
        const value = this.#copyOf(from, child);
        if (value === undefined) return undefined;
        last = this.#editor.add(copy, last, child.name, value);
        continue;
      }
      if (done.has(family)) continue;
      done.add(family);
      const value = this.#adds.get(family.unit.id)?.value;
      if (value === undefined || typeof value === "string" || family.family === undefined) return undefined;
      for (const [form, formText] of value.forms) {
        last = this.#editor.add(copy, last, nameIn(formId(family.family.family, form)), { text: formText });
      }
    }
    return copy;
  }
}

function isContainer(found: Child | undefined, { kind }: JsonNode): found is Container {
  return found !== undefined && "kind" in found && found.kind === kind;
}

/** The nodes from below a container down to a node. */
function nodesTo(node: JsonNode, base: JsonNode): JsonNode[] {
  const path: JsonNode[] = [];
  for (let at: JsonNode | undefined = node; at !== undefined && at !== base; at = at.parent) path.push(at);
  return path.reverse();
}
