/** The figures of the fleet for monitoring, from PostgreSQL. */

import type { BacklogCount, FleetMeasure } from "../../contract/fleet-measure.ts";
import type { Priority } from "../../contract/translation.ts";
import { listBudgets } from "../budget/budget-store.ts";
import type { ConnectionPool } from "../database/pool.ts";
import { rows } from "../database/statement.ts";
import { readEngineLimits } from "../engine-limit/postgres-engine-gate.ts";
import { measureFleet } from "./fleet.sql.ts";

/** Upper bound of the counts without a bound of their own: of dead letters, and of events. */
const MOST_COUNTED = 100_000;

export async function measure(pool: ConnectionPool): Promise<FleetMeasure> {
  const [[fleet], engines] = await Promise.all([rows(pool, measureFleet, [MOST_COUNTED]), readEngineLimits(pool)]);
  // It reads the batches too: a locked table is to hold one connection, not two.
  const budgets = await listBudgets(pool);
  if (fleet === undefined) throw new Error("measuring the fleet gave no row");
  return {
    backlog: fleet.backlog.map(([priority, state, targetLocale, texts]) => ({
      priority: PRIORITIES[priority + 1] ?? "normal",
      state: state as BacklogCount["state"],
      targetLocale,
      texts,
    })),
    oldestReadySeconds: fleet.oldest_ready_seconds,
    inbox: fleet.inbox,
    refused: fleet.refused,
    deadLetters: fleet.dead_letters,
    unsequencedEvents: fleet.unsequenced,
    memoryUnits: fleet.memory_units,
    translated: fleet.stored.translated ?? 0,
    approved: fleet.stored.approved ?? 0,
    workers: fleet.workers,
    pauses: fleet.pauses,
    engines,
    budgets,
    lastCollectionAt: fleet.last_collection_at,
    webhooks: fleet.webhooks,
    webhookFailingSeconds: fleet.webhook_failing_seconds,
    webhookLagSeconds: fleet.webhook_lag_seconds,
  };
}

/** In the order of their stored values: -1, 0, 1. */
const PRIORITIES: readonly Priority[] = ["interactive", "normal", "bulk"];
