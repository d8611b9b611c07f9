/** The totals and the fleet's state, from PostgreSQL. */

import type { StoreStatus } from "../../contract/status.ts";
import { listBudgets } from "../budget/budget-store.ts";
import { readPauses } from "../control/pause.ts";
import type { ConnectionPool } from "../database/pool.ts";
import { rows } from "../database/statement.ts";
import { readEngineLimits } from "../engine-limit/postgres-engine-gate.ts";
import { countJobs, countTranslations, listWorkers } from "./status.sql.ts";

export async function readStatus(pool: ConnectionPool, project?: string): Promise<StoreStatus> {
  const [counts, [jobs], workers, paused, limits, budgets] = await Promise.all([
    rows(pool, countTranslations, [project ?? null]),
    rows(pool, countJobs, [project ?? null]),
    rows(pool, listWorkers),
    readPauses(pool),
    readEngineLimits(pool),
    listBudgets(pool, project),
  ]);
  if (jobs === undefined) throw new Error("counting jobs gave no row");
  const total = { pending: 0, translated: 0, failed: 0, approved: 0 };
  const locales: StoreStatus["locales"] = {};
  for (const { target_locale, ...count } of counts) {
    locales[target_locale] = count;
    total.pending += count.pending;
    total.translated += count.translated;
    total.failed += count.failed;
    total.approved += count.approved;
  }
  return {
    translations: total,
    locales,
    flagged: jobs.flagged,
    jobs: { ready: jobs.ready, running: jobs.running, scheduled: jobs.scheduled },
    inbox: jobs.inbox,
    refused: jobs.refused,
    oldestReadySeconds: jobs.oldest_ready_seconds,
    workers: workers.map((worker) => ({
      id: worker.node_id,
      host: worker.host,
      pid: worker.pid,
      version: worker.version,
      locales: worker.locales,
      concurrency: worker.concurrency,
      startedAt: worker.started_at,
      beatSecondsAgo: worker.beat_seconds_ago,
      running: worker.running,
    })),
    paused,
    limits,
    budgets,
    lastCollectionAt: jobs.last_collection_at,
  };
}
