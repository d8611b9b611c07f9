/**
 * Finds which text of a source each block of its target belongs to.
 *
 * 0. Where nobody edited either document since the last run, the pairs are those of that run (`at-rest.ts`).
 * 1. A block whose value is remembered under an id, or that stands in both documents as it is, belongs to that id: an anchor. Equal
 *    texts are told apart by their order.
 * 2. Between two anchors that follow each other in both documents, blocks of one kind are paired in order. A remembered id
 *    without its value (a person edited it) goes with an unknown block, a new text with a block whose text is gone.
 * 3. The ids and unknown blocks that are left are paired wherever they stand: their neighbours moved. Any other block is none of
 *    the source.
 */
import type { KnownValues } from "../contract.ts";
import { hasOneSection, pairsAtRest, push } from "./at-rest.ts";
import { type Block, idsOfBlocks, textIdOf } from "./block.ts";
import { longestRise } from "./longest-rise.ts";

export interface Alignment {
  /** The id of each block of the target. */
  readonly ids: readonly string[];
  /** The id under which the value of a unit is remembered, by its present id. */
  readonly formerIds: ReadonlyMap<string, string>;
}

interface SourceBlock {
  readonly id: string;
  readonly block: Block;
}

/** Above this many pairs to compare, the blocks of a gap are paired by their order alone. */
const MOST_COMPARED = 250_000;

export function aligned(
  source: readonly SourceBlock[],
  target: readonly Block[],
  known: KnownValues | undefined,
): Alignment {
  return new Aligner(source, target, known).run();
}

class Aligner {
  readonly #source: readonly SourceBlock[];
  readonly #target: readonly Block[];
  readonly #known: KnownValues | undefined;
  /** The index in the source of each block of the target. */
  readonly #pairs: (number | undefined)[];
  readonly #taken = new Set<number>();
  /** The remembered ids whose value each block of the target has. */
  readonly #remembered: readonly (readonly string[])[];
  readonly #claimed = new Map<number, string>();

