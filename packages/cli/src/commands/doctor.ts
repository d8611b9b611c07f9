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
    .option("--no-engine-call", "do not call the engines to check their keys (the call costs nothing)")
    .action((options: { engineCall: boolean }) => doctor(command, context, options));
  examples(command, "doctor", "doctor --json", "doctor --no-engine-call");
  command.addHelpText(
    "after",
    `
Run it on a worker's machine with a worker's settings. The exit code is 1 if a check fails; a warning does not change it.`,
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
