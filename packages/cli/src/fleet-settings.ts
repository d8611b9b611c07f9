/** What a server says of its fleet: engines without their keys, prices, limits. */
import type { Engine } from "@trans-hub/core/engine";
import { errorFields } from "@trans-hub/core/operations";
import { ENGINES } from "@trans-hub/engines/registry";
import type { FleetSettings } from "@trans-hub/server";
import type { Logger } from "pino";
import type { CommandContext } from "./command-context.ts";
import type { Settings } from "./settings/settings.ts";

/** The engines are made with the first request that needs them, as a server that only answers reads loads none. */
export function fleetSettings(settings: Settings, context: CommandContext, logger: Logger): FleetSettings {
  const { projectEngines, prices, instructions, batchSize, maxTextBytes } = settings;
  let made: Promise<readonly Engine[]> | undefined;
  return {
    engines: () => {
      made ??= enginesToEstimateWith(settings, context, logger);
      return made;
    },
    ...{ projectEngines, prices, instructions, batchSize, maxTextBytes },
  };
}

/** Engines that are never asked, and so need no key. An engine that cannot be made is left out, with a line in the log. */
async function enginesToEstimateWith(
  settings: Settings,
  context: CommandContext,
  logger: Logger,
): Promise<readonly Engine[]> {
  const { makeOne } = await import("./engines.ts");
  const keyless = withoutKeys(settings);
  const engines: Engine[] = [];
  for (const word of settings.engines) {
    try {
      const engine = await makeOne(word, keyless, context);
      const targetLocales = settings.engineLocales[word];
      engines.push(targetLocales === undefined ? engine : { ...engine, targetLocales });
    } catch (error) {
      logger.warn({ engine: word, error: errorFields(error) }, "server.engine_unknown");
    }
  }
  return engines;
}

const NO_KEY = "none";

/** Keys are wanted where an engine is made, and used where it is asked. */
function withoutKeys(settings: Settings): Settings {
  const keyed = ENGINES.filter(({ settings: { shape } }) => "apiKey" in shape).map(({ name }) => {
    const own = settings[name as keyof Settings] as { apiKey?: unknown } | undefined;
    return [name, { ...own, apiKey: own?.apiKey ?? NO_KEY }];
  });
  return { ...settings, ...Object.fromEntries(keyed) };
}
