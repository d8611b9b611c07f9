/** Works one run's own rows in this process, beside any fleet. */
import { setTimeout as delay } from "node:timers/promises";
import type { TransHubError } from "@trans-hub/core";
import type { Engine } from "@trans-hub/core/engine";
import {
  mayAsk,
  type PersistenceHandler,
  translateBatch,
  tryStoppedEngines,
  type WorkObserver,
  type WorkSummary,
} from "@trans-hub/core/store";
import { budgetWait, StoppedEngines } from "@trans-hub/worker";
import { printable } from "../output.ts";
import { reasonsToWait } from "../reasons-to-wait.ts";
import type { Settings } from "../settings/settings.ts";
import { isOnlyBudget } from "./only-budget.ts";

export interface WorkOwnOptions {
  handler: PersistenceHandler;
  engines: readonly Engine[];
  settings: Settings;
  project: string;
  locales: readonly string[];
  /** Returns the number of unsettled rows; called repeatedly. */
  remaining(): Promise<number>;
  /** The target locales of the rows that were unsettled at the last call of `remaining`. */
  leftLocales(): readonly string[];
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
 * Ends early as well when of its rows only those are left that wait for a budget.
 *
 * @returns The reason, when it ended early because no engine is left to ask: the account or setting of each is at fault, or
 *   none has answered for a minute. Undefined: no row is unsettled, or `signal` aborted.
 */
export async function workOwn(given: WorkOwnOptions): Promise<TransHubError | undefined> {
  const { settings, signal, project } = given;
  const engines = given.engines.filter((engine) => mayAsk(settings.projectEngines, project, engine));
  const options = { ...given, engines };
  const ending = new AbortController();
  const onAbort = () => ending.abort();
  const left = await options.remaining();
  const leftLocales = async () => options.leftLocales();
  const stoppedEngines = new StoppedEngines(engines, { onEnd: onAbort, locales: options.leftLocales(), leftLocales });
  await findStopped(options, stoppedEngines);
  if (left === 0 || stoppedEngines.isHopeless) {
    stoppedEngines.stop();
    return left === 0 ? undefined : reasonOf(stoppedEngines, options.leftLocales());
  }
  signal.addEventListener("abort", onAbort, { once: true });
  if (signal.aborted) onAbort();
  let settled: (() => void) | undefined;
  const reasons = new ReasonsToWait(options, stoppedEngines);
  let settledAt = performance.now();
  const working = work(options, stoppedEngines, ending.signal, () => {
    settledAt = performance.now();
    reasons.settled();
    settled?.();
  });
  // The rejection is seen below, in either order.
  working.catch(() => undefined);
  let overBudget: TransHubError | undefined;
  try {
    while (!ending.signal.aborted && (await options.remaining()) > 0) {
      const somethingSettled = new Promise<void>((resolve) => {
        settled = resolve;
      });
      const rest = delay(LOOK_EVERY_MS, undefined, { signal: ending.signal }).catch(() => undefined);
      await delay(LOOK_AT_MOST_EVERY_MS);
      await Promise.race([somethingSettled, rest, working]);
      overBudget = await whyOnlyBudget(options, performance.now() - settledAt >= QUIET_MS);
      if (overBudget !== undefined) break;
      await reasons.tellWhenQuiet();
    }
  } finally {
    ending.abort();
    stoppedEngines.stop();
    signal.removeEventListener("abort", onAbort);
    await working;
  }
  return signal.aborted ? undefined : (overBudget ?? reasonOf(stoppedEngines, options.leftLocales()));
}

/** The reason to end before the next period of a budget: the run's texts that are left wait for one. Undefined: there is none. */
async function whyOnlyBudget(
  { handler, project, leftLocales }: WorkOwnOptions,
  isQuiet: boolean,
): Promise<TransHubError | undefined> {
  const [budget] = await handler.listBudgets(project);
  if (budget === undefined || budget.waiting === 0) return undefined;
  const status = await handler.status(project);
  return isOnlyBudget(budget, status, leftLocales(), isQuiet) ? budgetWait(handler, project) : undefined;
}

/** Tries the engines that get no calls, before any work: a corrected key is used at once. */
async function findStopped(
  { handler, engines, signal, tell }: WorkOwnOptions,
  stoppedEngines: StoppedEngines,
): Promise<void> {
  const { closed, stopped } = await tryStoppedEngines(handler.engineGate, engines, signal);
  for (const engine of closed) tell(`engine ${engine} answers again: its circuit is closed`);
  for (const { engine, error, isOwn } of stopped) stoppedEngines.foundStopped(engine, error, { isOwn });
}

/** @param onSettled Called for each settled batch. */
function work(
  { handler, engines, settings, project, locales }: WorkOwnOptions,
  stoppedEngines: StoppedEngines,
  signal: AbortSignal,
  onSettled: () => void,
): Promise<WorkSummary> {
  const translate = translateBatch({
    engines,
    maxAttempts: settings.maxAttempts,
    engineTimeoutMs: settings.engineTimeoutSeconds * 1_000,
    limits: settings.engineLimits,
    projectEngines: settings.projectEngines,
    instructions: settings.instructions,
    memoryReuse: settings.memoryReuse,
    prices: settings.prices,
    gate: handler.engineGate,
    onFault: (error, engine, stop) => stoppedEngines.stopped(engine, error, stop),
    onCall: (call) => stoppedEngines.called(call),
    onLimitChange: ({ engine, change }) => {
      if (change === "closed") stoppedEngines.works(engine);
    },
  });
  const observer: WorkObserver = {
    settled: (settlement) => {
      stoppedEngines.heardOf(settlement);
      onSettled();
    },
  };
  const { concurrency, batchSize: maxItems } = settings;
  return handler.work(
    { project, locales, until: "stopped", concurrency, maxItems, signal, drainMs: DRAIN_MS, observer },
    translate,
  );
}

/** Tells a person why nothing is settled, each reason once. */
class ReasonsToWait {
  readonly #options: WorkOwnOptions;
  readonly #told = new Set<string>();
  /** The last settlement or look, by `performance.now()`. */
  #quietSince = performance.now();
  readonly #stoppedEngines: StoppedEngines;

  constructor(options: WorkOwnOptions, stoppedEngines: StoppedEngines) {
    this.#options = options;
    this.#stoppedEngines = stoppedEngines;
  }

  settled(): void {
    this.#quietSince = performance.now();
  }

  async tellWhenQuiet(): Promise<void> {
    if (performance.now() - this.#quietSince < QUIET_MS) return;
    const { handler, project, tell } = this.#options;
    const reasons = reasonsToWait(await handler.status(project), this.#options);
    const { lastFailure } = this.#stoppedEngines;
    if (reasons.length === 0 && lastFailure !== undefined) {
      reasons.push(printable(`the last attempt failed: ${lastFailure}; it is repeated`));
    }
    for (const reason of reasons) {
      if (!this.#told.has(reason)) tell(reason);
      this.#told.add(reason);
    }
    this.#quietSince = performance.now();
  }
}

/** A wrong key of one's own is a wrong setting; any other reason may be over when the command runs again. */
function reasonOf(stoppedEngines: StoppedEngines, left: readonly string[]): TransHubError | undefined {
  const { ownFault } = stoppedEngines;
  return ownFault?.code === "TH_ENGINE_CONFIG" ? ownFault : stoppedEngines.errorFor(left);
}
