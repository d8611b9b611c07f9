/**
 * Mozilla's Fluent: messages, terms (`-brand`) and attributes (`login.title`), in Fluent's own syntax.
 *
 * A text that is one selection by a number is a plural family. Any other selection is a part of its text, as are literals,
 * references and functions in braces. The comment directly above a message is the note of its texts.
 */
import type { Attribute, Message, Pattern, Term } from "@fluent/syntax";
import { CatalogError } from "@trans-hub/core/operations";
import type {
  CatalogDocument,
  Change,
  Format,
  PluralValue,
  ReadOptions,
  RefusedChange,
  Unit,
  Value,
  WrittenDocument,
} from "../contract.ts";
import { Places } from "../places.ts";
import { anchors, type Splice, spliced } from "../splice.ts";
import { decodeFile, encodeFile, type TextFile } from "../text-file.ts";
import { SourceUnits } from "../tree/families.ts";
import {
  hasSelection,
  layoutOf,
  parser,
  patternOf,
  rankOf,
  selectionOf,
  spanOf,
  textOf,
  variantKey,
} from "./pattern.ts";

type Entry = Message | Term;

interface Slot {
  readonly unit: Unit;
  readonly entry: Entry;
  readonly attribute: Attribute | undefined;
  readonly pattern: Pattern;
  /** The number that is counted, where the source says it. */
  readonly argument: string | undefined;
}

export const fluent: Format = {
  name: "fluent",
  layout: "one-locale",
  read(bytes, options): CatalogDocument {
    const file = decodeFile(bytes, { file: options.file, format: "fluent" });
    const places = new Places(file.text);
    return new FluentDocument(file, slotsOf(entriesOf(options.file, file.text, places), file.text, places, options));
  },
};

function entriesOf(file: string, text: string, places: Places): Entry[] {
  try {
    return parser.parse(text).body.filter((entry): entry is Entry => {
      if (entry.type === "Junk" && "annotations" in entry) {
        const [annotation] = entry.annotations;
        const at = annotation === undefined ? spanOf(entry).start : spanOf(annotation).start;
        throw new CatalogError(file, "invalid Fluent: a line that is no message, term or comment", places.at(at));
      }
      return entry.type === "Message" || entry.type === "Term";
    });
  } catch (error) {
    // The parser is recursive.
    if (error instanceof RangeError) throw new CatalogError(file, "is nested too deeply");
    throw error;
  }
}

function nameOf(entry: Entry): string {
  return entry.type === "Term" ? `-${entry.id.name}` : entry.id.name;
}

function slotsOf(entries: readonly Entry[], text: string, places: Places, options: ReadOptions): Slot[] {
  const source = new SourceUnits(options.source);
  const seen = new Set<string>();
  const slots: Slot[] = [];
  for (const entry of entries) {
    const name = nameOf(entry);
    // Of two messages of one name, programs take the first.
    if (seen.has(name)) continue;
    seen.add(name);
    const put = (id: string, pattern: Pattern, attribute: Attribute | undefined) => {
      const { value, argument } = readValue(text, pattern, id, source);
      const texts = typeof value === "string" ? [value] : [...value.forms.values()];
      const note = entry.comment?.content ?? "";
      slots.push({
        ...{ entry, attribute, pattern, argument },
        unit: {
          ...{ id, value, syntax: "fluent", state: "translated", translate: texts.some((form) => form !== "") },
          ...(note !== "" && { note: note.replaceAll("\r\n", "\n") }),
          ...places.at(spanOf(pattern).start),
        },
      });
    };
    if (entry.value !== null) put(name, entry.value, undefined);
    const attributes = new Map(entry.attributes.map((attribute) => [attribute.id.name, attribute]));
    for (const [key, attribute] of attributes) put(`${name}.${key}`, attribute.value, attribute);
  }
  return slots;
}

