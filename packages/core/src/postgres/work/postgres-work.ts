/**
 * `PersistenceHandler.work` on PostgreSQL: runs pools one after another until the work ends, and survives what ends them.
 *
 *     start runner ─▶ claiming ─▶ ended by itself ─▶ give its jobs back, wait, start afresh
 *                        │
 *                        ├─ declared dead by the others ─▶ abandon what is in hand, start afresh
 *                        └─ asked to end, or nothing left ─▶ drain ─▶ stop ─▶ retire
 */
import { setTimeout as wait } from "node:timers/promises";
import type { JobHelpers, ParsedCronItem, TaskList } from "graphile-worker";
import type pg from "pg";
import type { CollectReport } from "../../contract/collect.ts";
import { SchemaMissingError, WorkerInterruptedError } from "../../contract/errors.ts";
import type { Settlement, TranslateWork, WorkObserver, WorkOptions, WorkSummary } from "../../contract/work.ts";
import { loadGraphileWorker } from "../database/graphile-worker.ts";
import type { ConnectionPool } from "../database/pool.ts";
import { rows } from "../database/statement.ts";
import { parseTaskPayload } from "../task-map.ts";
import { listProjects, workLeft } from "./batch.sql.ts";
import { Intake } from "./claim/intake.ts";
import { Runner } from "./claim/runner.ts";
import { Gatherer } from "./gather/gatherer.ts";
import { Upkeep } from "./upkeep/upkeep.ts";

export interface PostgresWorkOptions {
  pool: ConnectionPool;
  /** Reaches PostgreSQL itself, past any pooler. */
  directPool: pg.Pool;
  pollMs: number;
  beatMs: number;
  rescueAfterMs: number;
  collect(retentionDays: number): Promise<CollectReport>;
}

/** How often "is anything left?" is asked while nothing is in hand. */
const LEFT_MS = 100;

/** A member that waits longer than a third of the rescue time is taken for dead when the others are back before it. */
const LONGEST_RESTART_MS = 10_000;

