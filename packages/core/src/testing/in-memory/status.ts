/** The status of a store in memory: its rows, its work and its limits. */
import type { Pause } from "../../contract/control.ts";
import type { StoreStatus } from "../../contract/status.ts";
import type { LocalEngineGate } from "../../translate/limits/local-engine-gate.ts";
import { stands } from "./batches.ts";
import type { InMemoryTables } from "./tables.ts";

/**
 * The status without the workers, which the members know, and the budgets.
 *
 * @param project Undefined: all projects.
 */
export function statusOf(
  tables: InMemoryTables,
  gate: LocalEngineGate,
  paused: Pause[],
  project: string | undefined,
): Omit<StoreStatus, "workers" | "budgets"> {
  const now = tables.clock.now();
  return {
    ...countRows(tables, project),
    flagged: countFlags(tables, project),
    ...countWork(tables, project),
    inbox: tables.inbox.length,
    refused: {},
    paused,
    limits: gate.statesNow().map(({ engine, circuit, reason, running, pausedMs, openMs, faultyMs, fault }) => ({
      engine,
      pausedUntil: pausedMs > 0 ? new Date(now + pausedMs) : null,
      circuit,
      openUntil: circuit === "open" ? new Date(now + openMs) : null,
      reason,
      running,
      faultySince: reason === "TH_ENGINE_TRANSIENT" ? new Date(now - faultyMs) : null,
      fault: reason === "TH_ENGINE_TRANSIENT" ? fault : null,
    })),
    lastCollectionAt: tables.lastCollectionAt === null ? null : new Date(tables.lastCollectionAt),
  };
}

function countRows(
  { rows }: InMemoryTables,
  project: string | undefined,
): Pick<StoreStatus, "translations" | "locales"> {
  const none = () => ({ pending: 0, translated: 0, failed: 0, approved: 0 });
  const translations = none();
  const locales: StoreStatus["locales"] = {};
  for (const { key, status } of rows.values()) {
    if (project !== undefined && key.project !== project) continue;
    locales[key.targetLocale] ??= none();
    const counts = locales[key.targetLocale] ?? none();
    counts[status] += 1;
    translations[status] += 1;
  }
  return { translations, locales };
}

function countFlags({ flagged }: InMemoryTables, project: string | undefined): StoreStatus["flagged"] {
  const sums: StoreStatus["flagged"] = {};
  for (const [its, counts] of flagged) {
    if (project !== undefined && its !== project) continue;
    for (const [flag, count] of counts) sums[flag] = (sums[flag] ?? 0) + count;
  }
  return sums;
}

function countWork(
  { batches, clock }: InMemoryTables,
  project: string | undefined,
): Pick<StoreStatus, "jobs" | "oldestReadySeconds"> {
  const now = clock.now();
  const all = batches.of({ project }).filter(({ items }) => items.some(stands));
  const waiting = all.filter(({ claimedBy }) => claimedBy === undefined);
  const due = batches.ready({ project }).filter(({ items }) => items.some(stands));
  const ages = due.map(({ createdAt, runAt }) => now - Math.max(createdAt, runAt));
  return {
    jobs: { ready: due.length, running: all.length - waiting.length, scheduled: waiting.length - due.length },
    oldestReadySeconds: ages.length === 0 ? null : Math.max(...ages) / 1_000,
  };
}
