/**
 * gettext's PO and POT: source and target in one file, plural forms counted by the file's own `Plural-Forms`.
 *
 * Comments, references and obsolete entries (`#~`) stay; of a text that comes back, the obsolete entry goes. The id of a text is its `msgctxt` and `msgid`, joined by U+0004 as
 * gettext's own MO files join them.
 */
import { type GettextPlurals, readPluralForms, type TextFormat } from "@trans-hub/core/engine";
import { CatalogError } from "@trans-hub/core/operations";
import type {
  CatalogDocument,
  Change,
  Format,
  RefusedChange,
  Unit,
  UnitState,
  Value,
  WriteOptions,
  WrittenDocument,
} from "../contract.ts";
import { Places } from "../places.ts";
import { anchors, type Splice, spliced } from "../splice.ts";
import { decodeFile, encodeFile, type TextFile } from "../text-file.ts";
import { type Folding, toLiterals } from "./literal.ts";
import { obsoleteEntries } from "./obsolete.ts";
import { pluralFormsFor } from "./plural-forms.ts";
import { type Field, type PoEntry, readEntries } from "./read.ts";

export const gettextPo: Format = {
  name: "gettext-po",
  layout: "bilingual",
  read(bytes, { file, syntax }): CatalogDocument {
    const source = decodeFile(bytes, { file, format: "gettext-po" });
    const places = new Places(source.text);
    const entries = [...readEntries(file, source.text, places)];
    const header = entries.find(isHeader);
    const charset = /charset=([^\s;]+)/i.exec(header?.strings.get(0)?.text ?? "")?.[1];
    if (charset !== undefined && !/^(?:utf-?8|us-ascii|ascii|CHARSET)$/i.test(charset)) {
      throw new CatalogError(file, "says a charset other than UTF-8", {
        ...places.at(header?.strings.get(0)?.start ?? 0),
        hint: "Convert it with: msgconv --to-code=UTF-8",
      });
    }
    return new PoDocument(source, places, entries, syntax);
  },
};

/** The field of the header, as the header's text holds it. */
function headerField(header: PoEntry | undefined, name: string): string | undefined {
  const text = header?.strings.get(0)?.text ?? "";
  return new RegExp(`^${name}:[ \\t]*(.*)$`, "im").exec(text)?.[1]?.trim();
}

function isHeader({ context, id }: PoEntry): boolean {
  return context === undefined && id.text === "";
}

function idOf({ context, id }: PoEntry): string {
  return context === undefined ? id.text : `${context.text}\u0004${id.text}`;
}

/** By the flag that xgettext and its kin set: `python-format`, `c-format` and so on are of printf's kind. */
function syntaxOf({ flags }: PoEntry): TextFormat {
  const names = flags?.names ?? [];
  return names.some((name) =>
    /^(?:c|objc|python|php|perl|sh|lua|pascal|ruby|tcl|gcc-internal|boost)-format$/.test(name),
  )
    ? "printf"
    : "auto";
}

class PoDocument implements CatalogDocument {
  readonly locale: string | undefined;
  readonly isBilingual = true;
  readonly keepsUntranslatable = true;
  readonly plurals: GettextPlurals | undefined;
  readonly units: readonly Unit[];
  readonly #file: TextFile;
  readonly #header: PoEntry | undefined;
  readonly #entries: ReadonlyMap<string, PoEntry>;
  readonly #folding: Folding;

