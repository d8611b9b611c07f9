import type { Command } from "commander";
import type { CommandContext, GlobalOptions } from "../command-context.ts";
import { openDatabase } from "../database.ts";
import type { Check } from "../doctor/check.ts";
import { examine } from "../doctor/examine.ts";
import { enginesToTranslateWith } from "../engines.ts";
import { examples } from "../options.ts";
import { type Output, printable } from "../output.ts";
import { EXIT } from "../report-error.ts";
import { readSettings } from "../session.ts";

export function define(command: Command, context: CommandContext): void {
  command
    .option("--no-engine-call", "do not ask the engines whether they take our key (which costs nothing)")
    .action((options: { engineCall: boolean }) => doctor(command, context, options));
  examples(command, "doctor", "doctor --json", "doctor --no-engine-call");
  command.addHelpText(
    "after",
    `
Run it where a worker runs, with a worker's settings. Exit code 1 when a check fails; warnings are for you to weigh.`,
  );
}

async function doctor(
  command: Command,
  context: CommandContext,
  { engineCall }: { engineCall: boolean },
): Promise<void> {
  const settings = readSettings(context);
  const globals = command.optsWithGlobals<GlobalOptions>();
  const database = await openDatabase(context, settings, globals);
  try {
    const checks = await examine({
      settings,
      surroundings: context,
      database,
      makeEngines: () => enginesToTranslateWith(settings, context, globals),
      callsEngine: engineCall,
    });
    if (checks.some(({ status }) => status === "fail")) context.exitCode = EXIT.failed;
    await context.output.result({ checks }, () => describe(checks, context.output));
  } finally {
    await database.close();
  }
}

function describe(checks: readonly Check[], output: Output): string {
  const { green, yellow, red } = output.colors;
  const mark = { ok: green("ok  "), warn: yellow("warn"), fail: red("fail") };
  return checks
    .flatMap(({ name, status, detail, cure }) => [
      `${mark[status]}  ${name}: ${printable(detail)}`,
      ...(cure === null ? [] : [`      ${printable(cure)}`]),
    ])
    .join("\n");
}
