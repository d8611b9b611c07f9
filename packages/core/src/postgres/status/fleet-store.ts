/** The fleet as a monitor sees it, from PostgreSQL. */

import type { BacklogCount, FleetMeasure } from "../../contract/fleet-measure.ts";
import type { Priority } from "../../contract/translation.ts";
import type { ConnectionPool } from "../database/pool.ts";
import { rows } from "../database/statement.ts";
import { readEngineLimits } from "../engine-limit/postgres-engine-gate.ts";
import { measureFleet } from "./fleet.sql.ts";

/** Counting them is the one thing here that has no bound of its own. */
const MOST_DEAD_LETTERS = 100_000;

export async function measure(pool: ConnectionPool): Promise<FleetMeasure> {
  const [[fleet], engines] = await Promise.all([rows(pool, measureFleet, [MOST_DEAD_LETTERS]), readEngineLimits(pool)]);
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
    translated: fleet.stored.translated ?? 0,
    approved: fleet.stored.approved ?? 0,
    workers: fleet.workers,
    pauses: fleet.pauses,
    engines,
    lastCollectionAt: fleet.last_collection_at,
  };
}

/** As they are stored: -1, 0, 1. */
const PRIORITIES: readonly Priority[] = ["interactive", "normal", "bulk"];
