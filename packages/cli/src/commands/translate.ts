import { noEngineAllowed } from "@trans-hub/core/store";
import type { Command } from "commander";
import type { CommandContext } from "../command-context.ts";
import { enginesForFiles } from "../engines.ts";
import { examples, fromOption, parseEngines, parseLocales, projectOption, required } from "../options.ts";
import { firstOf, type Output, printable } from "../output.ts";
import { Progress } from "../progress.ts";
import { EXIT, exitCodeOf } from "../report-error.ts";
import { readSettings, withSession } from "../session.ts";
import { isPersons, type NoticeKind } from "../translate/notices.ts";
import { planFiles, type TranslateReport, translateFiles, unanswered, writeFiles } from "../translate/run.ts";
import { targetFiles } from "../translate/target-files.ts";

interface TranslateOptions {
  to?: string[];
  from?: string;
  out?: string;
  lock: string;
  project?: string;
  engine?: string[];
  force?: boolean;
  worker: boolean;
}

export function define(command: Command, context: CommandContext): void {
  command
    .description(
      "Translate catalog files: register their messages, translate them in this process, and write the target files.",
    )
    .argument("<file...>", "source catalogs: JSON, Android XML, gettext, .strings, .properties")
    .option("--to <locales>", "target locales, comma-separated (required)", parseLocales)
    .option("--out <pattern>", "target files, such as 'locales/{locale}.json'; also {name} (required)")
    .addOption(fromOption())
    .option("--engine <names>", "engines, comma-separated (default: TH_ENGINES; one must be named)", parseEngines)
    .option("--force", "write anew all values that no person wrote, and try failed messages again")
    .option("--no-worker", "let the fleet translate, and write the translations that exist already")
    .option("--lock <file>", "lock file: records the source and the author of each value; commit it", "trans-hub.lock")
    .addOption(projectOption())
    .action((files: string[], options: TranslateOptions) => translate(command, context, files, options));
  examples(
    command,
    "translate locales/en.json --from en --to fr,de --out 'locales/{locale}.json' --engine openai",
    "translate src/en/*.json --from en --to ja --out 'src/{locale}/{name}.json' --json",
  );
  command.addHelpText(
    "after",
    `
A value in a target file is kept unless its source changed, or a person approved another text in the store. A value that a
person wrote or changed in the file is always kept; delete it to have it translated. Plural families of i18next (key_one,
key_other) get the keys of the target locale. A failed message is left out, which sets the exit code to 1. stderr, and
"notices" with --json, name all values that were left out, replaced, removed, or kept though their source changed. Exit code 4: no engine could be asked (the account or setting
of each is at fault, or none answered for 60 s), or texts failed only because no engine answered; the files hold the
finished values, and the same command continues. After Ctrl-C, run the same command again to continue.`,
  );
}

async function translate(
  command: Command,
  context: CommandContext,
  sources: string[],
  { to, from, out, lock: lockFile, project: ownProject, engine, force = false, worker }: TranslateOptions,
): Promise<void> {
  const { output, cwd, signal } = context;
  const targets = targetFiles(sources, required(to, "--to"), required(out, "--out"), cwd);
  const given = readSettings(context);
  const settings = { ...given, engines: engine ?? given.engines };
  const engines = worker ? await enginesForFiles(settings, context) : [];
  if (settings.engines.includes("pseudo")) output.warn(PSEUDO);
  const files = await planFiles({ targets, lockFile, force, sourceLocale: from ?? settings.sourceLocale });
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
        activeEngine: settings.engines[0],
        progress: (settled, total) => progress.set(settled, total),
        tell: (line) => output.note(line),
      });
      const written = await writeFiles({ result, lockFile, engines: settings.engines, force, cwd });
      return { report: written, stopped: result.stopped ?? (worker ? unanswered(written) : undefined) };
    } finally {
      progress.stop();
    }
  });
  if (report.failed > 0) context.exitCode = EXIT.failed;
  tell(report, output, stopped !== undefined);
  if (stopped === undefined) return output.result(report, () => sentence(report));
  context.exitCode = exitCodeOf(stopped);
  await output.incomplete(report, () => sentence(report), stopped);
}

const PSEUDO =
  "the engine pseudo does not translate: it puts accents on the letters of the source, and the files get these texts";

function tell({ failures, failed, pending, notices }: TranslateReport, output: Output, isStopped: boolean): void {
  const failureLines = failures.map(({ file, key, code, message }) => `${file}: ${key} failed: ${code} ${message}`);
  for (const line of firstOf(failureLines, TOLD_MAX)) output.warn(line);
  if (failed > 0 && !isStopped) output.note("Failed messages are left out; --force tries them again.");
  // Failures have their lines above, with more facts.
  const others = notices.filter(({ reason }) => !reason.startsWith("failed: "));
  for (const [, some] of Map.groupBy(others, ({ kind }) => kind)) {
    const lines = some.map(({ file, key, kind, reason }) => `${file}: ${key} is ${SAID[kind]}: ${reason}`);
    for (const line of firstOf(lines, TOLD_MAX)) output.note(printable(line));
  }
  if (others.some(isPersons)) output.note(KEPT_CURE);
  if (pending > 0)
    output.note(`${pending} values still wait to be translated; run the same command again to write them.`);
}

const KEPT_CURE =
  "Delete a person's value from its file to get the store's text; edit it to state that it fits its changed source.";

/** Most lines of one kind: a list of hundreds hides the other kinds. With `--json`, the report lists them all. */
const TOLD_MAX = 20;

const SAID: Readonly<Record<NoticeKind, string>> = {
  "left out": "left out",
  replaced: "replaced",
  removed: "removed",
  stale: "kept",
  conflict: "kept",
  kept: "kept",
};

function sentence({ written, translated, reused, kept, failed, pending }: TranslateReport): string {
  const counts = { translated, reused, kept, failed, pending };
  const parts = Object.entries(counts).filter(([name, count]) => count > 0 || name === "translated");
  return [...written.map((file) => `wrote ${file}`), parts.map(([name, count]) => `${count} ${name}`).join(", ")].join(
    "\n",
  );
}
