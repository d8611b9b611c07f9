/**
 * A member of the fleet: runs the store's `work` with `translateBatch`, and adds a log line for each batch, metrics and
 * health probes. Claim, heartbeat, rescue, settlement and the restart of a failed runner belong to the store
 * (`PersistenceHandler.work`).
 */
import { setTimeout as delay } from "node:timers/promises";
import { DatabaseRefusedError, EngineNotFoundError } from "@trans-hub/core";
import type { Engine, EngineLimits } from "@trans-hub/core/engine";
import {
  type Instructions,
  optionKinds as kinds,
  mayAsk,
  noEngineAllowed,
  optionCheck,
  type PersistenceHandler,
  type Prices,
  type ProjectEngines,
  type Settlement,
  translateBatch,
  tryStoppedEngines,
  type WorkObserver,
  type WorkOptions,
  type WorkSummary,
} from "@trans-hub/core/store";
import type { Logger } from "pino";
import { countOutcomes } from "./batch-fields.ts";
import { budgetWait } from "./budget-wait.ts";
import { NO_PORT, openPort, type Port } from "./port.ts";
import { StoppedEngines } from "./stopped-engines.ts";
import { MAX_DELAY_MS, mayPass, type PassingError, waitForStore } from "./wait-for-store.ts";
import { engineEventsOf, logFault, observerOf } from "./work-events.ts";

export interface WorkerOptions {
  /** Opens the store; repeated while the store cannot be reached. The store is closed when the work ends. */
  connect(): Promise<PersistenceHandler>;
  /** The chain of engines, in the order of their use. */
  engines: readonly Engine[];
  logger: Logger;
  /**
   * When to end. `ready`: when no work is ready. `empty`: when no work is left, delayed work included. `stopped`: at
   * `signal`.
   */
  until: "ready" | "empty" | "stopped";
  /** Ends the work gracefully: see `drainMs`. */
  signal: AbortSignal;
  /** Canonical target locales. Default: all. */
  locales?: readonly string[] | undefined;
  /** Default: all. */
  project?: string | undefined;
  /** Number of concurrent engine calls. */
  concurrency: number;
  /** The most texts in one engine call; the engine's own limit holds too. */
  batchSize: number;
  /** Number of failed attempts after which a text goes to the dead letters. */
  maxAttempts: number;
  engineTimeoutMs: number;
  /** Age in seconds at which a waiting request goes to the dead letters without an engine call. Default: never. */
  lifetimeSeconds?: number | undefined;
  /** Limits of each engine over the whole fleet, by engine name. Default: none. */
  engineLimits?: Readonly<Record<string, EngineLimits>> | undefined;
  /** The engines that may get the texts of each project. Default: each project may use every engine. */
  projectEngines?: ProjectEngines | undefined;
  /** For engines that follow instructions, such as language models. At most 4 KiB for one call. Default: none. */
  instructions?: Instructions | undefined;
  /** Whether approved texts of other contexts and projects are reused: `approved`. Default: `off`. */
  memoryReuse?: "off" | "approved" | undefined;
  /** The prices of engines, by which this member books its calls. Default: none is known. */
  prices?: Prices | undefined;
  /**
   * With `until` other than `stopped`: the work ends when no engine has answered for this time. Milliseconds. Default
   * 60,000.
   */
  outageMs?: number | undefined;
  /**
   * Time for running calls to end after `signal`, in milliseconds; then they are aborted and their work is handed back.
   */
  drainMs: number;
  /** Collection of unused texts, on the fleet's crontab (UTC). Default: this member does not schedule it. */
  upkeep?: { gcCron: string; retentionDays: number; eventRetentionDays?: number | undefined } | undefined;
  /** The port of `/livez`, `/readyz` and `/metrics`; 0 takes any free port and logs it. Default: no server. */
  metricsPort?: number | undefined;
  /** Called for each settled batch, after its log line. */
  onSettled?: ((settlement: Settlement) => void) | undefined;
}

