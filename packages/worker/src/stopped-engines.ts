/** Tells whether a chain of engines has a working one left, and when waiting for one is no longer worth it. */

import type { TransHubError } from "@trans-hub/core";
import type { Engine } from "@trans-hub/core/engine";
import { EnginesStoppedError } from "@trans-hub/core/operations";
import type { EngineCall, EngineStop, Settlement } from "@trans-hub/core/store";

/** Work that a user waits for ends after this time in which no engine answered. Milliseconds. */
const OUTAGE_MS = 60_000;

/** The code of the error of an engine that gives no answers. */
const OUTAGE = "TH_ENGINE_TRANSIENT";

/** Outcomes of a call that say nothing about whether the engine answers: a circuit has its own rule, a stop is ours. */
const SILENT: ReadonlySet<string> = new Set(["aborted", "quota", "config"]);

export interface StoppedEnginesOptions {
  /** Called once, when waiting is no longer worth it. Left out: the work is a fleet's, which waits for ever. */
  onEnd?: (() => void) | undefined;
  /** Milliseconds. Default 60,000. */
  outageMs?: number | undefined;
}

/**
 * Tracks the engines of a chain that get no calls, because their account or setting is at fault (`quota`, `config`) or because they
 * give no answer to any member (an outage), and the time in which no engine answered at all.
 *
 * A fleet member goes on and waits for a person to act. A run that a user waits for ends instead: at once when a call meets
 * the last engine whose account or setting is at fault, or when no engine has answered for a minute. An outage may pass by itself.
 */
export class StoppedEngines {
  readonly #names: readonly string[];
  readonly #faults = new Map<string, { error: TransHubError; isOwn: boolean }>();
  readonly #onEnd: (() => void) | undefined;
  readonly #outageMs: number;
  #lastFailure: string | undefined;
  /** Runs from the first call without an answer to the next answer. */
  #timer: NodeJS.Timeout | undefined;
  #error: EnginesStoppedError | undefined;

  /** @param engines The chain, without engines that may not be used. */
  constructor(engines: readonly Pick<Engine, "name">[], { onEnd, outageMs = OUTAGE_MS }: StoppedEnginesOptions = {}) {
    this.#names = engines.map(({ name }) => name);
    this.#onEnd = onEnd;
    this.#outageMs = outageMs;
  }

  /** Records that an engine gets no calls, found before any work: texts may wait for it, so the end comes later. */
  foundStopped(engine: string, error: TransHubError, { isOwn }: Pick<EngineStop, "isOwn">): void {
    this.#faults.set(engine, { error, isOwn });
    if (this.#fault !== undefined) this.#startTimer();
  }

  /** Records that a call met the fault of an engine. */
  stopped(engine: string, error: TransHubError, { isOwn }: Pick<EngineStop, "isOwn">): void {
    this.#faults.set(engine, { error, isOwn });
    const fault = this.#fault;
    if (fault === undefined) return;
    if (this.mayPass) this.#startTimer();
    else this.#end(stoppedBy(fault.error));
  }

  /** Records that an engine's circuit was closed. */
  works(engine: string): void {
    this.#faults.delete(engine);
    if (this.#faults.size < this.#names.length) this.#stopTimer();
  }

  /** Records the end of a call. */
  called({ outcome }: Pick<EngineCall, "outcome">): void {
    if (outcome === "transient") this.#startTimer();
    else if (!SILENT.has(outcome)) this.#stopTimer();
  }

  /** Another member may have closed a circuit: an engine that gave a translation works. */
  heardOf({ outcomes }: Pick<Settlement, "outcomes">): void {
    for (const outcome of outcomes) {
      if (outcome.kind === "translated") this.works(outcome.engine);
    }
    const failed = outcomes.findLast((outcome) => outcome.kind === "retry" || outcome.kind === "failed");
    if (failed !== undefined) this.#lastFailure = failed.error.message;
    else if (outcomes.some(({ kind }) => kind === "translated")) this.#lastFailure = undefined;
  }

  /** The message of the last failed attempt. Undefined: a translation came after it, or there was none. */
  get lastFailure(): string | undefined {
    return this.#lastFailure;
  }

  /** The error of a run that ended early, or whose texts wait for engines that all are at fault. */
  get error(): EnginesStoppedError | undefined {
    const fault = this.#fault;
    return this.#error ?? (fault === undefined ? undefined : stoppedBy(fault.error));
  }

  /** Whether an engine of the chain is in an outage, which may pass without a person: waiting for a minute is worth it. */
  get mayPass(): boolean {
    return this.#names.some((name) => this.#faults.get(name)?.error.code === OUTAGE);
  }

  /** The first engine's fault, when all engines of the chain are at fault and this process's own account or setting is. */
  get ownFault(): TransHubError | undefined {
    const fault = this.#fault;
    return fault?.isOwn && fault.error.code !== OUTAGE ? fault.error : undefined;
  }

  /** Ends the clock. To be called at the end of the work. */
  stop(): void {
    this.#stopTimer();
  }

  get #fault(): { error: TransHubError; isOwn: boolean } | undefined {
    const faults = this.#names.map((name) => this.#faults.get(name));
    return faults.every((fault) => fault !== undefined) ? faults[0] : undefined;
  }

  #startTimer(): void {
    if (this.#onEnd === undefined) return;
    this.#timer ??= setTimeout(() => {
      const fault = this.#fault;
      this.#end(fault === undefined ? this.#outage() : stoppedBy(fault.error));
    }, this.#outageMs).unref();
  }

  #stopTimer(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #outage(): EnginesStoppedError {
    const last = this.#lastFailure === undefined ? "" : `; the last failure: ${this.#lastFailure}`;
    const names = this.#names.join(", ");
    return new EnginesStoppedError(
      `No engine (${names}) has answered for ${Math.round(this.#outageMs / 1_000)} s, and the other texts still wait${last}`,
      { hint: "Check the engines and the network to them, then run the same command again." },
    );
  }

  /** The reason stays, also when an engine is used again before the work has ended. */
  #end(error: EnginesStoppedError): void {
    if (this.#onEnd === undefined || this.#error !== undefined) return;
    this.#error = error;
    this.#stopTimer();
    this.#onEnd();
  }
}

function stoppedBy(fault: TransHubError): EnginesStoppedError {
  return new EnginesStoppedError(`No engine is left to ask; the other texts still wait. ${fault.message}`, {
    cause: fault,
    hint: fault.hint,
  });
}
