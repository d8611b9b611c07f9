/**
 * A document without keys: blocks of text between stretches that stand as they are.
 *
 * A target is read with its source, and each of its blocks gets the id of the source's block that it belongs to (`align.ts`). Values
 * are put into their place. Whole sections are added, removed and moved; where the blocks inside a section came or went,
 * the section is made anew from the source's, with the values of the target.
 */
import { CatalogError } from "@trans-hub/core/operations";
import type {
  CatalogDocument,
  Change,
  ReadOptions,
  RefusedChange,
  Span,
  Unit,
  WriteOptions,
  WrittenDocument,
} from "../contract.ts";
import { Places } from "../places.ts";
import { type Splice, spliced } from "../splice.ts";
import { encodeFile, type TextFile } from "../text-file.ts";
import { aligned } from "./align.ts";
import { type Block, type DocumentSyntax, idsOfBlocks, type ParsedDocument } from "./block.ts";
import { longestRise } from "./longest-rise.ts";
import { type Named, type Stranger, strangersIn } from "./strangers.ts";

interface Placed extends Block {
  readonly id: string;
}

/** A section of the document that is being made. */
interface Piece {
  /** The text between it and the section before it. */
  gap: string;
  text: string;
  /** The blocks in it, as they are to be read back. */
  blocks: readonly Named[];
  /** The section of the document that it is, or is made from. */
  readonly section: number | undefined;
  readonly rank: number | undefined;
}

type Adding = Extract<Change, { kind: "add" }>;

/** @throws {CatalogError} The file is no such document. */
export function readDocument(file: TextFile, syntax: DocumentSyntax, options: ReadOptions): CatalogDocument {
  const parsed = orTooDeep(options.file, () => syntax.parse(file.text, options.file));
  const source = options.source instanceof BlockDocument ? options.source : undefined;
  return new BlockDocument(file, syntax, parsed, { ...options, source });
}

function orTooDeep<Result>(file: string, work: () => Result): Result {
  try {
    return work();
  } catch (error) {
    // The parsers are recursive.
    if (error instanceof RangeError) throw new CatalogError(file, "is nested too deeply");
    throw error;
  }
}

class BlockDocument implements CatalogDocument {
  readonly isBilingual = false;
  readonly keepsUntranslatable = true;
  readonly keepsUntranslated = true;
  readonly locale: string | undefined;
  readonly units: readonly Unit[];
  readonly formerIds: ReadonlyMap<string, string>;
  readonly #file: TextFile;
  readonly #name: string;
  readonly #syntax: DocumentSyntax;
  readonly #parsed: ParsedDocument;
  readonly #source: BlockDocument | undefined;
  readonly #blocks: readonly Placed[];
  readonly #byId: ReadonlyMap<string, Placed>;
  readonly #bySection: ReadonlyMap<number, readonly Placed[]>;

