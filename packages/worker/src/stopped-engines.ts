/** Tells whether a chain of engines has a working one left. */

import type { TransHubError } from "@trans-hub/core";
import type { Engine } from "@trans-hub/core/engine";
import type { Settlement } from "@trans-hub/core/store";

/**
 * Tracks the stopped engines of a chain: their account or setting is at fault (`quota`, `config`), and no calls are
 * made until a single trial call succeeds.
 *
 * A fleet member goes on and waits for a person to act. A run that a user waits for ends instead, with the fault of the
 * first engine of the chain.
 */
export class StoppedEngines {
  readonly #names: readonly string[];
  readonly #faults = new Map<string, TransHubError>();

  constructor(engines: readonly Engine[]) {
    this.#names = engines.map(({ name }) => name);
  }

  /** Records that an engine's circuit was opened. */
  stopped(engine: string, fault: TransHubError): void {
    this.#faults.set(engine, fault);
  }

  /** Records that an engine's circuit was closed. */
  works(engine: string): void {
    this.#faults.delete(engine);
  }

  /** Another member may have closed a circuit: an engine that gave a translation works. */
  heardOf({ outcomes }: Settlement): void {
    for (const outcome of outcomes) if (outcome.kind === "translated") this.works(outcome.engine);
  }

  /** The first engine's fault, when all engines of the chain are stopped. */
  get fault(): TransHubError | undefined {
    const faults = this.#names.map((name) => this.#faults.get(name));
    return faults.every((fault) => fault !== undefined) ? faults[0] : undefined;
  }
}