const checkOptions = optionCheck<WorkerOptions>("runWorker", {
  connect: kinds.required(kinds.callback),
  engines: kinds.required(kinds.engines),
  logger: kinds.required(kinds.methods("a logger of pino", "info", "warn", "error")),
  until: kinds.required(kinds.oneOf("ready", "empty", "stopped")),
  signal: kinds.required(kinds.signal),
  locales: kinds.targetLocales,
  project: kinds.project,
  concurrency: kinds.required(kinds.whole(1, 10_000)),
  batchSize: kinds.required(kinds.whole(1, 1_000)),
  maxAttempts: kinds.required(kinds.whole(1, 10_000)),
  engineTimeoutMs: kinds.required(kinds.milliseconds),
  lifetimeSeconds: kinds.decimal(0, 31_536_000),
  engineLimits: kinds.engineLimits,
  projectEngines: kinds.projectEngines,
  instructions: kinds.instructions,
  memoryReuse: kinds.oneOf("off", "approved"),
  prices: kinds.prices,
  outageMs: kinds.milliseconds,
  drainMs: kinds.required(kinds.millisecondsOrNone),
  upkeep: kinds.parts({
    gcCron: kinds.required(kinds.text),
    retentionDays: kinds.required(kinds.decimal(0, 36_500)),
    eventRetentionDays: kinds.decimal(0, 36_500),
  }),
  metricsPort: kinds.whole(0, 65_535),
  onSettled: kinds.callback,
});

/**
 * Works until the signal, or until no work is left. Waits for a database that cannot be reached or is not migrated,
 * before and during the work.
 *
 * @returns A summary of this member's work.
 * @throws {SettingsError} An option is missing, unknown, or has a bad value.
 * @throws {EngineNotFoundError} `engines` is empty.
 * @throws {EngineNotAllowedError} `project` may use none of the engines.
 * @throws {DatabaseRefusedError} With `until` other than `stopped`: a refusal needs a person too.
 * @throws {EnginesStoppedError} With `until` other than `stopped`: the account or setting of every engine of the chain
 * is at fault, or no engine has answered for a minute. Only the fleet's workers wait for the repair.
 * @throws {BudgetExceededError | BudgetUnpricedError} With `until` other than `stopped`: all that could be translated is, and texts wait
 * for a budget.
 */
export async function runWorker(options: WorkerOptions): Promise<WorkSummary> {
  checkOptions(options);
  if (options.engines.length === 0) throw new EngineNotFoundError("There is no engine to translate with");
  const { logger, metricsPort } = options;
  checkProjects(options);
  const port = metricsPort === undefined ? NO_PORT : await openPort(metricsPort, options);
  const { health } = port;
  const onStop = () => health?.stopping();
  options.signal.addEventListener("abort", onStop, { once: true });
  try {
    logger.info(
      {
        engines: options.engines.map(({ name }) => name),
        locales: options.locales ?? "all",
        ...(options.project !== undefined && { project: options.project }),
        concurrency: options.concurrency,
        until: options.until,
        ...(health && { port: health.port }),
      },
      "worker.started",
    );
    const summary = await workThroughOutages(options, port);
    logger.info(summary, "worker.stopped");
    return summary;
  } finally {
    options.signal.removeEventListener("abort", onStop);
    await health?.close();
  }
}

/**
 * Without `project` a project that may use no engine is only logged: other projects must not stop for it. Its texts go to
 * the dead letters, from which a replay brings them back.
 */
function checkProjects({ project: only, projectEngines = {}, engines, logger }: WorkerOptions): void {
  for (const project of only === undefined ? Object.keys(projectEngines) : [only]) {
    const barred = noEngineAllowed(projectEngines, project, engines);
    if (barred !== undefined && only !== undefined) throw barred;
    if (barred !== undefined) logger.error({ err: barred, project }, "project.no_engine");
  }
}

