/**
 * The batches that wait for an engine slot, and the choice of those that go together next.
 *
 * A lane holds the batches that may share an engine call: one project, one source and one target locale, one tag. Lanes take turns
 * by level, then by age. Nothing here waits, asks or stores.
 */

import { isSuspect } from "../../../rules/crashes.ts";
import type { LoadedBatch } from "../../queue/load-batches.ts";
import type { Hold } from "../claim/intake.ts";

/** A loaded batch that waits for its turn. */
export interface Claim {
  batch: LoadedBatch;
  hold: Hold;
  /** The priority of its job, if it goes back. */
  jobPriority: number;
  /** Order of arrival. */
  at: number;
  /** The store did not park it when asked: its pause has ended. */
  isNotToPark?: boolean;
  done(): void;
  failed(error: unknown): void;
}

/** Whether batches that may have killed a worker may be taken. */
export type Suspects = "included" | "left out";

export class Lanes {
  /** No lane is empty; the claims of each are in order of urgency. */
  readonly #lanes = new Map<string, Claim[]>();

  add(claim: Claim): void {
    const { project, sourceLocale, targetLocale, tag } = claim.batch;
    const key = JSON.stringify([project, sourceLocale, targetLocale, tag]);
    this.#lanes.set(key, [...(this.#lanes.get(key) ?? []), claim].sort(byUrgency));
  }

  /** Whether a claim of a more urgent level waits that may be taken. */
  hasMoreUrgentThan({ priority }: LoadedBatch, suspects: Suspects): boolean {
    return [...this.#lanes.values()].some((lane) => {
      const head = firstOf(lane, suspects);
      return head !== undefined && head.batch.priority < priority;
    });
  }

  /** Whether a claim of another project waits that may be taken. */
  hasOtherProjectThan({ project }: LoadedBatch, suspects: Suspects): boolean {
    return [...this.#lanes.values()].some((lane) => {
      const head = firstOf(lane, suspects);
      return head !== undefined && head.batch.project !== project;
    });
  }

  takeAll(): Claim[] {
    const waiting = [...this.#lanes.values()].flat();
    this.#lanes.clear();
    return waiting;
  }

  takeOf(targetLocale: string): Claim[] {
    const waiting = [...this.#lanes].filter(([, [head]]) => head?.batch.targetLocale === targetLocale);
    for (const [key] of waiting) this.#lanes.delete(key);
    return waiting.flatMap(([, lane]) => lane);
  }

  /** Takes the least urgent claims; leaves at least `jobs` claims, and at least as many as hold `items` texts. */
  takeBeyond({ jobs, items }: { jobs: number; items: number }): Claim[] {
    const waiting = [...this.#lanes.values()].flat().sort(byUrgency);
    let kept = 0;
    for (let held = 0; kept < waiting.length && (kept < jobs || held < items); kept += 1) {
      held += waiting[kept]?.batch.items.length ?? 0;
    }
    const beyond = waiting.slice(kept);
    // Asked after every slow call; mostly there is nothing to take.
    if (beyond.length > 0) for (const [key, lane] of this.#lanes) this.#keep(key, lane, beyond);
    return beyond;
  }

  /**
   * Takes the claims that go together next, from the lane whose head is the most urgent, then the oldest. Empty if none
   * may be taken.
   *
   * @param maxItems The most texts that go together; a single larger batch goes alone.
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
  return lane.find(({ batch }) => suspects === "included" || !isSuspect(batch));
}

/** A claim with those of its lane that join it, up to `maxItems` texts. */
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

/** By level, then batches that a worker had begun before it died, then by arrival. */
function byUrgency(one: Claim, other: Claim): number {
  return (
    one.batch.priority - other.batch.priority ||
    Number(other.batch.crashes > 0) - Number(one.batch.crashes > 0) ||
    one.at - other.at
  );
}

/**
 * Whether a batch may be joined with others. One that may have killed a worker goes alone, so that its neighbours are not
 * suspected with it. One that failed before goes as it was handed over: a batch that was split would be whole again.
 */
function isSociable({ batch }: Claim): boolean {
  return batch.crashes === 0 && batch.attempt === 0;
}
