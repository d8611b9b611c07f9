/**
 * The elements of a target that its source has not: a translator's own, or those of a text that the source lost. Where a section is made
 * anew from the source's bytes, each goes beside a block that it stood beside.
 */
import type { Span } from "../contract.ts";
import type { Block, Holder } from "./block.ts";

export interface Named {
  readonly id: string;
  readonly kind: string;
  readonly value: string;
}

export interface Stranger {
  readonly blocks: readonly Named[];
  /** The offset in the source before which the text goes. */
  readonly at: number;
  readonly text: string;
}

type Texts = ReadonlyMap<string, Block & { readonly id: string }>;

interface Section {
  /** The blocks of the target that stay. */
  readonly own: readonly Named[];
  /** All blocks of the target, by id. */
  readonly target: Texts;
  readonly targetText: string;
  /** The blocks of the source's section, by id. */
  readonly source: Texts;
}

/** Undefined: one is no element by itself, or the source has no element beside which it may stand. */
export function strangersIn({ own, target, targetText, source }: Section): Stranger[] | undefined {
  const isStranger = ({ id }: { id: string }) => !source.has(id);
  const kept = new Set(own.filter(isStranger).map(({ id }) => id));
  if (kept.size === 0) return [];
  const mixed = new Set<Holder>();
  for (const { id, holder } of target.values()) {
    if (kept.has(id)) continue;
    for (let at = holder; at !== undefined && !mixed.has(at); at = at.parent) mixed.add(at);
  }
  const after = new Beside();
  const first = new Beside();
  for (const { holder } of [...own.flatMap(({ id }) => source.get(id) ?? []), ...source.values()].reverse()) {
    first.meet(holder);
  }
  const strangers: (Stranger & { blocks: Named[]; element: Span })[] = [];
  for (const block of own) {
    if (!isStranger(block)) {
      after.meet(source.get(block.id)?.holder);
      continue;
    }
    const last = strangers.at(-1);
    const { start = 0, holder } = target.get(block.id) ?? {};
    // An element is carried with all of its texts.
    if (last !== undefined && start < last.element.end) {
      last.blocks.push(block);
      continue;
    }
    const place = placeOf(holder, mixed, [after, first]);
    if (place === undefined) return undefined;
    const { element, neighbour, beside } = place;
    const text = targetText.slice(element.start, element.end);
    const blank = /\s*$/.exec(targetText.slice(0, element.start))?.[0] ?? "";
    const isBehind = beside === after;
    strangers.push({
      ...{ blocks: [block], element, at: isBehind ? neighbour.end : neighbour.start },
      text: isBehind ? blank + text : text + blank,
    });
  }
  return strangers;
}

interface Place {
  readonly element: Span;
  readonly neighbour: Span;
  readonly beside: Beside;
}

/** Beside an element of its name, or else beside one within an element of the same name, or else beside one of the whole document. */
function placeOf(holder: Holder | undefined, mixed: ReadonlySet<Holder>, all: readonly Beside[]): Place | undefined {
  const carried: (Holder & { span: Span })[] = [];
  for (let at = holder; at !== undefined && !mixed.has(at); at = at.parent) {
    if (at.span !== undefined) carried.push(at as Holder & { span: Span });
  }
  for (const each of carried) {
    for (const beside of all) {
      const neighbour = beside.alike(each);
      if (neighbour !== undefined) return { element: each.span, neighbour, beside };
    }
  }
  const widest = carried.at(-1);
  if (widest === undefined) return undefined;
  for (const beside of all) {
    const neighbour = beside.within(widest) ?? beside.widest;
    if (neighbour !== undefined) return { element: widest.span, neighbour, beside };
  }
  return undefined;
}

/** The elements of the source that were met last. */
class Beside {
  readonly #alike = new Map<string, Span>();
  readonly #within = new Map<string, Span>();
  widest: Span | undefined;

  /** No element of a page goes into its head. */
  meet(holder: Holder | undefined): void {
    const chain: Holder[] = [];
    for (let at = holder; at !== undefined; at = at.parent) chain.push(at);
    if (chain.some(({ name }) => name === "head")) return;
    // The innermost one is set last.
    for (const each of chain.reverse()) {
      if (each.span === undefined) continue;
      this.#alike.set(alikeKey(each), each.span);
      this.#within.set(each.parent?.name ?? "", each.span);
    }
    this.widest = chain.find(({ span }) => span !== undefined)?.span ?? this.widest;
  }

  alike(element: Holder): Span | undefined {
    return this.#alike.get(alikeKey(element));
  }

  within({ parent }: Holder): Span | undefined {
    return this.#within.get(parent?.name ?? "");
  }
}

function alikeKey({ name, parent }: Holder): string {
  return `${name} ${parent?.name}`;
}
