import type { ForgetReport } from "@trans-hub/core";
import type { TextFormat } from "@trans-hub/core/engine";
import type { Command } from "commander";
import type { CommandContext } from "../command-context.ts";
import { confirm } from "../confirm.ts";
import { textOf } from "../input/text-argument.ts";
import { contextOption, examples, formatOption, fromOption, projectOption } from "../options.ts";
import { readSettings, withSession } from "../session.ts";
import { sourceLocaleHint } from "../source-locale.ts";
import { UsageError } from "../usage-error.ts";

interface ForgetOptions {
  from?: string;
  businessId?: string;
  businessIdPrefix?: string;
  context?: string;
  format?: TextFormat;
  project?: string;
  dryRun?: boolean;
  yes?: boolean;
}

export function define(command: Command, context: CommandContext): void {
  command
    .description("Remove a text of a project from every table, with its translations and its running work.")
    .argument("[text]", "the text exactly as registered, in all its contexts; - reads it from stdin")
    .addOption(fromOption())
    .option("--business-id <id>", "instead of the text: every text that was registered under this id")
    .option("--business-id-prefix <prefix>", "instead of the text: every text of the ids that begin so, literally")
    .addOption(contextOption())
    .addOption(formatOption())
    .addOption(projectOption())
    .option("--dry-run", "count the texts, and remove none")
    .option("--yes", "do not ask")
    .action((text: string | undefined, options: ForgetOptions) => forget(command, context, text, options));
  examples(
    command,
    'forget "Dear Ms Example" --from en --project letters',
    "forget --business-id letter.4711 --project letters --yes",
    "forget --business-id-prefix user.4711. --project letters --dry-run",
    "forget - --from en --yes < text.txt",
  );
  command.addHelpText(
    "after",
    `
Texts of a prefix go in steps, each a transaction of its own: after an interruption, the same command does the rest.`,
  );
}

async function forget(
  command: Command,
  context: CommandContext,
  argument: string | undefined,
  { from, businessId, businessIdPrefix, project, dryRun = false, yes, ...within }: ForgetOptions,
): Promise<void> {
  if ([argument, businessId, businessIdPrefix].filter((name) => name !== undefined).length !== 1) {
    throw new UsageError("give one of a text, --business-id and --business-id-prefix");
  }
  if (businessIdPrefix === "") throw new UsageError("--business-id-prefix is empty, and would name every id");
  if (argument === undefined && (within.context !== undefined || within.format !== undefined)) {
    throw new UsageError("--context and --format need a text", "An id stands for its texts in every context.");
  }
  const settings = readSettings(context);
  const what =
    argument !== undefined
      ? "a text"
      : businessId === undefined
        ? `the texts of business ids that begin with ${businessIdPrefix}`
        : `the texts of ${businessId}`;
  const where = `in project ${project ?? settings.project}`;
  if (!dryRun && !(await confirm(context, `forget ${what} ${where}, with all translations`, yes))) return;
  const text = argument === undefined ? undefined : await textOf(argument, context);
  // A step in progress is finished: each step is a transaction of its own.
  context.graceMs = 5_000;
  await withSession(command, context, { settings, project, sourceLocale: from }, async ({ hub }) => {
    const report = await hub.forget({
      ...(text === undefined ? { businessId, businessIdPrefix } : { text, ...within }),
      dryRun,
    });
    await context.output.result({ ...report, ...(dryRun && { dryRun }) }, () => sentence(report, dryRun));
    const hint = text === undefined ? undefined : sourceLocaleHint(from, settings);
    if (report.forgotten + report.stillUsed === 0 && hint !== undefined) context.output.note(hint);
  });
}

function sentence({ forgotten, stillUsed }: ForgetReport, dryRun: boolean): string {
  const kept = stillUsed === 0 ? "" : `; ${stillUsed} kept: another id, context or project uses them`;
  return `${forgotten} ${dryRun ? "would be forgotten" : "forgotten"}${kept}`;
}
