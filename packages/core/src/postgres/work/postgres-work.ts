/**
 * `PersistenceHandler.work` on PostgreSQL: wires the parts of one work, and runs it until it ends.
 *
 *     Supervisor: one pool after another ─▶ claims ─▶ Gatherer ─▶ Settler ─▶ WorkVoice: summary, observer, limit
 *         │ beats                                        ▲
 *         └─────▶ Upkeep: services ─────▶ FleetView ─────┘ pauses, locales, node id
 */
import { setTimeout as wait } from "node:timers/promises";
import type { TaskList } from "graphile-worker";
import type pg from "pg";
import type { CollectOptions, CollectReport } from "../../contract/collect.ts";
import type { TranslateWork, WorkOptions, WorkSummary } from "../../contract/work.ts";
import type { ConnectionPool } from "../database/pool.ts";
import { rows } from "../database/statement.ts";
import { type Voice, WorkVoice } from "../settle/voice.ts";
import { ForeignProjects } from "./claim/foreign-projects.ts";
import { Intake } from "./claim/intake.ts";
import { workLeft } from "./claim/left.sql.ts";
import { Rests } from "./claim/rests.ts";
import { FleetView } from "./fleet/fleet-view.ts";
import { Gatherer } from "./gather/gatherer.ts";
import { LAST_WORD_MS, Supervisor } from "./supervisor.ts";
import { servicesOf } from "./upkeep/services.ts";
import { Upkeep } from "./upkeep/upkeep.ts";

export interface PostgresWorkOptions {
  pool: ConnectionPool;
  /** Reaches PostgreSQL itself, past any pooler. */
  directPool: pg.Pool;
  pollMs: number;
  beatMs: number;
  rescueAfterMs: number;
  voice: Voice;
  collect(options: CollectOptions): Promise<CollectReport>;
}

/** Milliseconds between two looks whether any work is left, while no batch is at work. */
const LEFT_MS = 100;

export async function postgresWork(
  store: PostgresWorkOptions,
  options: WorkOptions,
  translate: TranslateWork,
): Promise<WorkSummary> {
  return new PostgresWork(store, options, translate).run();
}

class PostgresWork {
  readonly #store: PostgresWorkOptions;
  readonly #options: WorkOptions;
  readonly #ending = new AbortController();
  readonly #rests = new Rests(() => this.#tasks);
  readonly #view: FleetView;
  readonly #voice: WorkVoice;
  readonly #gatherer: Gatherer;
  readonly #upkeep: Upkeep;
  readonly #supervisor: Supervisor;
  /** The live task list of the pool that claims at present. */
  #tasks: TaskList = {};

  constructor(store: PostgresWorkOptions, options: WorkOptions, translate: TranslateWork) {
    this.#store = store;
    this.#options = options;
    const { pool } = store;
    const { observer = {}, concurrency, maxItems, lifetimeSeconds, limit } = options;
    const onFault = (error: Error) => observer.fault?.(error);
    const foreign = new ForeignProjects(options.project);
    const intake = new Intake({ slots: concurrency, maxItems });
    this.#view = new FleetView(pool, options.locales === undefined);
    this.#view.onLocales((locales) => this.#addLocales(locales));
    this.#voice = new WorkVoice({ voice: store.voice, observer, limit, onEnough: () => this.#ending.abort() });
    this.#gatherer = new Gatherer({
      ...{ pool, translate, concurrency, maxItems, lifetimeSeconds, intake, foreign, onFault },
      ...{ view: this.#view, voice: this.#voice, rests: this.#rests },
    });
    const services = servicesOf({
      ...{ pool, view: this.#view, upkeep: options.upkeep, collect: store.collect },
      onCollected: (report) => observer.collected?.(report),
      onRefused: (item) => observer.refused?.(item),
      onFault,
    });
    this.#upkeep = new Upkeep({ services, view: this.#view, onFault });
    this.#supervisor = new Supervisor({
      ...{ store, options, observer, intake, foreign, onFault, ending: this.#ending },
      ...{ view: this.#view, gatherer: this.#gatherer, upkeep: this.#upkeep },
      earlyTasks: () => {
        // A list of its own, without the locales that an earlier pool had learned: those are claimed once it is in the fleet.
        this.#tasks = this.#upkeep.tasks("early");
        return this.#tasks;
      },
      lateTasks: () => this.#lateTasks(),
    });
  }

  async run(): Promise<WorkSummary> {
    const { signal } = this.#options;
    const end = () => this.#ending.abort();
    signal?.addEventListener("abort", end, { once: true });
    if (signal?.aborted) end();
    // Each ends the other, and both have ended before the caller hears of a failure: a later failure would be unhandled.
    const both = await Promise.allSettled([
      this.#supervisor.run(),
      this.#options.until === "stopped" ? undefined : this.#endWhenDone(),
    ]);
    signal?.removeEventListener("abort", end);
    this.#rests.end();
    for (const part of both) if (part.status === "rejected") throw part.reason;
    return { ...this.#voice.summary, retrying: await this.#countRetrying() };
  }

  async #lateTasks(): Promise<TaskList> {
    const tasks = this.#upkeep.tasks("late");
    const locales = this.#options.locales ?? (await this.#view.listLocales());
    for (const locale of locales) tasks[`translate:${locale}`] = this.#gatherer.task;
    return tasks;
  }

  /** A worker for all locales adds those that appeared to its live task list. */
  #addLocales(locales: readonly string[]): void {
    for (const locale of locales) this.#tasks[`translate:${locale}`] ??= this.#gatherer.task;
  }

  /** Ends the work when none is left of the kind that was asked for. The batches decide, never an inference. */
  async #endWhenDone(): Promise<void> {
    const { signal: ending } = this.#ending;
    const { until, locales, project } = this.#options;
    try {
      await this.#upkeep.run("open_lanes");
      // Rows that were behind a lock have no job any more.
      await this.#upkeep.run("register_inbox");
      while (!ending.aborted) {
        if (this.#gatherer.undone === 0 && !this.#upkeep.isBusy) {
          const [left] = await rows(this.#store.pool, workLeft, [locales ?? null, project ?? null]);
          const isDone = until === "ready" ? !left?.is_ready : !left?.is_left;
          if (isDone && this.#gatherer.undone === 0) break;
        }
        await wait(LEFT_MS, undefined, { signal: ending }).catch(() => undefined);
      }
    } finally {
      this.#ending.abort();
    }
  }

  async #countRetrying(): Promise<number> {
    const { locales, project } = this.#options;
    // At the end of a drain the database may be gone; then the count is given as 0.
    const asked = rows(this.#store.pool, workLeft, [locales ?? null, project ?? null]);
    const left = await Promise.race([asked, wait(LAST_WORD_MS, undefined, { ref: false })]).catch(() => undefined);
    return left?.[0]?.retrying ?? 0;
  }
}
