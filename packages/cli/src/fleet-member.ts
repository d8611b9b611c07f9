/** A worker in this process: what `worker` and `dev` share. */
import { CancelledError } from "@trans-hub/core";
import type { Engine } from "@trans-hub/core/engine";
import type { WorkSummary } from "@trans-hub/core/store";
import { runWorker, stopOnSignals } from "@trans-hub/worker";
import type { Logger } from "pino";
import type { CommandContext } from "./command-context.ts";
import type { ChosenDatabase } from "./database.ts";
import { openLogger } from "./logging.ts";
import { openStore } from "./session.ts";
import type { Settings } from "./settings/settings.ts";

export interface MemberOptions {
  /** As shown in `pg_stat_activity`. */
  name: string;
  database: ChosenDatabase;
  settings: Settings;
  engines: readonly Engine[];
  logger: Logger;
  until: "ready" | "empty" | "stopped";
  signal: AbortSignal;
  locales?: readonly string[] | undefined;
  project?: string | undefined;
  concurrency?: number | undefined;
}

/** A worker as the settings describe it, in this process. */
export function runMember({ name, database, settings, concurrency, ...own }: MemberOptions): Promise<WorkSummary> {
  return runWorker({
    ...own,
    connect: async () => {
      await database.prepare();
      return openStore(database, settings, name);
    },
    concurrency: concurrency ?? settings.concurrency,
    batchSize: settings.batchSize,
    maxAttempts: settings.maxAttempts,
    engineTimeoutMs: settings.engineTimeoutSeconds * 1_000,
    engineLimits: settings.engineLimits,
    drainMs: callsMayTakeMs(settings.drainSeconds * 1_000),
    lifetimeSeconds: settings.requestLifetimeSeconds,
    upkeep: { gcCron: settings.gcCron, retentionDays: settings.gcRetentionDays },
    metricsPort: settings.metricsPort,
  });
}

/** TH_DRAIN_SECONDS is when the process is gone: the last of it is for handing back what did not end. */
function callsMayTakeMs(drainMs: number): number {
  return drainMs - Math.min(1_000, drainMs / 5);
}

/** What a service asked to end before it began may take to see that. */
const START_GRACE_MS = 5_000;

/** Runs `work` until it ends, or SIGTERM or Ctrl-C ends it: which is no failure for who runs until told to stop. */
export async function asService(
  context: CommandContext,
  settings: Settings,
  work: (signal: AbortSignal, logger: Logger) => Promise<void>,
): Promise<void> {
  context.graceMs = START_GRACE_MS;
  const logger = await openLogger(context, settings);
  // Listening before the other lets go: a signal that arrived and was not told yet is lost with the last listener.
  const stop = stopOnSignals({ drainMs: settings.drainSeconds * 1_000, logger, isAsked: context.signal.aborted });
  context.releaseSignals();
  try {
    await work(stop.signal, logger);
  } catch (error) {
    if (!(stop.signal.aborted && error instanceof CancelledError)) throw error;
  } finally {
    stop.release();
  }
}
