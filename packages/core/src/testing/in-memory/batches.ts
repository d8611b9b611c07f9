/** Waiting and claimed work: the table `batch` of a store in memory, and the claims on it. */
import { randomUUID } from "node:crypto";
import type { AttemptError } from "../../contract/dead-letter.ts";
import type { PriorityClass } from "../../contract/item.ts";
import type { ParkedFor, WorkOutcome } from "../../contract/work.ts";
import type { Pauses } from "../../rules/pauses.ts";
import type { Clock } from "./clock.ts";
import type { Row } from "./row.ts";

export interface BatchItem {
  readonly row: Row;
  readonly revision: number;
  readonly history: readonly AttemptError[];
}

/** A pending row at revision r is in exactly one batch at r. */
export interface Batch {
  readonly id: string;
  readonly project: string;
  readonly sourceLocale: string;
  readonly targetLocale: string;
  readonly tag: string | undefined;
  items: readonly BatchItem[];
  /** Attempts already made at each of its texts. */
  readonly attempt: number;
  readonly priority: PriorityClass;
  /** Smaller is sooner: first by its level, then by the waiting work of its lane when it was made. */
  readonly rank: number;
  readonly createdAt: number;
  runAt: number;
  /** It waits for an engine, and not for a backoff. */
  isPostponed: boolean;
  /** The event that it is parked for, until `runAt`. */
  waitsFor: "pause" | ParkedFor | undefined;
  /** The member that works on it. */
  claimedBy: object | undefined;
  /** Number of members that died while they worked on it. */
  crashes: number;
}

/** Selects work. */
export interface Lane {
  locales?: readonly string[] | undefined;
  project?: string | undefined;
}

export interface BatchesOptions {
  clock: Clock;
  /** The present pauses. */
  pauses(): Pauses;
  /** The most texts of one batch. */
  batchSize: number;
  /** The most bytes of text of one batch; a single longer text is a batch of its own. */
  batchBytes: number;
}

/** Whether a row is still pending at the batch's revision. */
export function stands({ row, revision }: BatchItem): boolean {
  return row.status === "pending" && row.revision === revision;
}

export class InMemoryBatches {
  readonly #options: BatchesOptions;
  readonly #batches = new Map<string, Batch>();

  constructor(options: BatchesOptions) {
    this.#options = options;
  }

  /** Packs pending rows into batches of one (project, source, target, priority) each, all of one tag. */
  enqueue(rows: readonly Row[], tag?: string): void {
    const lanes = Map.groupBy(
      rows,
      ({ key, content, priority }) => `${key.project}\0${content.sourceLocale}\0${key.targetLocale}\0${priority}`,
    );
    const { batchSize, batchBytes } = this.#options;
    for (const lane of lanes.values()) {
      let items: BatchItem[] = [];
      let bytes = 0;
      for (const row of lane) {
        const size = Buffer.byteLength(row.content.text);
        if (items.length > 0 && (items.length >= batchSize || bytes + size > batchBytes)) {
          this.#putNew(items, tag);
          items = [];
          bytes = 0;
        }
        items.push({ row, revision: row.revision, history: [] });
        bytes += size;
      }
      this.#putNew(items, tag);
    }
  }

