/**
 * The pairs of two documents that are as the last run left them: each text has the value that is remembered under its id.
 *
 * Equal texts may have values that differ, and equal values may stand under several texts and be a translator's own as well, so that
 * neighbours would tell other pairs than those of that run.
 */
import { type Block, idsOfBlocks, textIdOf } from "./block.ts";

export interface Documents {
  readonly source: readonly { readonly id: string; readonly block: Block }[];
  readonly target: readonly Block[];
  /** All remembered ids. */
  readonly known: ReadonlySet<string>;
  /** The remembered ids whose value each block of the target has. */
  readonly remembered: readonly (readonly string[])[];
}

/** The block of the target for each text of the source. Undefined: one of the documents was edited. */
export function pairsAtRest(documents: Documents): readonly number[] | undefined {
  return inOrder(documents) ?? (hasOneSection(documents) ? byValue(documents) : undefined);
}

/** The blocks of such a document are never moved. */
export function hasOneSection({ source }: Pick<Documents, "source">): boolean {
  return source.every(({ block }) => block.section === source[0]?.block.section);
}

/** The first block that has the value of a text, behind the block of the text before. */
function inOrder(documents: Documents): number[] | undefined {
  const valueIds = valueIdsOf(documents);
  const pairs: number[] = [];
  let at = 0;
  for (const { id } of documents.source) {
    const wanted = valueIdOf(documents, id);
    while (at < valueIds.length && !valueIds[at]?.includes(wanted)) at += 1;
    if (at === valueIds.length) return undefined;
    pairs.push(at);
    at += 1;
  }
  return pairs;
}

/** A text that moved in the source has its value where it was. */
function byValue(documents: Documents): number[] | undefined {
  const places = new Map<string, number[]>();
  for (const [at, ids] of valueIdsOf(documents).entries()) {
    for (const id of ids) push(places, id, at);
  }
  const taken = new Set<number>();
  const pairs: number[] = [];
  for (const { id } of documents.source) {
    const free = places.get(valueIdOf(documents, id))?.find((at) => !taken.has(at));
    if (free === undefined) return undefined;
    taken.add(free);
    pairs.push(free);
  }
  return pairs;
}

/** The ids of the texts whose value each block has. One without a value stands in the words of its source. */
function valueIdsOf({ target, remembered }: Documents): readonly (readonly string[])[] {
  const own = idsOfBlocks(target).map(textIdOf);
  return target.map((_, at) => {
    const ids = remembered[at] ?? [];
    return ids.length > 0 ? ids : [`${SOURCES}${own[at]}`];
  });
}

function valueIdOf({ known }: Documents, id: string): string {
  return known.has(id) ? id : `${SOURCES}${textIdOf(id)}`;
}

const SOURCES = "source ";

/** Adds a value to those of a key. */
export function push<Key>(map: Map<Key, number[]>, key: Key, value: number): void {
  const values = map.get(key);
  if (values === undefined) map.set(key, [value]);
  else values.push(value);
}
