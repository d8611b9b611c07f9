/** Tells whether each chain of engines has a working one left, and when waiting for one is no longer worth it. */

import type { TransHubError } from "@trans-hub/core";
import { chainFor, type Engine } from "@trans-hub/core/engine";
import { EnginesStoppedError } from "@trans-hub/core/operations";
import type { EngineCall, EngineStop, Settlement } from "@trans-hub/core/store";

/** Work that a user waits for ends after this time in which no engine answered. Milliseconds. */
const OUTAGE_MS = 60_000;

/** The code of the error of an engine that gives no answers. */
const OUTAGE = "TH_ENGINE_TRANSIENT";

/** Outcomes of a call that say nothing about whether the engine answers: a circuit has its own rule, a stop is ours. */
const SILENT: ReadonlySet<string> = new Set(["aborted", "quota", "config"]);

/** Time between two looks for texts that another chain can still translate. Milliseconds. */
const LOOK_MS = 1_000;

/** An error lists at most this many locales. */
const MOST_LISTED = 5;

export interface StoppedEnginesOptions {
  /** Called once, when waiting is no longer worth it. Left out: the work is a fleet's, which waits for ever. */
  onEnd?: (() => void) | undefined;
  /** Milliseconds. Default 60,000. */
  outageMs?: number | undefined;
  /** The target locales of the work, canonical. Default: all. */
  locales?: readonly string[] | undefined;
  /** Gives the target locales with texts that wait. Asked only while some chains are stopped and others are not. Default: none. */
  leftLocales?: (() => Promise<readonly string[]>) | undefined;
}

/** The engines of some target locales, in the order of their use. */
interface Chain {
  readonly names: readonly string[];
  /** Runs from the first call without an answer to the next answer. */
  timer: NodeJS.Timeout | undefined;
  /** Waiting for it is not worth it any more. */
  isDead: boolean;
}

interface Fault {
  error: TransHubError;
  isOwn: boolean;
}

/**
 * Tracks the engines that get no calls, because their account or setting is at fault (`quota`, `config`) or because they
 * give no answer to any member (an outage), and for each chain the time in which none of its engines answered at all.
 *
 * A fleet member goes on and waits for a person to act. A run that a user waits for ends instead, once every text that is left is of a
 * chain that is stopped: at once when a call meets the last engine whose account or setting is at fault, or when no engine of
 * the chain has answered for a minute. An outage may pass by itself.
 */
export class StoppedEngines {
  readonly #engines: readonly Pick<Engine, "name" | "targetLocales">[];
  readonly #chains: readonly Chain[];
  readonly #faults = new Map<string, Fault>();
  readonly #onEnd: (() => void) | undefined;
  readonly #outageMs: number;
  readonly #leftLocales: () => Promise<readonly string[]>;
  #lastFailure: string | undefined;
  /** The message of the last failed attempt with each engine. */
  readonly #lastFailures = new Map<string, string>();
  #looking: NodeJS.Timeout | undefined;
  #ended: { error: EnginesStoppedError; chain: Chain } | undefined;

  /** @param engines All that may be used. */
  constructor(
    engines: readonly Pick<Engine, "name" | "targetLocales">[],
    { onEnd, outageMs = OUTAGE_MS, locales, leftLocales = async () => [] }: StoppedEnginesOptions = {},
  ) {
    this.#engines = engines;
    this.#onEnd = onEnd;
    this.#outageMs = outageMs;
    this.#leftLocales = leftLocales;
    const chains = (locales ?? localesOf(engines)).map((locale) => namesFor(engines, locale));
    const distinct = new Map(chains.filter((names) => names.length > 0).map((names) => [names.join(), names]));
    this.#chains = [...distinct.values()].map((names) => ({ names, timer: undefined, isDead: false }));
  }

