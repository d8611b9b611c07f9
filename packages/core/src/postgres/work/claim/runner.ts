/**
 * One life of a graphile-worker pool, with its row in the fleet.
 *
 * graphile-worker 0.18 is built around where it would lose or stall work: it gets no signal handlers, its attempts are
 * never read, completions are batched so that an error in one is seen (unbatched, it is an unhandled rejection), and any
 * settlement of its promise that was not asked for counts as the death of this runner (ADR 0004).
 */
import { EventEmitter } from "node:events";
import type { Runner as GraphileRunner, ParsedCronItem, TaskList, WorkerEvents } from "graphile-worker";
import type pg from "pg";
import { WorkerInterruptedError } from "../../../contract/errors.ts";
import { GRAPHILE_SCHEMA, loadGraphileWorker } from "../../database/graphile-worker.ts";
import type { ConnectionPool } from "../../database/pool.ts";
import { FleetNode } from "../fleet/fleet-node.ts";
import type { Gate, Intake } from "./intake.ts";

export interface RunnerOptions {
  pool: ConnectionPool;
  /** Connections that reach PostgreSQL itself: LISTEN does not go through a transaction-mode pooler. */
  directPool: pg.Pool;
  /** The live task list. Names may be added while the runner runs; the next fetch asks for them too. */
  tasks: TaskList;
  /** Names that are claimed only once the node is in the fleet. */
  lateTasks(): TaskList;
  cronItems: ParsedCronItem[];
  concurrency: number;
  intake: Intake;
  locales: readonly string[] | undefined;
  /**
   * Flags of jobs that are not to be claimed, asked before each claim. With these, jobs are claimed one by one: it is for
   * work beside which there is other work to be passed over. Undefined: every job of its tasks, many at once.
   */
  forbiddenFlags?: (() => string[]) | undefined;
  pollMs: number;
  beatMs: number;
  rescueAfterMs: number;
  onEntered(nodeId: string): void;
  onDeclaredDead(): void;
  onRescued(nodeId: string): void;
  onBeat(): void;
  onFault(error: Error): void;
  /** New jobs were announced. */
  onNews(): void;
}

export class Runner {
  readonly nodeId: string;
  readonly #node: FleetNode;
  readonly #graphile: GraphileRunner;
  readonly #gate: Gate;
  readonly #ended: Promise<Error | undefined>;
  #isStopAsked = false;

  private constructor(
    nodeId: string,
    node: FleetNode,
    graphile: GraphileRunner,
    gate: Gate,
    ended: Promise<Error | undefined>,
  ) {
    this.nodeId = nodeId;
    this.#node = node;
    this.#graphile = graphile;
    this.#gate = gate;
    this.#ended = ended;
  }

  static async start(options: RunnerOptions): Promise<Runner> {
    const { run, Logger } = await loadGraphileWorker();
    const events: WorkerEvents = new EventEmitter();
    let nodeId = "";
    let nudge: (count: number) => void = () => undefined;
    events.on("pool:create", ({ workerPool }) => {
      nodeId = workerPool.id;
      nudge = (count) => (workerPool as unknown as { nudge(count: number): void }).nudge(count);
    });
    followIntake(events, options.intake);
    events.on("pool:listen:notification", options.onNews);
    // What was announced before it listened, or while it had no connection for that, is looked for once it does. The event
    // comes before the LISTEN, so this asks behind that.
    events.on("pool:listen:success", ({ client }) => {
      setImmediate(() => {
        // Neither a connection that is lost again nor a pool that has ended meanwhile is news.
        client
          .query("select 1")
          .then(() => {
            options.onNews();
            nudge(1);
          })
          .catch(() => undefined);
      });
    });
    events.on("worker:getJob:error", () => reorder(options.tasks));
    // From the first of these on it claims nothing more. Its promise may settle much later, or never: a pool that could
    // not tell of completed jobs waits for them in its own shutdown.
    const failing = new Promise<Error | undefined>((resolve) => {
      events.on("pool:fatalError", ({ error }) => resolve(error as Error));
      events.on("pool:gracefulShutdown", () => resolve(undefined));
      events.on("pool:forcefulShutdown", () => resolve(undefined));
    });
    hearOfReturnedJobs(events);
    const { maxJobs: concurrentJobs, maxClaims } = options.intake;
    const gate = options.intake.newGate();
    events.on("job:start", () => gate.passed());
    events.on("worker:getJob:empty", () => gate.passed());
    events.on("worker:getJob:error", () => gate.passed());
    const flags = () => options.forbiddenFlags?.() ?? null;
    const graphile = await run({
      pgPool: options.directPool,
      taskList: options.tasks,
      parsedCronItems: options.cronItems,
      // Asked before every claim, and waited for: the place to say that there is no room.
      forbiddenFlags: () => gate.pass()?.then(flags) ?? flags(),
      noHandleSignals: true,
      events,
      // Its log lines hold payloads and reasons that our own events tell better.
      logger: new Logger(() => (_level, message) => {
        if (message.startsWith(FETCH_FAILED)) reorder(options.tasks);
      }),
      preset: {
        worker: {
          schema: GRAPHILE_SCHEMA,
          concurrentJobs,
          pollInterval: options.pollMs,
          // It takes no flags, and would go on claiming without them.
          // Where calls grow slow, what was claimed ahead goes back.
          localQueue: { size: options.forbiddenFlags === undefined ? maxClaims : -1, ttl: AHEAD_AT_MOST_MS },
          completeJobBatchDelay: 0,
          failJobBatchDelay: 0,
          preparedStatements: true,
        },
      },
    });
    const settled = graphile.promise.then(
      () => undefined,
      (reason: Error) => reason,
    );
    // A promoted standby may lack the last commits. Its claims of this pool may then be of jobs that the pool has done, or of
    // jobs that the pool never got an answer about. Nobody rescues the jobs of a pool that beats: 146 of 6,802 rows stayed
    // pending.
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
    options.onEntered(nodeId);
    // Claimed only now, so that no pool without a row ever holds a batch.
    Object.assign(options.tasks, options.lateTasks());
    nudge(concurrentJobs);
    return new Runner(nodeId, node, graphile, gate, Promise.race([failing, settled, failedOver.promise]));
  }