/** At the end, the database may be gone or hang: how long each last thing that is said to it may take. */
const LAST_WORD_MS = 2_000;

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
  readonly #intake: Intake;
  readonly #gatherer: Gatherer;
  readonly #upkeep: Upkeep;
  readonly #observer: WorkObserver;
  /** The live list of the runner that claims at present. */
  #tasks: TaskList = {};
  readonly #ending = new AbortController();
  readonly #summary = { translated: 0, failed: 0 };
  #runner: Runner | undefined;
  /** The last node that was in the fleet. */
  #nodeId = "";
  /** False while the next one is on its way there. */
  #isInFleet = false;
  #isDeclaredDead = false;
  #isReady = false;
  /** Flags of the jobs of other projects, as far as they are known. */
  readonly #foreign = new Set<string>();
  #busyTasks = 0;

  constructor(store: PostgresWorkOptions, options: WorkOptions, translate: TranslateWork) {
    this.#store = store;
    this.#options = options;
    this.#observer = options.observer ?? {};
    this.#intake = new Intake({ slots: options.concurrency, maxItems: options.maxItems });
    this.#gatherer = new Gatherer({
      pool: store.pool,
      translate,
      intake: this.#intake,
      concurrency: options.concurrency,
      maxItems: options.maxItems,
      project: options.project,
      onForeign: (project) => this.#foreign.add(`project:${project}`),
      lifetimeSeconds: options.lifetimeSeconds,
      remaining: options.limit === undefined ? undefined : () => (options.limit ?? 0) - this.#done,
      nodeId: () => this.#nodeId,
      pauses: () => this.#upkeep.pauses,
      learnPauses: () => this.#upkeep.learnPauses(),
      observer: { ...this.#observer, settled: (settlement) => this.#settled(settlement) },
    });
    this.#upkeep = new Upkeep({
      pool: store.pool,
      isToLearnLocales: () => options.locales === undefined && this.#isInFleet,
      onLocales: (locales) => this.#addLocales(locales),
      onPauses: () => this.#gatherer.pausesChanged(),
      onFault: (error) => this.#observer.fault?.(error),
    });
  }

  async run(): Promise<WorkSummary> {
    const { signal } = this.#options;
    const end = () => this.#ending.abort();
    signal?.addEventListener("abort", end, { once: true });
    if (signal?.aborted) end();
    // Each ends the other, and both are over before the caller hears of a failure: what goes on after it would fail unheard.
    const both = await Promise.allSettled([
      this.#supervise(),
      this.#options.until === "stopped" ? undefined : this.#endWhenDone(),
    ]);
    signal?.removeEventListener("abort", end);
    this.#setReady(false);
    for (const part of both) if (part.status === "rejected") throw part.reason;
    return { ...this.#summary, retrying: await this.#countRetrying() };
  }

  async #supervise(): Promise<void> {
    try {
      await this.#runUntilEnded();
    } finally {
      this.#ending.abort();
      await this.#endInOrder();
    }
  }

  async #runUntilEnded(): Promise<void> {
    const { signal: ending } = this.#ending;
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
        if (error instanceof Error || !this.#isDeclaredDead) {
          this.#observer.fault?.(
            error instanceof Error ? error : new WorkerInterruptedError("graphile-worker's pool ended by itself"),
          );
        }
        await this.#replaceRunner(runner);
        // A standby may also lack jobs, or have given their numbers anew.
        this.#upkeep.reconcileSoon();
      } catch (error) {
        // A lone pass has a caller who wants to know; a fleet member outlives it.
        if (this.#options.until !== "stopped" || error instanceof SchemaMissingError) throw error;
        failures += 1;
        this.#observer.fault?.(error as Error);
        await wait(restartDelayMs(failures, this.#store.rescueAfterMs), undefined, { signal: ending }).catch(
          () => undefined,
        );
      }
    }
  }

  /** A crontab that is none will not become one: told at once, and not as one more reason to wait. */
  async #parseCron(): Promise<ParsedCronItem[]> {
    const { upkeep } = this.#options;
    if (upkeep === undefined) return [];
    const { parseCronItems } = await loadGraphileWorker();
    return parseCronItems(cronItems(upkeep));
  }

  async #startRunner(cronItems: ParsedCronItem[]): Promise<Runner> {
    const { locales, concurrency, project } = this.#options;
    const late = await this.#lateTasks();
    await this.#upkeep.learnPauses();
    await this.#learnForeign();
    // A list of its own, without the names that an earlier runner had learned: see `lateTasks`.
    this.#tasks = this.#earlyTasks();
    this.#isInFleet = false;
    return Runner.start({
      ...this.#store,
      tasks: this.#tasks,
      lateTasks: () => late,
      cronItems,
      concurrency,
      intake: this.#intake,
      locales,
      forbiddenFlags:
        project === undefined
          ? undefined
          : () => [...this.#foreign, ...(this.#ending.signal.aborted ? [`project:${project}`] : [])],
      onEntered: (nodeId) => {
        this.#nodeId = nodeId;
        this.#isInFleet = true;
        // What appeared since they were listed.
        void this.#upkeep.learnLocales(0);
      },
      onDeclaredDead: () => this.#declaredDead(),
      onRescued: (nodeId) => this.#observer.rescued?.(nodeId),
      onBeat: () => {
        this.#setReady(true);
        this.#upkeep.afterBeat();
      },
      onFault: (error) => {
        this.#setReady(false);
        this.#observer.fault?.(error);
      },
      onNews: () => void this.#upkeep.learnLocales(500),
    });
  }

  /** What appears later is learned when a job of it is claimed, once. */
  async #learnForeign(): Promise<void> {
    const { project: own } = this.#options;
    if (own === undefined) return;
    for (const { project } of await rows(this.#store.pool, listProjects)) {
      if (project !== own) this.#foreign.add(`project:${project}`);
    }
  }

  async #replaceRunner(runner: Runner): Promise<void> {
    // graphile-worker waits for its tasks, which may wait for the database: not for us to wait on.
    void runner.stop();
    await runner.silence();
    if (this.#isDeclaredDead) return;
    // Its locks are given back before the next pool claims, or its batches would wait for a rescue.
    await this.#untilItWorks(() => runner.retire());
    this.#gatherer.abandonWaiting();
  }

  async #endInOrder(): Promise<void> {
    const runner = this.#runner;
    if (runner === undefined) return;
    const stopped = runner.stop();
    await this.#gatherer.drain(this.#options.drainMs ?? 20_000);
    // Its tasks are done; what it still has to tell the database is told, or given back by retiring.
    await Promise.race([stopped, wait(LAST_WORD_MS, undefined, { ref: false })]);
    await Promise.race([
      Promise.all([runner.retire(), this.#upkeep.settled()]),
      wait(LAST_WORD_MS, undefined, { ref: false }),
    ]).catch((error) => this.#observer.fault?.(error as Error));
  }

  #declaredDead(): void {
    this.#isDeclaredDead = true;
    this.#observer.fault?.(
      new WorkerInterruptedError("The fleet gave this node up and took its work over; it starts afresh"),
    );
    this.#gatherer.abandon();
    this.#wakeDeclaredDead?.();
  }

  #wakeDeclaredDead: (() => void) | undefined;

  #whenDeclaredDead(): Promise<void> {
    return new Promise((resolve) => {
      this.#wakeDeclaredDead = resolve;
    });
  }

  async #untilItWorks(act: () => Promise<void>): Promise<void> {
    for (let tries = 1; !this.#ending.signal.aborted; tries += 1) {
      try {
        await act();
        return;
      } catch (error) {
        if (this.#options.until !== "stopped") throw error;
        this.#observer.fault?.(error as Error);
        await wait(restartDelayMs(tries, this.#store.rescueAfterMs), undefined, { signal: this.#ending.signal }).catch(
          () => undefined,
        );
      }
    }
  }

  #setReady(isReady: boolean): void {
    if (isReady === this.#isReady) return;
    this.#isReady = isReady;
    this.#observer.ready?.(isReady);
  }

  // --- Tasks ---

  /** What may be done before the node is in the fleet: it holds no batch. graphile-worker wants at least one. */
  #earlyTasks(): TaskList {
    return {
      register_inbox: () => this.#upkeep.registerInbox(),
      open_lanes: () => this.#upkeep.reconcile(),
    };
  }

  async #lateTasks(): Promise<TaskList> {
    const tasks: TaskList = {};
    for (const locale of this.#options.locales ?? (await this.#upkeep.listLocales())) {
      tasks[`translate:${locale}`] = this.#translateTask;
    }
    if (this.#options.upkeep !== undefined) {
      tasks.collect_garbage = (payload) =>
        this.#counted(async () => {
          const { retentionDays } = parseTaskPayload("collect_garbage", payload);
          this.#observer.collected?.(await this.#store.collect(retentionDays));
        });
      tasks.fold_counts = () => this.#counted(() => this.#upkeep.foldCounts());
    }
    return tasks;
  }

  /** A worker for all locales adds those that appeared to its live task list. */
  #addLocales(locales: readonly string[]): void {
    for (const locale of locales) this.#tasks[`translate:${locale}`] ??= this.#translateTask;
  }

  readonly #translateTask = (payload: unknown, { job }: JobHelpers): Promise<void> =>
    this.#counted(() => this.#gatherer.take(parseTaskPayload("translate", payload).batch, job.priority));

  async #counted(task: () => Promise<void>): Promise<void> {
    this.#busyTasks += 1;
    try {
      await task();
    } finally {
      this.#busyTasks -= 1;
    }
  }

  // --- The end ---

  #settled(settlement: Settlement): void {
    for (const { kind } of settlement.outcomes) {
      if (kind === "translated") this.#summary.translated += 1;
      if (kind === "failed") this.#summary.failed += 1;
    }
    this.#observer.settled?.(settlement);
    const { limit } = this.#options;
    if (limit !== undefined && this.#done >= limit) this.#ending.abort();
  }

  /** Texts that came to an end so far. */
  get #done(): number {
    return this.#summary.translated + this.#summary.failed;
  }

  /** Ends the work when nothing is left of the kind that was asked for. Asked of the batches, never inferred. */
  async #endWhenDone(): Promise<void> {
    const { signal: ending } = this.#ending;
    const { until, locales, project } = this.#options;
    try {
      await this.#upkeep.reconcile();
      while (!ending.aborted) {
        if (this.#gatherer.inHand === 0 && this.#busyTasks === 0 && !this.#upkeep.isBusy) {
          const [left] = await rows(this.#store.pool, workLeft, [locales ?? null, project ?? null]);
          const isDone = until === "ready" ? !left?.is_ready : !left?.is_left;
          if (isDone && this.#gatherer.inHand === 0) break;
        }
        await wait(LEFT_MS, undefined, { signal: ending }).catch(() => undefined);
      }
    } finally {
      this.#ending.abort();
    }
  }

  async #countRetrying(): Promise<number> {
    const { locales, project } = this.#options;
    // At the end of a drain the database may be gone; the count is a courtesy.
    const asked = rows(this.#store.pool, workLeft, [locales ?? null, project ?? null]);
    const left = await Promise.race([asked, wait(LAST_WORD_MS, undefined, { ref: false })]).catch(() => undefined);
    return left?.[0]?.retrying ?? 0;
  }
}

function cronItems({ gcCron, retentionDays }: { gcCron: string; retentionDays: number }) {
  return [
    // Told apart by the payload's origin only: every member of a fleet is to have the same settings.
    { task: "collect_garbage", identifier: "collect_garbage", match: gcCron, payload: { retentionDays } },
    { task: "fold_counts", identifier: "fold_counts", match: "* * * * *" },
  ];
}

function restartDelayMs(failures: number, rescueAfterMs: number): number {
  return Math.min(LONGEST_RESTART_MS, rescueAfterMs / 3, 250 * 2 ** failures) * (0.5 + Math.random() / 2);
}

function whenAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
