import type { PersistenceHandler } from "@trans-hub/core/store";
import type { Command } from "commander";
import type { CommandContext } from "../command-context.ts";
import { examples } from "../options.ts";
import { describePaused, type PauseOptions, pauseTarget, withPauseOptions } from "../pause-target.ts";
import { withSession } from "../session.ts";

export function define(command: Command, context: CommandContext): void {
  command.description(
    "End a pause, or every pause. With --engine (or no option) the fleet also calls an engine again that it had stopped " +
      "calling, because of a wrong key, a used-up account or a rate limit. Waiting work continues at once.",
  );
  withPauseOptions(command).action((options: PauseOptions) => resume(command, context, options));
  examples(command, "resume", "resume --engine openai --json");
}

async function resume(command: Command, context: CommandContext, options: PauseOptions): Promise<void> {
  const target = pauseTarget(options);
  await withSession(command, context, {}, async ({ hub, handler }) => {
    const heldBefore = await heldEngines(handler);
    const paused = await hub.resume(target);
    const heldStill = new Set(await heldEngines(handler));
    const called = heldBefore.filter((engine) => !heldStill.has(engine));
    await context.output.result({ paused, ...(called.length > 0 && { called }) }, () => {
      return [...called.map((engine) => `engine ${engine}: gets calls again`), describePaused(paused)].join("\n");
    });
  });
}

/** Engines that get no calls because of a circuit or a rate limit. */
async function heldEngines({ engineGate }: PersistenceHandler): Promise<string[]> {
  const states = (await engineGate?.states()) ?? [];
  return states.filter(({ circuit, pausedMs }) => circuit !== "closed" || pausedMs > 0).map(({ engine }) => engine);
}
