/**
 * What waits for an engine slot, and what of it goes together next.
 *
 * A lane is what may share an engine call: a project, a source and a target locale. Lanes take turns by level, then by
 * age. Nothing here waits, asks or stores.
 */

import { isSuspect } from "../../../rules/crashes.ts";
import type { LoadedBatch } from "../batch-store.ts";
import type { Hold } from "../claim/intake.ts";

/** A batch in hand that waits for its turn. */
export interface Claim {
  batch: LoadedBatch;
  hold: Hold;
  /** With which its job goes back. */
  jobPriority: number;
  /** Order of arrival. */
  at: number;
  /** The store would not park it. */
  isNotToPark?: boolean;
  done(): void;
  failed(error: unknown): void;
}

/** Whether those may be taken that may have killed a worker. */
type Suspects = "too" | "not";

export class Lanes {
  /** Each with something in it, the most urgent first. */
  readonly #lanes = new Map<string, Claim[]>();

  add(claim: Claim): void {
    const { project, sourceLocale, targetLocale } = claim.batch;
    const key = JSON.stringify([project, sourceLocale, targetLocale]);
    this.#lanes.set(key, [...(this.#lanes.get(key) ?? []), claim].sort(byUrgency));
  }

  /** Whether something of a better level waits that could be taken. */
  hasMoreUrgentThan({ priority }: LoadedBatch, suspects: Suspects): boolean {
    return [...this.#lanes.values()].some((lane) => {
      const head = firstOf(lane, suspects);
      return head !== undefined && head.batch.priority < priority;
    });
  }

  takeAll(): Claim[] {
    const waiting = [...this.#lanes.values()].flat();
    this.#lanes.clear();
    return waiting;
  }

  /** Leaves the most urgent, so many at least, and as many as hold so many texts; gives the others. */
  takeBeyond({ jobs, items }: { jobs: number; items: number }): Claim[] {
    const waiting = [...this.#lanes.values()].flat().sort(byUrgency);
    let kept = 0;
    for (let held = 0; kept < waiting.length && (kept < jobs || held < items); kept += 1) {
      held += waiting[kept]?.batch.items.length ?? 0;
    }
    const beyond = waiting.slice(kept);
    // After every call of a slow engine, and then there is mostly nothing.
    if (beyond.length > 0) for (const [key, lane] of this.#lanes) this.#keep(key, lane, beyond);
    return beyond;
  }

  /**
   * The claims that go together next: of the lane whose head is the most urgent, then the oldest. None when there are none.
   *
   * @param maxItems What a slot takes at once; a single larger batch goes alone.
   */
  takeNext({ maxItems, suspects }: { maxItems: number; suspects: Suspects }): Claim[] {
    let next: { key: string; lane: Claim[]; head: Claim } | undefined;
    for (const [key, lane] of this.#lanes) {
      const head = firstOf(lane, suspects);
      if (head !== undefined && (next === undefined || byUrgency(head, next.head) < 0)) next = { key, lane, head };
    }
    if (next === undefined) return [];
    const { key, lane, head } = next;
    const together = withCompany(head, lane, maxItems);
    this.#keep(key, lane, together);
    return together;
  }

  #keep(key: string, lane: readonly Claim[], taken: readonly Claim[]): void {
    const rest = lane.filter((claim) => !taken.includes(claim));
    if (rest.length === 0) this.#lanes.delete(key);
    else this.#lanes.set(key, rest);
  }
}

function firstOf(lane: readonly Claim[], suspects: Suspects): Claim | undefined {
  return lane.find(({ batch }) => suspects === "too" || !isSuspect(batch));
}

/** A claim with those of its lane that go along, up to so many texts. */
function withCompany(head: Claim, lane: readonly Claim[], maxItems: number): Claim[] {
  const together = [head];
  if (!isSociable(head)) return together;
  let items = head.batch.items.length;
  for (const claim of lane) {
    if (claim === head || !isSociable(claim)) continue;
    if (items + claim.batch.items.length > maxItems) continue;
    together.push(claim);
    items += claim.batch.items.length;
  }
  return together;
}

/** The level first, then what a worker had begun before it died, then who came first. */
function byUrgency(one: Claim, other: Claim): number {
  return (
    one.batch.priority - other.batch.priority ||
    Number(other.batch.crashes > 0) - Number(one.batch.crashes > 0) ||
    one.at - other.at
  );
}

/**
 * What may have killed a worker goes alone, so that its neighbours are not suspected with it; and what failed before goes
 * as it was handed over, or a batch that was split would come back whole.
 */
function isSociable({ batch }: Claim): boolean {
  return batch.crashes === 0 && batch.attempt === 0;
}
