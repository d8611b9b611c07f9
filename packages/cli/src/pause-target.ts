/** Shared by `pause` and `resume`: the choice of at most one target, and the description of a pause. */
import type { Pause, PauseTarget } from "@trans-hub/core";
import type { Command } from "commander";
import type { CommandContext } from "./command-context.ts";
import { targetLocaleOption } from "./options.ts";
import { printable } from "./output.ts";
import { UsageError } from "./usage-error.ts";

export interface PauseOptions {
  engine?: string;
  project?: string;
  locale?: string;
}

export function withPauseOptions(command: Command): Command {
  return command
    .option("--engine <name>", "only this engine: its texts go to the next engine of TH_ENGINES, or wait")
    .option("--project <name>", "only this project (default: all)")
    .addOption(targetLocaleOption());
}

/** @throws {UsageError} More than one target is named. */
export function pauseTarget({ engine, project, locale }: PauseOptions): PauseTarget {
  if ([engine, project, locale].filter((name) => name !== undefined).length > 1) {
    throw new UsageError(
      "give only one of --engine, --project and --locale",
      "Each of them is a separate pause: run the command once for each.",
    );
  }
  return {
    ...(engine !== undefined && { engine }),
    ...(project !== undefined && { project }),
    ...(locale !== undefined && { targetLocale: locale }),
  };
}

export async function tellPaused({ output }: CommandContext, paused: readonly Pause[]): Promise<void> {
  await output.result({ paused }, () => describePaused(paused));
}

export function describePaused(paused: readonly Pause[]): string {
  if (paused.length === 0) return "paused: nothing";
  const each = paused.map(
    ({ kind, name, since }) => `${[kind, name].filter(Boolean).join(" ")} since ${since.toISOString()}`,
  );
  // Names in a pause are free text of other operators, so they are made printable.
  return printable(`paused: ${each.join("; ")}`);
}