  /** Resolves when the pool ends without being asked, whichever way. */
  async ended(): Promise<Error | undefined> {
    const error = await this.#ended;
    if (this.#isStopAsked) await new Promise(() => undefined);
    return error;
  }

  /** Claims nothing more. Resolves when its tasks have ended. */
  async stop(): Promise<void> {
    this.#isStopAsked = true;
    const stopped = this.#graphile.stop();
    // Its runners end only when they come by.
    this.#gate.open();
    // What it could not give back is given back by retiring.
    await stopped.catch(() => undefined);
    await this.#graphile.promise.catch(() => undefined);
  }

  /** Takes the pool out of the fleet: what it holds goes back at once, and nobody is charged with a crash. */
  async retire(): Promise<void> {
    await this.#node.leave();
  }

  /** Stops beating and leaves everything as it is. */
  async silence(): Promise<void> {
    await this.#node.stop();
  }
}

/**
 * Has each look ask for as many jobs as the intake says. graphile-worker 0.18 has one number for good, and reads it twice: for the
 * look, and to judge its answer. Fewer than asked for is the end of the queue, after which it waits for the next poll; so the
 * second time it is told what the first was, even when the intake would say more by now.
 */
function followIntake(events: WorkerEvents, intake: Intake): void {
  let asked = 0;
  let isAnswered = false;
  events.on("localQueue:getJobs:complete", () => {
    isAnswered = true;
  });
  events.on("localQueue:init", ({ localQueue }) => {
    Object.defineProperty(localQueue, "getJobBatchSize", {
      get: () => {
        if (!isAnswered) asked = intake.jobsAhead;
        isAnswered = false;
        return asked;
      },
    });
  });
}

/** How long a claimed job waits for a runner, before others may have it. */
const AHEAD_AT_MOST_MS = 10_000;

/** What the local queue says of it in its log, and nowhere else. */
const FETCH_FAILED = "Error occurred fetching jobs";

/**
 * graphile-worker 0.18 looks up the numbers of its tasks once for each list of names, and keeps what came of it, a failure
 * too: after a connection that ended at that moment, every fetch fails as that one did, for ever. The same names in another
 * order are another list, so it looks again.
 */
function reorder(tasks: TaskList): void {
  const [first] = Object.entries(tasks);
  if (first === undefined) return;
  const [name, task] = first;
  delete tasks[name];
  tasks[name] = task;
}

/**
 * graphile-worker 0.18 gives the jobs of its local queue back when that is released, and refuses to wait for it when
 * nothing else of the queue is under way. If giving back then fails, as it does when the connection is what ended the
 * pool, nobody hears, and a rejection that nobody hears ends the process. Counted as one thing more under way until the
 * promise is in its books, it waits and tells.
 */
function hearOfReturnedJobs(events: WorkerEvents): void {
  events.on("localQueue:returnJobs", ({ localQueue }) => {
    const queue = localQueue as unknown as { mode: string; backgroundCount: number; decreaseBackgroundCount(): void };
    if (queue.mode !== "RELEASED" || queue.backgroundCount !== 0) return;
    queue.backgroundCount += 1;
    queueMicrotask(() => queue.decreaseBackgroundCount());
  });
}
