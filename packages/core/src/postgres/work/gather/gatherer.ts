/**
 * Takes claimed batches through a worker: load, triage, gather, translate, settle.
 *
 *     claimed ─ load ─▶ triage ─▶ Lanes by (project, source, target) ─ Turns ─▶ translate ─▶ Settler ─▶ done
 *             one read   │            turns by level and age    joined up to one        one commit
 *          for all at hand                                      engine call's worth     for all at hand
 *                        └▶ removed, given back, buried, split or parked
 *
 * Nothing waits for company: a free slot takes at once what its lane holds. Batches gather while something else is under
 * way (see `Coalescer`). Slots are engine calls at once; more jobs than slots are claimed, so that there is something to
 * join.
 */
import type { Task } from "graphile-worker";
import { Coalescer } from "../../../async/coalescer.ts";
import { CancelledError, TransHubError } from "../../../contract/errors.ts";
import type { TranslateWork } from "../../../contract/work.ts";
import { type Step, triage } from "../../../rules/triage.ts";
import { park } from "../../control/pause.ts";
import { errorCode } from "../../database/database-error.ts";
import type { ConnectionPool } from "../../database/pool.ts";
import { run } from "../../database/statement.ts";
import { giveBack, type LoadedBatch, loadBatchesById } from "../../queue/load-batches.ts";
import { parseTaskPayload } from "../../queue/task-map.ts";
import { Patience } from "../../settle/patience.ts";
import { Settler } from "../../settle/settler.ts";
import type { WorkVoice } from "../../settle/voice.ts";
import type { ForeignProjects } from "../claim/foreign-projects.ts";
import type { Hold, Intake } from "../claim/intake.ts";
import type { Rests } from "../claim/rests.ts";
import type { FleetView } from "../fleet/fleet-view.ts";
import type { Claim } from "./lanes.ts";
import { Phase } from "./phase.ts";
import { isLanePaused, Turns } from "./turns.ts";

export interface GathererOptions {
  pool: ConnectionPool;
  translate: TranslateWork;
  /** Calls of `translate` at once. */
  concurrency: number;
  /** The most items that one call is given. */
  maxItems: number;
  intake: Intake;
  view: FleetView;
  voice: WorkVoice;
  /** Knows whose batches go back untouched. */
  foreign: ForeignProjects;
  /** The locales of which nothing is claimed for a while. */
  rests: Rests;
  /** Seconds after which a waiting batch is not begun any more. Default: for ever. */
  lifetimeSeconds?: number | undefined;
  onFault(error: Error): void;
}

/** Batches of one read, and of one parking. */
const BATCHES_A_STATEMENT = 100;

/** Milliseconds after the deadline of a drain for which its settlements are still tried. */
const LAST_TRIES_MS = 2_000;

export class Gatherer {
  readonly #options: GathererOptions;
  /** Gives for each id what became of its load: the batch, none, or its own error. */
  readonly #loads: Coalescer<string, () => LoadedBatch | undefined>;
  /** Gives for each id whether it was parked. */
  readonly #parks: Coalescer<string, boolean>;
  /** By batch id: a batch that is claimed again while it is at work is the same work. */
  readonly #atWork = new Map<string, { work: Promise<void>; isParked: boolean }>();
  /** Batches not done yet, including those that left `#atWork` and are on their way out. */
  #undone = 0;
  #arrivals = 0;
  readonly #phase = new Phase();
  readonly #patience = new Patience();
  readonly #settler: Settler;
  readonly #turns: Turns;
  #idle: (() => void)[] = [];

