/** Whether a chain of engines has one left to ask. */

import type { TransHubError } from "@trans-hub/core";
import type { Engine } from "@trans-hub/core/engine";
import type { Settlement } from "@trans-hub/core/store";

/**
 * Knows which engines of a chain are stopped: their account or setting is at fault (`quota`, `config`), and nobody asks them
 * until a single call finds them working.
 *
 * A fleet member goes on and waits for somebody to act. A pass that somebody waits for ends instead, with the fault of the
 * engine that was to be asked first.
 */
export class StoppedEngines {
  readonly #names: readonly string[];
  readonly #faults = new Map<string, TransHubError>();

  constructor(engines: readonly Engine[]) {
    this.#names = engines.map(({ name }) => name);
  }

  /** An engine's circuit is open. */
  stopped(engine: string, fault: TransHubError): void {
    this.#faults.set(engine, fault);
  }

  /** An engine's circuit was closed. */
  works(engine: string): void {
    this.#faults.delete(engine);
  }

  /** Another member may have closed a circuit: what gave a translation works. */
  heardOf({ outcomes }: Settlement): void {
    for (const outcome of outcomes) if (outcome.kind === "translated") this.works(outcome.engine);
  }

  /** The first engine's fault, when all of the chain are stopped. */
  get fault(): TransHubError | undefined {
    const faults = this.#names.map((name) => this.#faults.get(name));
    return faults.every((fault) => fault !== undefined) ? faults[0] : undefined;
  }
}
