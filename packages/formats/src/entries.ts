/** The document of a file that is a list of entries, one value each: properties, strings, and their like. */
import type { CatalogDocument, Change, RefusedChange, Unit, Value, WrittenDocument } from "./contract.ts";
import { anchors, type Splice, spliced } from "./splice.ts";
import { encodeFile, type TextFile } from "./text-file.ts";

/** One entry, with its places in the text. */
export interface Entry {
  readonly unit: Unit;
  /** The stretch that holds the value, as an escaped literal. */
  readonly value: { readonly start: number; readonly end: number };
  /** Everything that goes with the entry: remarks above, key, value, line end. Entries are apart and in order. */
  readonly start: number;
  readonly end: number;
  /** The text of the entry before its value, as a new entry begins: key and separator. */
  readonly head: string;
  /** The text of the entry behind its value, without the line end: a closing quote. Empty: none. */
  readonly tail: string;
  /** The value as it stands in its file, where a new one in another file follows its habits. */
  readonly literal?: string | undefined;
}

/** A new entry that is to be written. */
export interface EntryChange {
  /** The entry of the source document. */
  readonly from: Entry;
  readonly value: string;
}

export interface EntryWriter {
  /** A value as it stands in this file. */
  literal(value: string, present: Entry): string;
  /** The text of a new entry, without line end. */
  added(change: EntryChange): string;
  /** Why a value cannot stand in this file. Default: each can. */
  refuses?(value: string): string | undefined;
  /** Where the first entry of a file without entries goes. Default: to the end. */
  readonly front?: number | undefined;
  /** See {@link CatalogDocument.keepsUntranslatable}. Default: true. */
  readonly keepsUntranslatable?: boolean | undefined;
}

class EntriesDocument implements CatalogDocument {
  readonly locale = undefined;
  readonly isBilingual = false;
  readonly keepsUntranslatable: boolean;
  readonly units: readonly Unit[];
  readonly #file: TextFile;
  readonly #writer: EntryWriter;
  readonly #entries: ReadonlyMap<string, Entry>;

  constructor(file: TextFile, entries: readonly Entry[], writer: EntryWriter) {
    this.#file = file;
    this.#writer = writer;
    this.keepsUntranslatable = writer.keepsUntranslatable ?? true;
    this.#entries = new Map(entries.map((entry) => [entry.unit.id, entry]));
    this.units = [...this.#entries.values()].map(({ unit }) => unit);
  }

  write(changes: readonly Change[]): WrittenDocument {
    const splices: Splice[] = [];
    const refused: RefusedChange[] = [];
    const refuse = (id: string, reason: string) => refused.push({ id, reason });
    const added = new Set<string>();
    const adds = changes.filter((change) => change.kind === "add");
    const anchorOf = anchors(adds, (id) => this.#entries.has(id));
    const gone = new Set(changes.flatMap((change) => (change.kind === "remove" ? [change.id] : [])));
    for (const change of changes) {
      const entry = this.#entries.get(change.id);
      if (change.kind === "add") {
        const from = change.from instanceof EntriesDocument ? change.from.#entries.get(change.id) : undefined;
        if (from === undefined) refuse(change.id, "the source has no such text");
        else if ((entry !== undefined && !gone.has(change.id)) || added.has(change.id)) {
          refuse(change.id, "the file has this text already");
        } else {
          const value = this.#textOf(change, refuse);
          if (value === undefined) continue;
          added.add(change.id);
          splices.push(this.#add({ from, value }, anchorOf(change.after)));
        }
      } else if (entry === undefined) refuse(change.id, "the file has no such text");
      else if (change.kind === "remove") splices.push({ start: entry.start, end: entry.end, text: "" });
      else {
        const value = this.#textOf(change, refuse);
        if (value === undefined || value === entry.unit.value) continue;
        splices.push({ ...entry.value, text: this.#writer.literal(value, entry) });
      }
    }
    return { bytes: encodeFile(this.#file, spliced(this.#file.text, splices)), refused };
  }

  /** The value of a change, if it can stand in this file. */
  #textOf(
    { id, value }: { id: string; value: Value },
    refuse: (id: string, reason: string) => void,
  ): string | undefined {
    const problem = typeof value === "string" ? this.#writer.refuses?.(value) : "the format has no plural forms";
    if (problem !== undefined) refuse(id, problem);
    return problem === undefined && typeof value === "string" ? value : undefined;
  }

  #add(change: EntryChange, after: string | undefined): Splice {
    const { text, lineEnd } = this.#file;
    const neighbour = after === undefined ? undefined : this.#entries.get(after);
    const [first] = this.#entries.values();
    const at = neighbour?.end ?? first?.start ?? this.#writer.front ?? text.length;
    const isOpenLine = at > 0 && !/[\r\n]/.test(text[at - 1] ?? "");
    const line = this.#writer.added(change);
    return { start: at, end: at, text: isOpenLine ? `${lineEnd}${line}` : `${line}${lineEnd}` };
  }
}

/** Of entries with one id, the last counts, as it does for programs that read such files; the others stay untouched. */
export function entriesDocument(file: TextFile, entries: readonly Entry[], writer: EntryWriter): CatalogDocument {
  return new EntriesDocument(file, entries, writer);
}
