/** Checks the catalogs that a configuration names. */
import { CatalogError } from "@trans-hub/core/operations";
import type { LoadedConfig } from "../config/config.ts";
import type { Look } from "../look/look-round.ts";
import { configuredFiles } from "../translate/configured-files.ts";
import { standingTargets } from "../translate/standing-targets.ts";
import type { CatalogReport } from "./catalog-report.ts";
import type { CheckOptions } from "./check-options.ts";

/** Checks the targets that were named, or whose source was. */
export async function checkConfigured(
  config: LoadedConfig,
  { isNamed }: Pick<Look, "isNamed">,
  report: CatalogReport,
  { cwd, sourceLocale = config.source, warnings, signal, progress }: CheckOptions,
): Promise<void> {
  const targets = configuredFiles(config, { cwd }).filter(({ source, path }) => isNamed(source) || isNamed(path));
  report.families = new Set(targets.map(({ source }) => source)).size;
  let done = 0;
  // The lock is no matter of these checks, and a damaged one no hindrance.
  for await (const found of standingTargets({ targets, sourceLocale, lockFile: config.lock, lock: new Map() })) {
    signal.throwIfAborted();
    progress?.(done, targets.length);
    done += 1;
    const { locale: targetLocale, source } = found.target;
    if (!("error" in found)) {
      const { messages, existing: target } = found;
      report.addValues({ messages, sourceLocale, target, targetLocale, warnings });
    } else {
      const file = found.error instanceof CatalogError ? found.error.file : source;
      report.addUnreadable(file, targetLocale, found.error);
    }
  }
}
