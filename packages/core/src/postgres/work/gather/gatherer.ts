/**
 * Takes claimed batches through a worker: load, gather, translate, settle.
 *
 *     claimed ─ load ─▶ Lanes by (project, source, target) ─ a slot is free ─▶ translate ─▶ Settler ─▶ done
 *              one read                 turns by level and age      joined up to one        one commit
 *           for all at hand                                        engine call's worth     for all at hand
 *
 * Nothing waits for company: a free slot goes at once with what its lane holds. What gathers does so while something else
 * is under way (see `Coalescer`). Slots are engine calls at once; more jobs than slots are claimed, so that there is
 * something to join.
 */
import { Coalescer } from "../../../async/coalescer.ts";
import { CancelledError } from "../../../contract/errors.ts";
import type {
  EngineCall,
  TranslateWork,
  WorkBatch,
  WorkObserver,
  WorkOutcome,
  WorkResult,
} from "../../../contract/work.ts";
import { isDeadly, isSuspect, mostTogether } from "../../../rules/crashes.ts";
import type { Pauses } from "../../../rules/pauses.ts";
import { park } from "../../control/pause.ts";
import type { ConnectionPool } from "../../database/pool.ts";
import { run } from "../../database/statement.ts";
import { giveBack } from "../batch.sql.ts";
import { type LoadedBatch, loadBatchesById, markBatchesStarted } from "../batch-store.ts";
import type { Hold, Intake } from "../claim/intake.ts";
import { Patience } from "../settle/patience.ts";
import { Settler } from "../settle/settler.ts";
import { type Claim, Lanes } from "./lanes.ts";

export interface GathererOptions {
  pool: ConnectionPool;
  translate: TranslateWork;
  /** Calls of `translate` at once. */
  concurrency: number;
  /** The most items one call is given. */
  maxItems: number;
  intake: Intake;
  /** Only this project's batches; others go back untouched. */
  project?: string | undefined;
  /** Hears of a project whose batch was claimed all the same, before that goes back. */
  onForeign?: ((project: string) => void) | undefined;
  /** What waited so long is not begun any more. Default: for ever. */
  lifetimeSeconds?: number | undefined;
  /** How many texts may still be begun before the work has done enough. Default: any number. */
  remaining?: (() => number) | undefined;
  /** The pool that is claiming at present. */
  nodeId(): string;
  /** What is paused, as far as is known. */
  pauses(): Pauses;
  /** Asks what is paused: what was known seems to be old. */
  learnPauses(): Promise<void>;
  observer: WorkObserver;
}

/**
 * A slot takes several calls' worth at once where they are over in so long: marking what is begun takes a round trip to the
 * database. Not more: all of it is under suspicion when the worker dies.
 */
const TURN_MS = 20;
const MOST_CALLS_A_TURN = 4;

/**
 * A call that takes so long is none of a fast engine: what was taken in at a higher speed goes back, lest what is urgent waits for all
 * of it.
 */
const SLOW_CALL_MS = 250;

/** After a fault of our own, a batch is left alone for a while: it may be the batch's doing. */
const FAULT_DELAY_MS = 30_000;

/** How long after the deadline of a drain its settlements are still tried. */
const GIVE_UP_MS = 2_000;

export class Gatherer {
  readonly #options: GathererOptions;
  readonly #loads: Coalescer<string, LoadedBatch | undefined>;
  /** Gives of each claimed group's ids those that still stand. */
  readonly #marks: Coalescer<readonly string[], Set<string>>;
  /** Tells for each id whether it was parked. */
  readonly #parks: Coalescer<string, boolean>;
  /** By batch id: a batch that is claimed again while in hand is the same work. */
  readonly #inHand = new Map<string, { work: Promise<void>; isParked: boolean }>();
  /** Batches not done yet, those included that are in hand no more and on their way out. */
  #undone = 0;
  readonly #lanes = new Lanes();
  readonly #patience = new Patience();
  readonly #settler: Settler;
  #freeSlots: number;
  #arrivals = 0;
  /** How long a call takes, as far as the last ones tell. Undefined before the first. */
  #meanCallMs: number | undefined;
  #isFillDue = false;
  /** Texts under way, their settlement included. */
  #begun = 0;
  #isSuspectRunning = false;
  #isDraining = false;
  /** Ends engine calls. Made anew after every abandonment. */
  #calls = new AbortController();
  #idle: (() => void)[] = [];

