/**
 * Amends graphile-worker 0.18 through its events, where it would ask for too much, stall, or lose an error (ADR 0004).
 */
import type { TaskList, WorkerEvents } from "graphile-worker";
import { CancelledError } from "../../../contract/errors.ts";
import type { FailedJob } from "../../../contract/work.ts";
import type { Gate, Intake } from "./intake.ts";

export interface AmendOptions {
  tasks: TaskList;
  intake: Intake;
  gate: Gate;
  /** New jobs were announced, or may have been. */
  onNews(): void;
  /** A job failed. graphile-worker itself says it in its log alone, which may hold payloads and reasons. */
  onJobFailed(job: FailedJob): void;
}

/** A pool that graphile-worker created. */
export interface CreatedPool {
  nodeId: string;
  /** Has this many runners look for a job now. */
  nudge(count: number): void;
  /**
   * Resolves when the pool begins to end, from where on it claims nothing more. Its own promise may settle much later, or
   * never: a pool that could not write completions waits for them in its own shutdown.
   */
  failing: Promise<Error | undefined>;
}

/** Listens to the events of a pool that is about to be created. Gives a function for the pool, once it is. */
export function amendPool(
  events: WorkerEvents,
  { tasks, intake, gate, onNews, onJobFailed }: AmendOptions,
): () => CreatedPool {
  let nodeId = "";
  let nudge: CreatedPool["nudge"] = () => undefined;
  events.on("pool:create", ({ workerPool }) => {
    nodeId = workerPool.id;
    nudge = (count) => (workerPool as unknown as { nudge(count: number): void }).nudge(count);
  });
  followIntake(events, intake);
  hearAnnouncements(events, () => nudge(1), onNews);
  hearReturnedJobs(events);
  events.on("job:error", ({ job, error }) => {
    // Work that the fleet gave to others is no failure.
    if (error instanceof CancelledError) return;
    const { batch } = (job.payload ?? {}) as { batch?: unknown };
    onJobFailed({
      task: job.task_identifier,
      batch: typeof batch === "string" ? batch : undefined,
      error: error instanceof Error ? error : new Error("the job failed without an error"),
    });
  });
  events.on("worker:getJob:error", () => lookAgainForTasks(tasks));
  events.on("job:start", () => gate.passed());
  events.on("worker:getJob:empty", () => gate.passed());
  events.on("worker:getJob:error", () => gate.passed());
  const failing = new Promise<Error | undefined>((resolve) => {
    events.on("pool:fatalError", ({ error }) => resolve(error as Error));
    events.on("pool:gracefulShutdown", () => resolve(undefined));
    events.on("pool:forcefulShutdown", () => resolve(undefined));
  });
  return () => ({ nodeId, nudge, failing });
}

/**
 * Jobs that were announced before the pool listened, or while it had no connection to listen on, are looked for once it
 * listens. The event comes before the LISTEN is sent, so a statement behind the LISTEN is awaited first.
 */
function hearAnnouncements(events: WorkerEvents, look: () => void, onNews: () => void): void {
  events.on("pool:listen:notification", onNews);
  events.on("pool:listen:success", ({ client }) => {
    setImmediate(() => {
      client
        .query("select 1")
        .then(() => {
          onNews();
          look();
        })
        // A connection that is lost again, or a pool that has ended meanwhile, is no news.
        .catch(() => undefined);
    });
  });
}

/**
 * Has each look ask for as many jobs as the intake allows. graphile-worker 0.18 has one constant for this, and reads it
 * twice: for the look, and to judge the answer. Fewer jobs than asked for is the end of the queue, after which it waits for
 * the next poll; so the second reading gets the number of the first, even if the intake would allow more by then.
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

/** The local queue reports a failed fetch in its log only, with this message. */
export const FETCH_FAILED = "Error occurred fetching jobs";

/**
 * Has graphile-worker 0.18 look up its tasks again. It looks up the numbers of its tasks once for each list of names, and
 * keeps the result, even a failure: after a connection that ended at that moment, every fetch fails as that one did, for
 * ever. The same names in another order are another list.
 */
export function lookAgainForTasks(tasks: TaskList): void {
  const [first] = Object.entries(tasks);
  if (first === undefined) return;
  const [name, task] = first;
  delete tasks[name];
  tasks[name] = task;
}

/**
 * Makes a failure to return jobs an event. graphile-worker 0.18 returns the jobs of its local queue when the queue is
 * released, and does not wait for it if nothing else of the queue is under way. If returning fails, as it does when the lost
 * connection is what ended the pool, the rejection is unhandled, which ends the process. Counted as one more activity until
 * the promise is registered, it is waited for and reported.
 */
function hearReturnedJobs(events: WorkerEvents): void {
  events.on("localQueue:returnJobs", ({ localQueue }) => {
    const queue = localQueue as unknown as { mode: string; backgroundCount: number; decreaseBackgroundCount(): void };
    if (queue.mode !== "RELEASED" || queue.backgroundCount !== 0) return;
    queue.backgroundCount += 1;
    queueMicrotask(() => queue.decreaseBackgroundCount());
  });
}
