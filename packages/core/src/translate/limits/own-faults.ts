/**
 * The engines that give no answer to this process, whatever they give to the other members.
 *
 * A member whose own network is down fails within milliseconds, and so would take text after text from the members that get
 * answers. From a few faults on it makes one call at a time; after some seconds it tries the engine with one text every few seconds.
 *
 * Once another member got an answer since the faults began, this process is *cut off*: it keeps no texts waiting, and its faults do not
 * count for the fleet for a minute. After that they count again, because the others may have left.
 */

interface Faults {
  count: number;
  /** By `performance.now()`, like all times here. */
  since: number;
  /** From this time on one call may try. */
  triesAt: number;
  /** Texts of the calls, as many as it takes to say that none of them is at fault. */
  texts: Set<string>;
  /** Another member got an answer at this time or later. Undefined: not that it is known. */
  refutedAt: number | undefined;
}

export interface OwnFaultsOptions {
  /** The number of calls without an answer, from which on one call is made at a time. */
  least: number;
  /** Milliseconds over which the calls came, from which on they last. */
  overMs: number;
  /** Milliseconds between two tries of faults that last. */
  tryEveryMs: number;
  /** Milliseconds for which the faults of a process that is cut off do not count for the fleet. */
  cutOffMs: number;
}

export class OwnFaults {
  readonly #options: OwnFaultsOptions;
  readonly #faults = new Map<string, Faults>();

  constructor(options: OwnFaultsOptions) {
    this.#options = options;
  }

  /** @param texts Keys of the texts that the call carried. */
  failed(engine: string, texts: readonly string[]): void {
    const now = performance.now();
    const faults = this.#faults.get(engine) ?? { ...NONE, since: now, triesAt: now, texts: new Set() };
    faults.count += 1;
    for (const text of texts) if (faults.texts.size < this.#options.least) faults.texts.add(text);
    this.#faults.set(engine, faults);
    faults.triesAt = now + this.#paceMs(faults, now);
  }

  answered(engine: string): void {
    this.#faults.delete(engine);
  }

  /** Whether a call got no answer since the last one that got one. */
  has(engine: string): boolean {
    return this.#faults.has(engine);
  }

  /** Whether so many calls got no answer that this process may be the one at fault. */
  isMany(engine: string): boolean {
    return (this.#faults.get(engine)?.count ?? 0) >= this.#options.least;
  }

  /** Whether so many texts were in the calls that none of them can be at fault. */
  isOfManyTexts(engine: string): boolean {
    return (this.#faults.get(engine)?.texts.size ?? 0) >= this.#options.least;
  }

  /**
   * Learns of the last answer that a member reported. It makes this process cut off if it came after the faults of this process began.
   *
   * @returns Whether the process is cut off from now on, and was not before.
   */
  othersAnswered(engine: string, answeredMs: number): boolean {
    const faults = this.#faults.get(engine);
    const now = performance.now();
    if (faults === undefined || !this.#isLasting(faults, now)) return false;
    const { refutedAt } = faults;
    if (now - answeredMs <= (refutedAt ?? faults.since)) return false;
    faults.refutedAt = now;
    return refutedAt === undefined;
  }

  /** The engine is down for all. */
  fleetHasOutage(engine: string): void {
    const faults = this.#faults.get(engine);
    if (faults !== undefined) faults.refutedAt = undefined;
  }

  /** Whether others got answers while this process got none. */
  isCutOff(engine: string): boolean {
    return this.#faults.get(engine)?.refutedAt !== undefined;
  }

  /** Whether a fault says something about the engine, and not only about this process. */
  countsForFleet(engine: string): boolean {
    const refutedAt = this.#faults.get(engine)?.refutedAt;
    return refutedAt === undefined || performance.now() - refutedAt >= this.#options.cutOffMs;
  }

  /** When the faults began, in milliseconds ago. */
  ageMs(engine: string): number {
    const now = performance.now();
    return now - (this.#faults.get(engine)?.since ?? now);
  }

  /** Milliseconds until a call may try the engine; 0: now, and every other call waits for it. Undefined: any call may be made. */
  waitMs(engine: string): number | undefined {
    const now = performance.now();
    const faults = this.#faults.get(engine);
    if (faults === undefined || !this.isMany(engine)) return undefined;
    if (faults.triesAt > now) return faults.triesAt - now;
    faults.triesAt = now + this.#paceMs(faults, now);
    return 0;
  }

  #isLasting({ count, since }: Faults, now: number): boolean {
    return count >= this.#options.least && now - since >= this.#options.overMs;
  }

  #paceMs(faults: Faults, now: number): number {
    const { least, overMs, tryEveryMs } = this.#options;
    return this.#isLasting(faults, now) ? tryEveryMs : Math.min(tryEveryMs, overMs / least);
  }
}

const NONE = { count: 0, refutedAt: undefined };
