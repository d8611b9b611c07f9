/** The document of a string catalog, with the values of one of its locales. */
import type { CatalogDocument, Change, RefusedChange, Unit, UnitState, Value, WrittenDocument } from "../contract.ts";
import { type Added, JsonEditor } from "../json/json-editor.ts";
import { type JsonFile, type JsonNode, memberOf } from "../json/json-file.ts";
import { PLURAL_CATEGORIES } from "../plural-categories.ts";
import { type Container, Members } from "./members.ts";
import { child, type Slot, type Slots } from "./slots.ts";

/** One text, with what its key has in the source language and in the locale that was read. */
export interface Place {
  readonly unit: Unit;
  /** The object of its key. */
  readonly entry: JsonNode;
  /** The end of the id, behind the key. */
  readonly suffix: string;
  readonly source: Slot;
  readonly localization: JsonNode | undefined;
  readonly target: Slots | undefined;
  /** Whether the localization varies in a way that is not read. */
  readonly isOdd: boolean;
}

export interface XcstringsFacts {
  readonly file: JsonFile;
  /** The object of all keys. */
  readonly strings: JsonNode;
  readonly sourceLanguage: string;
  /** The locale that was read, as the file spells it. */
  readonly localeName: string;
  readonly locale: string;
  readonly locales: readonly string[];
  readonly places: readonly Place[];
  /** The file again, after a change. */
  reopened(bytes: Uint8Array): XcstringsDocument;
}

type Valued = Extract<Change, { kind: "set" | "add" }>;

export class XcstringsDocument implements CatalogDocument {
  readonly isBilingual = false;
  readonly keepsUntranslatable = false;
  readonly zeroIsNumber = true;
  readonly units: readonly Unit[];
  readonly #facts: XcstringsFacts;
  readonly #places: ReadonlyMap<string, Place>;

  constructor(facts: XcstringsFacts) {
    this.#facts = facts;
    this.units = facts.places.map(({ unit }) => unit);
    this.#places = new Map(facts.places.map((place) => [place.unit.id, place]));
  }

  get locale(): string {
    return this.#facts.locale;
  }

  get locales(): readonly string[] {
    return this.#facts.locales;
  }

  write(changes: readonly Change[]): WrittenDocument {
    const { file } = this.#facts;
    const withSources = this.#withSources(changes.filter((change) => change.kind !== "remove"));
    if (withSources !== undefined) return this.#facts.reopened(withSources).#writeValues(changes);
    return changes.length === 0 ? { bytes: new JsonEditor(file).bytes(), refused: [] } : this.#writeValues(changes);
  }

  #writeValues(changes: readonly Change[]): WrittenDocument {
    const editor = new JsonEditor(this.#facts.file);
    const members = new Members(editor);
    const refused: RefusedChange[] = [];
    const removed = new Map<JsonNode, Place[]>();
    for (const change of changes) {
      const place = this.#places.get(change.id);
      if (place === undefined) refused.push({ id: change.id, reason: "the file has no such text" });
      else if (change.kind === "remove") {
        const others = removed.get(place.entry);
        if (others === undefined) removed.set(place.entry, [place]);
        else others.push(place);
      } else {
        const problem = this.#set(editor, members, place, change);
        if (problem !== undefined) refused.push({ id: change.id, reason: problem });
      }
    }
    for (const places of removed.values()) this.#remove(editor, places);
    return { bytes: editor.bytes(), refused };
  }

