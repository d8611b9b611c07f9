/** The texts of a settlement that were not translated: sorted into successor batches and dead letters, and written. */
import type { AttemptError, BestTry } from "../../contract/dead-letter.ts";
import type { ParkedFor, WorkOutcome } from "../../contract/work.ts";
import { storableTry } from "../../rules/within-size.ts";
import { keyColumns } from "../database/key-columns.ts";
import { type Database, rows, textArray } from "../database/statement.ts";
import type { LoadedBatch, LoadedItem } from "../queue/load-batches.ts";
import { bury, handOver, holdEnginePauses } from "./remainder.sql.ts";

interface Successor {
  batch: LoadedBatch;
  attempt: number;
  /** Infinity: parked until something is resumed. */
  delayMs: number;
  isSplit: boolean;
  /** It waits for an engine, and not for a backoff. */
  isPostponed: boolean;
  /** The event that it is parked for. Undefined: it is not parked, or for a pause. */
  waitsFor: ParkedFor | undefined;
  items: { item: LoadedItem; history: readonly AttemptError[] }[];
}

interface Burial {
  item: LoadedItem;
  error: AttemptError;
  bestTry?: BestTry | undefined;
}

export class Remainder {
  readonly #buried: Burial[] = [];
  readonly #successors = new Map<string, Successor>();

  get isEmpty(): boolean {
    return this.#buried.length === 0 && this.#successors.size === 0;
  }

  /** @param part Number within its batch: items of one part go on together. */
  add(batch: LoadedBatch, item: LoadedItem, outcome: Exclude<WorkOutcome, { kind: "translated" }>, part: number): void {
    if (outcome.kind === "failed") {
      this.#buried.push({ item, error: outcome.error, bestTry: outcome.bestTry });
      return;
    }
    const counts = outcome.kind === "retry";
    const isSplit = counts && outcome.split;
    const waitsFor = outcome.kind === "parked" ? outcome.waitsFor : undefined;
    const key = `${batch.id}/${outcome.kind}/${waitsFor}/${isSplit}/${part}`;
    let successor = this.#successors.get(key);
    if (successor === undefined) {
      const isPostponed = outcome.kind === "postponed";
      const attempt = batch.attempt + (counts ? 1 : 0);
      successor = { batch, attempt, delayMs: 0, isSplit, isPostponed, waitsFor, items: [] };
      this.#successors.set(key, successor);
    }
    // One batch has one time: the latest, so that no text is tried before its own.
    if (outcome.kind === "paused") successor.delayMs = Number.POSITIVE_INFINITY;
    else if (outcome.kind !== "released") successor.delayMs = Math.max(successor.delayMs, outcome.delayMs);
    successor.items.push({ item, history: counts ? [...item.history, outcome.error] : item.history });
  }

  /** Writes them, and adds to `changed` the items whose rows were still their batch's. */
  async write(db: Database, changed: Set<LoadedItem>): Promise<void> {
    await this.#handOver(db, changed);
    if (this.#buried.length === 0) return;
    const [receipt] = await rows(db, bury, burialColumns(this.#buried));
    addPlaces(changed, this.#buried, receipt?.buried);
  }

  async #handOver(db: Database, changed: Set<LoadedItem>): Promise<void> {
    const parts = [...this.#successors.values()].flatMap(splitSuccessor);
    const moved = parts.flatMap((part, number) => part.items.map((entry) => ({ ...entry, number })));
    if (moved.length === 0) return;
    // If the last pause has ended meanwhile, no resume would bring a parked batch forward.
    const areToPark = parts.some(({ delayMs }) => delayMs === Number.POSITIVE_INFINITY);
    const parkSeconds = areToPark && (await rows(db, holdEnginePauses)).length === 0 ? 0 : null;
    const isForPause = ({ delayMs }: Successor) => delayMs === Number.POSITIVE_INFINITY && parkSeconds === null;
    const [receipt] = await rows(db, handOver, [
      ...keyColumns(moved.map(({ item }) => item.key)),
      moved.map(({ item }) => item.revision),
      moved.map(({ number }) => number),
      moved.map(({ history }) => (history.length === 0 ? null : JSON.stringify(history))),
      parts.map((_, number) => number),
      parts.map(({ batch }) => batch.sourceLocale),
      parts.map(({ attempt }) => attempt),
      parts.map(({ batch }) => batch.priority),
      parts.map(({ delayMs }) => (delayMs === Number.POSITIVE_INFINITY ? parkSeconds : delayMs / 1_000)),
      parts.map(({ batch }) => batch.createdAt),
      parts.map(({ batch }) => batch.crashes),
      parts.map(({ isPostponed }) => isPostponed),
      parts.map(({ batch }) => batch.traceparent),
      parts.map(({ batch }) => batch.tag),
      parts.map((part) => (isForPause(part) ? "pause" : (part.waitsFor ?? null))),
    ]);
    addPlaces(changed, moved, receipt?.handed);
  }
}

function splitSuccessor(successor: Successor): Successor[] {
  const { items, isSplit } = successor;
  if (!isSplit || items.length < 2) return [successor];
  const half = Math.ceil(items.length / 2);
  return [
    { ...successor, items: items.slice(0, half) },
    { ...successor, items: items.slice(half) },
  ];
}

export function burialColumns(entries: readonly Burial[]): unknown[] {
  const tries = entries.map(({ bestTry }) => storableTry(bestTry));
  return [
    ...keyColumns(entries.map(({ item }) => item.key)),
    entries.map(({ item }) => item.revision),
    entries.map(({ item, error }) => JSON.stringify([...item.history, error])),
    entries.map(({ error }) => error.code),
    entries.map(({ error }) => error.message),
    entries.map(({ error }) => error.engine),
    textArray(tries.map((bestTry) => bestTry?.text ?? null)),
    tries.map((bestTry) => (bestTry === undefined ? null : textArray(bestTry.failedChecks))),
  ];
}

/** Adds the items at these places, which count from 1. */
export function addPlaces(
  changed: { add(item: LoadedItem): void },
  entries: readonly { item: LoadedItem }[],
  places: readonly number[] | null | undefined,
): void {
  for (const place of places ?? []) {
    const entry = entries[place - 1];
    if (entry !== undefined) changed.add(entry.item);
  }
}
