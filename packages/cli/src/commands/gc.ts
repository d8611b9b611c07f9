import type { CollectReport } from "@trans-hub/core";
import { type Command, InvalidArgumentError } from "commander";
import type { CommandContext } from "../command-context.ts";
import { examples, onlyProjectOption } from "../options.ts";
import { withSession } from "../session.ts";

/**
 * As for TH_GC_RETENTION_DAYS: a hundred years. PostgreSQL's intervals are bounded, so larger values would fail at some
 * point.
 */
const MAX_RETENTION_DAYS = 36_500;

interface GcOptions {
  retentionDays?: number;
  dryRun?: boolean;
  includeApproved?: boolean;
  project?: string;
}

export function define(command: Command, context: CommandContext): void {
  command
    .description(
      "Remove texts that were not requested or read during the retention. Workers also do this, by TH_GC_CRON.",
    )
    .option("--retention-days <days>", "default: TH_GC_RETENTION_DAYS; fractions allowed", parseDays)
    .option("--dry-run", "count the rows to remove, and change nothing")
    .option("--include-approved", "also approved translations")
    .addOption(onlyProjectOption())
    .action((options: GcOptions) => collect(command, context, options));
  examples(command, "gc --dry-run", "gc --retention-days 30 --json");
}

async function collect(command: Command, context: CommandContext, options: GcOptions): Promise<void> {
  // A chunk in progress is finished: each chunk is a transaction of its own.
  context.graceMs = 5_000;
  await withSession(command, context, {}, async ({ hub, settings: { eventRetentionDays } }) => {
    const report = await hub.runGarbageCollection({ ...options, eventRetentionDays, signal: context.signal });
    await context.output.result(report, () => sentence(report));
  });
}

function sentence({ dryRun, sources, translations, contents, contexts }: CollectReport): string {
  const what = `${sources} uses, ${translations} translations, ${contents} texts, ${contexts} contexts`;
  return dryRun ? `would be collected: ${what}` : `collected: ${what}`;
}

function parseDays(value: string): number {
  const days = Number(value);
  if (value.trim() === "" || !(days >= 0 && days <= MAX_RETENTION_DAYS)) {
    throw new InvalidArgumentError(`Must be from 0 to ${MAX_RETENTION_DAYS}.`);
  }
  return days;
}
