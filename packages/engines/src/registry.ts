/**
 * The engines that can be used by name. `@trans-hub/engines/registry` is the door of the command line: importing it
 * loads names and settings, but no engine.
 */

import type { Engine } from "@trans-hub/core/engine";
import { closestName, EngineNotFoundError, optionKinds as kinds, optionCheck } from "@trans-hub/core/rules";
import type { z } from "zod";
import { anthropicDefinition } from "./anthropic/definition.ts";
import { apertiumDefinition } from "./apertium/definition.ts";
import { deeplDefinition } from "./deepl/definition.ts";
import type { EngineDefinition } from "./definition.ts";
import { libretranslateDefinition } from "./libretranslate/definition.ts";
import { openaiDefinition } from "./openai/definition.ts";
import { pseudoDefinition } from "./pseudo/definition.ts";

export { type Secret, secretNow } from "./secret.ts";
export { decimal, isSecret, kind, secret, text, whole } from "./setting-kinds.ts";

/** Every engine of this package. A new one is its folder, and its line here. */
export const ENGINES = [
  anthropicDefinition,
  apertiumDefinition,
  deeplDefinition,
  libretranslateDefinition,
  openaiDefinition,
  pseudoDefinition,
] as const;

/** The names that {@link makeEngine} knows, sorted. */
export const ENGINE_NAMES: readonly string[] = ENGINES.map(({ name }) => name).sort();

type Definition = (typeof ENGINES)[number];

/** The settings of every engine, under its name, such as `{ openai: { apiKey: "…" } }`. */
export type EngineSettings = { [Each in Definition as Each["name"]]: z.output<Each["settings"]> };

/**
 * Makes an engine by its name. Nothing is contacted.
 *
 * @param given May be all settings of a process. The engine's own are read, with `engineTimeoutSeconds`, the seconds for
 *   one call (default: the engine's). A field that is left out has the engine's default.
 * @throws {EngineNotFoundError} No engine has this name; the hint suggests a similar one.
 * @throws {SettingsError} A setting that this engine needs is missing, or one of its own is unknown.
 * @throws {EngineConfigError} The engine cannot work with the value of a setting.
 */
export async function makeEngine(
  name: string,
  given: Partial<EngineSettings> & { engineTimeoutSeconds?: number | undefined } = {},
): Promise<Engine> {
  const definition: EngineDefinition | undefined = ENGINES.find((each) => each.name === name);
  if (definition === undefined) {
    const meant = typeof name === "string" ? closestName(name, ENGINE_NAMES) : undefined;
    throw new EngineNotFoundError(`There is no engine "${String(name)}"`, {
      hint: `${meant === undefined ? "" : `Did you mean "${meant}"? `}Engines are: ${ENGINE_NAMES.join(", ")}.`,
    });
  }
  const { own = {}, engineTimeoutSeconds } = ownSettings(definition, given);
  return definition.make(own, engineTimeoutSeconds === undefined ? undefined : engineTimeoutSeconds * 1_000);
}

interface OwnSettings {
  own?: Record<string, unknown> | undefined;
  engineTimeoutSeconds?: number | undefined;
}

/** The values are checked by the engine itself: the names are checked here, as it would not see a misspelled one. */
function ownSettings({ name, settings }: EngineDefinition, given: object): OwnSettings {
  const fields = Object.keys(settings.shape).map((field) => [field, kinds.checkedElsewhere] as const);
  const check = optionCheck<{ settings: object }>("makeEngine", { settings: kinds.required(kinds.object) });
  const all = check({ settings: given }).settings as Record<string, unknown>;
  const { [name]: own, engineTimeoutSeconds } = all;
  const checkOwn = optionCheck<Record<string, unknown>>("makeEngine", {
    [name]: kinds.parts(Object.fromEntries(fields)),
    engineTimeoutSeconds: kinds.positive(86_400),
  });
  checkOwn({ [name]: own, engineTimeoutSeconds });
  return { own, engineTimeoutSeconds } as OwnSettings;
}