  constructor(
    file: TextFile,
    syntax: DocumentSyntax,
    parsed: ParsedDocument,
    { file: name, source, known }: ReadOptions & { source: BlockDocument | undefined },
  ) {
    this.#file = file;
    this.#name = name;
    this.#syntax = syntax;
    this.#parsed = parsed;
    this.#source = source;
    const { blocks } = parsed;
    const found =
      source === undefined
        ? { ids: idsOfBlocks(blocks), formerIds: new Map<string, string>() }
        : aligned(
            source.#blocks.map((block) => ({ id: block.id, block })),
            blocks,
            known,
          );
    this.formerIds = found.formerIds;
    this.#blocks = blocks.map((block, at) => ({ ...block, id: found.ids[at] ?? "" }));
    this.#byId = new Map(this.#blocks.map((block) => [block.id, block]));
    this.#bySection = Map.groupBy(this.#blocks, ({ section }) => section);
    this.locale = parsed.locale?.value;
    const places = new Places(file.text);
    const units = this.#blocks.map((block): Unit => {
      const { id, value, isVerbatim } = block;
      // A text in the words of the source, of which nothing is remembered, waits for its translation.
      const isSources = source?.inside.byId.get(id)?.value === value && known?.idsOf(value).includes(id) !== true;
      return {
        ...{ id, value, isVerbatim, translate: true, syntax: isVerbatim ? "text" : syntax.syntax },
        ...{ state: isSources && !isVerbatim ? "new" : "translated", ...places.at(block.start) },
      };
    });
    this.units = [...(parsed.front?.document.units.filter(({ id }) => parsed.front?.ids.has(id)) ?? []), ...units];
  }

  write(changes: readonly Change[], { locale }: WriteOptions = {}): WrittenDocument {
    const refused: RefusedChange[] = [];
    const front = this.#frontWith(changes, refused);
    let open = changes.filter(({ id }) => !this.#isFront(id, changes));
    for (;;) {
      const made = this.#made(open, { front, locale });
      const wrong = made.refused.length > 0 ? [] : this.#misread(made, open);
      if (made.refused.length === 0 && wrong.length === 0) {
        return { bytes: encodeFile(this.#file, made.text), refused };
      }
      const faults = [...made.refused, ...wrong.map((id) => ({ id, reason: OTHER_STRUCTURE }))];
      refused.push(...faults);
      const ids = new Set(faults.map(({ id }) => id));
      open = open.filter(({ id }) => !ids.has(id));
    }
  }

  #isFront(id: string, changes: readonly Change[]): boolean {
    const { front } = this.#parsed;
    if (front?.ids.has(id)) return true;
    return changes.some(
      (change) => change.kind === "add" && change.id === id && sourceOf(change)?.inside.front?.ids.has(id),
    );
  }

  /** The keyed texts go through the document that they are. */
  #frontWith(changes: readonly Change[], refused: RefusedChange[]): Splice[] {
    const { front } = this.#parsed;
    const own = changes.flatMap((change): Change[] => {
      if (!this.#isFront(change.id, changes)) return [];
      if (change.kind !== "add") return change.kind === "set" ? [{ ...change, from: undefined }] : [change];
      const from = sourceOf(change)?.inside.front?.document;
      return from === undefined ? [] : [{ ...change, from }];
    });
    if (own.length === 0) return [];
    if (front === undefined) {
      refused.push(...own.map(({ id }) => ({ id, reason: "the document has no front matter" })));
      return [];
    }
    const written = front.document.write(own);
    refused.push(...written.refused);
    const text = front.unwrapped(new TextDecoder().decode(written.bytes));
    return [{ start: front.start, end: front.end, text }];
  }

  #made(
    changes: readonly Change[],
    { front, locale }: { front: readonly Splice[]; locale: string | undefined },
  ): { text: string; pieces: readonly Piece[]; refused: RefusedChange[] } {
    const refused: RefusedChange[] = [];
    const refuse = (id: string, reason: string) => refused.push({ id, reason });
    const values = new Map<string, string>();
    const adds: Adding[] = [];
    const removed = new Set<string>();
    for (const change of changes) {
      const { kind, id } = change;
      if (kind === "remove") {
        if (this.#byId.has(id)) removed.add(id);
        else refuse(id, "the file has no such text");
      } else if (typeof change.value !== "string") refuse(id, "the format has no plural forms");
      else if (kind === "add") {
        if (sourceOf(change)?.inside.byId.has(id) !== true) refuse(id, "the source has no such text");
        else if (this.#byId.has(id)) refuse(id, "the file has this text already");
        else {
          adds.push(change);
          values.set(id, change.value);
        }
      } else if (!this.#byId.has(id)) refuse(id, "the file has no such text");
      else values.set(id, change.value);
    }
    const from = (adds[0] && sourceOf(adds[0])) ?? this.#source;
    const added = new Map(adds.map((change) => [change.id, change]));
    const making = new Making(this, from, { values, removed, added, refuse, locale });
    const pieces = making.pieces();
    if (changes.length > 0 && from !== undefined) reorder(pieces);
    const { text, lineEnd } = this.#file;
    const { sections } = this.#parsed;
    const head = sections[0]?.start ?? text.length;
    const tail = sections.at(-1)?.end ?? text.length;
    const before = spliced(text.slice(0, head), front);
    const body = pieces
      .map((piece, at) => (at === 0 && head === 0 ? piece.text : `${piece.gap}${piece.text}`))
      .join("");
    const glue = sections.length === 0 && pieces.length > 0 && before !== "" && !/[\r\n]$/.test(before) ? lineEnd : "";
    return { text: `${before}${glue}${body}${text.slice(tail)}`, pieces, refused };
  }

  /** The changes after which the document would not be read as it is meant. */
  #misread({ text, pieces }: { text: string; pieces: readonly Piece[] }, changes: readonly Change[]): string[] {
    if (changes.length === 0) return [];
    const wanted = pieces.flatMap(({ blocks }) => blocks);
    const blocks = this.#blocksOf(text);
    const first = wanted.findIndex(({ kind, value }, at) => blocks?.[at]?.kind !== kind || blocks[at].value !== value);
    if (blocks !== undefined && first === -1 && blocks.length === wanted.length) return [];
    const ids = new Set(changes.map(({ id }) => id));
    const isSameShape = blocks?.length === wanted.length;
    const suspects = isSameShape
      ? wanted.flatMap(({ id, kind, value }, at) =>
          ids.has(id) && (blocks?.[at]?.kind !== kind || blocks[at].value !== value) ? [id] : [],
        )
      : wanted.slice(Math.max(0, first - 1), first + 1).flatMap(({ id }) => (ids.has(id) ? [id] : []));
    return suspects.length > 0 ? suspects : [...ids];
  }

  #blocksOf(text: string): readonly Block[] | undefined {
    try {
      return this.#syntax.parse(text, this.#name).blocks;
    } catch {
      return undefined;
    }
  }

  /** For {@link Making}, of this document and of its source. */
  get inside() {
    return {
      text: this.#file.text,
      lineEnd: this.#file.lineEnd,
      sections: this.#parsed.sections,
      front: this.#parsed.front,
      locale: this.#parsed.locale,
      blocks: this.#blocks,
      byId: this.#byId,
      bySection: this.#bySection,
      syntax: this.#syntax,
    };
  }
}

const OTHER_STRUCTURE = "the document would have other blocks with this text";

function sourceOf({ from }: Adding): BlockDocument | undefined {
  return from instanceof BlockDocument ? from : undefined;
}

interface Wanted {
  readonly values: ReadonlyMap<string, string>;
  readonly removed: ReadonlySet<string>;
  readonly added: ReadonlyMap<string, Adding>;
  /** The locale that the document says. Default: it stays. */
  readonly locale: string | undefined;
  refuse(id: string, reason: string): void;
}

/** Makes the sections of a document with changes. */
class Making {
  readonly #target: BlockDocument["inside"];
  readonly #source: BlockDocument["inside"] | undefined;
  readonly #wanted: Wanted;
  readonly #pieces: Piece[];

  constructor(target: BlockDocument, source: BlockDocument | undefined, wanted: Wanted) {
    this.#target = target.inside;
    this.#source = source?.inside;
    this.#wanted = wanted;
    this.#pieces = this.#target.sections.map((_, section) => this.#present(section));
  }

  pieces(): Piece[] {
    const { removed, added } = this.#wanted;
    const { bySection } = this.#target;
    for (const [at, piece] of [...this.#pieces.entries()].reverse()) {
      const blocks = bySection.get(piece.section ?? -1) ?? [];
      const gone = blocks.filter(({ id }) => removed.has(id));
      if (gone.length > 0 && gone.length === blocks.length) this.#drop(at);
      else if (gone.length > 0) this.#rebuild(at, gone[0]?.id ?? "");
    }
    const done = new Set<number>();
    for (const { id, after } of added.values()) {
      const section = this.#source?.byId.get(id)?.section;
      if (section === undefined || done.has(section)) continue;
      done.add(section);
      const own = new Set(this.#source?.bySection.get(section)?.map((block) => block.id));
      const present = this.#pieces.findIndex(({ blocks }) => blocks.some((block) => own.has(block.id)));
      if (present !== -1) this.#rebuild(present, id);
      else this.#insert(section, after, id);
    }
    return this.#pieces;
  }

  #present(section: number): Piece {
    const { text, sections, bySection, syntax, lineEnd } = this.#target;
    const { start, end } = sections[section] as Span;
    const blocks = bySection.get(section) ?? [];
    const splices = this.#localeSplices(this.#target, section);
    const read = blocks.map(({ id, kind, ...block }) => {
      const value = this.#wanted.values.get(id);
      if (value === undefined || value === block.value) return { id, kind, value: block.value };
      const literal = syntax.literal(value, { kind, ...block }, lineEnd);
      if (literal === undefined) this.#wanted.refuse(id, OTHER_STRUCTURE);
      else splices.push({ start: block.start - start, end: block.end - start, text: literal });
      return { id, kind, value };
    });
    const before = sections[section - 1]?.end;
    const gap = before === undefined ? "" : text.slice(before, start);
    return { gap, text: spliced(text.slice(start, end), splices), blocks: read, section, rank: this.#rankOf(blocks) };
  }

  /** A section of the source says the target's locale. */
  #localeSplices({ locale: says, sections }: BlockDocument["inside"], section: number): Splice[] {
    const locale = this.#wanted.locale ?? this.#target.locale?.value;
    const span = sections[section];
    if (says === undefined || span === undefined || locale === undefined || says.value === locale) return [];
    if (says.start < span.start || says.end > span.end) return [];
    return [{ start: says.start - span.start, end: says.end - span.start, text: locale }];
  }

  #rankOf(blocks: readonly { id: string }[]): number | undefined {
    for (const { id } of blocks) {
      const found = this.#source?.byId.get(id)?.section;
      if (found !== undefined) return found;
    }
    return undefined;
  }

  /** The gap that is the wider one stays, so that what stood apart is not joined. */
  #drop(at: number): void {
    const [gone] = this.#pieces.splice(at, 1);
    const next = this.#pieces[at];
    if (gone !== undefined && next !== undefined) next.gap = at === 0 ? "" : wider(gone.gap, next.gap);
  }

  /** Makes a section anew from the source's, with the values of the target. */
  #rebuild(at: number, culprit: string): void {
    const piece = this.#pieces[at];
    const section = piece?.rank;
    const { removed, added } = this.#wanted;
    const blocks = section === undefined ? undefined : this.#source?.bySection.get(section);
    const own = piece?.blocks.filter(({ id }) => !removed.has(id)) ?? [];
    const strangers =
      blocks &&
      strangersIn({
        own,
        target: this.#target.byId,
        targetText: this.#target.text,
        source: new Map(blocks.map((block) => [block.id, block])),
      });
    if (piece === undefined || section === undefined || strangers === undefined) {
      this.#wanted.refuse(culprit, "its block holds texts that the source has not, or stands in several blocks");
      return;
    }
    const present = new Map(own.map(({ id, value }) => [id, value]));
    const copy = this.#copy(section, (id) => present.get(id) ?? added.get(id)?.value, strangers);
    if (copy === undefined) return;
    piece.text = copy.text;
    piece.blocks = copy.blocks;
  }

  #insert(section: number, after: string | undefined, culprit: string): void {
    const copy = this.#copy(section, (id) => this.#wanted.added.get(id)?.value);
    const source = this.#source;
    if (copy === undefined || source === undefined) return;
    const gapBefore = (at: number) => {
      const [before, own] = [source.sections[at - 1], source.sections[at]];
      if (before === undefined || own === undefined) return undefined;
      return source.text.slice(before.end, own.start).replace(/\r\n|\n|\r/g, this.#target.lineEnd);
    };
    const behind =
      after === undefined || source.front?.ids.has(after)
        ? -1
        : this.#pieces.findLastIndex(({ blocks }) => blocks.some(({ id }) => id === after));
    if (after !== undefined && behind === -1 && !source.front?.ids.has(after)) {
      this.#wanted.refuse(culprit, "its place is not known");
      return;
    }
    const twoLines = this.#target.lineEnd.repeat(2);
    const gap = behind === -1 ? "" : (gapBefore(section) ?? twoLines);
    const next = this.#pieces[behind + 1];
    if (next !== undefined) next.gap = wider(next.gap, gapBefore(section + 1) ?? twoLines);
    this.#pieces.splice(behind + 1, 0, { ...copy, gap, section: undefined, rank: section });
  }

  /** A section of the source with other values in it. */
  #copy(
    section: number,
    valueFor: (id: string) => unknown,
    strangers: readonly Stranger[] = [],
  ): Pick<Piece, "text" | "blocks"> | undefined {
    const source = this.#source;
    const span = source?.sections[section];
    if (source === undefined || span === undefined) return undefined;
    const splices = this.#localeSplices(source, section);
    const placed = strangers.map(({ blocks, at }) => ({ at, blocks }));
    for (const { at, text } of strangers) splices.push({ start: at - span.start, end: at - span.start, text });
    for (const { id, kind, ...block } of source.bySection.get(section) ?? []) {
      // A text without a value stands in the source's language.
      const found = valueFor(id);
      const value = typeof found === "string" ? found : block.value;
      placed.push({ at: block.start, blocks: [{ id, kind, value }] });
      if (value === block.value) continue;
      const literal = source.syntax.literal(value, { kind, ...block }, source.lineEnd);
      if (literal === undefined) {
        this.#wanted.refuse(id, OTHER_STRUCTURE);
        return undefined;
      }
      splices.push({ start: block.start - span.start, end: block.end - span.start, text: literal });
    }
    const copy = spliced(source.text.slice(span.start, span.end), splices);
    const blocks = placed.sort((one, other) => one.at - other.at).flatMap((each) => each.blocks);
    return { text: copy.replace(/\r\n|\n|\r/g, this.#target.lineEnd), blocks };
  }
}

function wider(one: string, other: string): string {
  return lines(other) > lines(one) ? other : one;
}

function lines(text: string): number {
  return text.split(/\r\n|\n|\r/).length;
}

/** Puts the sections into the order of the source's. As few as possible are moved. */
function reorder(pieces: Piece[]): void {
  const standing = new Set(longestRise(pieces.map(({ rank }) => rank)));
  const moved = pieces.filter(({ rank }, at) => rank !== undefined && !standing.has(at) && !isRepeated(pieces, at));
  // A piece that is still to be moved says nothing about the place of another.
  const waiting = new Set(moved);
  for (const piece of moved) {
    waiting.delete(piece);
    const from = pieces.indexOf(piece);
    const next = pieces[from + 1];
    pieces.splice(from, 1);
    if (next !== undefined) next.gap = from === 0 ? "" : wider(piece.gap, next.gap);
    const behind = pieces.findLastIndex(
      (other) => !waiting.has(other) && other.rank !== undefined && other.rank < (piece.rank ?? 0),
    );
    const follower = pieces[behind + 1];
    if (behind === -1) {
      if (follower !== undefined) follower.gap = piece.gap || "\n\n";
      piece.gap = "";
    } else if (piece.gap === "") piece.gap = follower?.gap || "\n\n";
    pieces.splice(behind + 1, 0, piece);
  }
}

/** Whether the source has in one section what stands in several here. */
function isRepeated(pieces: readonly Piece[], at: number): boolean {
  return pieces.some(({ rank }, other) => other !== at && rank === pieces[at]?.rank);
}
