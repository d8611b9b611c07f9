/**
 * Takes claimed batches through a worker: load, gather, translate, settle.
 *
 *     claimed ─ load ─▶ lanes by (project, source, target) ─ a slot is free ─▶ translate ─▶ settle ─▶ done
 *              one read                 turns by level and age      joined up to one       one commit
 *           for all at hand                                        engine call's worth    for all at hand
 *
 * Nothing waits for company: a free slot goes at once with what its lane holds. What gathers does so while something else
 * is under way (see `Coalescer`). Slots are engine calls at once; more jobs than slots are claimed, so that there is
 * something to join.
 */
import { setTimeout as wait } from "node:timers/promises";
import { Coalescer } from "../coalescer.ts";
import { park } from "../control/pause.ts";
import type { Pauses } from "../control/pauses.ts";
import { errorCode } from "../database/database-error.ts";
import type { ConnectionPool } from "../database/pool.ts";
import {
  CancelledError,
  DatabaseUnavailableError,
  RequestExpiredError,
  TranslationBlockedError,
  WorkerCrashedError,
} from "../errors.ts";
import type {
  EngineCall,
  TranslateWork,
  WorkBatch,
  WorkObserver,
  WorkOutcome,
  WorkResult,
} from "../persistence-handler.ts";
import {
  cutResult,
  type LoadedBatch,
  loadBatchesById,
  markBatchesStarted,
  type SettledBatch,
  settleBatches,
} from "./batch-store.ts";

