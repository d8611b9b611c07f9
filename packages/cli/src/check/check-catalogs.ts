/** Checks the catalogs of files and folders without a database: those of the configuration, or else those that a look finds. */
import { loadConfig } from "../config/load-config.ts";
import { lookRound, namedPaths } from "../look/look-round.ts";
import type { ProblemReport } from "../problems/problem.ts";
import { CatalogReport } from "./catalog-report.ts";
import { checkConfigured } from "./check-configured.ts";
import { checkFound } from "./check-found.ts";
import type { CheckOptions } from "./check-options.ts";

export interface CheckedCatalogs extends ProblemReport {
  /** Whether a folder had more files than are looked at. */
  isCut: boolean;
  /** The number of source files and their targets. 0: no catalog was found. */
  families: number;
}

/** @throws {UsageError | SettingsError} A path does not exist, or the configuration is at fault. */
export async function checkCatalogs(options: CheckOptions): Promise<CheckedCatalogs> {
  const { cwd, paths, signal } = options;
  const report = new CatalogReport();
  const config = await loadConfig({ cwd });
  const named = namedPaths(paths, cwd);
  if (config !== undefined) await checkConfigured(config, named, report, options);
  // A file that the configuration does not name may be asked for all the same.
  const look = report.families === 0 ? await lookRound(paths, cwd, signal) : undefined;
  if (look !== undefined) await checkFound(look, report, options);
  const { problems, checked, files, families } = report;
  return { problems, checked, files, families, isCut: look?.isCut ?? false };
}