function readValue(
  text: string,
  pattern: Pattern,
  id: string,
  source: SourceUnits,
): { value: Value; argument: string | undefined } {
  const selection = selectionOf(pattern);
  const inSource = source.family(id);
  const isFamily = selection !== undefined && (inSource !== undefined || !source.has(id));
  if (isFamily) {
    const { argument, variants } = selection;
    const forms = new Map(variants.map(({ key, variant }) => [key, textOf(text, variant.value)]));
    return { value: { argument, forms }, argument };
  }
  const value = textOf(text, pattern);
  if (inSource === undefined || hasSelection(pattern)) return { value, argument: inSource?.argument };
  // A language with one form needs no selection.
  return { value: { argument: inSource.argument, forms: new Map([["other", value]]) }, argument: inSource.argument };
}

/** The spaces before an attribute or a further line, where the file shows no habit. */
const PAD = "    ";

class FluentDocument implements CatalogDocument {
  readonly locale = undefined;
  readonly isBilingual = false;
  readonly keepsUntranslatable = true;
  readonly units: readonly Unit[];
  readonly #file: TextFile;
  readonly #slots: ReadonlyMap<string, Slot>;
  readonly #byName = new Map<string, Slot[]>();

  constructor(file: TextFile, slots: readonly Slot[]) {
    this.#file = file;
    this.#slots = new Map(slots.map((slot) => [slot.unit.id, slot]));
    this.units = slots.map(({ unit }) => unit);
    for (const slot of slots) {
      const name = nameOf(slot.entry);
      const known = this.#byName.get(name);
      if (known === undefined) this.#byName.set(name, [slot]);
      else known.push(slot);
    }
  }

