import type { MigrationReport } from "@trans-hub/core";
import { applyMigrations } from "@trans-hub/core/client";
import { migrationStatus, revertMigration } from "@trans-hub/core/operations";
import { Argument, type Command } from "commander";
import type { CommandContext, GlobalOptions } from "../command-context.ts";
import { confirm } from "../confirm.ts";
import { CONNECT_TIMEOUT_MS, openDatabase } from "../database.ts";
import { examples } from "../options.ts";
import { EXIT } from "../report-error.ts";
import { readSettings } from "../session.ts";

export function define(command: Command, context: CommandContext): void {
  command
    .addArgument(
      new Argument("[direction]", "up: apply migrations; down: revert the newest one; status: list them")
        .choices(["up", "down", "status"])
        .default("up"),
    )
    .option("--yes", "do not ask before reverting")
    .action((direction: string, { yes }: { yes?: boolean }) => migrate(command, context, direction, yes));
  examples(command, "migrate", "migrate status --json", "migrate down --yes");
}

async function migrate(
  command: Command,
  context: CommandContext,
  direction: string,
  yes: boolean | undefined,
): Promise<void> {
  const database = await openDatabase(context, readSettings(context), command.optsWithGlobals<GlobalOptions>());
  const onWaiting = (what: string) => context.output.note(`Waiting for ${what}`);
  const { databaseUrl, directUrl } = database;
  const options = { databaseUrl, directUrl, connectTimeoutMs: CONNECT_TIMEOUT_MS, onWaiting };
  try {
    switch (direction) {
      case "down": {
        const { version } = await migrationStatus(options);
        if (version !== null && !(await confirm(context, `revert ${version} and delete all its data`, yes))) return;
        return await tell(context, await revertMigration(options), "reverted");
      }
      case "status": {
        const report = await migrationStatus(options);
        if (report.pending.length > 0) context.exitCode = EXIT.nothing;
        return await tell(context, report, "applied");
      }
      default:
        return await tell(context, await applyMigrations(options), "applied");
    }
  } finally {
    await database.close();
  }
}

async function tell({ output }: CommandContext, report: MigrationReport, done: string): Promise<void> {
  const { applied, pending, version } = report;
  await output.result(report, () =>
    [
      ...applied.map((name) => `${done}: ${name}`),
      ...pending.map((name) => `pending: ${name}`),
      `version: ${version ?? "none"}${applied.length + pending.length === 0 ? ", nothing to do" : ""}`,
    ].join("\n"),
  );
}
