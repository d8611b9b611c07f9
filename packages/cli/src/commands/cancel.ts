import type { Command } from "commander";
import type { CommandContext } from "../command-context.ts";
import { confirm } from "../confirm.ts";
import { examples, onlyToOption, projectOption } from "../options.ts";
import { readSettings, withSession } from "../session.ts";
import { UsageError } from "../usage-error.ts";

interface CancelOptions {
  project?: string;
  to?: string;
  businessIdPrefix?: string;
  yes?: boolean;
}

export function define(command: Command, context: CommandContext): void {
  command
    .description("Cancel the waiting translations of a project. Finished translations stay and can still be read.")
    .addOption(projectOption())
    .addOption(onlyToOption())
    .option("--business-id-prefix <prefix>", "only texts whose business ids all begin with this")
    .option("--yes", "do not ask")
    .action((options: CancelOptions) => cancel(command, context, options));
  examples(
    command,
    "cancel --project shop --to fr",
    "cancel --project shop --business-id-prefix import.2026-01. --yes --json",
  );
}

async function cancel(
  command: Command,
  context: CommandContext,
  { project, to, businessIdPrefix, yes }: CancelOptions,
): Promise<void> {
  if (businessIdPrefix === "") throw new UsageError("--business-id-prefix is empty, and would name every id");
  const settings = readSettings(context);
  const parts = [
    `in project ${project ?? settings.project}`,
    ...(to === undefined ? [] : [`into ${to}`]),
    ...(businessIdPrefix === undefined ? [] : [`under business ids that begin with ${businessIdPrefix}`]),
  ];
  if (!(await confirm(context, `cancel all waiting translations ${parts.join(", ")}`, yes))) return;
  // A step in progress is finished: each step is a transaction of its own.
  context.graceMs = 5_000;
  await withSession(command, context, { settings, project }, async ({ hub }) => {
    const cancelled = await hub.cancel({ targetLocale: to, businessIdPrefix });
    await context.output.result({ cancelled }, () => `${cancelled} cancelled`);
  });
}
