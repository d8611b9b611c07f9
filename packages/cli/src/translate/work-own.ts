/** Working one's own rows in this process, beside whatever fleet there is. */
import { setTimeout as delay } from "node:timers/promises";
import type { Engine } from "@trans-hub/core/engine";
import { type PersistenceHandler, translateBatch } from "@trans-hub/core/store";
import { StoppedEngines } from "@trans-hub/worker";
import type { Settings } from "../settings/settings.ts";

export interface WorkOwnOptions {
  handler: PersistenceHandler;
  engines: readonly Engine[];
  settings: Settings;
  project: string;
  locales: readonly string[];
  /** How many rows are still to be waited for; asked again and again. */
  remaining(): Promise<number>;
  signal: AbortSignal;
}

/** Between two looks, when nothing was settled here: a fleet may be at the same rows. */
const LOOK_EVERY_MS = 500;
/** Batches may settle by the hundred in a second; to look after each would be work for nothing. */
const LOOK_AT_MOST_EVERY_MS = 100;
/** What runs when all is done is other work of the same project and locale; it is handed back after this. */
const DRAIN_MS = 3_000;

/**
 * Works the project's locales until nothing remains. What others work on, or what waits for its next attempt, is waited
 * for. Ends early, with everything settled so far stored, when `signal` aborts.
 *
 * @throws The first engine's error, when the accounts or settings of all are at fault: to wait for somebody to act is the
 *   fleet's affair.
 */
export async function workOwn(options: WorkOwnOptions): Promise<void> {
  const { handler, engines, settings, signal } = options;
  const ending = new AbortController();
  const onAbort = () => ending.abort();
  signal.addEventListener("abort", onAbort, { once: true });
  if (signal.aborted) onAbort();
  let settled: (() => void) | undefined;
  const stoppedEngines = new StoppedEngines(engines);
  const translate = translateBatch({
    engines,
    maxAttempts: settings.maxAttempts,
    engineTimeoutMs: settings.engineTimeoutSeconds * 1_000,
    limits: settings.engineLimits,
    gate: handler.engineGate,
    onFault: (error, engine) => {
      stoppedEngines.stopped(engine, error);
      if (stoppedEngines.fault !== undefined) ending.abort();
    },
    onLimitChange: ({ engine, change }) => {
      if (change === "closed") stoppedEngines.works(engine);
    },
  });
  const working = handler.work(
    {
      project: options.project,
      locales: options.locales,
      until: "stopped",
      concurrency: settings.concurrency,
      maxItems: settings.batchSize,
      signal: ending.signal,
      drainMs: DRAIN_MS,
      observer: {
        settled: (settlement) => {
          stoppedEngines.heardOf(settlement);
          settled?.();
        },
      },
    },
    translate,
  );
  // Seen below, whichever comes first.
  working.catch(() => undefined);
  try {
    while (!ending.signal.aborted && (await options.remaining()) > 0) {
      const somethingSettled = new Promise<void>((resolve) => {
        settled = resolve;
      });
      const rest = delay(LOOK_EVERY_MS, undefined, { signal: ending.signal }).catch(() => undefined);
      await delay(LOOK_AT_MOST_EVERY_MS);
      await Promise.race([somethingSettled, rest, working]);
    }
  } finally {
    ending.abort();
    signal.removeEventListener("abort", onAbort);
    await working;
  }
  if (stoppedEngines.fault !== undefined) throw stoppedEngines.fault;
}
