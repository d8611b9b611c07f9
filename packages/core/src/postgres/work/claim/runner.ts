/**
 * One life of a graphile-worker pool, with its row in the fleet.
 *
 * This file works around graphile-worker 0.18 where it would lose or stall work (ADR 0004). It gets no signal handlers.
 * Nothing reads its attempts. Completions are batched, because an error in an unbatched one is an unhandled rejection. If its
 * promise settles without a stop, this runner has died.
 */
import { EventEmitter } from "node:events";
import type { Runner as GraphileRunner, ParsedCronItem, TaskList, WorkerEvents } from "graphile-worker";
import type pg from "pg";
import { WorkerInterruptedError } from "../../../contract/errors.ts";
import type { FailedJob } from "../../../contract/work.ts";
import { GRAPHILE_SCHEMA, loadGraphileWorker } from "../../database/graphile-worker.ts";
import type { ConnectionPool } from "../../database/pool.ts";
import { FleetNode } from "../fleet/fleet-node.ts";
import type { FleetView } from "../fleet/fleet-view.ts";
import type { Gate, Intake } from "./intake.ts";
import { amendPool, FETCH_FAILED, lookAgainForTasks } from "./pool-events.ts";

/** The store as a runner needs it. */
export interface RunnerStore {
  pool: ConnectionPool;
  /** Connections that reach PostgreSQL itself: LISTEN does not go through a transaction-mode pooler. */
  directPool: pg.Pool;
  pollMs: number;
  beatMs: number;
  rescueAfterMs: number;
}

export interface RunnerOptions extends RunnerStore {
  /** The live task list. Names may be added while the runner runs; the next fetch asks for them too. */
  tasks: TaskList;
  /** Tasks that are claimed only once the node is in the fleet. */
  lateTasks: TaskList;
  cronItems: ParsedCronItem[];
  concurrency: number;
  intake: Intake;
  /** Learns of the node, and of new locales. */
  view: FleetView;
  locales: readonly string[] | undefined;
  /**
   * Flags of jobs that are not to be claimed, asked before each claim. With these, jobs are claimed one by one, because
   * other work has to be passed over. Undefined: every job of its tasks, many at once.
   */
  forbiddenFlags: (() => string[]) | undefined;
  onDeclaredDead(): void;
  onRescued(nodeId: string): void;
  onBeat(): void;
  onFault(error: Error): void;
  onJobFailed(job: FailedJob): void;
}

/** Milliseconds that a claimed job waits for a runner before others may have it. */
const AHEAD_AT_MOST_MS = 10_000;

/** Milliseconds. New locales are asked for at most this often while jobs are announced. */
const LOCALES_MS = 500;

export class Runner {
  readonly #node: FleetNode;
  readonly #graphile: GraphileRunner;
  readonly #gate: Gate;
  readonly #ended: Promise<Error | undefined>;
  #isStopAsked = false;

  private constructor(node: FleetNode, graphile: GraphileRunner, gate: Gate, ended: Promise<Error | undefined>) {
    this.#node = node;
    this.#graphile = graphile;
    this.#gate = gate;
    this.#ended = ended;
  }

  /** Starts a pool and enters it into the fleet; only then does it claim batches. */
  static async start(options: RunnerOptions): Promise<Runner> {
    const events: WorkerEvents = new EventEmitter();
    const gate = options.intake.newGate();
    const { tasks, intake, view, onJobFailed } = options;
    const onNews = () => void view.learnLocales(LOCALES_MS);
    const created = amendPool(events, { tasks, intake, gate, onNews, onJobFailed });
    const graphile = await runPool(options, events, gate);
    const settled = graphile.promise.then(
      () => undefined,
      (reason: Error) => reason,
    );
    const { nodeId, nudge, failing } = created();
    // A promoted standby may lack the last commits. There, the pool may seem to hold jobs that it has finished, or whose claim
    // it never heard of. The fleet rescues no jobs of a pool that beats: 146 of 6,802 rows stayed pending.
    const failedOver = Promise.withResolvers<Error>();
    const onFailover = () =>
      failedOver.resolve(
        new WorkerInterruptedError("A standby took the place of the database; this node starts afresh"),
      );
    const node = new FleetNode({ ...options, nodeId, onFailover });
    try {
      await node.start();
    } catch (error) {
      const stopped = graphile.stop();
      gate.open();
      await stopped.catch(() => undefined);
      throw error;
    }
    view.entered(nodeId);
    // Claimed only now, so that no pool without a row in the fleet ever holds a batch.
    Object.assign(tasks, options.lateTasks);
    nudge(intake.maxJobs);
    return new Runner(node, graphile, gate, Promise.race([failing, settled, failedOver.promise]));
  }

  /** Resolves when the pool ends without being asked, with its error if it has one. */
  async ended(): Promise<Error | undefined> {
    const error = await this.#ended;
    if (this.#isStopAsked) await new Promise(() => undefined);
    return error;
  }

  /** Claims nothing more. Resolves when its tasks have ended. */
  async stop(): Promise<void> {
    this.#isStopAsked = true;
    const stopped = this.#graphile.stop();
    // Its runners wait at the gate, and end only once they are through.
    this.#gate.open();
    // Jobs that it could not give back are given back by retiring.
    await stopped.catch(() => undefined);
    await this.#graphile.promise.catch(() => undefined);
  }

  /** Takes the pool out of the fleet: its jobs go back at once, and no batch is charged with a crash. */
  async retire(): Promise<void> {
    await this.#node.leave();
  }

  /** Stops beating and leaves everything as it is. */
  async silence(): Promise<void> {
    await this.#node.stop();
  }
}

/** Runs graphile-worker. A claim asks for its forbidden flags first, and waits for them: there the gate can say "no room". */
async function runPool(options: RunnerOptions, events: WorkerEvents, gate: Gate): Promise<GraphileRunner> {
  const { run, Logger } = await loadGraphileWorker();
  const { maxJobs: concurrentJobs, maxClaims } = options.intake;
  const flags = () => options.forbiddenFlags?.() ?? null;
  return run({
    pgPool: options.directPool,
    taskList: options.tasks,
    parsedCronItems: options.cronItems,
    forbiddenFlags: () => gate.pass()?.then(flags) ?? flags(),
    noHandleSignals: true,
    events,
    // Its log lines hold payloads and reasons, which our own events report better.
    logger: new Logger(() => (_level, message) => {
      if (message.startsWith(FETCH_FAILED)) lookAgainForTasks(options.tasks);
    }),
    preset: {
      worker: {
        schema: GRAPHILE_SCHEMA,
        concurrentJobs,
        pollInterval: options.pollMs,
        // The local queue takes no flags, and would go on claiming without them. If calls grow slow, jobs that were claimed
        // ahead go back after the ttl.
        localQueue: { size: options.forbiddenFlags === undefined ? maxClaims : -1, ttl: AHEAD_AT_MOST_MS },
        completeJobBatchDelay: 0,
        failJobBatchDelay: 0,
        preparedStatements: true,
      },
    },
  });
}