  constructor(source: readonly SourceBlock[], target: readonly Block[], known: KnownValues | undefined) {
    this.#source = source;
    this.#target = target;
    this.#known = known;
    this.#pairs = target.map(() => undefined);
    this.#remembered = target.map(({ value, kind }) =>
      (known?.idsOf(value) ?? []).filter((id) => id.startsWith(`${kind}:`)),
    );
  }

  run(): Alignment {
    const [source, target, remembered] = [this.#source, this.#target, this.#remembered];
    const pairs = this.#known && pairsAtRest({ source, target, remembered, known: this.#known.ids });
    if (pairs === undefined) this.#alignEdited();
    else for (const [of, at] of pairs.entries()) this.#pair(at, of);
    return this.#named();
  }

  #alignEdited(): void {
    this.#anchor();
    const anchors = longestRise(this.#pairs).map((at) => ({ target: at, source: this.#pairs[at] as number }));
    let [fromTarget, fromSource] = [0, 0];
    for (const { target, source } of [...anchors, { target: this.#target.length, source: this.#source.length }]) {
      this.#pairGap(
        range(fromTarget, target).filter((at) => this.#pairs[at] === undefined),
        range(fromSource, source).filter((at) => !this.#taken.has(at)),
      );
      [fromTarget, fromSource] = [target + 1, source + 1];
    }
    // A value that is lost, and a block of unknown words: a person edited it, and its neighbours moved.
    const unknown = [...this.#target.keys()].filter(
      (at) => this.#pairs[at] === undefined && !this.#remembered[at]?.length,
    );
    const lost = [...this.#source.keys()].filter((at) => !this.#taken.has(at) && this.#isKnown(at));
    this.#pairGap(unknown, lost);
    this.#pairEditedOnBothSides();
  }

  /**
   * A text and a value of one kind that are new, where neither document has the text and the value that are remembered: both were
   * edited, and their neighbours moved. Where more values are new than that, one of them may be a translator's own.
   */
  #pairEditedOnBothSides(): void {
    const standing = new Set([...this.#source.map(({ id }) => id), ...this.#remembered.flat()]);
    const lost = Map.groupBy(
      [...(this.#known?.ids ?? [])].filter((id) => !standing.has(id)),
      kindOf,
    );
    for (const [kind, ids] of lost) {
      const values = [...this.#target.keys()].filter(
        (at) => this.#target[at]?.kind === kind && this.#pairs[at] === undefined && !this.#remembered[at]?.length,
      );
      const texts = [...this.#source.keys()].filter(
        (at) => this.#source[at]?.block.kind === kind && !this.#taken.has(at),
      );
      if (values.length <= ids.length) this.#pairGap(values, texts);
    }
  }

  #pair(target: number, source: number): void {
    this.#pairs[target] = source;
    this.#taken.add(source);
  }

  /** Equal texts are paired in their order, first with those whose neighbour before is paired as well. */
  #anchor(): void {
    const places = new Map<string, number[]>();
    for (const [at, { id }] of this.#source.entries()) push(places, textIdOf(id), at);
    const own = idsOfBlocks(this.#target).map(textIdOf);
    const candidates = this.#target.map((_, at) => {
      const ids = new Set((this.#remembered[at] ?? []).map(textIdOf));
      if (ids.size === 0) ids.add(own[at] ?? "");
      return [...ids].flatMap((id) => places.get(id) ?? []);
    });
    const repeated: number[] = [];
    for (const [at, found] of candidates.entries()) {
      const [only, other] = found;
      if (only !== undefined && other === undefined && !this.#taken.has(only)) this.#pair(at, only);
      else if (other !== undefined) repeated.push(at);
    }
    this.#pairAsRemembered(repeated);
    const rest = this.#byNeighbour(this.#byNeighbour(repeated, candidates, -1).reverse(), candidates, 1).reverse();
    for (const at of rest) {
      if (this.#pairs[at] !== undefined) continue;
      const free = (candidates[at] ?? []).filter((source) => !this.#taken.has(source));
      const low = this.#pairs.findLast((source, before) => before < at && source !== undefined) ?? -1;
      const chosen = free.find((source) => source > low) ?? free[0];
      if (chosen !== undefined) this.#pair(at, chosen);
    }
  }

  /**
   * Equal texts of which none came or went keep their numbers where a document has one section. Its blocks are never moved, so the
   * neighbours of a block may be those of another place in the source.
   */
  #pairAsRemembered(repeated: readonly number[]): void {
    if (!hasOneSection({ source: this.#source })) return;
    const places = new Map(this.#source.map(({ id }, at) => [id, at]));
    const counted = (ids: Iterable<string>) => Map.groupBy(ids, textIdOf);
    const [now, before] = [counted(places.keys()), counted(this.#known?.ids ?? [])];
    for (const at of repeated) {
      const [id, ...others] = this.#remembered[at] ?? [];
      if (id === undefined || others.length > 0) continue;
      const text = textIdOf(id);
      const source = places.get(id);
      if (source === undefined || this.#taken.has(source)) continue;
      if (now.get(text)?.length === before.get(text)?.length) this.#pair(at, source);
    }
  }

  /** Pairs the blocks beside a pair with the source's texts beside it. Returns those that have no such place. */
  #byNeighbour(blocks: readonly number[], candidates: readonly (readonly number[])[], step: 1 | -1): number[] {
    return blocks.filter((at) => {
      if (this.#pairs[at] !== undefined) return true;
      const neighbour = this.#pairs[at + step];
      const isEdge = at + step < 0 || at + step >= this.#target.length;
      const wanted = isEdge ? (step < 0 ? 0 : this.#source.length - 1) : (neighbour ?? Number.NaN) - step;
      if (!candidates[at]?.includes(wanted) || this.#taken.has(wanted)) return true;
      this.#pair(at, wanted);
      return false;
    });
  }

  /** Pairs the blocks between two anchors, in order, so that the sum of their likenesses is the largest. */
  #pairGap(target: readonly number[], source: readonly number[]): void {
    if (target.length === 0 || source.length === 0) return;
    if (target.length * source.length > MOST_COMPARED) this.#pairInOrder(target, source);
    else this.#pairByLikeness(target, source);
  }

  #pairByLikeness(target: readonly number[], source: readonly number[]): void {
    const width = source.length + 1;
    const best = new Float64Array((target.length + 1) * width);
    const at = (row: number, column: number) => best[row * width + column] ?? 0;
    const likeness = new Float64Array(target.length * source.length);
    for (let row = target.length - 1; row >= 0; row -= 1) {
      for (let column = source.length - 1; column >= 0; column -= 1) {
        const like = this.#likeness(target[row] ?? 0, source[column] ?? 0);
        likeness[row * source.length + column] = like;
        const paired = like > 0 ? like + at(row + 1, column + 1) : 0;
        best[row * width + column] = Math.max(paired, at(row + 1, column), at(row, column + 1));
      }
    }
    let [row, column] = [0, 0];
    while (row < target.length && column < source.length) {
      const like = likeness[row * source.length + column] ?? 0;
      if (like > 0 && at(row, column) === like + at(row + 1, column + 1)) {
        this.#pair(target[row] ?? 0, source[column] ?? 0);
        row += 1;
        column += 1;
      } else if (at(row, column) === at(row + 1, column)) row += 1;
      else column += 1;
    }
  }

  #pairInOrder(target: readonly number[], source: readonly number[]): void {
    let from = 0;
    for (const at of target) {
      for (let next = from; next < Math.min(source.length, from + 100); next += 1) {
        if (this.#likeness(at, source[next] ?? 0) === 0) continue;
        this.#pair(at, source[next] ?? 0);
        from = next + 1;
        break;
      }
    }
  }

  /** 0: the two are no pair. */
  #likeness(target: number, source: number): number {
    const block = this.#target[target];
    const other = this.#source[source];
    if (block === undefined || other === undefined || block.kind !== other.block.kind) return 0;
    const isRemembered = (this.#remembered[target]?.length ?? 0) > 0;
    const isKnown = this.#isKnown(source);
    // The text of the one is gone, and the value of the other: two changes that have nothing to do with each other.
    if (isRemembered && isKnown) return 0;
    const expected = isRemembered !== isKnown ? 1 : 0;
    return 1 + expected + sameParts(block.value, other.block.value) + sameLength(block.value, other.block.value);
  }

  #isKnown(source: number): boolean {
    return this.#known?.ids.has(this.#source[source]?.id ?? "") === true;
  }

  #named(): Alignment {
    const formerIds = new Map<string, string>();
    const ids: (string | undefined)[] = this.#pairs.map((source) => this.#source[source ?? -1]?.id);
    const sourceIds = new Set(this.#source.map(({ id }) => id));
    const used = new Set(ids);
    // Equal values are remembered under several ids. Each id is that of one block: of its own block first.
    const claimed = new Set<string>();
    const claim = (at: number, former: string | undefined) => {
      if (former === undefined) return;
      this.#claimed.set(at, former);
      claimed.add(former);
    };
    for (const [at, id] of ids.entries())
      claim(
        at,
        this.#remembered[at]?.find((other) => other === id),
      );
    for (const [at, id] of ids.entries()) {
      if (!this.#claimed.has(at))
        claim(
          at,
          this.#remembered[at]?.find((other) => !claimed.has(other)),
        );
      const former = this.#claimed.get(at);
      if (id !== undefined && former !== undefined && former !== id) formerIds.set(id, former);
    }
    // A remembered id that neither a text nor a value has: both were edited since. Its source is not the present one.
    const lost = [...(this.#known?.ids ?? [])].filter((id) => !sourceIds.has(id) && !claimed.has(id));
    const byKind = Map.groupBy(lost, kindOf);
    for (const [at, id] of ids.entries()) {
      if (id === undefined || this.#claimed.has(at) || this.#known?.ids.has(id)) continue;
      const former = byKind.get(kindOf(id))?.shift();
      if (former !== undefined) formerIds.set(id, former);
    }
    const own = idsOfBlocks(this.#target);
    return { ids: ids.map((id, at) => id ?? this.#strangersId(at, own[at] ?? "", used)), formerIds };
  }

  /** The id of a block that belongs to no text of the source: the one it is remembered under, or one of its own. */
  #strangersId(at: number, own: string, used: Set<string | undefined>): string {
    const id = this.#claimed.get(at) ?? `own-${own}`;
    const free = used.has(id) ? `own-${own}` : id;
    used.add(free);
    return free;
  }
}

function kindOf(id: string): string {
  return id.slice(0, id.indexOf(":"));
}

/** 0 to 2: the share of numbers, links and code that stand in both, as they do in most translations. */
function sameParts(one: string, other: string): number {
  const [parts, others] = [partsOf(one), partsOf(other)];
  if (parts.size === 0 && others.size === 0) return 0.5;
  const common = [...parts].filter((part) => others.has(part)).length;
  return (2 * common) / Math.max(1, parts.size, others.size);
}

function partsOf(text: string): Set<string> {
  return new Set(text.match(/`[^`\n]+`|\d+(?:[.,]\d+)*|\]\([^)\s]*|https?:\/\/[^\s)>]+|[A-Z]{2,}/g) ?? []);
}

/** 0 to 0.5. */
function sameLength(one: string, other: string): number {
  return Math.min(one.length, other.length) / Math.max(one.length, other.length, 1) / 2;
}

function range(from: number, to: number): number[] {
  return Array.from({ length: Math.max(0, to - from) }, (_, at) => from + at);
}
