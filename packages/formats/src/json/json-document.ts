/** The document of a JSON catalog, whatever its layout. */
import type {
  AskedForm,
  CatalogDocument,
  CatalogSyntax,
  Change,
  RefusedChange,
  Unit,
  Value,
  WriteOptions,
  WrittenDocument,
} from "../contract.ts";
import { prunedArray } from "./arrays.ts";
import { askedForms, formId, takesForms } from "./families.ts";
import { JsonEditor } from "./json-editor.ts";
import type { JsonDocumentFacts, JsonEntry, JsonTexts } from "./json-entry.ts";
import { type JsonNode, memberOf, textOf } from "./json-file.ts";
import { ARB } from "./layouts.ts";
import { nameIn } from "./paths.ts";
import { JsonPlacer, NO_SOURCE } from "./placer.ts";

export class JsonDocument implements CatalogDocument, JsonTexts {
  readonly isBilingual = false;
  readonly keepsUntranslatable = true;
  readonly units: readonly Unit[];
  readonly facts: JsonDocumentFacts;
  #entries: ReadonlyMap<string, JsonEntry> | undefined;
  #byNode: ReadonlyMap<JsonNode, JsonEntry> | undefined;

  constructor(facts: JsonDocumentFacts) {
    this.facts = facts;
    this.units = facts.entries.map(({ unit }) => unit);
  }

  /** Made when it is first asked for: a file that is only read, as by `--check`, needs none. */
  get #byId(): ReadonlyMap<string, JsonEntry> {
    this.#entries ??= new Map(this.facts.entries.map((entry) => [entry.unit.id, entry]));
    return this.#entries;
  }

  get locale(): string | undefined {
    return this.facts.locale;
  }

  get syntax(): CatalogSyntax | undefined {
    return this.facts.syntax;
  }

  formsFor({ id }: Unit, locales: { sourceLocale: string; targetLocale: string }): readonly AskedForm[] {
    const family = this.#byId.get(id)?.family;
    return family === undefined ? [] : askedForms(family, locales);
  }

  entry(id: string): JsonEntry | undefined {
    return this.#byId.get(id);
  }

  /** The entry whose value, or one of whose forms, is this node. */
  entryAt(node: JsonNode): JsonEntry | undefined {
    this.#byNode ??= new Map(
      this.facts.entries.flatMap((entry) => {
        const leaves = entry.family === undefined ? [entry.leaf] : [...entry.family.leaves.values()];
        return leaves.map(({ value }) => [value, entry] as const);
      }),
    );
    return this.#byNode.get(node);
  }

  write(changes: readonly Change[], { locale }: WriteOptions = {}): WrittenDocument {
    const adds = changes.filter((change) => change.kind === "add");
    const [like] = adds.flatMap(({ from }) => (from instanceof JsonDocument ? [from.facts.file] : []));
    const editor = new JsonEditor(this.facts.file, like);
    const refused: RefusedChange[] = [];
    const refuse = (id: string, reason: string) => refused.push({ id, reason });
    if (locale !== undefined) this.#setLocale(editor, locale);
    const added = new Set(adds.map(({ id }) => id));
    const removed = new Set<JsonEntry>();
    const placer = new JsonPlacer(this, editor, adds);
    for (const change of changes) {
      const { id, kind } = change;
      const entry = this.#byId.get(id);
      if (kind === "add") continue;
      if (entry === undefined) refuse(id, "the file has no such text");
      else if (kind === "set") {
        const problem = this.#set(editor, placer, entry, change.value);
        if (problem !== undefined) refuse(id, problem);
      } else if (!added.has(id)) removed.add(entry);
    }
    this.#remove(editor, removed, refuse);
    for (const change of adds) {
      const problem = change.from instanceof JsonDocument ? placer.add(change, change.from) : NO_SOURCE;
      if (problem !== undefined) refuse(change.id, problem);
    }
    return { bytes: editor.bytes(), refused };
  }

  /** Spelled like the present one: `en_US` gives way to `pt_BR`. Flutter reads no other spelling. */
  #setLocale(editor: JsonEditor, locale: string): void {
    const { localeAt, file, layout } = this.facts;
    if (localeAt === undefined) return;
    const { node, isKey } = localeAt;
    const present = isKey ? (node.name ?? "") : textOf(file, node);
    const spelled = present.includes("_") || layout === ARB ? locale.replaceAll("-", "_") : locale;
    if (isKey) editor.rename(node, spelled);
    else editor.setText(node, spelled);
  }

  #set(editor: JsonEditor, placer: JsonPlacer, { leaf, family }: JsonEntry, value: Value): string | undefined {
    if (typeof value === "string") {
      if (family !== undefined) return "the text has plural forms in the file";
      editor.setText(leaf.value, value);
      return undefined;
    }
    if (family === undefined) return "the text has no plural forms in the file";
    if (!takesForms(family.family, value.forms)) return "the notation has other forms";
    const names = new Set([...value.forms.keys()].map((form) => nameIn(formId(family.family, form))));
    placer.writeForms(family.container, value.forms, (form) => nameIn(formId(family.family, form)), undefined);
    const forms = [...family.leaves.values()].map(({ value: node }) => node);
    for (const node of [...forms, ...family.empty]) if (!names.has(node.name ?? "")) editor.remove(node);
    return undefined;
  }

  #remove(editor: JsonEditor, removed: ReadonlySet<JsonEntry>, refuse: (id: string, reason: string) => void): void {
    const { base, file } = this.facts;
    const arrays = new Set<JsonNode>();
    for (const { leaf, family } of removed) {
      if (leaf.group !== undefined) {
        arrays.add(outermostArray(leaf.holder, base));
        continue;
      }
      const holders = family === undefined ? [leaf.holder] : [...family.leaves.values()].map(({ holder }) => holder);
      for (const holder of [...holders, ...(family?.empty ?? [])]) {
        for (let at: JsonNode | undefined = holder; at !== undefined; at = file.repeated.get(at)) editor.remove(at);
        const about = holder.parent && memberOf(holder.parent, `@${holder.name}`);
        if (about !== undefined) editor.remove(about);
      }
    }
    for (const array of arrays) {
      const { gone, staying } = prunedArray(array, (node) => {
        const entry = this.entryAt(node);
        if (entry === undefined || !entry.unit.translate) return undefined;
        return removed.has(entry);
      });
      for (const node of gone) editor.remove(node);
      const ids = new Set(staying.flatMap((node) => this.entryAt(node)?.unit.id ?? []));
      for (const id of ids) refuse(id, "an element before others is not removed");
    }
  }
}

function outermostArray(node: JsonNode, base: JsonNode): JsonNode {
  let array = node;
  for (let at = node; at !== base && at.parent !== undefined; at = at.parent) if (at.kind === "array") array = at;
  return array;
}
