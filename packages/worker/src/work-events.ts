/** Logs and counts the events of a worker's work, and of the engines that it calls. */
import { errorFields } from "@trans-hub/core/operations";
import {
  BudgetExceededError,
  type EngineCall,
  parseAmount,
  type Settlement,
  type StoppedEngine,
  type TranslateBatchOptions,
  type WorkObserver,
} from "@trans-hub/core/store";
import type { Logger } from "pino";
import { batchFields } from "./batch-fields.ts";
import type { Port } from "./port.ts";
import type { StoppedEngines } from "./stopped-engines.ts";

const REFUSED_HINT =
  "The item stays in trans_hub.inbox. Read it there, request a corrected one, and delete the row; doctor says how.";

/** Logs and counts the events of the work. `onSettlement` comes before the log line of a settlement. */
export function observerOf(
  { logger, onSettled }: { logger: Logger; onSettled?: ((settlement: Settlement) => void) | undefined },
  { health, metrics }: Port,
  onSettlement: (settlement: Settlement) => void,
): WorkObserver {
  return {
    settled: (settlement) => {
      onSettlement(settlement);
      logger.info(batchFields(settlement), "batch.settled");
      metrics?.observer.settled(settlement);
      onSettled?.(settlement);
    },
    ready: (isReady) => {
      if (isReady) health?.ready();
      else health?.notReady("the database is out of reach, or work is restarting");
      logger.info(isReady ? "worker.ready" : "worker.not_ready");
    },
    fault: (error) => {
      metrics?.observer.fault(error);
      logger.error({ err: error }, "worker.fault");
    },
    jobFailed: ({ task, batch, error }) => {
      metrics?.observer.jobFailed({ task, batch, error });
      logger.error({ task, ...(batch !== undefined && { batch }), err: error }, "job.failed");
    },
    refused: (item) => {
      metrics?.observer.refused(item);
      logger.error({ inbox: item.id, code: item.code, hint: REFUSED_HINT }, "inbox.refused");
    },
    collected: (report) => {
      metrics?.observer.collected(report);
      logger.info({ ...report }, "garbage.collected");
    },
    rescued: (node) => {
      metrics?.observer.rescued(node);
      logger.warn({ node }, "worker.rescued");
    },
  };
}

/** This worker's own actions on an engine for the whole fleet. */
const EVENTS = { paused: "engine.paused", opened: "engine.circuit_opened", closed: "engine.circuit_closed" } as const;

/** Called by `translateBatch`. */
type EngineEvents = Pick<TranslateBatchOptions, "onTurn" | "onBudget" | "onMemory"> & {
  [Name in "onFault" | "onLimitChange" | "onCall"]: NonNullable<TranslateBatchOptions[Name]>;
};

/** Logs and counts the events of the engines; `stoppedEngines` hears of them too. */
export function engineEventsOf(
  logger: Logger,
  { metrics }: Pick<Port, "metrics">,
  stoppedEngines: StoppedEngines,
): EngineEvents {
  return {
    onFault: (error, engine, stop) => {
      logFault(logger, { engine, error, ...stop });
      stoppedEngines.stopped(engine, error, stop);
    },
    onCall: (call) => {
      stoppedEngines.called(call);
      if (isOverHold(call)) logger.warn(holdFields(call), "budget.hold_exceeded");
      metrics?.called(call);
    },
    onTurn: metrics?.waited,
    onBudget: budgetLog(logger),
    onMemory: ({ error, ...lookup }) => {
      // The texts were translated without it.
      if (error !== undefined) logger.warn({ error: errorFields(error) }, "memory.unavailable");
      metrics?.lookedUp({ error, ...lookup });
    },
    onLimitChange: ({ change, ...fields }) => {
      metrics?.limitChanged({ change, ...fields });
      const until = change === "closed" ? undefined : timeAfter(fields.forMs);
      logger[change === "closed" ? "info" : "warn"]({ ...fields, until }, EVENTS[change]);
      if (change === "closed") stoppedEngines.works(fields.engine);
    },
  };
}

/** Whether a call cost more than its budgets held for it: a gateway answered with a dearer model than was asked. */
export function isOverHold({ cost, held }: EngineCall): boolean {
  return cost !== undefined && held !== undefined && (parseAmount(cost) ?? 0n) > (parseAmount(held) ?? 0n);
}

function holdFields({ engine, model, cost, held, currency }: EngineCall) {
  const hint =
    "Set the price of the model that is asked to that of the dearest one that may answer, or ask for that one.";
  return { engine, model, cost, held, currency, hint };
}

/** Milliseconds. The same reason is logged at most this often: each batch of the project meets it. */
const SAME_REASON_MS = 60_000;

/** Logs that texts wait for a budget, or that no hold could be written. */
function budgetLog(logger: Logger): NonNullable<TranslateBatchOptions["onBudget"]> {
  const loggedAt = new Map<string, number>();
  return (error, engine, waitsFor) => {
    // Running calls hold the rest of a budget for a moment, which is no event.
    if (error.code === "TH_BUDGET_EXCEEDED" && waitsFor === undefined) return;
    const now = performance.now();
    // Its message has amounts, which are others at each call.
    const reason = error instanceof BudgetExceededError ? `${engine} ${error.project}` : error.message;
    if (now - (loggedAt.get(reason) ?? Number.NEGATIVE_INFINITY) < SAME_REASON_MS) return;
    if (loggedAt.size > 1_000) loggedAt.clear();
    loggedAt.set(reason, now);
    logger.warn({ err: error, engine, waitsFor: waitsFor ?? null }, "budget.waits");
  };
}

/** Logs the fault of an engine that gets no calls. */
export function logFault(logger: Logger, { engine, error, waitMs }: Omit<StoppedEngine, "isOwn">): void {
  logger.error({ err: error, engine, until: timeAfter(waitMs) }, "engine.fault");
}

function timeAfter(ms: number): string {
  return new Date(Date.now() + ms).toISOString();
}
