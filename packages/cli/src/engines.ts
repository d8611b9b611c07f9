/** Makes a command's engines. */

import type { Engine } from "@trans-hub/core/engine";
import { EngineConfigError, EngineNotFoundError } from "@trans-hub/core/rules";
import { makeEngine } from "@trans-hub/engines/registry";
import type { CommandContext, GlobalOptions } from "./command-context.ts";
import { usesEmbedded } from "./database.ts";
import { isOwnEngine } from "./settings/engine-names.ts";
import { loadEnvironment } from "./settings/environment.ts";
import { type Settings, unknownEngines } from "./settings/settings.ts";
import { UsageError } from "./usage-error.ts";

type Surroundings = Pick<CommandContext, "env" | "cwd" | "output">;

/**
 * The engines to translate with, the active one first. They are made before any database is contacted, so that with a
 * missing name or key nothing is stored anywhere.
 *
 * `pseudo` is the default only on the embedded database: on a team's own database, unrequested pseudo-translations
 * would be stored beside the real ones.
 *
 * @throws {UsageError} No engine is named.
 * @throws {EngineNotFoundError | SettingsError | EngineConfigError}
 */
export async function enginesToTranslateWith(
  settings: Settings,
  surroundings: Surroundings,
  options: GlobalOptions,
): Promise<Engine[]> {
  const names = enginesNamed(settings, surroundings, options);
  return makeEngines(names, settings, surroundings);
}

/**
 * The engines to fill files with. `pseudo` is no default here: its texts in a catalog look like translations to every
 * tool, and would be published.
 *
 * @throws {UsageError} No engine is named.
 * @throws {EngineNotFoundError | SettingsError | EngineConfigError}
 */
export async function enginesForFiles(settings: Settings, surroundings: Surroundings): Promise<Engine[]> {
  if (settings.engines.length === 0) {
    throw new UsageError("no engine is set in TH_ENGINES or --engine", hint(settings, surroundings, FILE_ENGINES));
  }
  return makeEngines(settings.engines, settings, surroundings);
}

/** The engines, each for the target locales that the settings give it. */
async function makeEngines(
  words: readonly string[],
  settings: Settings,
  surroundings: Surroundings,
): Promise<Engine[]> {
  const engines = await Promise.all(words.map((word) => makeOne(word, settings, surroundings)));
  refuseTwins(words, engines);
  const own = words.flatMap((word, at) => (isOwnEngine(word) ? (engines[at]?.name ?? []) : []));
  const warnings = own.length > 0 ? unknownEngines(settings.projectEngines, own) : [];
  for (const warning of warnings) surroundings.output.warn(warning);
  return engines.map((engine, at) => {
    const targetLocales = settings.engineLocales[words[at] ?? ""];
    return targetLocales === undefined ? engine : { ...engine, targetLocales };
  });
}

/**
 * Makes the engine that a word of `TH_ENGINES` names: one of this release, one of a file, or one of a package.
 *
 * @throws {EngineNotFoundError | SettingsError | EngineConfigError}
 */
export async function makeOne(word: string, settings: Settings, surroundings: Surroundings): Promise<Engine> {
  let file: string | undefined;
  if (isOwnEngine(word)) {
    const context = {
      env: loadEnvironment(surroundings),
      engineTimeoutMs: settings.engineTimeoutSeconds * 1_000,
    };
    const { loadOwnEngine, modulesIn } = await import("./own-engine.ts");
    const engine = await loadOwnEngine(word, surroundings.cwd, context);
    if (engine !== undefined) return engine;
    file = modulesIn(surroundings.cwd).find((name) => name.toLowerCase() === word);
  }
  try {
    return await makeEngine(word, settings);
  } catch (error) {
    if (!(error instanceof EngineNotFoundError)) throw error;
    throw new EngineNotFoundError(`${error.message}, and no package of this name is installed in ${surroundings.cwd}`, {
      hint: file === undefined ? `${error.hint} The path of a file begins with ./.` : `Did you mean ./${file}?`,
    });
  }
}

/** Results, limits and pauses go by the engine's name. */
function refuseTwins(words: readonly string[], engines: readonly Engine[]): void {
  for (const [at, { name }] of engines.entries()) {
    const before = engines.findIndex((engine) => engine.name === name);
    if (before < at) {
      throw new EngineConfigError(`Two engines have the name "${name}": ${words[before]} and ${words[at]}`, {
        hint: "Give one of them another name.",
      });
    }
  }
}

const FILE_ENGINES =
  "Add for example --engine openai, with TH_OPENAI_API_KEY; or --engine pseudo, which fills the files with accented source texts, for a trial.";

function enginesNamed(settings: Settings, surroundings: Surroundings, options: GlobalOptions): readonly string[] {
  if (settings.engines.length > 0) return settings.engines;
  if (usesEmbedded(settings, options)) return ["pseudo"];
  throw new UsageError("no engine is set in TH_ENGINES", hint(settings, surroundings));
}

function hint(
  { openai }: Settings,
  surroundings: Surroundings,
  cure = "Set for example TH_ENGINES=openai with TH_OPENAI_API_KEY, or TH_ENGINES=pseudo for a trial.",
): string {
  if (loadEnvironment(surroundings).OPENAI_API_KEY && openai.apiKey === undefined) {
    return (
      "OPENAI_API_KEY is not read, so that no key is used by accident. " +
      "Set TH_ENGINES=openai and TH_OPENAI_API_KEY to use that engine."
    );
  }
  return cure;
}
