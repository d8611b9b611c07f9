/** Works one run's own rows in this process, beside any fleet. */
import { setTimeout as delay } from "node:timers/promises";
import type { TransHubError } from "@trans-hub/core";
import type { Engine } from "@trans-hub/core/engine";
import { mayAsk, type PersistenceHandler, translateBatch, tryStoppedEngines } from "@trans-hub/core/store";
import { StoppedEngines } from "@trans-hub/worker";
import { printable } from "../output.ts";
import { reasonsToWait } from "../reasons-to-wait.ts";
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
  /** Tells a person the reason for a wait, in one line. */
  tell(line: string): void;
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

/** Without a settlement for this time, the reasons for the wait are looked up, again and again. Milliseconds. */
const QUIET_MS = 5_000;

/**
 * Works the project's locales until no row is unsettled. Also waits for rows that other workers hold or that wait for
 * their next attempt. Ends early, with everything settled so far stored, when `signal` aborts.
 *
 * @returns The reason, when it ended early because no engine is left to ask: the account or setting of each is at fault, or
 *   none has answered for a minute. Undefined: no row is unsettled, or `signal` aborted.
 */
export async function workOwn(options: WorkOwnOptions): Promise<TransHubError | undefined> {
  const { handler, settings, signal, project } = options;
  const engines = options.engines.filter((engine) => mayAsk(settings.projectEngines, project, engine));
  const ending = new AbortController();
  const onAbort = () => ending.abort();
  const stoppedEngines = new StoppedEngines(engines, { onEnd: onAbort });
  const { closed, stopped } = await tryStoppedEngines(handler.engineGate, engines, signal);
  for (const engine of closed) options.tell(`engine ${engine} answers again: its circuit is closed`);
  for (const { engine, error, isOwn } of stopped) stoppedEngines.foundStopped(engine, error, { isOwn });
  const left = await options.remaining();
  if (left === 0 || stoppedEngines.error !== undefined) {
    stoppedEngines.stop();
    return left === 0 ? undefined : reasonOf(stoppedEngines);
  }
  signal.addEventListener("abort", onAbort, { once: true });
  if (signal.aborted) onAbort();
  let settled: (() => void) | undefined;
  let settledAt = performance.now();
  let lastFailure: string | undefined;
  const translate = translateBatch({
    engines,
    maxAttempts: settings.maxAttempts,
    engineTimeoutMs: settings.engineTimeoutSeconds * 1_000,
    limits: settings.engineLimits,
    projectEngines: settings.projectEngines,
    gate: handler.engineGate,
    onFault: (error, engine, stop) => stoppedEngines.stopped(engine, error, stop),
    onCall: (call) => stoppedEngines.called(call),
    onLimitChange: ({ engine, change }) => {
      if (change === "closed") stoppedEngines.works(engine);
    },
  });
  const working = handler.work(
    {
      project,
      locales: options.locales,
      until: "stopped",
      concurrency: settings.concurrency,
      maxItems: settings.batchSize,
      signal: ending.signal,
      drainMs: DRAIN_MS,
      observer: {
        settled: (settlement) => {
          stoppedEngines.heardOf(settlement);
          const failed = settlement.outcomes.find((outcome) => outcome.kind === "retry");
          lastFailure = failed?.error.message;
          settledAt = performance.now();
          settled?.();
        },
      },
    },
    translate,
  );
  // The rejection is seen below, in either order.
  working.catch(() => undefined);
  const told = new Set<string>();
  let lookedAt = performance.now();
  try {
    while (!ending.signal.aborted && (await options.remaining()) > 0) {
      const somethingSettled = new Promise<void>((resolve) => {
        settled = resolve;
      });
      const rest = delay(LOOK_EVERY_MS, undefined, { signal: ending.signal }).catch(() => undefined);
      await delay(LOOK_AT_MOST_EVERY_MS);
      await Promise.race([somethingSettled, rest, working]);
      if (performance.now() - Math.max(settledAt, lookedAt) < QUIET_MS) continue;
      const reasons = reasonsToWait(await handler.status(project), { ...options, engines });
      const retry =
        lastFailure === undefined ? [] : [printable(`the last attempt failed: ${lastFailure}; it is repeated`)];
      for (const reason of reasons.length > 0 ? reasons : retry) {
        if (!told.has(reason)) options.tell(reason);
        told.add(reason);
      }
      lookedAt = performance.now();
    }
  } finally {
    ending.abort();
    stoppedEngines.stop();
    signal.removeEventListener("abort", onAbort);
    await working;
  }
  return signal.aborted ? undefined : reasonOf(stoppedEngines);
}

/** A wrong key of one's own is a wrong setting; any other reason may be over when the command runs again. */
function reasonOf({ ownFault, error }: StoppedEngines): TransHubError | undefined {
  return ownFault?.code === "TH_ENGINE_CONFIG" ? ownFault : error;
}