async function workThroughOutages(options: WorkerOptions, port: Port): Promise<WorkSummary> {
  const { health, metrics } = port;
  const { signal, logger, until } = options;
  const isWaitedFor = (error: PassingError) => until === "stopped" || !(error instanceof DatabaseRefusedError);
  const waiting = { signal, logger, isWaitedFor, onWaiting: (reason: string) => health?.notReady(reason) };
  const done: WorkSummary = { translated: 0, failed: 0, retrying: 0 };
  const handler = await waitForStore({ ...waiting, ask: options.connect });
  if (handler === undefined) return done;
  if (metrics !== undefined) metrics.store = handler;
  let shortRuns = 0;
  try {
    while (!signal.aborted) {
      const counted = { translated: 0, failed: 0 };
      const startedAt = performance.now();
      try {
        const { translated, failed, retrying } = await work(options, handler, port, ({ outcomes }) => {
          const counts = countOutcomes(outcomes);
          counted.translated += counts.translated;
          counted.failed += counts.failed;
        });
        return { translated: done.translated + translated, failed: done.failed + failed, retrying };
      } catch (error) {
        if (!mayPass(error) || !isWaitedFor(error)) throw error;
        // Reached only with `until` other than `stopped`: with it, `work` outlives an outage.
        logger.warn({ err: error }, "worker.interrupted");
        done.translated += counted.translated;
        done.failed += counted.failed;
        await waitForStore({ ...waiting, ask: () => handler.status(options.project) });
        // A standby, and a server whose disk is full, answer reads and refuse the work: an answer alone ends no outage.
        shortRuns = performance.now() - startedAt < STEADY_MS ? shortRuns + 1 : 1;
        const delayMs = Math.min(250 * 2 ** (shortRuns - 1), MAX_DELAY_MS);
        await delay(delayMs * (0.9 + 0.2 * Math.random()), undefined, { signal }).catch(() => undefined);
      }
    }
    return done;
  } finally {
    await handler.close();
  }
}

/** A run of this length counts as one on a working database. Milliseconds. */
const STEADY_MS = 10_000;

async function work(
  options: WorkerOptions,
  handler: PersistenceHandler,
  port: Port,
  count: (settlement: Settlement) => void,
): Promise<WorkSummary> {
  const { logger, engines, projectEngines = {}, project, until, signal } = options;
  const hopeless = new AbortController();
  const own = engines.filter((engine) => project === undefined || mayAsk(projectEngines, project, engine));
  const onEnd = until === "stopped" ? undefined : () => hopeless.abort();
  const { locales, outageMs } = options;
  const left = () => leftLocales(handler, options);
  const stoppedEngines = new StoppedEngines(own, { onEnd, outageMs, locales, leftLocales: left });
  const observer = observerOf(options, port, (settlement) => {
    count(settlement);
    stoppedEngines.heardOf(settlement);
  });
  const engineEvents = engineEventsOf(logger, port, stoppedEngines);
  const translate = translateBatch({
    engines,
    maxAttempts: options.maxAttempts,
    engineTimeoutMs: options.engineTimeoutMs,
    limits: options.engineLimits,
    projectEngines,
    instructions: options.instructions,
    memoryReuse: options.memoryReuse,
    prices: options.prices,
    gate: handler.engineGate,
    ...engineEvents,
  });
  const trying = tryStoppedEngines(handler.engineGate, own, signal).then(({ closed, stopped }) => {
    for (const engine of closed) engineEvents.onLimitChange({ engine, change: "closed", forMs: 0 });
    for (const stop of stopped) {
      logFault(logger, stop);
      stoppedEngines.foundStopped(stop.engine, stop.error, stop);
    }
  });
  // A fleet's worker has other engines and other upkeep; a short run would end before the answer.
  if (until !== "stopped") await trying;
  try {
    const summary = await handler.work(workOptions(options, hopeless.signal, observer), translate);
    if (until === "stopped" || signal.aborted) return summary;
    const error =
      stoppedEngines.error ?? (stoppedEngines.isAnyStopped ? stoppedEngines.errorFor(await left()) : undefined);
    const incomplete = error ?? (await budgetWait(handler, project));
    if (incomplete === undefined) return summary;
    logger.info(summary, "worker.stopped");
    throw incomplete;
  } finally {
    stoppedEngines.stop();
  }
}

function workOptions(options: WorkerOptions, hopeless: AbortSignal, observer: WorkObserver): WorkOptions {
  const { locales, project, until, concurrency, batchSize, engines, drainMs, lifetimeSeconds, upkeep } = options;
  const maxItems = Math.min(batchSize, engines[0]?.maxItemsPerCall ?? batchSize);
  const signal = AbortSignal.any([options.signal, hopeless]);
  return { locales, project, until, concurrency, maxItems, signal, drainMs, lifetimeSeconds, upkeep, observer };
}

/**
 * The target locales of the texts that wait and that this worker would translate: with `until: "ready"`, work that is due later is left
 * alone.
 */
async function leftLocales(handler: PersistenceHandler, { project, locales }: WorkerOptions): Promise<string[]> {
  const status = await handler.status(project);
  const counts = Object.entries(status.locales).filter(([locale]) => locales?.includes(locale) ?? true);
  return counts.flatMap(([locale, { pending }]) => (pending > 0 ? [locale] : []));
}