  /** Every batch of a lane, claimed ones included. */
  of(lane: Lane): Batch[] {
    return [...this.#batches.values()].filter((batch) => isIn(batch, lane));
  }

  /** Texts of a project that wait for its budget, and for a price. */
  waitingTexts(project: string): { budget: number; price: number } {
    const now = this.#options.clock.now();
    const texts = { budget: 0, price: 0 };
    for (const { waitsFor, runAt, items } of this.of({ project })) {
      if ((waitsFor === "budget" || waitsFor === "price") && runAt > now) texts[waitsFor] += items.length;
    }
    return texts;
  }

  /** Batches that no member works on. */
  waiting(lane: Lane): Batch[] {
    return this.of(lane).filter(({ claimedBy }) => claimedBy === undefined);
  }

  /** Batches that are claimed, or will be due without an operator's action. */
  left(lane: Lane): Batch[] {
    const now = this.#options.clock.now();
    const isParked = (batch: Batch) => this.#isPaused(batch) || (batch.waitsFor !== undefined && batch.runAt > now);
    return this.of(lane).filter((batch) => batch.claimedBy !== undefined || !isParked(batch));
  }

  /** Batches whose time has come, the most urgent first. */
  ready(lane: Lane): Batch[] {
    const now = this.#options.clock.now();
    return this.waiting(lane)
      .filter((batch) => batch.runAt <= now && !this.#isPaused(batch))
      .sort((one, other) => one.rank - other.rank);
  }

  /**
   * Time at which the next batch is due; undefined: none waits. Milliseconds since the epoch.
   *
   * @param resting The target locales that are left out.
   */
  nextDueAt(lane: Lane, resting: ReadonlySet<string>): number | undefined {
    const times = this.waiting(lane)
      .filter((batch) => !this.#isPaused(batch) && !resting.has(batch.targetLocale))
      .map(({ runAt }) => runAt);
    return times.length === 0 ? undefined : Math.min(...times);
  }

  /**
   * Claims a batch, or its first `maxItems`; the others keep waiting unchanged. Returns the items that are still
   * pending at their revision.
   */
  claim(batch: Batch, member: object, maxItems: number): readonly BatchItem[] {
    const standing = batch.items.filter(stands);
    if (standing.length === 0) {
      this.#batches.delete(batch.id);
      return [];
    }
    if (standing.length > maxItems) this.#put({ ...batch, items: standing.slice(maxItems) });
    batch.items = standing.slice(0, maxItems);
    batch.claimedBy = member;
    return batch.items;
  }

  /** Divides a batch into parts of at most this many texts. */
  takeApart(batch: Batch, partItems: number): void {
    this.#batches.delete(batch.id);
    for (let at = 0; at < batch.items.length; at += partItems) {
      this.#put({ ...batch, items: batch.items.slice(at, at + partItems) });
    }
  }

  /** Returns a member's claimed work to the queue: the member is dead, or believed to be. */
  giveBack(member: object): void {
    for (const batch of this.#batches.values()) {
      if (batch.claimedBy !== member) continue;
      batch.claimedBy = undefined;
      batch.crashes += 1;
    }
  }

  /** Replaces a batch by later batches for its unfinished texts, grouped by their outcome. */
  succeed(batch: Batch, handed: readonly { item: BatchItem; outcome: WorkOutcome }[]): void {
    this.#batches.delete(batch.id);
    const groups = Map.groupBy(handed, ({ outcome }) => `${outcome.kind}/${waitsForOf(outcome)}/${isSplit(outcome)}`);
    for (const group of groups.values()) {
      const items = group.map(({ item }) => item);
      // One batch has one time: the latest, so that no text comes before its own.
      const delayMs = Math.max(...group.map(({ outcome }) => delayOf(outcome)));
      const counts = group[0]?.outcome.kind === "retry";
      const half = group.some(({ outcome }) => isSplit(outcome)) ? Math.ceil(items.length / 2) : items.length;
      for (const part of [items.slice(0, half), items.slice(half)]) {
        if (part.length === 0) continue;
        const runAt = this.#options.clock.now() + delayMs;
        const isPostponed = group[0]?.outcome.kind === "postponed";
        const waitsFor = group[0] && waitsForOf(group[0].outcome);
        const attempt = batch.attempt + (counts ? 1 : 0);
        this.#put({ ...batch, items: part, attempt, runAt, isPostponed, waitsFor });
      }
    }
  }

  /** After an event: the work that was parked for it is due. */
  bringForward(kinds: readonly NonNullable<Batch["waitsFor"]>[], project?: string): void {
    const now = this.#options.clock.now();
    for (const batch of this.#batches.values()) {
      if (batch.waitsFor === undefined || !kinds.includes(batch.waitsFor) || batch.runAt <= now) continue;
      if (project !== undefined && batch.project !== project) continue;
      batch.runAt = now;
      batch.waitsFor = undefined;
    }
  }

  /** Work that waits for an engine is due. */
  hastenPostponed(): void {
    const now = this.#options.clock.now();
    for (const batch of this.#batches.values()) {
      if (batch.isPostponed && batch.runAt > now && batch.runAt < Number.POSITIVE_INFINITY) batch.runAt = now;
    }
  }

  #isPaused({ project, targetLocale, runAt }: Batch): boolean {
    return runAt === Number.POSITIVE_INFINITY || this.#options.pauses().holdsLane(project, targetLocale);
  }

  #putNew(items: readonly BatchItem[], tag: string | undefined): void {
    const [first] = items;
    if (first === undefined) return;
    const { key, content, priority } = first.row;
    const now = this.#options.clock.now();
    this.#put({
      project: key.project,
      sourceLocale: content.sourceLocale,
      targetLocale: key.targetLocale,
      tag,
      items,
      attempt: 0,
      priority,
      createdAt: now,
      runAt: now,
      isPostponed: false,
      waitsFor: undefined,
      crashes: 0,
    });
  }

  #put(batch: Omit<Batch, "id" | "rank" | "claimedBy">): void {
    const waiting = this.of({ locales: [batch.targetLocale], project: batch.project }).length;
    const rank = batch.priority * 1_000 + Math.min(999, Math.floor(waiting / 8));
    const id = randomUUID();
    this.#batches.set(id, { ...batch, id, rank, claimedBy: undefined });
  }
}

function isIn({ project, targetLocale }: Batch, lane: Lane): boolean {
  if (lane.project !== undefined && project !== lane.project) return false;
  return lane.locales === undefined || lane.locales.includes(targetLocale);
}

/** A paused text waits until a resume. */
function delayOf(outcome: WorkOutcome): number {
  if (outcome.kind === "paused") return Number.POSITIVE_INFINITY;
  return "delayMs" in outcome ? outcome.delayMs : 0;
}

function waitsForOf(outcome: WorkOutcome): Batch["waitsFor"] {
  if (outcome.kind === "paused") return "pause";
  return outcome.kind === "parked" ? outcome.waitsFor : undefined;
}

function isSplit(outcome: WorkOutcome): boolean {
  return outcome.kind === "retry" && outcome.split;
}