  #set(editor: JsonEditor, members: Members, place: Place, { value, state }: Valued): string | undefined {
    const { unit, source, suffix, target, entry, localization, isOdd } = place;
    if (isSameValue(value, unit.value) && state === undefined) return undefined;
    if (!unit.translate) return "the text is not to be translated";
    const isFamily = typeof source.value === "object";
    if ((typeof value === "object") !== isFamily) {
      return isFamily ? "the text has plural forms in the file" : "the text has no plural forms in the file";
    }
    const present = target?.get(suffix);
    const isShared = present === undefined && unit.value !== undefined;
    if (isOdd || isShared || (!isFamily && typeof present?.value === "object")) {
      if (isSameValue(value, unit.value)) return undefined;
      return "the translation varies in another way than its source";
    }
    const { localeName, sourceLanguage } = this.#facts;
    const own = members.object(members.object(entry, "localizations"), localeName);
    let holder: Container = own;
    for (const name of source.path) holder = members.object(holder, name);
    if (typeof value === "string") writeUnit(members, holder, value, state);
    else {
      if (![...value.forms.keys()].every(isCategory)) return "the format has no form for an exact number";
      const plain = "parent" in holder ? memberOf(holder, "stringUnit") : undefined;
      if (plain !== undefined) editor.remove(plain);
      const plural = members.object(members.object(holder, "variations"), "plural");
      for (const [form, text] of value.forms) writeUnit(members, members.object(plural, form), text, state);
      const children = "parent" in plural ? plural.children : [];
      for (const form of children) if (!value.forms.has(form.name ?? "")) editor.remove(form);
    }
    const from = child(entry, "localizations", sourceLanguage);
    if (from !== undefined && from !== localization && suffix.startsWith("#substitutions.")) {
      this.#copyFormat(members, { from, own, holder, localization, path: source.path });
    }
    return undefined;
  }

  /** A substitution needs the facts of its argument, and the text that it stands in, which may have no words to translate. */
  #copyFormat(
    members: Members,
    at: {
      from: JsonNode;
      own: Container;
      holder: Container;
      localization: JsonNode | undefined;
      path: readonly string[];
    },
  ): void {
    const { from, own, holder, localization, path } = at;
    const literal = (node: JsonNode) => ({ literal: this.#facts.file.text.slice(node.start, node.end) });
    const present = localization && child(localization, ...path);
    for (const fact of child(from, ...path)?.children ?? []) {
      const { name = "", kind } = fact;
      const isFact = kind === "string" || kind === "scalar";
      if (isFact && (present === undefined || memberOf(present, name) === undefined)) {
        members.put(holder, name, literal(fact));
      }
    }
    const format = memberOf(from, "stringUnit");
    const isThere = localization !== undefined && memberOf(localization, "stringUnit") !== undefined;
    if (format === undefined || isThere || members.has(own, "stringUnit")) return;
    const text = memberOf(format, "value");
    if (text !== undefined) writeUnit(members, own, literal(text), undefined);
  }

  /** Takes texts out of one key. The key itself stays: its source text is there. */
  #remove(editor: JsonEditor, places: readonly Place[]): void {
    const [{ localization, target, entry }] = places as [Place];
    if (localization === undefined) return;
    const gone = new Set(places.map(({ suffix }) => suffix));
    if (![...(target?.keys() ?? [])].every((suffix) => gone.has(suffix))) {
      for (const { source, suffix } of places) {
        const node = suffix === "" ? memberOf(localization, "stringUnit") : child(localization, ...source.path);
        if (node !== undefined) editor.remove(node);
      }
      return;
    }
    const all = localization.parent;
    if (all === undefined || all.children.length > 1) editor.remove(localization);
    else if (entry.children.length > 1) editor.remove(all);
    else editor.replace(entry, { literal: this.#emptyObject(entry) });
  }

  #emptyObject({ nameStart }: JsonNode): string {
    const { text, lineEnd } = this.#facts.file;
    const lead = /(?:^|[\r\n])([ \t]*)$/.exec(text.slice(0, nameStart))?.[1];
    return lead === undefined ? "{}" : `{${lineEnd}${lineEnd}${lead}}`;
  }

  /** The bytes with the keys and the source texts of another file. Undefined: it has them all. */
  #withSources(changes: readonly Valued[]): Uint8Array | undefined {
    const { file, strings } = this.#facts;
    const editor = new JsonEditor(file);
    const members = new Members(editor);
    const added = new Map<string, Added>();
    let isChanged = false;
    for (const { id, from } of changes) {
      if (!(from instanceof XcstringsDocument) || from.#facts.file.name === file.name) continue;
      const { file: other, sourceLanguage } = from.#facts;
      const theirs = from.#places.get(id)?.entry;
      const key = theirs?.name;
      if (theirs === undefined || key === undefined || added.has(key)) continue;
      const copied = ({ start, end }: JsonNode) => other.text.slice(start, end).replace(/\r\n|\n|\r/g, file.lineEnd);
      const own = memberOf(strings, key);
      if (own === undefined) {
        const after = neighbourOf(theirs, (name) => added.get(name) ?? memberOf(strings, name));
        added.set(key, editor.add(strings, after, key, { literal: copied(theirs) }));
        isChanged = true;
        continue;
      }
      const [ours, wanted] = [own, theirs].map((entry) => child(entry, "localizations", sourceLanguage));
      if (wanted === undefined || (ours && file.text.slice(ours.start, ours.end) === copied(wanted))) continue;
      members.put(members.object(own, "localizations"), sourceLanguage, { literal: copied(wanted) });
      isChanged = true;
    }
    return isChanged ? editor.bytes() : undefined;
  }
}

/** The nearest key before another that a file has, too. */
function neighbourOf<Found>({ parent, index }: JsonNode, find: (name: string) => Found | undefined): Found | undefined {
  for (let at = index - 1; at >= 0; at -= 1) {
    const found = find(parent?.children[at]?.name ?? "");
    if (found !== undefined) return found;
  }
  return undefined;
}

function writeUnit(
  members: Members,
  holder: Container,
  value: string | { literal: string },
  state: UnitState | undefined,
): void {
  const unit = members.object(holder, "stringUnit");
  if (state !== undefined || !members.has(unit, "state")) members.put(unit, "state", { text: stateName(state) });
  members.put(unit, "value", typeof value === "string" ? { text: value } : value);
}

function stateName(state: UnitState = "translated"): string {
  if (state === "new") return "new";
  return state === "needs-review" ? "needs_review" : "translated";
}

function isCategory(form: string): boolean {
  return (PLURAL_CATEGORIES as readonly string[]).includes(form);
}

/** Whether two values are the same. */
function isSameValue(one: Value | undefined, other: Value | undefined): boolean {
  if (typeof one !== "object" || typeof other !== "object") return one === other;
  return one.forms.size === other.forms.size && [...one.forms].every(([form, text]) => other.forms.get(form) === text);
}
