import { ENGINE_NAMES } from "@trans-hub/engines/registry";
import type { Command } from "commander";
import type { CommandContext } from "../command-context.ts";
import { examples } from "../options.ts";
import { printable } from "../output.ts";
import { type PauseOptions, pauseTarget, tellPaused, withPauseOptions } from "../pause-target.ts";
import { readSettings, withSession } from "../session.ts";
import { isOwnEngine } from "../settings/engine-names.ts";

export function define(command: Command, context: CommandContext): void {
  command.description(
    "Pause an engine, a project or a target locale for the whole fleet, or all work. " +
      "The pause takes effect within two seconds; running calls finish, and requests are still accepted.",
  );
  withPauseOptions(command).action((options: PauseOptions) => pause(command, context, options));
  examples(command, "pause", "pause --engine openai", "pause --project shop --json", "pause --locale fr");
}

async function pause(command: Command, context: CommandContext, options: PauseOptions): Promise<void> {
  const target = pauseTarget(options);
  const settings = readSettings(context);
  // Unknown names are not refused: a worker may bring an engine of its own.
  const isUnknown = options.engine !== undefined && !ENGINE_NAMES.includes(options.engine);
  if (isUnknown && !settings.engines.some(isOwnEngine)) {
    context.output.warn(
      `Trans-Hub has no engine named ${printable(options.engine ?? "")}; its engines are ${ENGINE_NAMES.join(", ")}`,
    );
  }
  await withSession(command, context, { settings }, async ({ hub }) => tellPaused(context, await hub.pause(target)));
}