  constructor(file: TextFile, places: Places, entries: readonly PoEntry[], syntax: Unit["syntax"] | undefined) {
    this.#file = file;
    this.#header = entries.find(isHeader);
    const language = headerField(this.#header, "Language") ?? "";
    this.locale = language === "" ? undefined : language;
    this.plurals = readPluralForms(headerField(this.#header, "Plural-Forms") ?? "");
    // Of two entries with one id, msgfmt refuses the file; the first is read.
    const byId = new Map<string, PoEntry>();
    for (const entry of entries) if (!isHeader(entry) && !byId.has(idOf(entry))) byId.set(idOf(entry), entry);
    this.#entries = byId;
    this.units = [...byId].map(([id, entry]): Unit => {
      const isFuzzy = entry.flags?.names.includes("fuzzy") ?? false;
      const value = valueOfEntry(entry);
      return {
        ...{ id, value, source: sourceOf(entry), syntax: syntax ?? syntaxOf(entry), translate: true },
        ...(entry.notes.length > 0 && { note: entry.notes.join("\n") }),
        ...(entry.context !== undefined && { context: entry.context.text }),
        state: value === undefined ? "new" : isFuzzy ? "needs-review" : "translated",
        ...places.at(entry.strings.get(0)?.start ?? entry.start),
      };
    });
    this.#folding = { lineEnd: file.lineEnd, width: widthOf(file.text) };
  }

  pluralsFor(locale: string): GettextPlurals | undefined {
    return readPluralForms(pluralFormsFor(locale));
  }

  write(changes: readonly Change[], { locale }: WriteOptions = {}): WrittenDocument {
    const splices: Splice[] = [];
    const refused: RefusedChange[] = [];
    const adds = changes.filter((change) => change.kind === "add");
    const anchorOf = anchors(adds, (id) => this.#entries.has(id));
    const plurals = locale === undefined ? this.plurals : readPluralForms(pluralFormsFor(locale));
    if (locale !== undefined) splices.push(...this.#headerFor(locale));
    const added = new Set<string>();
    for (const change of changes) {
      const entry = this.#entries.get(change.id);
      if (change.kind === "add") {
        const from = change.from instanceof PoDocument ? change.from : undefined;
        const source = from === undefined ? undefined : from.#entries.get(change.id);
        if (from === undefined || source === undefined) {
          refused.push({ id: change.id, reason: "the source has no such text" });
        } else if (entry !== undefined) refused.push({ id: change.id, reason: "the file has this text already" });
        else {
          splices.push(this.#addition(from, source, change, anchorOf(change.after)));
          added.add(change.id);
        }
      } else if (entry === undefined) refused.push({ id: change.id, reason: "the file has no such text" });
      else if (change.kind === "remove")
        splices.push({ start: entry.start, end: this.#blankAfter(entry.end), text: "" });
      else {
        const outcome = this.#set(entry, change.value, change.state, plurals);
        if (typeof outcome === "string") refused.push({ id: change.id, reason: outcome });
        else splices.push(...outcome);
      }
    }
    if (added.size > 0) splices.push(...this.#withoutObsolete(added));
    return { bytes: encodeFile(this.#file, spliced(this.#file.text, splices)), refused };
  }

  /** msgfmt refuses a file that has a text both obsolete and not. */
  #withoutObsolete(added: ReadonlySet<string>): Splice[] {
    const { text } = this.#file;
    if (!text.includes("#~")) return [];
    return [...obsoleteEntries(text)]
      .filter(({ id }) => added.has(id))
      .map(({ start, end }) => ({ start, end: this.#blankAfter(end), text: "" }));
  }

  #set(
    entry: PoEntry,
    value: Value,
    state: UnitState | undefined,
    plurals: GettextPlurals | undefined,
  ): Splice[] | string {
    const isFamily = entry.idPlural !== undefined;
    if (isFamily !== (typeof value === "object")) {
      return isFamily ? "the text has plural forms in the file" : "the text has no plural forms in the file";
    }
    const wanted = typeof value === "string" ? new Map([[0, value]]) : indexed(value.forms, plurals);
    if (wanted === undefined) return "the file's Plural-Forms has no such form";
    const keyword = (index: number) => (isFamily ? `msgstr[${index}]` : "msgstr");
    const splices: Splice[] = [];
    const fields = [...entry.strings].sort(([a], [b]) => a - b);
    for (const [index, field] of fields) {
      const text = wanted.get(index);
      if (text === undefined) splices.push(this.#lineOf(field));
      else if (text !== field.text) {
        splices.push({ start: field.start, end: field.end, text: toLiterals(text, keyword(index), this.#folding) });
      }
    }
    const lines = [...wanted]
      .filter(([index]) => !entry.strings.has(index))
      .sort(([a], [b]) => a - b)
      .map(([index, text]) => `${keyword(index)} ${toLiterals(text, keyword(index), this.#folding)}`);
    if (lines.length > 0) {
      const isOpenLine = !/[\r\n]/.test(this.#file.text[entry.end - 1] ?? "");
      const { lineEnd } = this.#file;
      const text = isOpenLine
        ? lines.map((line) => `${lineEnd}${line}`).join("")
        : lines.map((line) => `${line}${lineEnd}`).join("");
      splices.push({ start: entry.end, end: entry.end, text });
    }
    return [...splices, ...this.#stateOf(entry, state)];
  }

  /** The flag `fuzzy` is set for a value that needs review; a translated one loses it, with the text that it was made from. */
  #stateOf({ flags, previous, start, context, id }: PoEntry, state: UnitState | undefined): Splice[] {
    if (state === undefined) return [];
    const { lineEnd, text } = this.#file;
    const isFuzzy = flags?.names.includes("fuzzy") ?? false;
    if (state === "needs-review") {
      if (isFuzzy) return [];
      if (flags !== undefined) return [{ ...spanOf(flags), text: `#, ${["fuzzy", ...flags.names].join(", ")}` }];
      const at = text.lastIndexOf("msg", (context ?? id).start);
      return [{ start: Math.max(at, start), end: Math.max(at, start), text: `#, fuzzy${lineEnd}` }];
    }
    if (!isFuzzy || flags === undefined) return [];
    const names = flags.names.filter((name) => name !== "fuzzy");
    const line: Splice =
      names.length > 0
        ? { ...spanOf(flags), text: `#, ${names.join(", ")}` }
        : { start: flags.start, end: this.#lineEndAfter(flags.end), text: "" };
    return [line, ...previous.map((span) => ({ ...spanOf(span), text: "" }))];
  }

  #addition(
    from: PoDocument,
    source: PoEntry,
    change: Extract<Change, { kind: "add" }>,
    after: string | undefined,
  ): Splice {
    const outcome = from.#set(source, change.value, change.state ?? "translated", this.plurals);
    const splices = typeof outcome === "string" ? [] : outcome;
    const shifted = splices.map((splice) => ({
      ...splice,
      start: splice.start - source.start,
      end: splice.end - source.start,
    }));
    const { lineEnd, text } = this.#file;
    const copy = spliced(from.#file.text.slice(source.start, source.end), shifted)
      .trimEnd()
      .replace(/\r\n|\n|\r/g, lineEnd);
    const neighbour = after === undefined ? this.#header : this.#entries.get(after);
    const at = neighbour?.end ?? 0;
    if (at === 0) return { start: 0, end: 0, text: `${copy}${lineEnd}${text === "" ? "" : lineEnd}` };
    const isOpenLine = !/[\r\n]/.test(text[at - 1] ?? "");
    return { start: at, end: at, text: `${isOpenLine ? lineEnd : ""}${lineEnd}${copy}${lineEnd}` };
  }

  /** `Language` and `Plural-Forms` of the header; a file without a header gets none. */
  #headerFor(locale: string): Splice[] {
    const field = this.#header?.strings.get(0);
    if (this.#header === undefined || field === undefined) return [];
    const wanted = { Language: locale.replaceAll("-", "_"), "Plural-Forms": pluralFormsFor(locale) };
    let { text } = field;
    for (const [name, value] of Object.entries(wanted)) {
      const line = new RegExp(`^${name}:.*$`, "im");
      if (line.test(text)) text = text.replace(line, () => `${name}: ${value}`);
      else if (name === "Language" || this.#hasPlurals())
        text += `${text === "" || text.endsWith("\n") ? "" : "\n"}${name}: ${value}\n`;
    }
    const splices: Splice[] = [];
    if (text !== field.text) {
      splices.push({
        ...spanOf(field),
        text: toLiterals(text, "msgstr", { ...this.#folding, width: Number.POSITIVE_INFINITY }),
      });
    }
    // xgettext marks the header of a template.
    return [...splices, ...this.#stateOf(this.#header, "translated")];
  }

  #hasPlurals(): boolean {
    return [...this.#entries.values()].some(({ idPlural }) => idPlural !== undefined);
  }

  /** The whole line or lines of a form that the language has not. */
  #lineOf({ start, end }: Field): Splice {
    const { text } = this.#file;
    let lineStart = start;
    while (lineStart > 0 && !/[\r\n]/.test(text[lineStart - 1] ?? "")) lineStart -= 1;
    return { start: lineStart, end: this.#lineEndAfter(end), text: "" };
  }

  #lineEndAfter(at: number): number {
    const rest = /[ \t]*(?:\r\n|\n|\r)?/y;
    rest.lastIndex = at;
    rest.exec(this.#file.text);
    return rest.lastIndex;
  }

  /** Past the blank lines that part an entry from the next. */
  #blankAfter(at: number): number {
    const blank = /(?:[ \t]*(?:\r\n|\n|\r))*/y;
    blank.lastIndex = at;
    blank.exec(this.#file.text);
    return blank.lastIndex;
  }
}

function spanOf({ start, end }: { start: number; end: number }): { start: number; end: number } {
  return { start, end };
}

function sourceOf({ id, idPlural }: PoEntry): Value {
  if (idPlural === undefined) return id.text;
  return {
    forms: new Map([
      ["one", id.text],
      ["other", idPlural.text],
    ]),
  };
}

/** Undefined: the text is not translated, or not all of its forms are. */
function valueOfEntry({ idPlural, strings }: PoEntry): Value | undefined {
  const texts = [...strings].sort(([a], [b]) => a - b);
  if (texts.some(([, { text }]) => text === "")) return undefined;
  if (idPlural === undefined) return strings.get(0)?.text;
  return { forms: new Map(texts.map(([index, { text }]) => [String(index), text])) };
}

/** The forms by index. Undefined: the file counts otherwise. */
function indexed(
  forms: ReadonlyMap<string, string>,
  plurals: GettextPlurals | undefined,
): Map<number, string> | undefined {
  const byIndex = new Map([...forms].map(([key, text]) => [Number(key), text]));
  const count = plurals?.forms.length ?? byIndex.size;
  if ([...byIndex.keys()].some((index) => !Number.isInteger(index) || index >= count)) return undefined;
  return byIndex;
}

/** The columns of gettext's own tools. */
const GETTEXT_WIDTH = 79;

/** The greatest width of a folded line; infinite where lines are longer than any tool folds. */
function widthOf(text: string): number {
  const isLong = /^[ \t]*(?:msg\w+(?:\[\d+\])? )?"[^"\r\n]{0,200} [^"\r\n]{90,}"[ \t]*$/m.test(text);
  return isLong ? Number.POSITIVE_INFINITY : GETTEXT_WIDTH;
}