  constructor(options: GathererOptions) {
    this.#options = options;
    this.#freeSlots = options.concurrency;
    this.#loads = new Coalescer({
      run: async (ids) => {
        const loaded = await loadBatchesById(options.pool, ids);
        return ids.map((id) => loaded.get(id));
      },
      maxWeight: 100,
    });
    this.#marks = new Coalescer({
      run: async (groups) => {
        const standing = await markBatchesStarted(options.pool, groups.flat(), options.nodeId());
        return groups.map(() => standing);
      },
      maxWeight: 100,
    });
    this.#parks = new Coalescer({
      run: async (ids) => {
        const parked = await park(options.pool, ids);
        return ids.map((id) => parked.has(id));
      },
      maxWeight: 100,
    });
    const { pool, observer } = options;
    this.#settler = new Settler({ pool, patience: this.#patience, observer });
  }

  /** Batches not done yet. */
  get inHand(): number {
    return this.#undone;
  }

  /**
   * Takes a claimed batch through. Resolves when nothing is left to do for it: settled, handed on, or gone. Rejects when
   * it was given up, and is then still in the database as it was.
   *
   * @param jobPriority With which it goes back, if it is not for us.
   */
  take(batchId: string, jobPriority: number): Promise<void> {
    const known = this.#inHand.get(batchId);
    // Parked, it may have been resumed and claimed again before we heard of that; that claim is work of its own.
    if (known !== undefined) {
      return known.work.then(() => (known.isParked ? this.take(batchId, jobPriority) : undefined));
    }
    this.#undone += 1;
    const hold = this.#options.intake.hold();
    const work = this.#takeThrough(batchId, jobPriority, hold).finally(() => {
      hold.end();
      // Not another work of the same batch, claimed after this one was given up.
      if (this.#inHand.get(batchId)?.work === work) this.#inHand.delete(batchId);
      this.#undone -= 1;
      if (this.#undone === 0) this.#becomeIdle();
    });
    this.#inHand.set(batchId, { work, isParked: false });
    return work;
  }

  /**
   * Ends in order: what did not begin goes back, what runs has until the deadline, then engine calls are aborted and the
   * unanswered goes back. Resolves when nothing is in hand, or when the database does not take it.
   */
  async drain(deadlineMs: number): Promise<void> {
    this.#isDraining = true;
    for (const claim of this.#lanes.takeAll()) this.#release(claim);
    const deadlines = [
      setTimeout(() => this.#calls.abort(new CancelledError("The worker is stopping")), deadlineMs),
      // A database that is gone at the end keeps the rest; the fleet rescues it.
      setTimeout(() => this.#patience.end(), deadlineMs + GIVE_UP_MS),
      // One that hangs does not even refuse it.
      setTimeout(() => this.#becomeIdle(), deadlineMs + GIVE_UP_MS + 500),
    ];
    await this.#whenIdle();
    for (const deadline of deadlines) clearTimeout(deadline);
  }

  /** Looks again at what waits: it may be paused by now. */
  pausesChanged(): void {
    for (const claim of this.#lanes.takeAll()) this.#enter(claim).catch(claim.failed);
  }

  /** Forgets everything in hand: the fleet gave this pool up and others have the work. */
  abandon(): void {
    const reason = new CancelledError("The fleet took this work over");
    this.#calls.abort(reason);
    this.#calls = new AbortController();
    // What comes back from now on comes to be worked anew, whether or not the old work has ended.
    this.#inHand.clear();
    for (const claim of this.#lanes.takeAll()) claim.failed(reason);
  }

  /**
   * Forgets the batches that no call has begun with, after their jobs went back: others claim them, and the texts would be
   * sent twice. Calls in
   * progress go on.
   */
  abandonWaiting(): void {
    const reason = new CancelledError("This work went back to the fleet");
    for (const claim of this.#lanes.takeAll()) {
      // A later claim of the same batch is work of its own.
      this.#inHand.delete(claim.batch.id);
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
    const calls = this.#calls;
    const loaded = await this.#patience.keepTrying(() => this.#loads.add(batchId));
    hold.weighs(loaded?.items.length ?? 0);
    if (loaded === undefined) return;
    let batch: LoadedBatch = loaded;
    if (calls !== this.#calls) throw calls.signal.reason;
    if (batch.items.length === 0) return this.#settler.remove(batch);
    if (batch.project !== (this.#options.project ?? batch.project)) {
      this.#options.onForeign?.(batch.project);
      return this.#giveBack(batch, jobPriority);
    }
    if (batch.items.some(({ isExpired }) => isExpired)) {
      batch = await this.#settler.withoutExpired(batch);
      if (batch.items.length === 0) return this.#settler.remove(batch);
      if (calls !== this.#calls) throw calls.signal.reason;
    }
    if (this.#isDraining) return this.#settler.release(batch);
    if (batch.ageSeconds >= (this.#options.lifetimeSeconds ?? Number.POSITIVE_INFINITY)) {
      return this.#settler.buryExpired(batch);
    }
    if (batch.items.length > mostTogether(batch)) return this.#settler.split(batch, mostTogether(batch));
    if (isDeadly(batch)) return this.#settler.buryDeadly(batch);
    await new Promise<void>((done, failed) => {
      this.#arrivals += 1;
      this.#enter({ batch, hold, jobPriority, at: this.#arrivals, done, failed }).catch(failed);
    });
  }

  /** Into its lane, unless that is paused. */
  async #enter(claim: Claim): Promise<void> {
    const { batch } = claim;
    const calls = this.#calls;
    if (!claim.isNotToPark && (batch.isPaused || this.#isHeld(batch))) {
      if (await this.#patience.keepTrying(() => this.#parks.add(batch.id))) {
        const inHand = this.#inHand.get(batch.id);
        if (inHand !== undefined) inHand.isParked = true;
        return claim.done();
      }
      // Resumed while we did not know, or gone. Asked once, or it would be asked over and over until a slot is free.
      claim.isNotToPark = true;
      await this.#options.learnPauses().catch(() => undefined);
      if (calls !== this.#calls) throw calls.signal.reason;
      if (this.#isDraining) return this.#release(claim);
    }
    this.#lanes.add(claim);
    this.#fillSlotsSoon();
  }

  get #suspects() {
    return this.#isSuspectRunning ? "not" : "too";
  }

  #isHeld({ project, targetLocale }: Pick<LoadedBatch, "project" | "targetLocale">): boolean {
    return this.#options.pauses().holdsLane(project, targetLocale);
  }

  /** On the next turn, so that what was loaded together is also weighed together: jobs come in no order. */
  #fillSlotsSoon(): void {
    if (this.#isFillDue) return;
    this.#isFillDue = true;
    setImmediate(() => {
      this.#isFillDue = false;
      this.#fillSlots();
    });
  }

  #fillSlots(): void {
    const { maxItems, remaining } = this.#options;
    while (this.#freeSlots > 0) {
      const wanted = (remaining?.() ?? Number.POSITIVE_INFINITY) - this.#begun;
      if (wanted <= 0) return;
      const calls = Math.min(MOST_CALLS_A_TURN, Math.floor(TURN_MS / (this.#meanCallMs ?? TURN_MS)));
      const claims = this.#lanes.takeNext({
        maxItems: Math.max(maxItems, Math.min(calls * maxItems, wanted)),
        suspects: this.#suspects,
      });
      const [first] = claims;
      if (first === undefined) return;
      this.#freeSlots -= 1;
      const runsSuspect = isSuspect(first.batch);
      if (runsSuspect) this.#isSuspectRunning = true;
      void this.#work(claims, () => {
        this.#freeSlots += 1;
        if (runsSuspect) this.#isSuspectRunning = false;
        this.#fillSlots();
      });
    }
  }

  async #work(claims: Claim[], freeSlot: () => void): Promise<void> {
    const startedAt = performance.now();
    const begun = claims.reduce((sum, { batch }) => sum + batch.items.length, 0);
    this.#begun += begun;
    const signal = this.#calls.signal;
    let slotIsFree = false;
    const free = () => {
      if (!slotIsFree) freeSlot();
      slotIsFree = true;
    };
    try {
      const ids = claims.map(({ batch }) => batch.id);
      const standing = await this.#patience.keepTrying(() => this.#marks.add(ids));
      for (const claim of claims) if (!standing.has(claim.batch.id)) claim.done();
      claims = claims.filter(({ batch }) => standing.has(batch.id));
      const batches = claims.map(({ batch }) => batch);
      const [first] = batches;
      if (first === undefined) return;
      const joined: WorkBatch = {
        project: first.project,
        sourceLocale: first.sourceLocale,
        targetLocale: first.targetLocale,
        items: batches.flatMap(({ items }) => items),
        isEnginePaused: (engine) => this.#options.pauses().holdsEngine(engine),
        isToYield: () =>
          this.#isDraining || this.#isHeld(first) || this.#lanes.hasMoreUrgentThan(first, this.#suspects),
      };
      const result = await this.#translate(joined, batches.length > 1, signal);
      if (signal.aborted && signal !== this.#calls.signal) throw signal.reason;
      // The engine is done with us; the next call need not wait for our commit. But a suspect's must: whoever kills this worker
      // meanwhile would be charged to this one too, which may have been the last time it was given.
      if (!isSuspect(first)) free();
      for (const { hold } of claims) hold.done();
      await this.#settler.settle(batches, result);
      // Resumed while we did not know, it is back already: the next try is to know.
      if (result.outcomes.some(({ kind }) => kind === "paused")) {
        await this.#options.learnPauses().catch(() => undefined);
      }
      const elapsedMs = performance.now() - startedAt;
      this.#options.observer.settled?.({ batch: joined, outcomes: result.outcomes, elapsedMs });
      for (const claim of claims) claim.done();
    } catch (error) {
      for (const claim of claims) claim.failed(error);
    } finally {
      this.#begun -= begun;
      free();
      this.#fillSlotsSoon();
    }
  }

  /**
   * One call of `translate`, or several one after another for what holds more than a call may be given. When it is
   * enough, or time to end, the rest is handed back; also what was joined while calls took no time, when they do.
   */
  async #translate(batch: WorkBatch, isJoined: boolean, signal: AbortSignal): Promise<WorkResult> {
    const { maxItems, remaining } = this.#options;
    const outcomes: WorkOutcome[] = [];
    const calls: EngineCall[] = [];
    const startedAt = performance.now();
    const isEnough = (begun: number) =>
      this.#isDraining ||
      this.#isHeld(batch) ||
      (remaining !== undefined && begun >= remaining()) ||
      (isJoined && performance.now() - startedAt > SLOW_CALL_MS);
    for (let at = 0; at < batch.items.length; at += maxItems) {
      if (at > 0 && isEnough(at)) break;
      const result = await this.#translatePart({ ...batch, items: batch.items.slice(at, at + maxItems) }, signal);
      outcomes.push(...result.outcomes);
      calls.push(...result.calls);
    }
    while (outcomes.length < batch.items.length) outcomes.push({ kind: "released" });
    return { outcomes, calls };
  }

  async #translatePart(batch: WorkBatch, signal: AbortSignal): Promise<WorkResult> {
    if (signal.aborted) return { outcomes: batch.items.map(() => ({ kind: "released" })), calls: [] };
    const startedAt = performance.now();
    try {
      const result = await this.#options.translate(batch, signal);
      const elapsedMs = performance.now() - startedAt;
      this.#meanCallMs ??= elapsedMs;
      this.#meanCallMs += (elapsedMs - this.#meanCallMs) / 8;
      if (elapsedMs > SLOW_CALL_MS) this.#giveBackExcess();
      return result;
    } catch (error) {
      const outcome: WorkOutcome = signal.aborted
        ? { kind: "released" }
        : { kind: "postponed", delayMs: FAULT_DELAY_MS };
      if (!signal.aborted) this.#options.observer.fault?.(error as Error);
      return { outcomes: batch.items.map(() => outcome), calls: [] };
    }
  }

  /** What is more than a slow engine has room for. */
  #giveBackExcess(): void {
    const { intake, maxItems } = this.#options;
    for (const claim of this.#lanes.takeBeyond({ jobs: intake.maxClaims, items: intake.maxClaims * maxItems })) {
      this.#giveBack(claim.batch, claim.jobPriority).then(claim.done, claim.failed);
    }
  }

  /** Another project's, or too much: its job is there again as if it had not been claimed. */
  async #giveBack({ id }: LoadedBatch, jobPriority: number): Promise<void> {
    // Claimed again before this one is done, it is not this one: its job would end with ours.
    this.#inHand.delete(id);
    await this.#patience.keepTrying(() => run(this.#options.pool, giveBack, [id, jobPriority]));
  }

  #release({ batch, done, failed }: Claim): void {
    this.#settler.release(batch).then(done, failed);
  }
}
