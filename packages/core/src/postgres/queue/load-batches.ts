/** Loads claimed batches from PostgreSQL, and marks them as begun. */
import type { AttemptError } from "../../contract/dead-letter.ts";
import type { WorkItem } from "../../contract/work.ts";
import { arrayValues } from "../database/array-literal.ts";
import { type Database, rows } from "../database/statement.ts";
import { type BatchRow, loadBatches, markStarted } from "./load.sql.ts";

/** A batch as its worker holds it, with only those texts whose rows are still the batch's. */
export interface LoadedBatch {
  readonly id: string;
  readonly project: string;
  readonly sourceLocale: string;
  readonly targetLocale: string;
  /** Attempts already made at each of its texts. */
  readonly attempt: number;
  readonly priority: number;
  /** How many nodes died while they worked on it. */
  readonly crashes: number;
  readonly createdAt: Date;
  /** Seconds that it had waited when it was loaded, by the database's clock. */
  readonly ageSeconds: number;
  /** Whether its lane was paused when it was loaded. */
  readonly isPaused: boolean;
  readonly items: readonly LoadedItem[];
}

export interface LoadedItem extends WorkItem {
  /** The place of its row (`ctid`): a short way to it until the row is written. */
  readonly row: string;
  readonly history: readonly AttemptError[];
  /** Whether its requests had expired when it was loaded. */
  readonly isExpired: boolean;
}

/** Loads batches by id. Removed batches are left out; batches with nothing left to do have no items. */
export async function loadBatchesById(db: Database, ids: readonly string[]): Promise<Map<string, LoadedBatch>> {
  const loaded = await rows(db, loadBatches, [ids]);
  return new Map(loaded.map((row) => [row.id, batchOf(row)]));
}

function batchOf(row: BatchRow): LoadedBatch {
  const contentNos = arrayValues(row.content_nos);
  const contextNos = arrayValues(row.context_nos);
  const revisions = arrayValues(row.revisions);
  // Each place is quoted, because it holds a comma.
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

/** Notes that a node has begun these batches. Gives the ids of the batches that still exist. */
export async function markBatchesStarted(db: Database, ids: readonly string[], nodeId: string): Promise<Set<string>> {
  const marked = await rows(db, markStarted, [[...ids].sort(), nodeId]);
  return new Set(marked.map((row) => row.batch_id));
}
