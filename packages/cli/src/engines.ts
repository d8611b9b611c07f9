/** Makes a command's engines. */
import type { Engine } from "@trans-hub/core/engine";
import { makeEngine } from "@trans-hub/engines/registry";
import type { CommandContext, GlobalOptions } from "./command-context.ts";
import { usesEmbedded } from "./database.ts";
import { loadEnvironment } from "./settings/environment.ts";
import type { Settings } from "./settings/settings.ts";
import { UsageError } from "./usage-error.ts";

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
  surroundings: Pick<CommandContext, "env" | "cwd">,
  options: GlobalOptions,
): Promise<Engine[]> {
  const names = enginesNamed(settings, surroundings, options);
  return makeEngines(names, settings);
}

/**
 * The engines to fill files with. `pseudo` is no default here: its texts in a catalog look like translations to every
 * tool, and would be published.
 *
 * @throws {UsageError} No engine is named.
 * @throws {EngineNotFoundError | SettingsError | EngineConfigError}
 */
export async function enginesForFiles(
  settings: Settings,
  surroundings: Pick<CommandContext, "env" | "cwd">,
): Promise<Engine[]> {
  if (settings.engines.length === 0) {
    throw new UsageError("no engine is set in TH_ENGINES or --engine", hint(settings, surroundings, FILE_ENGINES));
  }
  return makeEngines(settings.engines, settings);
}

/** The engines by name, each for the target locales that the settings give it. */
function makeEngines(names: readonly string[], settings: Settings): Promise<Engine[]> {
  return Promise.all(
    names.map(async (name) => {
      const engine = await makeEngine(name, settings);
      const targetLocales = settings.engineLocales[name];
      return targetLocales === undefined ? engine : { ...engine, targetLocales };
    }),
  );
}

const FILE_ENGINES =
  "Add for example --engine openai, with TH_OPENAI_API_KEY; or --engine pseudo, which fills the files with accented source texts, for a trial.";

function enginesNamed(
  settings: Settings,
  surroundings: Pick<CommandContext, "env" | "cwd">,
  options: GlobalOptions,
): readonly string[] {
  if (settings.engines.length > 0) return settings.engines;
  if (usesEmbedded(settings, options)) return ["pseudo"];
  throw new UsageError("no engine is set in TH_ENGINES", hint(settings, surroundings));
}

function hint(
  { openai }: Settings,
  surroundings: Pick<CommandContext, "env" | "cwd">,
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
