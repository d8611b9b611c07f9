import { noEngineAllowed } from "@trans-hub/core/store";
import type { Command } from "commander";
import type { CommandContext, GlobalOptions } from "../command-context.ts";
import { enginesToTranslateWith } from "../engines.ts";
import { examples, fromOption, parseLocales, projectOption, required } from "../options.ts";
import type { Output } from "../output.ts";
import { Progress } from "../progress.ts";
import { EXIT, exitCodeOf } from "../report-error.ts";
import { readSettings, withSession } from "../session.ts";
import { planFiles, type TranslateReport, translateFiles, writeFiles } from "../translate/run.ts";
import { targetFiles } from "../translate/target-files.ts";

interface TranslateOptions {
  to?: string[];
  from?: string;
  out?: string;
  lock: string;
  project?: string;
  force?: boolean;
  worker: boolean;
}

export function define(command: Command, context: CommandContext): void {
  command
    .description(
      "Translate catalog files: register their messages, translate them in this process, and write the target files.",
    )
    .argument("<file...>", "source catalogs, nested JSON")
    .option("--to <locales>", "target locales, comma-separated (required)", parseLocales)
    .option("--out <pattern>", "target files, such as 'locales/{locale}.json'; also {name} (required)")
    .addOption(fromOption())
    .option("--force", "replace existing values of target files, and try failed messages again")
    .option("--no-worker", "let the fleet translate, and write the translations that exist already")
    .option("--lock <file>", "lock file: records the source of each value; commit it", "trans-hub.lock")
    .addOption(projectOption())
    .action((files: string[], options: TranslateOptions) => translate(command, context, files, options));
  examples(
    command,
    "translate locales/en.json --from en --to fr,de --out 'locales/{locale}.json'",
    "translate src/en/*.json --from en --to ja --out 'src/{locale}/{name}.json' --json",
  );
  command.addHelpText(
    "after",
    `
A value in a target file is kept unless its source changed. A failed message is left out and reported on stderr; a message
with ICU or plural syntax is left out and counted. Both set the exit code to 1. Exit code 4: no engine could be asked (the
account or setting of each is at fault, or none answered for 60 s); the files hold the finished values, and the same command
continues. After Ctrl-C, run the same command again to continue.`,
  );
}

async function translate(
  command: Command,
  context: CommandContext,
  sources: string[],
  { to, from, out, lock: lockFile, project: ownProject, force = false, worker }: TranslateOptions,
): Promise<void> {
  const { output, cwd, signal } = context;
  const targets = targetFiles(sources, required(to, "--to"), required(out, "--out"), cwd);
  const settings = readSettings(context);
  const engines = worker
    ? await enginesToTranslateWith(settings, context, command.optsWithGlobals<GlobalOptions>())
    : [];
  const { files, lock } = await planFiles({ targets, lockFile, force });
  // Running calls are stored or handed back, which takes a moment.
  context.graceMs = 10_000;
  const project = ownProject ?? settings.project;
  const barred = worker ? noEngineAllowed(settings.projectEngines, project, engines) : undefined;
  if (barred !== undefined) throw barred;
  const session = { settings, project, sourceLocale: from, engines };
  const { report, stopped } = await withSession(command, context, session, async ({ hub, handler }) => {
    const progress = new Progress(output, "translating");
    try {
      const result = await translateFiles({
        ...{ files, hub, handler, engines, settings, project, cwd, force, signal },
        activeEngine: engines[0]?.name ?? settings.engines[0],
        progress: (settled, total) => progress.set(settled, total),
        tell: (line) => output.note(line),
      });
      return { report: await writeFiles({ files, result, lock, lockFile, cwd }), stopped: result.stopped };
    } finally {
      progress.stop();
    }
  });
  if (report.failed + report.unsupported > 0) context.exitCode = EXIT.failed;
  tell(report, output);
  if (stopped === undefined) return output.result(report, () => sentence(report));
  context.exitCode = exitCodeOf(stopped);
  await output.incomplete(report, () => sentence(report), stopped);
}

function tell({ failures, unsupported, pending }: TranslateReport, output: Output): void {
  for (const { file, key, code, message } of failures) output.warn(`${file}: ${key} failed: ${code} ${message}`);
  if (failures.length > 0) output.note("Failed messages are left out; --force tries them again.");
  if (unsupported > 0) {
    output.warn(`${unsupported} values with ICU or plural syntax are left out: this syntax is not supported yet`);
  }
  if (pending > 0)
    output.note(`${pending} values still wait to be translated; run the same command again to write them.`);
}

function sentence({ files, translated, reused, kept, failed, unsupported, pending }: TranslateReport): string {
  const counts = { translated, reused, kept, failed, unsupported, pending };
  const parts = Object.entries(counts).filter(([name, count]) => count > 0 || name === "translated");
  return [...files.map((file) => `wrote ${file}`), parts.map(([name, count]) => `${count} ${name}`).join(", ")].join(
    "\n",
  );
}
