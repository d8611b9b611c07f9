import type { Command } from "commander";
import type { CommandContext } from "../command-context.ts";
import { confirm } from "../confirm.ts";
import { enginesForFiles } from "../engines.ts";
import { examples, fromOption, parseOneEngine, parseWhole, required, toOption } from "../options.ts";
import { Progress } from "../progress.ts";
import { costOf } from "../quality/cost.ts";
import { figuresOf, rowsOf } from "../quality/figures.ts";
import { readSample, type SampleText } from "../quality/sample.ts";
import { estimateTrial, type TrialOptions, tryTexts } from "../quality/trial.ts";
import { EXIT } from "../report-error.ts";
import { readSettings } from "../session.ts";
import { tableOf } from "../table.ts";
import { UsageError } from "../usage-error.ts";

interface QualityOptions {
  engine?: string;
  to?: string;
  from?: string;
  file?: string;
  limit: number;
  yes?: boolean;
}

const LIMIT = 200;

export function define(command: Command, context: CommandContext): void {
  command
    .description("Measure how an engine keeps placeholders, tags and plurals. Nothing is stored.")
    .option("--engine <name>", "the engine (required)", parseOneEngine)
    .addOption(toOption())
    .addOption(fromOption())
    .option("--file <path>", "catalog or JSON lines with the texts (default: 200 English texts of this program)")
    .option("--limit <count>", "the most texts", parseWhole(1, 100_000), LIMIT)
    .option("--yes", "call the engine without asking first")
    .action((options: QualityOptions) => quality(context, options));
  examples(
    command,
    "quality --engine openai --to fr",
    "quality --engine deepl --to de --file locales/en.json --limit 500 --yes",
    "quality --engine apertium --to es --file pairs.jsonl --json --yes",
  );
  command.addHelpText(
    "after",
    `
The engine gets the texts as from a worker: with masks, repairs, checks, and another try in another way where a check fails.
What it costs is said before the first call. No database is needed. A line of a .jsonl file has "source", and may have
"format", "context" and "translation", a person's, with which chrF is counted. The exit code is 1 if a text was not accepted.`,
  );
}

async function quality(context: CommandContext, options: QualityOptions): Promise<void> {
  const { output, signal } = context;
  const name = required(options.engine, "--engine");
  const targetLocale = required(options.to, "--to");
  const settings = { ...readSettings(context), engines: [name], engineLocales: {} };
  const sourceLocale = options.from ?? (options.file === undefined ? "en" : settings.sourceLocale);
  if (options.file === undefined && new Intl.Locale(sourceLocale).language !== "en") {
    throw new UsageError("the texts of this program are English", "Leave out --from, or name texts with --file.");
  }
  const locales = { sourceLocale, targetLocale };
  const sample: readonly SampleText[] = await readSample(options.file, { ...locales, limit: options.limit });
  const [engine] = await enginesForFiles(settings, context);
  if (engine === undefined) return;
  const progress = new Progress(output, "translating");
  try {
    const trial: TrialOptions = {
      ...{ engine, ...locales, batchSize: settings.batchSize, signal },
      ...{ timeoutMs: settings.engineTimeoutSeconds * 1_000, limits: settings.engineLimits },
      progress: (done) => progress.set(done, sample.length),
    };
    const cost = await estimateTrial(sample, trial);
    const words = costOf(engine, cost, sample.length);
    if (!(await confirm(context, `call ${words}`, options.yes))) return;
    if (options.yes) output.note(`Calls ${words}`);
    const result = await tryTexts(sample, trial);
    progress.stop();
    const figures = figuresOf(sample, result, locales);
    const models = new Set(result.calls.flatMap(({ model }) => model ?? []));
    if (figures.translated < figures.texts) context.exitCode = EXIT.failed;
    const report = { engine: engine.name, models: [...models], ...locales, estimate: cost, ...figures };
    await output.result(report, () => tableOf(output, ["figure", "value"], rowsOf(figures)));
  } finally {
    progress.stop();
    await engine.close?.();
  }
}
