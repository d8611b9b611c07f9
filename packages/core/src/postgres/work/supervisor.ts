/**
 * Runs pools one after another until the work ends, and survives their ends.
 *
 *     start runner ─▶ claiming ─▶ ended by itself ─▶ give its jobs back, wait, start afresh
 *                        │
 *                        ├─ declared dead by the fleet ─▶ abandon its batches, start afresh
 *                        └─ asked to end, or no work left ─▶ drain ─▶ stop ─▶ retire
 */
import { setTimeout as wait } from "node:timers/promises";
import type { ParsedCronItem, TaskList } from "graphile-worker";
import { SchemaMissingError, WorkerInterruptedError } from "../../contract/errors.ts";
import type { WorkObserver, WorkOptions } from "../../contract/work.ts";
import { databaseError } from "../database/database-error.ts";
import { loadGraphileWorker } from "../database/graphile-worker.ts";
import type { ForeignProjects } from "./claim/foreign-projects.ts";
import type { Intake } from "./claim/intake.ts";
import { Runner, type RunnerStore } from "./claim/runner.ts";
import type { FleetView } from "./fleet/fleet-view.ts";
import type { Gatherer } from "./gather/gatherer.ts";
import type { Upkeep } from "./upkeep/upkeep.ts";

export interface SupervisorOptions {
  store: RunnerStore;
  options: WorkOptions;
  observer: WorkObserver;
  intake: Intake;
  foreign: ForeignProjects;
  view: FleetView;
  gatherer: Gatherer;
  upkeep: Upkeep;
  /** Aborts when the work is to end; aborted when it has. */
  ending: AbortController;
  /** The live task list of a new pool. */
  earlyTasks(): TaskList;
  /** The tasks that are added to it once the node is in the fleet. */
  lateTasks(): Promise<TaskList>;
  onFault(error: Error): void;
}

/** Milliseconds. A member that waits longer than a third of the rescue time is declared dead if others are back before it. */
const LONGEST_RESTART_MS = 10_000;

/** Milliseconds for each last statement at the end of the work: the database may be gone or hang. */
export const LAST_WORD_MS = 2_000;

const DEFAULT_DRAIN_MS = 20_000;

export class Supervisor {
  readonly #given: SupervisorOptions;
  #runner: Runner | undefined;
  #isReady = false;
  #isDeclaredDead = false;
  #wakeDeclaredDead: (() => void) | undefined;

  constructor(options: SupervisorOptions) {
    this.#given = options;
  }

  async run(): Promise<void> {
    const { ending } = this.#given;
    try {
      await this.#runUntilEnded();
    } finally {
      ending.abort();
      await this.#endInOrder();
      this.#setReady(false);
    }
  }

  async #runUntilEnded(): Promise<void> {
    const { signal: ending } = this.#given.ending;
    const cronItems = await this.#parseCron();
    let failures = 0;
    while (!ending.aborted) {
      try {
        this.#isDeclaredDead = false;
        const runner = await this.#startRunner(cronItems);
        this.#runner = runner;
        failures = 0;
        this.#setReady(true);
        const error = await Promise.race([runner.ended(), whenAborted(ending), this.#whenDeclaredDead()]);
        if (ending.aborted) break;
        this.#setReady(false);
        this.#reportEnd(error);
        await this.#replaceRunner(runner);
        // A promoted standby may also lack jobs, or have given their numbers anew.
        this.#given.upkeep.runSoon("open_lanes");
      } catch (error) {
        // A single pass has a caller to hear of it; a member of the fleet outlives it.
        // graphile-worker uses the pool itself, and its errors are the driver's.
        if (this.#given.options.until !== "stopped" || error instanceof SchemaMissingError) throw databaseError(error);
        failures += 1;
        this.#given.onFault(error as Error);
        await this.#waitAfter(failures);
      }
    }
  }

  #reportEnd(error: unknown): void {
    if (error instanceof Error) this.#given.onFault(error);
    else if (!this.#isDeclaredDead) {
      this.#given.onFault(new WorkerInterruptedError("graphile-worker's pool ended by itself"));
    }
  }

  /** A crontab that cannot be read is reported at once: waiting does not mend it. */
  async #parseCron(): Promise<ParsedCronItem[]> {
    const { cronItems } = this.#given.upkeep;
    if (cronItems.length === 0) return [];
    const { parseCronItems } = await loadGraphileWorker();
    return parseCronItems(cronItems);
  }

