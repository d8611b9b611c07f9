import { distance } from "fastest-levenshtein";
import type { Engine } from "../contract/engine.ts";
import { EngineNotFoundError } from "../contract/errors.ts";

/** The engines a process was given, the active one first. */
export class EngineChain {
  #engines: readonly Engine[];

  constructor(engines: readonly Engine[]) {
    this.#engines = engines;
  }

  get engines(): readonly Engine[] {
    return this.#engines;
  }

  get active(): string | undefined {
    return this.#engines[0]?.name;
  }

  /**
   * Makes an engine the first to be asked; the others stay behind it in their order.
   *
   * @throws {EngineNotFoundError} None of that name was given.
   */
  activate(name: string): void {
    const active = this.#engines.find((engine) => engine.name === name);
    if (active === undefined) throw notFound(name, this.#engines);
    this.#engines = [active, ...this.#engines.filter((engine) => engine !== active)];
  }

  /** @throws {EngineNotFoundError} There is none. */
  requireOne(): void {
    if (this.#engines.length > 0) return;
    throw new EngineNotFoundError("There is no engine to translate with", {
      hint: "Hand engines to Coordinator.connect, or leave the work to the workers.",
    });
  }
}

function notFound(name: string, engines: readonly Engine[]): EngineNotFoundError {
  const names = engines.map((engine) => engine.name);
  const [closest] = names
    .map((known) => ({ known, edits: distance(known, name.toLowerCase()) }))
    .filter(({ known, edits }) => edits <= Math.max(2, known.length / 3))
    .sort((one, other) => one.edits - other.edits);
  const hint =
    closest !== undefined
      ? `Did you mean "${closest.known}"?`
      : names.length === 0
        ? "No engine was handed to Coordinator.connect."
        : `There are: ${names.join(", ")}.`;
  return new EngineNotFoundError(`There is no engine "${name}"`, { hint });
}
