import type { Engine } from "@trans-hub/core/engine";
import { type Command, Option } from "commander";
import type { CommandContext, GlobalOptions } from "../command-context.ts";
import { openDatabase } from "../database.ts";
import type { Check } from "../doctor/check.ts";
import { examine, examineEngine } from "../doctor/examine.ts";
import { PROBES, type ProbeReport, type ProbeResult } from "../doctor/probes.ts";
import { enginesToTranslateWith } from "../engines.ts";
import { examples, parseOneEngine, parseOneLocale } from "../options.ts";
import { type Output, printable } from "../output.ts";
import { Progress } from "../progress.ts";
import { costOf } from "../quality/cost.ts";
import { EXIT } from "../report-error.ts";
import { readSettings } from "../session.ts";
import { tableOf } from "../table.ts";
import { UsageError } from "../usage-error.ts";

interface DoctorOptions {
  engineCall: boolean;
  engine?: string;
  to?: string;
}

export function define(command: Command, context: CommandContext): void {
  command
    .option("--no-engine-call", "do not call the engines to check their keys (the call costs nothing)")
    .option(
      "--engine <name>",
      "only this engine, by a set of probes, which it is paid for; no database",
      parseOneEngine,
    )
    .addOption(
      new Option("--to <locale>", "target locale of the probes (default: fr)").argParser((value: string) =>
        parseOneLocale(value),
      ),
    )
    .action((options: DoctorOptions) =>
      options.engine === undefined
        ? doctor(command, context, options)
        : engineDoctor(context, { ...options, engine: options.engine }),
    );
  examples(command, "doctor", "doctor --json", "doctor --no-engine-call", "doctor --engine openai --to ja");
  command.addHelpText(
    "after",
    `
Run it on a worker's machine with a worker's settings. The exit code is 1 if a check fails; a warning does not change it.
With --engine, the engine translates ${PROBES.length} short English texts with placeholders, tags, plurals and the like, as a worker would:
with masks, repairs and checks. Nothing is stored. stderr says first how many calls and tokens it takes.`,
  );
}

async function doctor(command: Command, context: CommandContext, { engineCall, to }: DoctorOptions): Promise<void> {
  if (to !== undefined) throw new UsageError("--to is for the probes of --engine", "Add --engine NAME.");
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

async function engineDoctor(
  context: CommandContext,
  { engine: name, to = "fr", engineCall }: DoctorOptions & { engine: string },
): Promise<void> {
  if (!engineCall) throw new UsageError("--engine calls the engine", "Leave out --no-engine-call, or --engine.");
  const { output, signal } = context;
  const settings = { ...readSettings(context), engines: [name], engineLocales: {}, projectEngines: {} };
  const progress = new Progress(output, "probes");
  try {
    const { checks, report } = await examineEngine({
      ...{ settings, targetLocale: to, surroundings: context, signal },
      makeEngines: (): Promise<Engine[]> => enginesToTranslateWith(settings, context, {}),
      onEstimate: (engine, estimate) => output.note(`Calls ${costOf(engine, estimate, PROBES.length)}`),
      progress: (done) => progress.set(done, PROBES.length),
    });
    progress.stop();
    if (checks.some(({ status }) => status === "fail")) context.exitCode = EXIT.failed;
    await output.result({ checks, ...(report && { engine: report }) }, () =>
      [...(report ? [describeProbes(report, output), ""] : []), describe(checks, output)].join("\n"),
    );
  } finally {
    progress.stop();
  }
}

function describeProbes({ probes }: ProbeReport, output: Output): string {
  const rows = probes.map((probe) => [probe.name, wordsFor(probe), probe.translation ?? ""]);
  return tableOf(output, ["probe", "result", "translation"], rows);
}

function wordsFor({ result, repairs, flags, reason }: ProbeResult): string {
  const warnings = flags.filter((flag) => flag !== "split");
  return [
    result === "asked-again" ? "kept when asked again" : result,
    ...(reason === null ? [] : [reason]),
    ...Object.keys(repairs).map((name) => (result === "repaired" ? name : `repaired ${name}`)),
    ...(warnings.length === 0 ? [] : [`flagged ${warnings.join(", ")}`]),
  ].join(": ");
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
