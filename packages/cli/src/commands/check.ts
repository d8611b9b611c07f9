import { TEXT_FORMATS, type TextFormat } from "@trans-hub/core/engine";
import { type Command, Option } from "commander";
import { checkCatalogs } from "../check/check-catalogs.ts";
import { checkPairs } from "../check/check-pairs.ts";
import { checkStored } from "../check/check-stored.ts";
import type { CommandContext } from "../command-context.ts";
import { examples, parseOneLocale, projectOption } from "../options.ts";
import { printable } from "../output.ts";
import { printProblems, REPORT_FORMATS, type ReportFormat } from "../problems/print.ts";
import { Progress } from "../progress.ts";
import { EXIT } from "../report-error.ts";
import { readSettings } from "../session.ts";
import { openService, type ServerOptions, withServerOptions } from "../store/open-service.ts";
import { UsageError } from "../usage-error.ts";

interface CheckOptions extends ServerOptions {
  file?: string;
  stored?: boolean;
  project?: string;
  from?: string;
  to?: string;
  format?: string;
  warnings?: boolean;
}

export function define(command: Command, context: CommandContext): void {
  command
    .description(
      "Judge translations that exist: those of the catalogs in a folder, pairs of texts, or those of the store. Only the last need a database or a server.",
    )
    .argument("[path...]", "folders to look for catalogs in, or catalog files")
    .option("--file <path>", "instead of catalogs, a file of JSON lines, one pair each; - reads stdin")
    .option("--stored", "instead of catalogs, the translations of a project that the store has")
    .addOption(
      new Option("--from <locale>", "source locale of catalogs, and of lines that name none").argParser(
        (value: string) => parseOneLocale(value, { allowUndetermined: true }),
      ),
    )
    .addOption(
      new Option(
        "--to <locale>",
        "with --file, target locale of lines that name none; with --stored, only this target locale",
      ).argParser((value: string) => parseOneLocale(value)),
    )
    .addOption(projectOption())
    .option(
      "--format <format>",
      `of catalogs, the form of the report: ${REPORT_FORMATS.join(", ")}; with --file, the syntax of the texts: ${TEXT_FORMATS.join(", ")}`,
    )
    .option("--warnings", "of catalogs, name the values that only deserve a look as well")
    .action((paths: string[], options: CheckOptions) => check(command, context, paths, options));
  withServerOptions(command);
  examples(
    command,
    "check .",
    "check . --format github",
    "check locales/fr.json --warnings --json",
    "check --file pairs.jsonl",
    "check --file - --json < pairs.jsonl | jq -c 'select(.blocked != [])'",
    "check --file pairs.jsonl --from en --to fr --format icu",
    "check --stored --to fr",
    "check --stored --server https://translate.example.com --json",
  );
  command.addHelpText(
    "after",
    `
Catalogs are found by the names of files: en.json beside fr.json, values/ beside values-fr/, en.lproj, messages.fr.xlf and
the like. Folders of other tools (node_modules, dist, vendor) and what .gitignore names are passed over. Each value that loses
a variable or markup, or crashes the program that shows it, is named with its file and line. The exit code is 1 when there is
one, or a catalog that cannot be read; 3 when no catalog was found. With --json: {"ok","problems":[{"file","line","column",
"locale","key","kind","severity","check","message"}],"checked"}.

An example of a line for --file:
{"source":"Hi {name}","translation":"Salut {name}","sourceLocale":"en","targetLocale":"fr"}. A line may also have "format", "maxLength"
(characters), and "pluralCategory" ("one", "=1") where the pair is one form of a plural. With --json, each pair gives one line:
{"line":1,"blocked":[{"check","message"}],"warnings":[{"check","message"}]}; a line that is no pair gives
{"line":2,"error":{"code","message"}}. The exit code is 1 when a pair is blocked or a line is no pair.

With --stored, each translation of the store gives one such line with "locale" and "id", its business ids, in the place of "line".`,
  );
}

async function check(command: Command, context: CommandContext, paths: string[], options: CheckOptions): Promise<void> {
  const { file, from, to, format, warnings = false, stored = false } = options;
  if (stored) {
    if (paths.length > 0 || file !== undefined) throw new UsageError("--stored stands alone: it names no file");
    const settings = readSettings(context);
    const { project = settings.project } = options;
    const service = await openService({ command, context, settings, project, options, engines: "none" });
    return checkStored({ context, service, project, to });
  }
  if (file !== undefined) {
    if (paths.length > 0) throw new UsageError("--file and paths of catalogs exclude each other");
    return checkPairs(context, file, { from, to, format: oneOf(TEXT_FORMATS, format) });
  }
  if (paths.length === 0) {
    throw new UsageError("nothing to check was named", "Name a folder, such as `trans-hub check .`, or --file.");
  }
  if (to !== undefined)
    throw new UsageError("--to goes with --file or --stored", "Name the files of one locale instead.");
  await checkFolders(context, paths, { from, format: oneOf(REPORT_FORMATS, format), warnings });
}

function oneOf<Name extends TextFormat | ReportFormat>(
  names: readonly Name[],
  given: string | undefined,
): Name | undefined {
  if (given === undefined) return undefined;
  const found = names.find((name) => name === given);
  if (found !== undefined) return found;
  throw new UsageError(`--format: ${JSON.stringify(given)} is not one of ${names.join(", ")}`, "See --help.");
}

async function checkFolders(
  context: CommandContext,
  paths: string[],
  { from, format, warnings }: { from: string | undefined; format: ReportFormat | undefined; warnings: boolean },
): Promise<void> {
  const { cwd, output, signal } = context;
  const bar = new Progress(output, "checking");
  const report = await checkCatalogs({
    ...{ cwd, paths, warnings, signal },
    sourceLocale: from === "und" ? undefined : from,
    progress: (done, total) => bar.set(done, total),
  }).finally(() => bar.stop());
  if (report.isCut) output.warn("the folder has too many files: only some of them were looked at");
  await printProblems(context, report, format);
  if (report.families > 0) return;
  output.note(`no catalog was found in ${paths.map(printable).join(", ")}`);
  context.exitCode = EXIT.nothing;
}
