import type { ForgetReport } from "@trans-hub/core";
import type { TextFormat } from "@trans-hub/core/engine";
import type { Command } from "commander";
import type { CommandContext } from "../command-context.ts";
import { confirm } from "../confirm.ts";
import { textOf } from "../input/text-argument.ts";
import { contextOption, examples, formatOption, fromOption, projectOption } from "../options.ts";
import { readSettings, withSession } from "../session.ts";
import { UsageError } from "../usage-error.ts";

interface ForgetOptions {
  from?: string;
  businessId?: string;
  context?: string;
  format?: TextFormat;
  project?: string;
  yes?: boolean;
}

export function define(command: Command, context: CommandContext): void {
  command
    .description("Remove a text of a project from every table, with its translations and its running work.")
    .argument("[text]", "the text exactly as registered, in all its contexts; - reads it from stdin")
    .addOption(fromOption())
    .option("--business-id <id>", "instead of the text: every text that was registered under this id")
    .addOption(contextOption())
    .addOption(formatOption())
    .addOption(projectOption())
    .option("--yes", "do not ask")
    .action((text: string | undefined, options: ForgetOptions) => forget(command, context, text, options));
  examples(
    command,
    'forget "Dear Ms Example" --from en --project letters',
    "forget --business-id letter.4711 --project letters --yes",
    "forget - --from en --yes < text.txt",
  );
}

async function forget(
  command: Command,
  context: CommandContext,
  argument: string | undefined,
  { from, businessId, project, yes, ...within }: ForgetOptions,
): Promise<void> {
  if ((argument === undefined) === (businessId === undefined)) {
    throw new UsageError("give either a text or --business-id");
  }
  const settings = readSettings(context);
  const what = businessId === undefined ? "a text" : `the texts of ${businessId}`;
  const where = `in project ${project ?? settings.project}`;
  if (!(await confirm(context, `forget ${what} ${where}, with all translations`, yes))) return;
  const text = argument === undefined ? undefined : await textOf(argument, context);
  await withSession(command, context, { settings, project, sourceLocale: from }, async ({ hub }) => {
    const report = await hub.forget({ ...(text === undefined ? { businessId } : { text }), ...within });
    await context.output.result(report, () => sentence(report));
  });
}

function sentence({ forgotten, stillUsed }: ForgetReport): string {
  const kept = stillUsed === 0 ? "" : `; ${stillUsed} kept: another id, context or project uses them`;
  return `${forgotten} forgotten${kept}`;
}
