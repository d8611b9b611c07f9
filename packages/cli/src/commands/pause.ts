import { ENGINE_NAMES } from "@trans-hub/engines/registry";
import type { Command } from "commander";
import type { CommandContext } from "../command-context.ts";
import { examples } from "../options.ts";
import { printable } from "../output.ts";
import { type PauseOptions, pauseTarget, tellPaused, withPauseOptions } from "../pause-target.ts";
import { withSession } from "../session.ts";

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
  // Unknown names are not refused: a worker may bring an engine of its own.
  if (options.engine !== undefined && !ENGINE_NAMES.includes(options.engine)) {
    context.output.warn(
      `Trans-Hub has no engine named ${printable(options.engine)}; its engines are ${ENGINE_NAMES.join(", ")}`,
    );
  }
  await withSession(command, context, {}, async ({ hub }) => tellPaused(context, await hub.pause(target)));
}