export interface GathererOptions {
  pool: ConnectionPool;
  translate: TranslateWork;
  /** Calls of `translate` at once. */
  concurrency: number;
  /** The most items one call is given. */
  maxItems: number;
  /** Only this project's batches; others go back untouched. */
  project?: string | undefined;
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

/** Batches of other projects that were claimed all the same come back to the fleet after this long. */
const FOREIGN_DELAY_MS = 5_000;

/** After a fault of our own, a batch is left alone for a while: it may be the batch's doing. */
const FAULT_DELAY_MS = 30_000;

/** How long after the deadline of a drain its settlements are still tried. */
const GIVE_UP_MS = 2_000;

/** From so many crashes on, the texts of a batch are tried one by one, and only one such at a time. */
const SUSPECT_CRASHES = 2;

/** A text that was alone in hand when its worker died is not tried again. */
const DEADLY_CRASHES = 3;

interface Claim {
  batch: LoadedBatch;
  /** Order of arrival. */
  at: number;
  /** The store would not park it. */
  isNotToPark?: boolean;
  done(): void;
  failed(error: unknown): void;
}

type Settling = { batches: SettledBatch[]; calls: (EngineCall & { batch: LoadedBatch })[] };

export class Gatherer {
  readonly #options: GathererOptions;
  readonly #loads: Coalescer<string, LoadedBatch | undefined>;
  readonly #settlements: Coalescer<Settling, unknown>;
  /** Tells for each id whether it was parked. */
  readonly #parks: Coalescer<string, boolean>;
  /** By batch id: a batch that is claimed again while in hand is the same work. */
  readonly #inHand = new Map<string, { work: Promise<void>; isParked: boolean }>();
  readonly #lanes = new Map<string, Claim[]>();
  #freeSlots: number;
  #arrivals = 0;
  #isFillDue = false;
  /** Texts under way, their settlement included. */
  #begun = 0;
  #isSuspectRunning = false;
  #isDraining = false;
  /** Ends engine calls. Made anew after every abandonment. */
  #calls = new AbortController();
  readonly #givingUp = new AbortController();
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
    this.#parks = new Coalescer({
      run: async (ids) => {
        const parked = await park(options.pool, ids);
        return ids.map((id) => parked.has(id));
      },
      maxWeight: 100,
    });
    this.#settlements = new Coalescer({ run: (settlings) => this.#settleTogether(settlings), maxWeight: 20 });
  }

  /** Batches not done yet. */
  get inHand(): number {
    return this.#inHand.size;
  }

  /**
   * Takes a claimed batch through. Resolves when nothing is left to do for it: settled, handed on, or gone. Rejects when
   * it was given up, and is then still in the database as it was.
   */
  take(batchId: string): Promise<void> {
    const known = this.#inHand.get(batchId);
    // Parked, it may have been resumed and claimed again before we heard of that; that claim is work of its own.
    if (known !== undefined) return known.work.then(() => (known.isParked ? this.take(batchId) : undefined));
    const work = this.#takeThrough(batchId).finally(() => {
      this.#inHand.delete(batchId);
      if (this.#inHand.size === 0) this.#becomeIdle();
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
    for (const claim of this.#takeWaiting()) this.#release(claim);
    const deadlines = [
      setTimeout(() => this.#calls.abort(new CancelledError("The worker is stopping")), deadlineMs),
      // A database that is gone at the end keeps the rest; the fleet rescues it.
      setTimeout(() => this.#givingUp.abort(), deadlineMs + GIVE_UP_MS),
      // One that hangs does not even refuse it.
      setTimeout(() => this.#becomeIdle(), deadlineMs + GIVE_UP_MS + 500),
    ];
    await this.#whenIdle();
    for (const deadline of deadlines) clearTimeout(deadline);
  }

  /** Looks again at what waits: it may be paused by now. */
  pausesChanged(): void {
    for (const claim of this.#takeWaiting()) this.#enter(claim).catch(claim.failed);
  }

  /** Forgets everything in hand: the fleet gave this pool up and others have the work. */
  abandon(): void {
    const reason = new CancelledError("The fleet took this work over");
    this.#calls.abort(reason);
    this.#calls = new AbortController();
    for (const claim of this.#takeWaiting()) claim.failed(reason);
  }

  async #whenIdle(): Promise<void> {
    if (this.#inHand.size > 0) await new Promise<void>((resolve) => this.#idle.push(resolve));
  }

  #becomeIdle(): void {
    for (const resolve of this.#idle.splice(0)) resolve();
  }

  async #takeThrough(batchId: string): Promise<void> {
    const batch = await this.#patiently(() => this.#loads.add(batchId));
    if (batch === undefined) return;
    const { project } = this.#options;
    if (batch.items.length === 0) return this.#settle([batch], []);
    if (project !== undefined && batch.project !== project) return this.#postpone(batch, FOREIGN_DELAY_MS);
    if (this.#isDraining)
      return this.#settle(
        [batch],
        batch.items.map(() => ({ kind: "released" })),
      );
    if (batch.ageSeconds >= (this.#options.lifetimeSeconds ?? Number.POSITIVE_INFINITY))
      return this.#buryExpired(batch);
    if (batch.crashes >= SUSPECT_CRASHES) {
      if (batch.items.length > 1) return this.#split(batch);
      if (batch.crashes >= DEADLY_CRASHES) return this.#buryDeadly(batch);
    }
    await new Promise<void>((done, failed) => {
      this.#arrivals += 1;
      this.#enter({ batch, at: this.#arrivals, done, failed }).catch(failed);
    });
  }

  /** Into its lane, unless that is paused. */
  async #enter(claim: Claim): Promise<void> {
    const { batch } = claim;
    if (!claim.isNotToPark && (batch.isPaused || this.#isHeld(batch))) {
      if (await this.#patiently(() => this.#parks.add(batch.id))) {
        const inHand = this.#inHand.get(batch.id);
        if (inHand !== undefined) inHand.isParked = true;
        return claim.done();
      }
      // Resumed while we did not know, or gone. Asked once, or it would be asked over and over until a slot is free.
      claim.isNotToPark = true;
      await this.#options.learnPauses().catch(() => undefined);
      if (this.#isDraining) return this.#release(claim);
    }
    const key = JSON.stringify([batch.project, batch.sourceLocale, batch.targetLocale]);
    this.#lanes.set(key, [...(this.#lanes.get(key) ?? []), claim].sort(byUrgency));
    this.#fillSlotsSoon();
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
    while (this.#freeSlots > 0 && (this.#options.remaining?.() ?? Number.POSITIVE_INFINITY) > this.#begun) {
      const claims = this.#nextCall();
      if (claims.length === 0) return;
      this.#freeSlots -= 1;
      const isSuspect = claims[0] !== undefined && claims[0].batch.crashes >= SUSPECT_CRASHES;
      if (isSuspect) this.#isSuspectRunning = true;
      void this.#work(claims, () => {
        this.#freeSlots += 1;
        if (isSuspect) this.#isSuspectRunning = false;
        this.#fillSlots();
      });
    }
  }

  /** The claims that go together next: of the lane whose head is the most urgent, then the oldest. */
  #nextCall(): Claim[] {
    let best: Claim[] | undefined;
    for (const lane of this.#lanes.values()) {
      const head = this.#eligible(lane);
      if (head === undefined) continue;
      const bestHead = best && this.#eligible(best);
      if (bestHead === undefined || byUrgency(head, bestHead) < 0) best = lane;
    }
    if (best === undefined) return [];
    const head = this.#eligible(best) as Claim;
    const together = [head];
    let items = head.batch.items.length;
    if (isSociable(head)) {
      for (const claim of best) {
        if (claim === head || !isSociable(claim)) continue;
        if (items + claim.batch.items.length > this.#options.maxItems) continue;
        together.push(claim);
        items += claim.batch.items.length;
      }
    }
    const rest = best.filter((claim) => !together.includes(claim));
    const key = [...this.#lanes].find(([, lane]) => lane === best)?.[0] as string;
    if (rest.length === 0) this.#lanes.delete(key);
    else this.#lanes.set(key, rest);
    return together;
  }

  #eligible(lane: Claim[]): Claim | undefined {
    return lane.find(({ batch }) => batch.crashes < SUSPECT_CRASHES || !this.#isSuspectRunning);
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
      const standing = await this.#patiently(() =>
        markBatchesStarted(
          this.#options.pool,
          claims.map(({ batch }) => batch.id),
          this.#options.nodeId(),
        ),
      );
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
      };
      const result = await this.#translate(joined, signal);
      if (signal.aborted && signal !== this.#calls.signal) throw signal.reason;
      // The engine is done with us; the next call need not wait for our commit. But a suspect's must: whoever kills this worker
      // meanwhile would be charged to this one too, which may have been the last time it was given.
      if (first.crashes < SUSPECT_CRASHES) free();
      await this.#settleResult(
        cutResult(batches, result),
        result.calls.map((call) => ({ ...call, batch: first })),
      );
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
   * enough, or time to end, the rest is handed back.
   */
  async #translate(batch: WorkBatch, signal: AbortSignal): Promise<WorkResult> {
    const { maxItems, remaining } = this.#options;
    const outcomes: WorkOutcome[] = [];
    const calls: EngineCall[] = [];
    for (let at = 0; at < batch.items.length; at += maxItems) {
      if (at > 0 && (this.#isDraining || this.#isHeld(batch) || (remaining !== undefined && at >= remaining()))) break;
      const result = await this.#translatePart({ ...batch, items: batch.items.slice(at, at + maxItems) }, signal);
      outcomes.push(...result.outcomes);
      calls.push(...result.calls);
    }
    while (outcomes.length < batch.items.length) outcomes.push({ kind: "released" });
    return { outcomes, calls };
  }

  async #translatePart(batch: WorkBatch, signal: AbortSignal): Promise<WorkResult> {
    if (signal.aborted) return { outcomes: batch.items.map(() => ({ kind: "released" })), calls: [] };
    try {
      return await this.#options.translate(batch, signal);
    } catch (error) {
      const outcome: WorkOutcome = signal.aborted
        ? { kind: "released" }
        : { kind: "postponed", delayMs: FAULT_DELAY_MS };
      if (!signal.aborted) this.#options.observer.fault?.(error as Error);
      return { outcomes: batch.items.map(() => outcome), calls: [] };
    }
  }

  async #settleResult(settled: SettledBatch[], calls: Settling["calls"]): Promise<void> {
    try {
      await this.#patiently(() => this.#commit({ batches: settled, calls }));
    } catch (error) {
      const [first, ...others] = settled;
      if (first === undefined || !isBadData(error)) throw error;
      // PostgreSQL takes one of these texts for impossible. The checks should have seen it; alone it is found.
      if (others.length > 0) {
        await this.#settleResult([first], calls);
        for (const other of others) await this.#settleResult([other], []);
        return;
      }
      this.#options.observer.fault?.(error as Error);
      await (first.batch.items.length > 1 ? this.#split(first.batch) : this.#buryUnstorable(first.batch));
    }
  }

  #takeWaiting(): Claim[] {
    const waiting = [...this.#lanes.values()].flat();
    this.#lanes.clear();
    return waiting;
  }

  #release({ batch, done, failed }: Claim): void {
    this.#settle(
      [batch],
      batch.items.map(() => ({ kind: "released" })),
    ).then(done, failed);
  }

  #postpone(batch: LoadedBatch, delayMs: number): Promise<void> {
    return this.#settle(
      [batch],
      batch.items.map(() => ({ kind: "postponed", delayMs })),
    );
  }

  /** Has the texts of a batch tried one by one: the one that harms ends alone, its neighbours are translated. */
  async #split(batch: LoadedBatch): Promise<void> {
    const outcomes = batch.items.map(() => ({ kind: "released" as const }));
    await this.#patiently(() => settleBatches(this.#options.pool, [{ batch, outcomes, apart: true }], []));
  }

  async #buryExpired(batch: LoadedBatch): Promise<void> {
    const outcomes = expired(batch.items);
    await this.#settle([batch], outcomes);
    this.#options.observer.settled?.({ batch, outcomes, elapsedMs: 0 });
  }

  #buryDeadly(batch: LoadedBatch): Promise<void> {
    const error = new WorkerCrashedError(`Every worker that tried this text died (${batch.crashes} times)`);
    const entry = { at: new Date().toISOString(), engine: null, code: error.code, message: error.message };
    return this.#settle(
      [batch],
      batch.items.map(() => ({ kind: "failed", error: entry })),
    );
  }

  #buryUnstorable(batch: LoadedBatch): Promise<void> {
    const error = new TranslationBlockedError("nul", "The database cannot store the translation");
    const entry = { at: new Date().toISOString(), engine: null, code: error.code, message: error.message };
    return this.#settle(
      [batch],
      batch.items.map(() => ({ kind: "failed", error: entry })),
    );
  }

  async #settle(batches: LoadedBatch[], outcomes: WorkOutcome[]): Promise<void> {
    const settled = cutResult(batches, { outcomes, calls: [] });
    await this.#patiently(() => this.#commit({ batches: settled, calls: [] }));
  }

  async #commit(settling: Settling): Promise<void> {
    const error = await this.#settlements.add(settling);
    if (error !== undefined) throw error;
  }

  /** Gives for each settlement undefined, or its own error. */
  async #settleTogether(settlings: Settling[]): Promise<unknown[]> {
    try {
      await settleBatches(
        this.#options.pool,
        settlings.flatMap(({ batches }) => batches),
        settlings.flatMap(({ calls }) => calls),
      );
      return settlings.map(() => undefined);
    } catch (error) {
      if (settlings.length === 1 || !isBadData(error)) throw error;
    }
    // One of them is at fault: each for itself. Whoever fails fails alone.
    return Promise.all(
      settlings.map(({ batches, calls }) => settleBatches(this.#options.pool, batches, calls).catch((error) => error)),
    );
  }

  /**
   * Repeats what the database refused for the moment: an outage, a deadlock, a lock. An answer of the engine is in hand
   * and need not be bought twice.
   */
  async #patiently<Result>(act: () => Promise<Result>): Promise<Result> {
    for (let tries = 0; ; tries += 1) {
      try {
        return await act();
      } catch (error) {
        if (!isPassing(error) || this.#givingUp.signal.aborted) throw error;
        const delayMs = Math.min(2_000, 50 * 2 ** tries) * (0.5 + Math.random());
        await wait(delayMs, undefined, { signal: this.#givingUp.signal }).catch(() => {
          throw error;
        });
      }
    }
  }
}

/** The outcome of texts that waited longer than requests may live. */
function expired(items: readonly unknown[]): WorkOutcome[] {
  const { code, message } = new RequestExpiredError("The request waited longer than requests may live");
  const error = { at: new Date().toISOString(), engine: null, code, message };
  return items.map(() => ({ kind: "failed", error }));
}

/** The level first, then who came first. */
function byUrgency(one: Claim, other: Claim): number {
  return one.batch.priority - other.batch.priority || one.at - other.at;
}

/**
 * What may have killed a worker goes alone, so that its neighbours are not suspected with it; and what failed before goes
 * as it was handed over, or a batch that was split would come back whole.
 */
function isSociable({ batch }: Claim): boolean {
  return batch.crashes === 0 && batch.attempt === 0;
}

function isBadData(error: unknown): boolean {
  return /^(22|23|54)/.test(errorCode(error) ?? "");
}

function isPassing(error: unknown): boolean {
  return error instanceof DatabaseUnavailableError || /^(40001|40P01|55P03)$/.test(errorCode(error) ?? "");
}
