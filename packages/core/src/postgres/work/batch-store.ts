/** Loading and settling batches on PostgreSQL. */

import type { AttemptError } from "../../contract/dead-letter.ts";
import type { EngineCall, WorkItem, WorkOutcome, WorkResult } from "../../contract/work.ts";
import { holdEnginePauses } from "../control/control.sql.ts";
import { arrayValues, column, integerArray, textArray } from "../database/array-literal.ts";
import type { ConnectionPool } from "../database/pool.ts";
import { type Database, rows, run } from "../database/statement.ts";
import {
  type BatchRow,
  bury,
  buryExpired,
  handOver,
  loadBatches,
  lockReconciling,
  lockRows,
  markStarted,
  reconcile,
  storeTranslations,
  storeUnlocked,
} from "./batch.sql.ts";

/** A batch as its worker holds it: only the texts that are still its own. */
export interface LoadedBatch {
  readonly id: string;
  readonly project: string;
  readonly sourceLocale: string;
  readonly targetLocale: string;
  /** Attempts already made at each of its texts. */
  readonly attempt: number;
  readonly priority: number;
  /** How many pools died while they worked on it. */
  readonly crashes: number;
  readonly createdAt: Date;
  /** How long it had waited when it was loaded, by the database's clock. */
  readonly ageSeconds: number;
  /** Whether its lane was paused when it was loaded. */
  readonly isPaused: boolean;
  readonly items: readonly LoadedItem[];
}

export interface LoadedItem extends WorkItem {
  /** Where its row stood (`ctid`): a short way to it, until somebody writes it. */
  readonly row: string;
  readonly history: readonly AttemptError[];
  /** Whether its requests had expired when it was loaded. */
  readonly isExpired: boolean;
}

/** A batch with what was decided about each of its texts, in their order. */
export interface SettledBatch {
  batch: LoadedBatch;
  outcomes: readonly WorkOutcome[];
  /** What is handed over goes on in parts of at most so many texts. Default: all together. */
  partItems?: number;
}

/** Batches by id; those that are gone are left out, those with nothing left to do have no items. */
export async function loadBatchesById(db: Database, ids: readonly string[]): Promise<Map<string, LoadedBatch>> {
  const loaded = await rows(db, loadBatches, [ids]);
  return new Map(loaded.map((row) => [row.id, batchOf(row)]));
}

function batchOf(row: BatchRow): LoadedBatch {
  const contentNos = arrayValues(row.content_nos);
  const contextNos = arrayValues(row.context_nos);
  const revisions = arrayValues(row.revisions);
  // Each in quotes, for it holds a comma.
  const places = row.rows?.slice(2, -2).split('","') ?? [];
  const items: LoadedItem[] = [];
  row.texts.forEach((text, at) => {
    if (text === null) return;
    const contextNo = contextNos[at] as string;
    const [canonical, format] = row.contexts?.[contextNo] ?? NO_CONTEXT;
    const history = row.history?.[at] ?? [];
    items.push({
      row: places[items.length] as string,
      key: {
        contentNo: contentNos[at] as string,
        contextNo: Number(contextNo),
        targetLocale: row.target_locale,
        project: row.project,
      },
      revision: Number(revisions[at]),
      text,
      context: canonical === null ? null : JSON.parse(canonical),
      format,
      attempt: row.attempt + 1,
      previousFailure: history.at(-1)?.message,
      history,
      isExpired: row.expired?.includes(at + 1) ?? false,
    });
  });
  return {
    id: row.id,
    project: row.project,
    sourceLocale: row.source_locale,
    targetLocale: row.target_locale,
    attempt: row.attempt,
    priority: row.priority,
    crashes: row.crashes,
    createdAt: row.created_at,
    ageSeconds: row.age_seconds,
    isPaused: row.is_paused,
    items,
  };
}

const NO_CONTEXT = [null, "auto"] as const;

/**
 * Buries the texts of a batch whose requests have expired, and gives them. The others, and what somebody has asked for
 * again since it was loaded, remain the batch's.
 */
export async function buryExpiredTexts(
  db: Database,
  { items }: LoadedBatch,
  error: AttemptError,
): Promise<LoadedItem[]> {
  const entries = items.filter(({ isExpired }) => isExpired).map((item) => ({ item, error }));
  const gone = new Set((await rows(db, buryExpired, burialColumns(entries))).map((row) => rowKey(row)));
  return items.filter(({ key }) => gone.has(rowKey({ content_no: key.contentNo, context_no: key.contextNo })));
}

/** Within one batch, by which project and locale are given. */
function rowKey({ content_no, context_no }: { content_no: string; context_no: number }): string {
  return `${content_no}/${context_no}`;
}

/** Gives the ids that still stand. */
export async function markBatchesStarted(db: Database, ids: readonly string[], nodeId: string): Promise<Set<string>> {
  const marked = await rows(db, markStarted, [[...ids].sort(), nodeId]);
  return new Set(marked.map((row) => row.batch_id));
}

/**
 * Settles batches in one transaction. Running it again, or late, changes nothing that is not theirs.
 *
 * @param result What became of the texts of `batches`, all joined, and the calls that were made for them.
 */
