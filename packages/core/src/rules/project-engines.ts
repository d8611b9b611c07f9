/** The engines that may get the texts of a project. */
import type { Engine } from "../contract/engine.ts";
import { EngineNotAllowedError } from "../contract/errors.ts";

/**
 * For each project, the engines that may get its texts: names of engines, and the words `local` and `third-party`, which
 * stand for every engine that declares itself so (`Engine.processor`). A project that is not listed may use every engine.
 */
export type ProjectEngines = Readonly<Record<string, readonly string[]>>;

/** Whether an engine may get the texts of a project. An engine that declares no processor is known by its name alone. */
export function mayAsk(
  rules: ProjectEngines,
  project: string,
  { name, processor }: Pick<Engine, "name" | "processor">,
): boolean {
  // Not by a plain look-up: a project may have the name of a property that every object has.
  if (!Object.hasOwn(rules, project)) return true;
  return rules[project]?.some((allowed) => allowed === name || allowed === processor) ?? false;
}

/** The error of a project that may use no engine of a chain. Undefined: it may use one. */
export function noEngineAllowed(
  rules: ProjectEngines,
  project: string,
  engines: readonly Pick<Engine, "name" | "processor">[],
): EngineNotAllowedError | undefined {
  if (engines.some((engine) => mayAsk(rules, project, engine))) return undefined;
  const [chain, allowed] = [engines.map(({ name }) => name), rules[project] ?? []];
  return new EngineNotAllowedError(project, { chain, allowed });
}
