/** Source and target files by the command line, or by the configuration. */
import { relative, resolve } from "node:path";
import type { Command } from "commander";
import { loadConfig } from "../config/load-config.ts";
import { fromOption, parseLocales, required } from "../options.ts";
import { UsageError } from "../usage-error.ts";
import { configuredFiles } from "./configured-files.ts";
import { type TargetFile, targetFiles } from "./target-files.ts";

/** The arguments and options by which a command about catalogs names its files. */
export function withJobOptions(command: Command): Command {
  return command
    .argument("[file...]", "source catalogs, also as globs in quotes (default: all of the configuration)")
    .option("--to <locales>", "target locales, comma-separated (default: those of the configuration)", parseLocales)
    .option("--out <pattern>", "target files, such as 'locales/{locale}.json'; also {name}, {ext}, {dir}, {path}")
    .option("--config <file>", "configuration (default: trans-hub.config.ts, .js, .mjs or .json, or package.json)")
    .option(
      "--lock <file>",
      "lock file: records the source and the author of each value; commit it (default: trans-hub.lock)",
    )
    .addOption(fromOption());
}

export interface JobOptions {
  to?: readonly string[] | undefined;
  from?: string | undefined;
  out?: string | undefined;
  config?: string | undefined;
  lock?: string | undefined;
  project?: string | undefined;
}

export interface Job {
  targets: TargetFile[];
  from: string | undefined;
  to: readonly string[];
  /** Relative to the working directory, or absolute. */
  lockFile: string;
  project: string | undefined;
  /** All targets of the configuration; undefined: the command line says the targets. */
  configured: TargetFile[] | undefined;
}

/**
 * The files to translate: those of the command line where it says the target files, or else those of the configuration.
 *
 * @throws {UsageError | SettingsError}
 */
export async function readJob(sources: string[], options: JobOptions, cwd: string): Promise<Job> {
  const { from, to, out, lock = "trans-hub.lock", project } = options;
  if (out !== undefined && options.config !== undefined) {
    throw new UsageError("--out and --config exclude each other", "The configuration says the target files itself.");
  }
  const config = out === undefined ? await loadConfig({ cwd, config: options.config }) : undefined;
  if (config === undefined) {
    if (sources.length === 0) throw new UsageError(out === undefined ? NO_CONFIG : "no file was named", NO_CONFIG_CURE);
    const locales = required(to, "--to");
    const targets = targetFiles(sources, locales, out, { cwd, sourceLocale: from });
    refuseLockOverCatalog(lock, targets, cwd);
    return { targets, from, to: locales, lockFile: lock, project, configured: undefined };
  }
  const configured = configuredFiles(config, { cwd });
  const lockFile = options.lock ?? relative(cwd, resolve(config.folder, config.lock));
  refuseLockOverCatalog(lockFile, configured, cwd);
  return {
    targets:
      to === undefined && sources.length === 0 ? configured : configuredFiles(config, { cwd, to, files: sources }),
    configured,
    from: from ?? config.source,
    to: to ?? config.targets,
    lockFile,
    project: project ?? config.project,
  };
}

/** The lock is written last, whatever stands there. */
function refuseLockOverCatalog(lockFile: string, targets: readonly TargetFile[], cwd: string): void {
  const lock = resolve(cwd, lockFile);
  for (const { source, path } of targets) {
    const kind = resolve(cwd, path) === lock ? "target" : resolve(cwd, source) === lock ? "source" : undefined;
    if (kind !== undefined) {
      throw new UsageError(`${lockFile} is the lock file, and a ${kind} file too`, "Give the lock a file of its own.");
    }
  }
}

const NO_CONFIG = "there is no configuration here, and no file was named";
const NO_CONFIG_CURE = "`trans-hub init` writes a configuration. Or name files, with --to and --out.";
