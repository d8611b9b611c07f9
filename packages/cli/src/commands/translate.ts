import { closestName, UNDETERMINED_LOCALE } from "@trans-hub/core/rules";
import { type Command, InvalidArgumentError, Option } from "commander";
import type { CommandContext } from "../command-context.ts";
import { examples, maxCostOption, parseEngines, projectOption, tagOption } from "../options.ts";
import { printable } from "../output.ts";
import { printProblems, type ReportFormat, reportFormatOption } from "../problems/print.ts";
import { PROBLEM_KINDS, type ProblemKind } from "../problems/problem.ts";
import { EXIT, exitCodeOf } from "../report-error.ts";
import { readSettings } from "../session.ts";
import type { EngineNames } from "../settings/engine-names.ts";
import type { Settings } from "../settings/settings.ts";
import type { CatalogService } from "../store/catalog-store.ts";
import { openService, type ServerOptions, withServerOptions } from "../store/open-service.ts";
import type { CostLimits } from "../translate/cost-guard.ts";
import { type Job, type JobOptions, readJob, withJobOptions } from "../translate/job.ts";
import { type OnlyKeys, parseOnlyKeys, unusedOnly } from "../translate/only-keys.ts";
import { type Plan, planFiles } from "../translate/plan-files.ts";
import { reportText, tellReport } from "../translate/report-text.ts";
import type { Take } from "../translate/take.ts";
import { unusedPatterns } from "../translate/text-rules.ts";

interface TranslateOptions extends JobOptions, ServerOptions {
  engine?: EngineNames;
  force?: boolean;
  again?: boolean;
  check?: boolean;
  allow?: ReadonlySet<ProblemKind>;
  format?: ReportFormat;
  worker: boolean;
  prune?: boolean;
  only?: OnlyKeys;
  take?: Take;
  by?: string;
  tag?: string;
  maxCost?: bigint;
  largePrompts?: boolean;
  estimate?: boolean;
  changed?: boolean;
}

export function define(command: Command, context: CommandContext): void {
  command.description(
    "Translate catalog files: register their messages, translate them in this process, and write the target files.",
  );
  withServerOptions(withJobOptions(command))
    .option(
      "--engine <names>",
      "engines, comma-separated, or as deepl:de,fr;openai; ./my-engine.ts is one of your own (default: TH_ENGINES; one must be named)",
      parseEngines,
    )
    .option("--force", "write anew all values that no person wrote, and try failed messages again")
    .option(
      "--again",
      "as --force, and have the engine make anew the texts that the store has from an engine; --only names some",
    )
    .option(
      "--prune",
      "remove values that the source has not, a person's too, and lock entries of targets that are gone",
    )
    .option("--only <keys>", "only these keys, comma-separated, such as 'cart.*,title'", parseOnlyKeys)
    .addOption(
      new Option(
        "--take <side>",
        "end conflicts: write the store's approved texts over people's values, or approve the file's values in the store",
      )
        .choices(["store", "file"])
        .conflicts(["check", "estimate", "changed"]),
    )
    .option("--by <name>", "with --take file, name of the approving person, for the record (default: USER)")
    .addOption(
      new Option("--estimate", "write and send nothing: count texts, calls and tokens of a run").conflicts([
        "check",
        "changed",
      ]),
    )
    .addOption(new Option("--changed", "write and send nothing: show what would change, as a diff").conflicts("check"))
    .addOption(
      new Option(
        "--check",
        "write nothing: name what is missing, stale or broken in the target files; needs no database",
      ).conflicts(["engine", "force", "again", "prune", "worker", "by", "tag", "maxCost", "largePrompts"]),
    )
    .addOption(
      new Option("--allow <kinds>", "with --check, kinds of problems that leave the exit code at 0")
        .argParser(parseKinds)
        .implies({ check: true }),
    )
    .addOption(reportFormatOption().implies({ check: true }))
    .option("--no-worker", "let the fleet translate, and write the translations that exist already")
    .addOption(projectOption())
    .addOption(tagOption())
    .addOption(maxCostOption())
    .option("--large-prompts", "also send prompts of more than 20 times the size of their texts")
    .action((files: string[], options: TranslateOptions) => translate(command, context, files, options));
  examples(
    command,
    "translate",
    "translate locales/en.json --from en --to fr,de --out 'locales/{locale}.json' --engine openai",
    "translate 'packages/*/locales/en.json' --from en --to ja --out '{dir}/{locale}.json' --json",
    "translate --only 'cart.*' --engine openai",
    "translate --again --only cart.title --to fr",
    "translate --check --allow missing,stale --format github",
    "translate --server https://translate.example.com",
  );
  command.addHelpText(
    "after",
    `
Without --out, the configuration says which files are translated, and files and --to name some of them.
A file that cannot be read or written harms no other, and sets the exit code to 1.
A value in a target file is kept unless its source changed, or a person approved another text in the store. A value that a
person wrote or changed in the file is always kept; delete it to have it translated. Plural families of i18next (key_one,
key_other) get the keys of the target locale. A run that would remove at least 20 values of a file, and more than a fifth of them,
does not write that file, unless --prune is given. A failed message is left out, which sets the exit code to 1. stderr, and
"notices" with --json, name all values that were left out, replaced, removed, or kept though their source changed. Exit code 4:
no engine could be asked (the account or setting of each is at fault, or none answered for 60 s), or texts failed only because
no engine answered; the files hold the finished values, and the same command continues. After Ctrl-C, run the same command
again to continue.
With --server no database and no key of an engine are needed: the workers behind the server translate, and the run waits for
them. TH_TOKEN has a token with the scope catalog.`,
  );
}

