/** Works one run's own rows in this process, beside any fleet. */
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
  /** Returns the number of unsettled rows; called repeatedly. */
  remaining(): Promise<number>;
  signal: AbortSignal;
}

/** Time between two looks when nothing was settled here: a fleet may be working on the same rows. Milliseconds. */
const LOOK_EVERY_MS = 500;
/**
 * Least time between two looks: hundreds of batches may settle in a second, and a look after each would be wasted.
 * Milliseconds.
 */
const LOOK_AT_MOST_EVERY_MS = 100;
/**
 * Work that still runs at the end belongs to other rows of the same project and locale; it is handed back after this
 * time. Milliseconds.
 */
const DRAIN_MS = 3_000;

/**
 * Works the project's locales until no row is unsettled. Also waits for rows that other workers hold or that wait for
 * their next attempt. Ends early, with everything settled so far stored, when `signal` aborts.
 *
 * @throws The first engine's error, when the accounts or settings of all engines are at fault: only a person can repair
 * those.
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
    projectEngines: settings.projectEngines,
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
  // The rejection is seen below, in either order.
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