  /** Records that an engine gets no calls, found before any work: texts may wait for it, so the end comes later. */
  foundStopped(engine: string, error: TransHubError, { isOwn }: Pick<EngineStop, "isOwn">): void {
    this.#faults.set(engine, { error, isOwn });
    for (const chain of this.#chainsWith(engine)) if (this.#faultOf(chain) !== undefined) this.#startTimer(chain);
  }

  /** Records that a call met the fault of an engine. */
  stopped(engine: string, error: TransHubError, { isOwn }: Pick<EngineStop, "isOwn">): void {
    this.#faults.set(engine, { error, isOwn });
    for (const chain of this.#chainsWith(engine)) {
      if (this.#faultOf(chain) === undefined) continue;
      if (this.#mayPass(chain)) this.#startTimer(chain);
      else this.#die(chain);
    }
  }

  /** Records that an engine's circuit was closed. */
  works(engine: string): void {
    this.#faults.delete(engine);
    for (const chain of this.#chainsWith(engine)) this.#revive(chain);
  }

  /** Records the end of a call. */
  called({ engine, outcome }: Pick<EngineCall, "engine" | "outcome">): void {
    for (const chain of this.#chainsWith(engine)) {
      if (outcome === "transient") this.#startTimer(chain);
      else if (!SILENT.has(outcome) && this.#faultOf(chain) === undefined) this.#revive(chain);
    }
  }

  /** Another member may have closed a circuit: an engine that gave a translation works. */
  heardOf({ outcomes }: Pick<Settlement, "outcomes">): void {
    for (const outcome of outcomes) {
      if (outcome.kind === "translated") this.works(outcome.engine);
    }
    const failed = outcomes.findLast((outcome) => outcome.kind === "retry" || outcome.kind === "failed");
    for (const outcome of outcomes) {
      if (outcome.kind !== "retry" && outcome.kind !== "failed") continue;
      const { engine, message } = outcome.error;
      if (engine !== null) this.#lastFailures.set(engine, message);
    }
    if (failed !== undefined) this.#lastFailure = failed.error.message;
    else if (outcomes.some(({ kind }) => kind === "translated")) this.#lastFailure = undefined;
  }

  /** The message of the last failed attempt. Undefined: a translation came after it, or there was none. */
  get lastFailure(): string | undefined {
    return this.#lastFailure;
  }

  /** The error of a run that ended early. */
  get error(): EnginesStoppedError | undefined {
    return this.#ended?.error;
  }

  /** Whether all engines of a chain are at fault. */
  get isAnyStopped(): boolean {
    return this.#chains.some((chain) => this.#faultOf(chain) !== undefined);
  }

  /** Whether all engines of every chain are at fault, and no fault may pass without a person. */
  get isHopeless(): boolean {
    const isStopped = (chain: Chain) => this.#faultOf(chain) !== undefined && !this.#mayPass(chain);
    return this.#chains.length > 0 && this.#chains.every(isStopped);
  }

  /**
   * The error of a run that ended early, or of one that left texts of these target locales whose engines all are at fault. Undefined:
   * there are none.
   */
  errorFor(left: readonly string[]): EnginesStoppedError | undefined {
    if (this.#ended !== undefined) return this.#ended.error;
    const stopped = left.filter((locale) => this.#faultOf(this.#chainFor(locale)) !== undefined);
    const chain = this.#chainFor(stopped[0]);
    return chain && this.#errorOf(chain, stopped);
  }

  /** The first engine's fault, of the chain that ended the run or is stopped, when this process's own account or setting is at fault. */
  get ownFault(): TransHubError | undefined {
    const fault = this.#faultOf(this.#ended?.chain ?? this.#chains.find((chain) => this.#faultOf(chain) !== undefined));
    return fault?.isOwn && fault.error.code !== OUTAGE ? fault.error : undefined;
  }

  /** Ends the clocks. To be called at the end of the work. */
  stop(): void {
    for (const chain of this.#chains) this.#stopTimer(chain);
    clearTimeout(this.#looking);
    this.#looking = undefined;
  }

  #chainsWith(engine: string): Chain[] {
    return this.#chains.filter(({ names }) => names.includes(engine));
  }

  #chainFor(locale: string | undefined): Chain | undefined {
    if (locale === undefined) return undefined;
    const names = namesFor(this.#engines, locale).join();
    return this.#chains.find((chain) => chain.names.join() === names);
  }

  /** The first engine's fault, when all engines of the chain are at fault. */
  #faultOf(chain: Chain | undefined): Fault | undefined {
    const faults = chain?.names.map((name) => this.#faults.get(name)) ?? [];
    return faults.every((fault) => fault !== undefined) ? faults[0] : undefined;
  }

  /** Whether an engine of the chain is in an outage, which may pass without a person: waiting for a minute is worth it. */
  #mayPass({ names }: Chain): boolean {
    return names.some((name) => this.#faults.get(name)?.error.code === OUTAGE);
  }

  #startTimer(chain: Chain): void {
    if (this.#onEnd === undefined || chain.isDead) return;
    chain.timer ??= setTimeout(() => this.#die(chain), this.#outageMs).unref();
  }

  #stopTimer(chain: Chain): void {
    clearTimeout(chain.timer);
    chain.timer = undefined;
  }

  #die(chain: Chain): void {
    this.#stopTimer(chain);
    chain.isDead = true;
    this.#look();
  }

  #revive(chain: Chain): void {
    this.#stopTimer(chain);
    chain.isDead = false;
  }

  /** Ends the run when no chain that works has texts left. */
  #look(): void {
    const [first] = this.#chains.filter(({ isDead }) => isDead);
    if (this.#onEnd === undefined || this.#ended !== undefined || first === undefined) return;
    if (this.#chains.every(({ isDead }) => isDead)) this.#end(first, []);
    else this.#looking ??= setTimeout(() => void this.#lookAtTexts(), LOOK_MS).unref();
  }

  async #lookAtTexts(): Promise<void> {
    // A store out of reach is asked again.
    const left = await this.#leftLocales().catch(() => []);
    if (this.#looking === undefined) return;
    this.#looking = undefined;
    const chain = this.#chainFor(left[0]);
    if (chain !== undefined && left.every((locale) => this.#chainFor(locale)?.isDead)) this.#end(chain, left);
    else this.#look();
  }

  /** The reason stays, also when an engine is used again before the work has ended. */
  #end(chain: Chain, left: readonly string[]): void {
    if (this.#onEnd === undefined || this.#ended !== undefined) return;
    this.#ended = { error: this.#errorOf(chain, left), chain };
    this.stop();
    this.#onEnd();
  }

  /** @param left The target locales of the texts that wait. */
  #errorOf(chain: Chain, left: readonly string[]): EnginesStoppedError {
    const listed = `${left.slice(0, MOST_LISTED).join(", ")}${left.length > MOST_LISTED ? ", …" : ""}`;
    const of = this.#chains.length === 1 || left.length === 0 ? "" : ` for ${listed}`;
    const fault = this.#faultOf(chain);
    if (fault !== undefined) {
      return new EnginesStoppedError(
        `No engine is left to ask${of}; the other texts still wait. ${fault.error.message}`,
        {
          cause: fault.error,
          hint: fault.error.hint,
        },
      );
    }
    const last = chain.names.flatMap((name) => this.#lastFailures.get(name) ?? []).at(-1);
    return new EnginesStoppedError(
      `No engine (${chain.names.join(", ")})${of} has answered for ${Math.round(this.#outageMs / 1_000)} s, and the other texts still wait${last === undefined ? "" : `; the last failure: ${last}`}`,
      { hint: "Check the engines and the network to them, then run the same command again." },
    );
  }
}

function namesFor(engines: readonly Pick<Engine, "name" | "targetLocales">[], locale: string): string[] {
  return chainFor(engines, locale).map(({ name }) => name);
}

/** A locale of each chain. */
function localesOf(engines: readonly Pick<Engine, "name" | "targetLocales">[]): string[] {
  return [...engines.flatMap(({ targetLocales = [] }) => [...targetLocales]), NO_LOCALE];
}

/** Named by no engine. */
const NO_LOCALE = "und";