async function translate(
  command: Command,
  context: CommandContext,
  sources: string[],
  options: TranslateOptions,
): Promise<void> {
  const job = await readJob(sources, options, context.cwd);
  const given = readSettings(context);
  if (options.check === true) return check(context, job, given, options);
  const plan = await planRun(command, context, job, given, options);
  if (sources.length === 0 && plan.broken.length === 0) {
    for (const line of unusedPatterns(plan.files)) context.output.warn(line);
  }
  if (options.only !== undefined) for (const line of unusedOnly(options.only, plan.files)) context.output.warn(line);
  // Running calls are stored or handed back, which takes a moment.
  context.graceMs = 10_000;
  const isForecast = options.estimate === true || options.changed === true;
  return isForecast ? forecast(context, plan, options) : run(context, plan, options);
}

async function check(context: CommandContext, job: Job, given: Settings, options: TranslateOptions): Promise<void> {
  const { targets, lockFile, configured } = job;
  const { checkFiles } = await import("../translate/check-files.ts");
  const report = await checkFiles({
    ...{ targets, lockFile, configured, only: options.only, cwd: context.cwd },
    sourceLocale: job.from ?? given.sourceLocale,
    allowed: options.allow ?? new Set(),
    warn: (line) => context.output.warn(line),
  });
  await printProblems(context, report, options.format);
}

/** A run before the store is asked. */
interface RunPlan extends Pick<Plan, "files" | "broken"> {
  job: Job;
  service: CatalogService;
  project: string;
  /** BCP 47, or `und`. */
  sourceLocale: string;
}

/** @throws {Error} No file can be planned: the error of the first. */
async function planRun(
  command: Command,
  context: CommandContext,
  job: Job,
  given: Settings,
  options: TranslateOptions,
): Promise<RunPlan> {
  const { engine, again = false, force = again, only, worker, changed, estimate } = options;
  const settings = { ...given, ...(engine && { engines: engine.names, engineLocales: engine.locales }) };
  const { targets, lockFile, from, project = settings.project } = job;
  const service = await openService({
    ...{ command, context, settings, project, options, engines: "files" },
    settles: worker && changed !== true,
    isLook: changed === true || estimate === true,
  });
  if (service.engineNames.includes("pseudo")) context.output.warn(PSEUDO);
  const sourceLocale = from ?? settings.sourceLocale;
  const { files, broken, fault } = await planFiles({ targets, lockFile, force, only: only?.matches, sourceLocale });
  if (files.length === 0 && fault !== undefined) {
    for (const { message } of broken) if (message !== fault.message) context.output.warn(printable(message));
    throw fault;
  }
  return { job, service, files, broken, project, sourceLocale };
}

