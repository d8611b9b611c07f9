import type { Command } from "commander";
import type { CommandContext } from "../command-context.ts";
import { examples } from "../options.ts";
import { type PauseOptions, pauseTarget, tellPaused, withPauseOptions } from "../pause-target.ts";
import { withSession } from "../session.ts";

export function define(command: Command, context: CommandContext): void {
  command.description("End a pause, or every pause. Waiting work continues at once.");
  withPauseOptions(command).action((options: PauseOptions) => resume(command, context, options));
  examples(command, "resume", "resume --engine openai --json");
}

async function resume(command: Command, context: CommandContext, options: PauseOptions): Promise<void> {
  const target = pauseTarget(options);
  await withSession(command, context, {}, async ({ hub }) => tellPaused(context, await hub.resume(target)));
}
