import type { Prefer, StoredStatus } from "@trans-hub/core";
import { type Command, Option } from "commander";
import type { CommandContext } from "../command-context.ts";
import { examples, preferOption, projectOption, required, toOption } from "../options.ts";
import { withSession } from "../session.ts";

interface ExportOptions {
  to?: string;
  status?: StoredStatus;
  flag?: string;
  businessIdPrefix?: string;
  prefer?: Prefer;
  project?: string;
}

const STATUSES: StoredStatus[] = ["pending", "translated", "failed", "approved"];

export function define(command: Command, context: CommandContext): void {
  command
    .addOption(toOption())
    .addOption(new Option("--status <status>", "only translations with this status").choices(STATUSES))
    .option("--flag <name>", "only texts that were stored with this warning, such as length or numbers")
    .option("--business-id-prefix <prefix>", "only texts with a business id that begins with this")
    .addOption(preferOption())
    .addOption(projectOption())
    .action((options: ExportOptions) => exportTranslations(command, context, options));
  examples(
    command,
    "export --to fr > fr.jsonl",
    "export --to fr --status approved | jq -r .text",
    "export --to fr --flag end-punctuation",
  );
}

/** Writes line by line at the reader's pace, so that memory does not grow with the store. */
async function exportTranslations(
  command: Command,
  context: CommandContext,
  { to, project, ...filter }: ExportOptions,
): Promise<void> {
  const targetLocale = required(to, "--to");
  await withSession(command, context, { project }, async ({ hub }) => {
    for await (const translation of hub.listTranslations({ targetLocale, ...filter })) {
      context.signal.throwIfAborted();
      await context.output.line(JSON.stringify(translation));
    }
  });
}