export async function settleBatches(
  pool: ConnectionPool,
  batches: readonly SettledBatch[],
  calls: readonly (EngineCall & { batch: LoadedBatch })[],
): Promise<void> {
  const remainder = new Remainder();
  const good: { item: LoadedItem; outcome: Extract<WorkOutcome, { kind: "translated" }> }[] = [];
  for (const { batch, outcomes, partItems = Number.POSITIVE_INFINITY } of batches) {
    batch.items.forEach((item, at) => {
      const outcome = outcomes[at] ?? { kind: "released" as const };
      if (outcome.kind === "translated") good.push({ item, outcome });
      else remainder.add(batch, item, outcome, Math.floor(at / partItems));
    });
  }
  const texts = good.map(({ item }) => item);
  const stored = [
    integerArray(texts.map(({ key }) => key.contentNo)),
    column(texts.map(({ key }) => key.targetLocale)),
    column(texts.map(({ key }) => key.contextNo)),
    column(texts.map(({ key }) => key.project)),
    column(texts.map(({ revision }) => revision)),
    textArray(good.map(({ outcome }) => outcome.text)),
    column(good.map(({ outcome }) => outcome.engine)),
    column(good.map(({ outcome }) => outcome.model)),
    batches.map(({ batch }) => batch.id),
    calls.map((call) => call.callId),
    calls.map((call) => call.engine),
    calls.map((call) => call.model),
    calls.map((call) => call.batch.project),
    calls.map((call) => call.batch.sourceLocale),
    calls.map((call) => call.batch.targetLocale),
    calls.map((call) => call.items),
    calls.map((call) => call.inputTokens),
    calls.map((call) => call.outputTokens),
    calls.map((call) => call.cachedTokens),
    calls.map((call) => Math.round(call.latencyMs)),
    calls.map((call) => call.outcome),
    column(good.map(({ outcome: { flags = [] } }) => (flags.length === 0 ? null : textArray(flags)))),
  ];
  if (remainder.isEmpty) {
    const places = textArray(texts.map(({ row }) => row));
    const [receipt] = await rows(pool, storeUnlocked, [...stored, places]);
    if (receipt?.is_whole === true) return;
  }
  await pool.transaction(async (db) => {
    await run(db, lockRows, keyColumns(batches.flatMap(({ batch }) => batch.items)));
    await rows(db, storeTranslations, stored);
    await remainder.write(db);
  });
}

/** The texts of a settlement that were not translated, sorted into successors and dead letters. */
class Remainder {
  readonly #buried: { item: LoadedItem; error: AttemptError }[] = [];
  readonly #successors = new Map<string, Successor>();

  get isEmpty(): boolean {
    return this.#buried.length === 0 && this.#successors.size === 0;
  }

  /** @param part Of its batch: an item joins those of the same part. */
  add(batch: LoadedBatch, item: LoadedItem, outcome: Exclude<WorkOutcome, { kind: "translated" }>, part: number): void {
    if (outcome.kind === "failed") {
      this.#buried.push({ item, error: outcome.error });
      return;
    }
    const counts = outcome.kind === "retry";
    const isSplit = counts && outcome.split;
    const key = `${batch.id}/${outcome.kind}/${isSplit}/${part}`;
    let successor = this.#successors.get(key);
    if (successor === undefined) {
      successor = { batch, attempt: batch.attempt + (counts ? 1 : 0), delayMs: 0, isSplit, items: [] };
      this.#successors.set(key, successor);
    }
    // One batch has one time; the latest, so that nobody comes before its own.
    if (outcome.kind === "paused") successor.delayMs = Number.POSITIVE_INFINITY;
    else if (outcome.kind !== "released") successor.delayMs = Math.max(successor.delayMs, outcome.delayMs);
    successor.items.push({ item, history: counts ? [...item.history, outcome.error] : item.history });
  }

  async write(db: Database): Promise<void> {
    const parts = [...this.#successors.values()].flatMap(splitSuccessor);
    const moved = parts.flatMap((part, number) => part.items.map((entry) => ({ ...entry, number })));
    if (moved.length > 0) {
      // Resumed in the meantime, nobody would bring it forward again.
      const areToPark = parts.some(({ delayMs }) => delayMs === Number.POSITIVE_INFINITY);
      const parkSeconds = areToPark && (await rows(db, holdEnginePauses)).length === 0 ? 0 : null;
      await run(db, handOver, [
        ...keyColumns(moved.map(({ item }) => item)),
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
      ]);
    }
    if (this.#buried.length > 0) {
      await run(db, bury, burialColumns(this.#buried));
    }
  }
}

interface Successor {
  batch: LoadedBatch;
  attempt: number;
  delayMs: number;
  isSplit: boolean;
  items: { item: LoadedItem; history: readonly AttemptError[] }[];
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

function burialColumns(entries: readonly { item: LoadedItem; error: AttemptError }[]): unknown[] {
  return [
    ...keyColumns(entries.map(({ item }) => item)),
    entries.map(({ item }) => item.revision),
    entries.map(({ item, error }) => JSON.stringify([...item.history, error])),
    entries.map(({ error }) => error.code),
    entries.map(({ error }) => error.message),
    entries.map(({ error }) => error.engine),
  ];
}

/** The key of each row, column by column: content, locale, context, project. */
function keyColumns(items: readonly WorkItem[]): [string[], string[], number[], string[]] {
  return [
    items.map(({ key }) => key.contentNo),
    items.map(({ key }) => key.targetLocale),
    items.map(({ key }) => key.contextNo),
    items.map(({ key }) => key.project),
  ];
}

/** What a worker of ours decided about a joined batch, cut back to the batches it was joined of. */
export function cutResult(batches: readonly LoadedBatch[], result: WorkResult): SettledBatch[] {
  let at = 0;
  return batches.map((batch) => {
    const outcomes = result.outcomes.slice(at, at + batch.items.length);
    at += batch.items.length;
    return { batch, outcomes };
  });
}

/** Gives batches without a live job one; gives how many they were. */
export function reconcileBatches(pool: ConnectionPool): Promise<number> {
  return pool.transaction(async (db) => {
    await run(db, lockReconciling);
    const [receipt] = await rows(db, reconcile);
    return receipt?.reconciled ?? 0;
  });
}
