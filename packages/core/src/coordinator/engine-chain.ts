import type { Engine } from "../contract/engine.ts";
import { EngineNotFoundError } from "../contract/errors.ts";
import { closestName } from "../rules/closest-name.ts";

/** The engines of a coordinator, the active one first. */
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
   * Makes an engine the first to be asked; the others follow in their order.
   *
   * @throws {EngineNotFoundError} No engine has this name.
   */
  activate(name: string): void {
    const active = this.#engines.find((engine) => engine.name === name);
    if (active === undefined) throw notFound(name, this.#engines);
    this.#engines = [active, ...this.#engines.filter((engine) => engine !== active)];
  }

  /** @throws {EngineNotFoundError} There is no engine. */
  requireOne(): void {
    if (this.#engines.length > 0) return;
    throw new EngineNotFoundError("There is no engine to translate with", {
      hint: "Pass engines to Coordinator.connect, or leave the work to the workers.",
    });
  }
}

function notFound(name: string, engines: readonly Engine[]): EngineNotFoundError {
  const names = engines.map((engine) => engine.name);
  const meant = closestName(name, names);
  const hint =
    meant !== undefined
      ? `Did you mean "${meant}"?`
      : names.length === 0
        ? "No engine was passed to Coordinator.connect."
        : `There are: ${names.join(", ")}.`;
  return new EngineNotFoundError(`There is no engine "${name}"`, { hint });
}
