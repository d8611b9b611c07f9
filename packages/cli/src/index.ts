/** The configuration of catalogs, for `trans-hub.config.ts`. All else of this package is the command. */
// Says which Node is needed, as each package does.
import "@trans-hub/core/engine";
import type { Config } from "./config/config-types.ts";

export type { Config, FileConfig } from "./config/config-types.ts";

/** Returns the configuration: an editor then knows its keys. */
export function defineConfig(config: Config): Config {
  return config;
}