  write(changes: readonly Change[]): WrittenDocument {
    const splices: Splice[] = [];
    const refused: RefusedChange[] = [];
    const take = (id: string, outcome: Splice[] | string) => {
      if (typeof outcome === "string") refused.push({ id, reason: outcome });
      else splices.push(...outcome);
    };
    const removed = new Set(changes.flatMap(({ kind, id }) => (kind === "remove" ? [id] : [])));
    const goes = (name: string) => (this.#byName.get(name) ?? []).every(({ unit }) => removed.has(unit.id));
    for (const [name, [slot]] of this.#byName) {
      if (slot !== undefined && removed.size > 0 && goes(name)) splices.push(this.#lines(spanOf(slot.entry)));
    }
    const adds = changes.filter((change) => change.kind === "add");
    const anchorOf = anchors(adds, (id) => this.#slots.has(id));
    const groups = new Map<string, { from: FluentDocument; values: Map<string, Value>; after: string | undefined }>();
    for (const change of changes) {
      const { id } = change;
      const slot = this.#slots.get(id);
      if (change.kind === "add") {
        const from = change.from instanceof FluentDocument ? change.from : undefined;
        const source = from === undefined ? undefined : from.#slots.get(id);
        if (from === undefined || source === undefined) take(id, "the source has no such text");
        else if (slot !== undefined && !removed.has(id)) take(id, "the file has this text already");
        else {
          const name = nameOf(source.entry);
          const after = anchorOf(change.after);
          if (this.#byName.has(name) && !goes(name)) {
            take(id, this.#addPart(name, id, change.value, { from, after }));
            continue;
          }
          const group = groups.get(name) ?? { from, values: new Map(), after };
          groups.set(name, group);
          group.values.set(id, change.value);
        }
      } else if (slot === undefined) take(id, "the file has no such text");
      else if (change.kind === "set") {
        if (!removed.has(id)) take(id, this.#set(slot, change.value));
      } else if (!goes(nameOf(slot.entry))) take(id, this.#removePart(slot));
    }
    for (const [name, { from, values, after }] of groups) {
      const outcome = this.#addition(name, values, from, after);
      for (const id of values.keys()) if (typeof outcome === "string") take(id, outcome);
      if (typeof outcome !== "string") splices.push(outcome);
    }
    return { bytes: encodeFile(this.#file, spliced(this.#file.text, splices)), refused };
  }

  #set({ unit, pattern, argument }: Slot, value: Value): Splice[] | string {
    const present = unit.value;
    if (typeof value === "string") return value === present ? [] : this.#replace(pattern, value);
    const selection = typeof present === "object" ? selectionOf(pattern) : undefined;
    if (selection !== undefined) return this.#setForms(pattern, value);
    const only = value.forms.size === 1 ? value.forms.get("other") : undefined;
    if (typeof present === "object" && only !== undefined) {
      return only === present.forms.get("other") ? [] : this.#replace(pattern, only);
    }
    const counted = value.argument ?? argument;
    if (counted === undefined) return "the text does not say which number it counts";
    const literal = this.#selection(counted, value);
    return typeof literal === "string" ? [{ ...inlineSpan(this.#file.text, pattern), text: literal }] : NO_PATTERN;
  }

  #replace(pattern: Pattern, value: string): Splice[] | string {
    const { text, lineEnd } = this.#file;
    const literal = patternOf(value, layoutOf(text, pattern, lineEnd, PAD));
    return literal === undefined ? NO_PATTERN : [{ ...spanOf(pattern), text: literal }];
  }

  /** Undefined: a form is no pattern. */
  #selection(argument: string, { forms }: PluralValue): string | undefined {
    const { lineEnd } = this.#file;
    const keys = [...forms.keys()].sort((a, b) => rankOf(a) - rankOf(b));
    const lines = keys.map((key) => {
      const literal = patternOf(forms.get(key) ?? "", { isBlock: false, pad: PAD.repeat(3), lineEnd });
      return literal === undefined ? undefined : `${PAD}${key === "other" ? `   *` : PAD}${variantKey(key)} ${literal}`;
    });
    if (lines.includes(undefined) || !forms.has("other")) return undefined;
    return [`{ $${argument} ->`, ...lines, `${PAD}}`].join(lineEnd);
  }

  /** Variants that both have are replaced, others removed, new ones put where their category belongs. */
  #setForms(pattern: Pattern, { forms }: PluralValue): Splice[] | string {
    const { text, lineEnd } = this.#file;
    const variants = selectionOf(pattern)?.variants ?? [];
    const splices: Splice[] = [];
    if (!forms.has("other")) return "the format needs the form other";
    for (const { key, variant } of variants) {
      const value = forms.get(key);
      const { start, end } = spanOf(variant);
      if (value === undefined) splices.push({ start: spaceBefore(text, start), end, text: "" });
      else if (value !== textOf(text, variant.value)) {
        const outcome = this.#replace(variant.value, value);
        if (typeof outcome === "string") return outcome;
        splices.push(...outcome);
      }
    }
    const model = variants.find(({ variant }) => !variant.default) ?? variants[0];
    const first = variants[0];
    if (model === undefined || first === undefined) return splices;
    const at = spanOf(model.variant).start;
    const column = at - (text.lastIndexOf("\n", at) + 1);
    const lead = `${lineEnd}${" ".repeat(model.variant.default ? column + 1 : column)}`;
    const added = [...forms].filter(([key]) => !variants.some((has) => has.key === key));
    for (const [key, value] of added.sort(([a], [b]) => rankOf(a) - rankOf(b))) {
      const literal = patternOf(value, { isBlock: false, pad: `${" ".repeat(column)}${PAD}`, lineEnd });
      if (literal === undefined) return NO_PATTERN;
      const before = variants.findLast(
        (has) => rankOf(has.key) < rankOf(key) || (rankOf(has.key) === -1 && rankOf(key) === -1),
      );
      const place = before === undefined ? spaceBefore(text, spanOf(first.variant).start) : spanOf(before.variant).end;
      splices.push({ start: place, end: place, text: `${lead}${variantKey(key)} ${literal}` });
    }
    return splices;
  }

  /** Takes the value or an attribute out of a message of which something stays. */
  #removePart({ entry, attribute, pattern }: Slot): Splice[] | string {
    const { text } = this.#file;
    if (attribute !== undefined) {
      const { start, end } = spanOf(attribute);
      return [{ start: spaceBefore(text, start), end, text: "" }];
    }
    if (entry.type === "Term") return "a term with attributes needs its value";
    return [{ start: spaceBefore(text, spanOf(pattern).start), end: spanOf(pattern).end, text: "" }];
  }

  /** Puts a value or an attribute into a message that the file has. */
  #addPart(
    name: string,
    id: string,
    value: Value,
    { from, after }: { from: FluentDocument; after: string | undefined },
  ): Splice[] | string {
    const { text, lineEnd } = this.#file;
    const entry = this.#byName.get(name)?.[0]?.entry;
    const source = from.#slots.get(id);
    if (entry === undefined || source === undefined) return "the source has no such text";
    const literal = this.#literal(value, source);
    if (literal === undefined) return NO_PATTERN;
    if (source.attribute === undefined) {
      const equals = text.indexOf("=", spanOf(entry.id).end) + 1;
      return [{ start: equals, end: equals, text: ` ${literal}` }];
    }
    const [sibling] = entry.attributes;
    const pad =
      sibling === undefined ? PAD : (/[^\n]*$/.exec(text.slice(0, spanOf(sibling).start).slice(-200))?.[0] ?? PAD);
    const before = after === undefined ? undefined : this.#slots.get(after);
    const head = entry.value === null ? text.indexOf("=", spanOf(entry.id).end) + 1 : spanOf(entry.value).end;
    const at = before?.entry === entry && before.attribute !== undefined ? spanOf(before.attribute).end : head;
    return [{ start: at, end: at, text: `${lineEnd}${pad}.${source.attribute.id.name} = ${literal}` }];
  }

  #literal(value: Value, { unit, argument }: Slot): string | undefined {
    const { lineEnd } = this.#file;
    if (typeof value === "string") return patternOf(value, { isBlock: false, pad: PAD, lineEnd });
    const counted = value.argument ?? (typeof unit.value === "object" ? unit.value.argument : undefined) ?? argument;
    return counted === undefined ? undefined : this.#selection(counted, value);
  }

  /** A message of the source, with the values in it and without its comment, behind a neighbour. */
  #addition(
    name: string,
    values: ReadonlyMap<string, Value>,
    from: FluentDocument,
    after: string | undefined,
  ): Splice | string {
    const slots = from.#byName.get(name) ?? [];
    const [slot] = slots;
    if (slot === undefined) return "the source has no such text";
    const splices: Splice[] = [];
    for (const part of slots) {
      const value = values.get(part.unit.id);
      if (value === undefined && part.attribute === undefined) return "the value of its message is missing";
      const outcome = value === undefined ? from.#removePart(part) : from.#set(part, value);
      if (typeof outcome === "string") return outcome;
      splices.push(...outcome);
    }
    const { end } = spanOf(slot.entry);
    const start = spanOf(slot.entry.id).start - (slot.entry.type === "Term" ? 1 : 0);
    const shifted = splices.map((splice) => ({ ...splice, start: splice.start - start, end: splice.end - start }));
    const { text, lineEnd } = this.#file;
    const copy = spliced(from.#file.text.slice(start, end), shifted).replace(/\r\n|\n/g, lineEnd);
    const neighbour = after === undefined ? undefined : this.#slots.get(after)?.entry;
    const first = this.units[0] === undefined ? undefined : this.#slots.get(this.units[0].id)?.entry;
    if (neighbour === undefined && first !== undefined) {
      const at = spanOf(first).start;
      return { start: at, end: at, text: `${copy}${lineEnd}` };
    }
    const at = neighbour === undefined ? text.length : this.#lines(spanOf(neighbour)).end;
    const isOpenLine = at > 0 && text[at - 1] !== "\n";
    // A comment directly above a message would be its own.
    const gap = neighbour === undefined && text.trim() !== "" ? lineEnd : "";
    const line = isOpenLine ? `${lineEnd}${gap}${copy}` : `${gap}${copy}${lineEnd}`;
    return { start: at, end: at, text: line };
  }

  #lines({ start, end }: { start: number; end: number }): Splice {
    const lineEnd = this.#file.text.indexOf("\n", end);
    return { start, end: lineEnd === -1 ? this.#file.text.length : lineEnd + 1, text: "" };
  }
}

const NO_PATTERN = "the text is no pattern of Fluent";

/** The stretch of a pattern with the line end before it, so that another can begin on the line of its key. */
function inlineSpan(text: string, pattern: Pattern): { start: number; end: number } {
  const { start, end } = spanOf(pattern);
  const before = spaceBefore(text, start);
  return { start: text[before] === " " ? before + 1 : before, end };
}

function spaceBefore(text: string, at: number): number {
  let start = at;
  while (start > 0 && /\s/.test(text[start - 1] ?? "")) start -= 1;
  return start;
}
