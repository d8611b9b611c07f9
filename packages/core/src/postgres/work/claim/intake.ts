/**
 * How much work a node takes in: enough that no slot waits and that small batches find others to join, and no more, because
 * batches that one node holds are out of reach for the others, and wait for a rescue when that node dies.
 *
 * Jobs are batches of any size, and the size is known only when a batch is claimed and loaded. So graphile-worker's
 * runners, of which there are many, are let through to claim a few at a time, while there is room for the batches that they
 * will bring.
 */

/** Calls of full size for each slot: one under way, one waiting. */
const CALLS_A_SLOT = 2;

/**
 * Milliseconds. Keeps at least the work of the last IN_HAND_MS in memory: loading a batch and marking it as begun take one
 * round trip to the database each, in which an engine of milliseconds finishes many batches.
 */
const IN_HAND_MS = 25;

/** Upper bounds of jobs at once, reached with batches of one text. */
const MOST_JOBS_A_SLOT = 25;
const MOST_JOBS = 1_000;

/**
 * Milliseconds. The work of this time may be claimed ahead: with an engine of milliseconds, looking for eight jobs at a time
 * is most of the work.
 */
const AHEAD_MS = 250;
const MOST_AHEAD = 100;

export class Intake {
  /** Runners that graphile-worker needs: the most jobs at once. */
  readonly maxJobs: number;
  /** Upper bound of claims in progress while the engine's speed is still unknown. */
  readonly maxClaims: number;
  readonly #maxItemsOfCall: number;
  readonly #doneAhead: DoneOfLate;
  readonly #doneInHand: DoneOfLate;
  #items = 0;
  #jobs = 0;
  /** Texts of a batch: a moving average over about eight batches. */
  #meanItems: number;
  #gate: Gate | undefined;

  /**
   * @param slots Engine calls at once.
   * @param maxItems Texts of one call.
   * @param now Milliseconds of a clock that never goes back.
   */
  constructor({ slots, maxItems }: { slots: number; maxItems: number }, now: () => number = () => performance.now()) {
    this.#doneAhead = new DoneOfLate(AHEAD_MS, now);
    this.#doneInHand = new DoneOfLate(IN_HAND_MS, now);
    this.maxClaims = CALLS_A_SLOT * slots;
    this.maxJobs = Math.max(this.maxClaims, Math.min(MOST_JOBS_A_SLOT * slots, MOST_JOBS));
    this.#maxItemsOfCall = maxItems;
    this.#meanItems = maxItems;
  }

  /**
   * How many jobs one look may claim, including those that there is no room for yet: as many as were finished in a recent
   * quarter of a second, so that a node that dies held a quarter of a second's work, however fast it was.
   */
  get jobsAhead(): number {
    return Math.min(MOST_AHEAD, Math.max(this.maxClaims, this.#doneAhead.count));
  }

  /** Makes the gate of one runner's life. The gate before is open from now on, so that runners waiting there can end. */
  newGate(): Gate {
    this.#gate?.open();
    this.#gate = new Gate((claims) => this.#hasRoom(claims));
    return this.#gate;
  }

  /** Takes room for a claimed batch, until an engine has finished it or it leaves the worker. */
  hold(): Hold {
    let items = this.#meanItems;
    let isEnded = false;
    this.#items += items;
    this.#jobs += 1;
    const end = () => {
      if (isEnded) return;
      isEnded = true;
      this.#items -= items;
      this.#jobs -= 1;
      this.#gate?.look();
    };
    return {
      weighs: (actual) => {
        this.#meanItems += (actual - this.#meanItems) / 8;
        if (isEnded) return;
        this.#items += actual - items;
        items = actual;
        this.#gate?.look();
      },
      done: () => {
        if (isEnded) return;
        this.#doneAhead.add();
        this.#doneInHand.add();
        end();
      },
      end,
    };
  }

  /** Counts batches, so that a few enormous ones do not leave slots empty, and texts. */
  #hasRoom(claims: number): boolean {
    const done = this.#doneInHand.count;
    const jobs = Math.max(this.maxClaims, done);
    if (claims >= jobs) return false;
    const items = Math.max(this.maxClaims * this.#maxItemsOfCall, done * this.#meanItems);
    return this.#jobs + claims < jobs || this.#items + claims * this.#meanItems < items;
  }
}

/** Counts what was done in a period: the current one, or the one before if that were more. */
class DoneOfLate {
  readonly #periodMs: number;
  readonly #now: () => number;
  #from = 0;
  #done = 0;
  #doneBefore = 0;

  constructor(periodMs: number, now: () => number) {
    this.#periodMs = periodMs;
    this.#now = now;
  }

  add(): void {
    this.#turn();
    this.#done += 1;
  }

  get count(): number {
    this.#turn();
    return Math.max(this.#doneBefore, this.#done);
  }

  #turn(): void {
    const elapsed = this.#now() - this.#from;
    if (elapsed < this.#periodMs) return;
    this.#doneBefore = elapsed < 2 * this.#periodMs ? this.#done : 0;
    this.#done = 0;
    this.#from += elapsed;
  }
}

export interface Hold {
  /** The batch is loaded, and holds this many texts. */
  weighs(items: number): void;
  /** An engine has finished it. */
  done(): void;
  /** The batch has left the worker, finished or not. Idempotent. */
  end(): void;
}

/** Lets runners through to claim. */
export class Gate {
  readonly #hasRoom: (claims: number) => boolean;
  readonly #waiting: (() => void)[] = [];
  /** Runners that were let through and whose claims have no answer yet. */
  #claims = 0;
  #isOpen = false;

  constructor(hasRoom: (claims: number) => boolean) {
    this.#hasRoom = hasRoom;
  }

  /** Resolves when a claim may be made; undefined: at once. */
  pass(): Promise<void> | undefined {
    if (this.#isOpen || (this.#waiting.length === 0 && this.#hasRoom(this.#claims))) {
      this.#claims += 1;
      return undefined;
    }
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** A claim came back: with a job, with none, or failed. */
  passed(): void {
    this.#claims -= 1;
    this.look();
  }

  /** There may be room. */
  look(): void {
    while (this.#waiting.length > 0 && (this.#isOpen || this.#hasRoom(this.#claims))) {
      this.#claims += 1;
      this.#waiting.shift()?.();
    }
  }

  /** Lets every runner pass: nothing is claimed here any more. */
  open(): void {
    this.#isOpen = true;
    this.look();
  }
}
