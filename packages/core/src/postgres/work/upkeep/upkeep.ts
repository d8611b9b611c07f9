/**
 * Runs the services of a fleet member: when a job asks for one, and after beats.
 *
 * A round after a beat may wait behind another session's lock for longer than a beat. It delays no beat, and there is one
 * round at a time: otherwise each beat's round would take one more connection.
 */
import type { CronItem, TaskList } from "graphile-worker";
import type { FleetView } from "../fleet/fleet-view.ts";
import type { Service } from "./services.ts";

export interface UpkeepOptions {
  services: readonly Service[];
  view: FleetView;
  onFault(error: Error): void;
}

/** Milliseconds. Locales are asked for at most this often after beats. */
const LOCALES_MS = 1_000;

/** The least time between two runs of a service that asks to run again. Milliseconds. */
const LEAST_WAIT_MS = 100;

export class Upkeep {
  readonly #options: UpkeepOptions;
  /** When each service last began, by `performance.now()`. */
  readonly #begunAt = new Map<Service, number>();
  /** The next run of each service that asked for one, and such runs that are under way. */
  readonly #again = new Map<Service, NodeJS.Timeout>();
  readonly #runsAgain = new Set<Promise<void>>();
  #busy = 0;
  #hasEnded = false;
  #round: Promise<void> | undefined;

  constructor(options: UpkeepOptions) {
    this.#options = options;
  }

  /** Whether a service is running, which may be making new work. */
  get isBusy(): boolean {
    return this.#busy > 0;
  }

  /** The tasks that may be claimed before the node is in the fleet (`early`), or only then. */
  tasks(when: "early" | "late"): TaskList {
    const chosen = this.#options.services.filter(({ isEarly = false }) => isEarly === (when === "early"));
    return Object.fromEntries(
      chosen.map((service) => [service.task, (payload: unknown) => this.#run(service, payload)]),
    );
  }

  get cronItems(): CronItem[] {
    return this.#options.services.flatMap(({ task, cron }) =>
      cron === undefined ? [] : [{ task, identifier: task, ...cron }],
    );
  }

  /** Runs a service now, as a job without a payload would. */
  async run(task: Service["task"]): Promise<void> {
    for (const service of this.#options.services) if (service.task === task) await this.#run(service, {});
  }

  /** Has the round of the next beat run a service, whenever it ran last. */
  runSoon(task: Service["task"]): void {
    for (const service of this.#options.services) if (service.task === task) this.#begunAt.delete(service);
  }

  /** After a beat. Never rejects: faults go to `onFault`. */
  afterBeat(): void {
    const { view, onFault } = this.#options;
    view.learnPauses().catch((error) => onFault(error as Error));
    this.#round ??= this.#lookAfter()
      .catch((error) => onFault(error as Error))
      .finally(() => {
        this.#round = undefined;
      });
  }

  /** Resolves when the round of the last beat has ended, and every run that a service asked for. No other begins. */
  async settled(): Promise<void> {
    this.#hasEnded = true;
    for (const timer of this.#again.values()) clearTimeout(timer);
    await Promise.all([this.#round, ...this.#runsAgain]);
  }

  async #lookAfter(): Promise<void> {
    await this.#options.view.learnLocales(LOCALES_MS);
    for (const service of this.#options.services) {
      const { everyMs } = service;
      if (everyMs === undefined) continue;
      const begunAt = this.#begunAt.get(service) ?? Number.NEGATIVE_INFINITY;
      if (performance.now() - begunAt < everyMs) continue;
      // A service that fails must not keep the others from running.
      await this.#run(service, {}).catch((error) => this.#options.onFault(error as Error));
    }
  }

  async #run(service: Service, payload: unknown): Promise<void> {
    this.#busy += 1;
    this.#begunAt.set(service, performance.now());
    const begunAt = performance.now();
    try {
      const afterMs = await service.run(payload);
      // At most half of the time is spent on it.
      const leastMs = Math.max(LEAST_WAIT_MS, performance.now() - begunAt);
      this.#runAgain(service, afterMs === undefined ? undefined : Math.max(afterMs, leastMs));
    } finally {
      this.#busy -= 1;
    }
  }

  /** One run of a service is planned at most, and a run plans the next one anew. */
  #runAgain(service: Service, afterMs: number | undefined): void {
    clearTimeout(this.#again.get(service));
    if (afterMs === undefined || this.#hasEnded) return;
    const { onFault } = this.#options;
    const run = () => {
      const running = this.#run(service, {})
        .catch((error) => onFault(error as Error))
        .finally(() => this.#runsAgain.delete(running));
      this.#runsAgain.add(running);
    };
    this.#again.set(service, setTimeout(run, afterMs).unref());
  }
}