  constructor(options: GathererOptions) {
    this.#options = options;
    const { pool, view, voice, onFault } = options;
    this.#loads = new Coalescer({
      run: (ids) => loadEach(pool, ids),
      maxWeight: BATCHES_A_STATEMENT,
    });
    this.#parks = new Coalescer({
      run: async (ids) => {
        const parked = await park(pool, ids);
        return ids.map((id) => parked.has(id));
      },
      maxWeight: BATCHES_A_STATEMENT,
    });
    this.#settler = new Settler({ pool, patience: this.#patience, voice, onFault });
    this.#turns = new Turns({
      ...options,
      phase: this.#phase,
      patience: this.#patience,
      settler: this.#settler,
      onSlowCall: () => this.#giveBackExcess(),
      onRest: (targetLocale, restMs) => this.#rest(targetLocale, restMs),
    });
    // A waiting batch may be of a paused lane by now.
    view.onPauses(() => {
      for (const claim of this.#turns.lanes.takeAll()) this.#enter(claim).catch(claim.failed);
    });
  }

  /** Batches not done yet. */
  get undone(): number {
    return this.#undone;
  }

  /** The task of every lane's jobs: takes the batch of a job through. */
  readonly task: Task = async (payload, { job }) => {
    await this.take(parseTaskPayload("translate", payload).batch, job.priority);
  };

  /**
   * Takes a claimed batch through. Resolves when nothing is left to do for it: it was settled, handed on, or is gone.
   * Rejects when the fleet gave it to others; the batch is then in the database as it was.
   *
   * @param jobPriority The priority of its job, if it goes back.
   */
  take(batchId: string, jobPriority: number): Promise<void> {
    const known = this.#atWork.get(batchId);
    if (known !== undefined) {
      const { claims } = this.#phase;
      return known.work.then(
        // A parked batch may have been resumed and claimed again before this worker heard of it: that claim is new work.
        () => (known.isParked ? this.take(batchId, jobPriority) : undefined),
        // The earlier claim went back to the fleet while the batch was being read. This one is new work, unless it went too.
        () => {
          claims.throwIfAborted();
          return this.take(batchId, jobPriority);
        },
      );
    }
    this.#undone += 1;
    const hold = this.#options.intake.hold();
    const work = this.#takeThrough(batchId, jobPriority, hold).finally(() => {
      hold.end();
      // Unless the entry is of new work on the same batch, claimed after this work was abandoned.
      if (this.#atWork.get(batchId)?.work === work) this.#atWork.delete(batchId);
      this.#undone -= 1;
      if (this.#undone === 0) this.#becomeIdle();
    });
    this.#atWork.set(batchId, { work, isParked: false });
    return work;
  }

  /**
   * Ends in order: batches that did not begin go back, running calls have until the deadline, then they are aborted and
   * unanswered texts go back. Resolves when no batch is left, or when the database does not take them.
   */
  async drain(deadlineMs: number): Promise<void> {
    this.#phase.drain();
    for (const claim of this.#turns.lanes.takeAll()) this.#release(claim);
    const deadlines = [
      setTimeout(() => this.#phase.abortCalls(new CancelledError("The worker is stopping")), deadlineMs),
      // If the database is gone, the rest stays in it and the fleet rescues it.
      setTimeout(() => this.#patience.end(), deadlineMs + LAST_TRIES_MS),
      // A database that hangs does not even refuse.
      setTimeout(() => this.#becomeIdle(), deadlineMs + LAST_TRIES_MS + 500),
    ];
    await this.#whenIdle();
    for (const deadline of deadlines) clearTimeout(deadline);
  }

  /** Forgets every batch: the fleet declared this node dead and gave its work to others. */
  abandon(): void {
    const reason = new CancelledError("The fleet took this work over");
    this.#phase.abandon(reason);
    // A batch that is claimed from now on is new work, whether or not the old work has ended.
    this.#atWork.clear();
    for (const claim of this.#turns.lanes.takeAll()) claim.failed(reason);
  }

  /**
   * Begins no further call until `abandonWaiting`: the pool that claimed the waiting batches has ended, and their jobs are
   * about to go back. Otherwise a slot that comes free meanwhile would take a batch that others claim and send too.
   */
  hold(): void {
    this.#phase.hold();
  }

  /** Forgets the batches that no call has begun with, after their jobs went back: others claim them. Running calls go on. */
  abandonWaiting(): void {
    const reason = new CancelledError("This work went back to the fleet");
    this.#phase.abandonWaiting(reason);
    for (const claim of this.#turns.lanes.takeAll()) {
      // A batch that is claimed from now on is new work.
      this.#atWork.delete(claim.batch.id);
      claim.failed(reason);
    }
  }

  async #whenIdle(): Promise<void> {
    if (this.#undone > 0) await new Promise<void>((resolve) => this.#idle.push(resolve));
  }

  #becomeIdle(): void {
    for (const resolve of this.#idle.splice(0)) resolve();
  }

  async #takeThrough(batchId: string, jobPriority: number, hold: Hold): Promise<void> {
    const { claims } = this.#phase;
    const loaded = await this.#patience.keepTrying(async () => (await this.#loads.add(batchId))());
    hold.weighs(loaded?.items.length ?? 0);
    if (loaded === undefined) return;
    let batch: LoadedBatch = loaded;
    claims.throwIfAborted();
    let step = this.#triage(batch);
    while (step.do === "bury_expired_texts") {
      batch = await this.#settler.withoutExpired(batch, step.reason);
      claims.throwIfAborted();
      step = this.#triage(batch);
    }
    await this.#do(step, batch, jobPriority, hold);
  }

  #triage(batch: LoadedBatch): Step {
    const { view, foreign, lifetimeSeconds } = this.#options;
    return triage(batch, {
      project: foreign.own,
      lifetimeSeconds,
      isDraining: this.#phase.isDraining,
      isLanePaused: batch.isPaused || isLanePaused(view, batch),
    });
  }

  async #do(step: Step, batch: LoadedBatch, jobPriority: number, hold: Hold): Promise<void> {
    if (step.do === "remove") return this.#settler.remove(batch);
    if (step.do === "release") return this.#settler.release(batch);
    if (step.do === "bury") return this.#settler.bury(batch, step.reason);
    if (step.do === "split") return this.#settler.split(batch, step.partItems);
    if (step.do === "give_back") {
      this.#options.foreign.learn(batch.project);
      return this.#giveBack(batch, jobPriority);
    }
    if (this.#options.rests.has(batch.targetLocale)) return this.#giveBack(batch, jobPriority);
    await new Promise<void>((done, failed) => {
      this.#arrivals += 1;
      this.#enter({ batch, hold, jobPriority, at: this.#arrivals, done, failed }).catch(failed);
    });
  }

  /** Puts a claim into its lane, or parks it. */
  async #enter(claim: Claim): Promise<void> {
    const { batch } = claim;
    if (!claim.isNotToPark && this.#triage(batch).do === "park") {
      const { claims } = this.#phase;
      if (await this.#patience.keepTrying(() => this.#parks.add(batch.id))) {
        // The entry may be that of a later claim, made after this work was abandoned.
        claims.throwIfAborted();
        const atWork = this.#atWork.get(batch.id);
        if (atWork !== undefined) atWork.isParked = true;
        return claim.done();
      }
      // Resumed without our knowledge, or gone. Asked once: otherwise it would be asked again and again until a slot is free.
      claim.isNotToPark = true;
      await this.#options.view.learnPauses().catch(() => undefined);
      claims.throwIfAborted();
      if (this.#phase.isDraining) return this.#release(claim);
    }
    this.#turns.enter(claim);
  }

  /** Gives back the waiting batches that are more than a slow engine has room for. */
  #giveBackExcess(): void {
    const { intake, maxItems } = this.#options;
    const room = { jobs: intake.maxClaims, items: intake.maxClaims * maxItems };
    for (const claim of this.#turns.lanes.takeBeyond(room)) {
      this.#giveBack(claim.batch, claim.jobPriority).then(claim.done, claim.failed);
    }
  }

  /** Claims nothing of a locale for a while, and gives back its waiting batches: other members can translate them. */
  #rest(targetLocale: string, restMs: number): void {
    this.#options.rests.begin(targetLocale, restMs);
    for (const claim of this.#turns.lanes.takeOf(targetLocale)) {
      this.#giveBack(claim.batch, claim.jobPriority).then(claim.done, claim.failed);
    }
  }

  /** Makes the job of a batch available again, as if it had not been claimed. */
  async #giveBack({ id }: LoadedBatch, jobPriority: number): Promise<void> {
    // If it is claimed again before this work is done, that is new work: its job would end with ours.
    this.#atWork.delete(id);
    await this.#patience.keepTrying(() => run(this.#options.pool, giveBack, [id, jobPriority]));
  }

  #release({ batch, done, failed }: Claim): void {
    this.#settler.release(batch).then(done, failed);
  }
}

/**
 * Loads batches together. Where that fails, each is loaded alone: one batch that cannot be loaded (as large as a statement's
 * answer may not be, or with a history of an unknown form) fails by itself.
 *
 * @throws {DatabaseUnavailableError} No batch could be loaded now.
 */
async function loadEach(pool: ConnectionPool, ids: readonly string[]): Promise<(() => LoadedBatch | undefined)[]> {
  try {
    const loaded = await loadBatchesById(pool, ids);
    return ids.map((id) => () => loaded.get(id));
  } catch (error) {
    // A joined load that takes too long (57014) may be of batches that load in time alone.
    if (ids.length === 1 || (error instanceof TransHubError && errorCode(error) !== "57014")) throw error;
  }
  const each: (() => LoadedBatch | undefined)[] = [];
  // One after another: together they were too large.
  for (const id of ids) {
    each.push(
      await loadBatchesById(pool, [id]).then(
        (loaded) => () => loaded.get(id),
        (error) => () => {
          throw error;
        },
      ),
    );
  }
  return each;
}