async function forecast(
  context: CommandContext,
  { job, service, project, sourceLocale, files, broken }: RunPlan,
  options: TranslateOptions,
): Promise<void> {
  const { cwd, output } = context;
  const { estimate: isEstimate, again = false, force = again, prune = false } = options;
  const { from, lockFile, configured } = job;
  const { estimate, showChanges } = await import("../translate/forecast.ts");
  const shared = { context, service, from, files, project, cwd, tell: () => undefined };
  for (const { message } of broken) output.warn(printable(message));
  if (broken.length > 0) context.exitCode = EXIT.failed;
  return isEstimate === true
    ? estimate(shared, { sourceLocale, force, again, limits: limitsOf(options) })
    : showChanges(shared, { lockFile, engines: service.engineNames, force, prune, configured, cwd });
}

async function run(context: CommandContext, plan: RunPlan, options: TranslateOptions): Promise<void> {
  const { cwd, output, signal } = context;
  const { again = false, force = again, prune = false, take, by, tag } = options;
  const { job, service, project, sourceLocale, files, broken } = plan;
  const { from, lockFile, configured } = job;
  const { settles, engineNames, maxTextBytes } = service;
  if (settles) service.refuseUnserved(project, job.to);
  // A quarter of the time of a small `--check` would be spent on loading these.
  const [{ Progress }, { refuseCost }, { estimateOf }, { onlyPseudo, translateFiles, unanswered }, { writeFiles }] =
    await Promise.all([
      import("../progress.ts"),
      import("../translate/cost-guard.ts"),
      import("../translate/estimate.ts"),
      import("../translate/run.ts"),
      import("../translate/write-files.ts"),
    ]);
  const { report, stopped } = await service.withStore({ project, sourceLocale: from }, async (store) => {
    const progress = new Progress(output, "translating");
    try {
      const result = await translateFiles({
        ...{ files, store, settles, engineNames, project, cwd, force, again, signal, take, tag },
        limits: { maxTextBytes },
        by: by ?? (context.env.USER || undefined),
        beforeRegistering: async (plan) => {
          const run = await estimateOf(plan, { service, project, sourceLocale, force, again, database: true });
          refuseCost(run.cost, run.prompts, limitsOf(options));
        },
        progress: (settled, total) => progress.set(settled, total),
        tell: (line) => output.note(line),
      });
      const written = await writeFiles({
        ...{ result, broken, lockFile, force, prune, configured, cwd },
        engines: engineNames,
      });
      return {
        report: written,
        stopped: result.stopped ?? (settles ? (unanswered(written) ?? onlyPseudo(written)) : undefined),
      };
    } finally {
      progress.stop();
    }
  });
  if (report.failed > 0 || report.broken.length > 0) context.exitCode = EXIT.failed;
  tellReport(report, output, stopped !== undefined);
  const isRefused = report.failures.some(({ code }) => code === "TH_ENGINE_REFUSED");
  if (isRefused && sourceLocale === UNDETERMINED_LOCALE) output.note(NO_SOURCE_LOCALE);
  if (stopped === undefined) return output.result(report, () => reportText(report));
  context.exitCode = exitCodeOf(stopped);
  await output.incomplete(report, () => reportText(report), stopped);
}

function limitsOf({ maxCost, largePrompts = false }: TranslateOptions): CostLimits {
  return { maxCost, allowsLargePrompts: largePrompts };
}

function parseKinds(value: string): ReadonlySet<ProblemKind> {
  const names = value.split(",").map((name) => name.trim());
  const known = Object.keys(PROBLEM_KINDS);
  const unknown = names.find((name) => !known.includes(name));
  if (unknown === undefined) return new Set(names as ProblemKind[]);
  const meant = closestName(unknown, known);
  throw new InvalidArgumentError(
    `"${unknown}" is no kind of problem.${meant === undefined ? "" : ` Did you mean "${meant}"?`} Kinds are: ${known.join(", ")}.`,
  );
}

const PSEUDO =
  "the engine pseudo does not translate: it puts accents on the letters of the source, and the files get these texts";

const NO_SOURCE_LOCALE =
  "No source locale was given, and some engines need it: add --from, such as --from en, or set TH_SOURCE_LOCALE.";