  async #startRunner(cronItems: ParsedCronItem[]): Promise<Runner> {
    const { store, options, observer, intake, foreign, view, upkeep, ending, onFault } = this.#given;
    const late = await this.#given.lateTasks();
    await view.learnPauses();
    await foreign.learnAll(store.pool);
    view.entering();
    return Runner.start({
      ...store,
      ...{ intake, view, cronItems, locales: options.locales, concurrency: options.concurrency },
      tasks: this.#given.earlyTasks(),
      lateTasks: late,
      forbiddenFlags: options.project === undefined ? undefined : () => foreign.flags(ending.signal.aborted) ?? [],
      onDeclaredDead: () => this.#declaredDead(),
      onJobFailed: (job) => observer.jobFailed?.(job),
      onRescued: (nodeId) => observer.rescued?.(nodeId),
      onBeat: () => {
        this.#setReady(true);
        upkeep.afterBeat();
      },
      onFault: (error) => {
        this.#setReady(false);
        onFault(error);
      },
    });
  }

  async #replaceRunner(runner: Runner): Promise<void> {
    if (!this.#isDeclaredDead) this.#given.gatherer.hold();
    // Not awaited: graphile-worker waits for its tasks, which may wait for the database.
    void runner.stop();
    await runner.silence();
    if (this.#isDeclaredDead) return;
    // Its locks go back before the next pool claims; otherwise its batches would wait for a rescue.
    await this.#untilItWorks(() => runner.retire());
    this.#given.gatherer.abandonWaiting();
  }

  async #endInOrder(): Promise<void> {
    const runner = this.#runner;
    if (runner === undefined) return;
    const { gatherer, upkeep, options, onFault } = this.#given;
    const stopped = runner.stop();
    await gatherer.drain(options.drainMs ?? DEFAULT_DRAIN_MS);
    // Its tasks are done. Completions that it could not write are given back by retiring.
    await Promise.race([stopped, wait(LAST_WORD_MS, undefined, { ref: false })]);
    await Promise.race([
      Promise.all([runner.retire(), upkeep.settled()]),
      wait(LAST_WORD_MS, undefined, { ref: false }),
    ]).catch((error) => onFault(error as Error));
  }

  #declaredDead(): void {
    this.#isDeclaredDead = true;
    this.#given.onFault(
      new WorkerInterruptedError("The fleet declared this node dead and gave its work to others; it starts afresh"),
    );
    this.#given.gatherer.abandon();
    this.#wakeDeclaredDead?.();
  }

  #whenDeclaredDead(): Promise<void> {
    return new Promise((resolve) => {
      this.#wakeDeclaredDead = resolve;
    });
  }

  async #untilItWorks(act: () => Promise<void>): Promise<void> {
    const { options, ending, onFault } = this.#given;
    for (let tries = 1; !ending.signal.aborted; tries += 1) {
      try {
        await act();
        return;
      } catch (error) {
        if (options.until !== "stopped") throw databaseError(error);
        onFault(error as Error);
        await this.#waitAfter(tries);
      }
    }
  }

  async #waitAfter(failures: number): Promise<void> {
    const longestMs = Math.min(LONGEST_RESTART_MS, this.#given.store.rescueAfterMs / 3);
    const delayMs = Math.min(longestMs, 250 * 2 ** failures) * (0.5 + Math.random() / 2);
    await wait(delayMs, undefined, { signal: this.#given.ending.signal }).catch(() => undefined);
  }

  #setReady(isReady: boolean): void {
    if (isReady === this.#isReady) return;
    this.#isReady = isReady;
    this.#given.observer.ready?.(isReady);
  }
}

function whenAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
