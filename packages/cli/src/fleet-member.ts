/** A worker in this process, shared by `worker` and `dev`. */
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
import { startTracing } from "./tracing.ts";

export interface MemberOptions {
  /** The name shown in `pg_stat_activity`. */
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

/** Runs a worker in this process, configured by the settings. */
export function runMember({ name, database, settings, concurrency, ...own }: MemberOptions): Promise<WorkSummary> {
  return runWorker({
    ...own,
    connect: async () => {
      await database.prepare();
      return openStore(database, settings, name, (wait) => own.logger.warn(wait, "lock.waiting"));
    },
    concurrency: concurrency ?? settings.concurrency,
    batchSize: settings.batchSize,
    maxAttempts: settings.maxAttempts,
    engineTimeoutMs: settings.engineTimeoutSeconds * 1_000,
    engineLimits: settings.engineLimits,
    projectEngines: settings.projectEngines,
    instructions: settings.instructions,
    memoryReuse: settings.memoryReuse,
    prices: settings.prices,
    drainMs: callsMayTakeMs(settings.drainSeconds * 1_000),
    lifetimeSeconds: settings.requestLifetimeSeconds,
    upkeep: {
      gcCron: settings.gcCron,
      retentionDays: settings.gcRetentionDays,
      eventRetentionDays: settings.eventRetentionDays,
    },
    metricsPort: settings.metricsPort,
  });
}

/** The process must be gone after TH_DRAIN_SECONDS, so the last part of it is kept for handing back unfinished work. */
function callsMayTakeMs(drainMs: number): number {
  return drainMs - Math.min(1_000, drainMs / 5);
}

/** Time for a service to notice an end that was requested before it began. Milliseconds. */
const START_GRACE_MS = 5_000;

/**
 * Runs `work` until it ends, or until SIGTERM or Ctrl-C ends it. A signal is not a failure for a service.
 *
 * @param name The service in the log. Default: a worker.
 */
export async function asService(
  context: CommandContext,
  settings: Settings,
  work: (signal: AbortSignal, logger: Logger) => Promise<void>,
  name?: "server",
): Promise<void> {
  context.graceMs = START_GRACE_MS;
  const logger = await openLogger(context, settings);
  // Listens before the other listener is removed: a signal that has arrived but was not delivered yet is lost with the
  // last listener.
  const stop = stopOnSignals({ drainMs: settings.drainSeconds * 1_000, logger, name, isAsked: context.signal.aborted });
  context.releaseSignals();
  const tracing = await startTracing(context.env, logger);
  try {
    await work(stop.signal, logger);
  } catch (error) {
    if (!(stop.signal.aborted && error instanceof CancelledError)) throw error;
  } finally {
    await tracing.stop();
    stop.release();
  }
}
