import { type Command, Option } from "commander";
import type { CommandContext, GlobalOptions } from "../command-context.ts";
import { openDatabase } from "../database.ts";
import { enginesToTranslateWith } from "../engines.ts";
import { asService, runMember } from "../fleet-member.ts";
import { examples, onlyProjectOption, parseLocales, parseWhole } from "../options.ts";
import { readSettings } from "../session.ts";

interface WorkerCommandOptions {
  once?: boolean;
  untilEmpty?: boolean;
  locales?: string[];
  concurrency?: number;
  project?: string;
  /** Set by `demo`: its workers must not outlive it, even when it crashes. */
  withParent?: boolean;
}

export function define(command: Command, context: CommandContext): void {
  command
    .description("Translate registered texts until SIGTERM or Ctrl-C. Any number of workers can share the work.")
    .addOption(new Option("--once", "stop when no work is ready").conflicts("untilEmpty"))
    .option("--until-empty", "stop when no work is left; wait for scheduled attempts")
    .addOption(
      new Option("--locales <locales>", "only these target locales, comma-separated (default: all)").argParser(
        parseLocales,
      ),
    )
    .option("--concurrency <number>", "concurrent engine calls (default: TH_CONCURRENCY)", parseWhole(1, 1_000))
    .addOption(onlyProjectOption())
    .addOption(new Option("--with-parent").hideHelp())
    .action((options: WorkerCommandOptions) => work(command, context, options));
  examples(command, "worker", "worker --once --json", "worker --locales fr,de --concurrency 8");
  command.addHelpText(
    "after",
    `
The worker calls the engines of TH_ENGINES in their order; ./my-engine.ts there is one of your own. It serves /livez, /readyz and /metrics on TH_METRICS_PORT, if set.
It waits for a database that is unreachable or not migrated yet. With --once and --until-empty it ends with exit code 4
(TH_ENGINES_STOPPED) if no engine can be asked: the account or setting of each is at fault, or none answered for 60 s. The texts
wait; the same command continues.`,
  );
}

async function work(
  command: Command,
  context: CommandContext,
  { once, untilEmpty, withParent, ...choice }: WorkerCommandOptions,
): Promise<void> {
  const settings = readSettings(context);
  const globals = command.optsWithGlobals<GlobalOptions>();
  const engines = await enginesToTranslateWith(settings, context, globals);
  if (withParent) process.once("disconnect", () => process.kill(process.pid, "SIGTERM"));
  await asService(context, settings, async (signal, logger) => {
    const database = await openDatabase({ ...context, signal }, settings, globals);
    try {
      const until = once ? "ready" : untilEmpty ? "empty" : "stopped";
      const summary = await runMember({
        name: "worker",
        database,
        settings,
        engines,
        logger,
        until,
        signal,
        ...choice,
      });
      await context.output.result(summary, () => {
        const { translated, failed, retrying } = summary;
        return `${translated} translated, ${failed} failed, ${retrying} to be tried again`;
      });
    } finally {
      await database.close();
    }
  });
}
