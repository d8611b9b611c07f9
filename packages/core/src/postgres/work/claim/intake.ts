/**
 * How much work a node takes in: enough that no slot waits and that small batches find company, and no more, because what
 * one node holds the others cannot take, and waits for a rescue when that node dies.
 *
 * Jobs are batches of any size, and what a job holds is known only when it is claimed and loaded. So graphile-worker's runners,
 * of which there are many, are let through to claim a few at a time, as long as there is room for what they will bring.
 */

/** In calls of full size, of the slots there are: one under way, one waiting. */
const CALLS_A_SLOT = 2;

/**
 * What gets done in so long is in hand at once, where it is more: loading a batch and marking it as begun take a round trip to the
 * database each, in which an engine of milliseconds is done with many.
 */
const IN_HAND_MS = 25;

/** For batches of one text. */
const MOST_JOBS_A_SLOT = 25;
const MOST_JOBS = 1_000;

/** What gets done in so long may be claimed ahead: with an engine of milliseconds, a look for eight jobs is most of the work. */
const AHEAD_MS = 250;
const MOST_AHEAD = 100;

export class Intake {
  /** Runners that graphile-worker needs. */
  readonly maxJobs: number;
  /** The most that are on their way to a claim, and may turn out to be too much, while nothing is known of the speed. */
  readonly maxClaims: number;
  readonly #maxItemsOfCall: number;
  readonly #doneAhead: DoneOfLate;
  readonly #doneInHand: DoneOfLate;
  #items = 0;
  #jobs = 0;
  /** What a batch holds, as far as the last ones tell. */
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
   * How many jobs one look may claim, those included that nobody here has room for yet: what was done of late in a quarter of a
   * second, so that a node that dies held a quarter of a second's work, however fast it was.
   */
  get jobsAhead(): number {
    return Math.min(MOST_AHEAD, Math.max(this.maxClaims, this.#doneAhead.count));
  }

  /** Of a runner's life. The one before is open from now on, so that whoever waits there comes to an end. */
  newGate(): Gate {
    this.#gate?.open();
    this.#gate = new Gate((claims) => this.#hasRoom(claims));
    return this.#gate;
  }

  /** A claimed batch. It takes room until an engine is done with it, or it is given up. */
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

  /** By batches, so that a few enormous ones do not leave slots empty; or by texts. */
  #hasRoom(claims: number): boolean {
    const done = this.#doneInHand.count;
    const jobs = Math.max(this.maxClaims, done);
    if (claims >= jobs) return false;
    const items = Math.max(this.maxClaims * this.#maxItemsOfCall, done * this.#meanItems);
    return this.#jobs + claims < jobs || this.#items + claims * this.#meanItems < items;
  }
}

/** How many were done in so long: in the current period, or in the one before if that were more. */
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
  /** It is loaded, and holds so many texts. */
  weighs(items: number): void;
  /** An engine is done with it. */
  done(): void;
  /** It is not in hand any more, done or not. Idempotent. */
  end(): void;
}

/** Lets runners through to claim. */
export class Gate {
  readonly #hasRoom: (claims: number) => boolean;
  readonly #waiting: (() => void)[] = [];
  /** Runners that were let through and have no answer yet. */
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

  /** Everybody may pass: nothing is claimed here any more. */
  open(): void {
    this.#isOpen = true;
    this.look();
  }
}
