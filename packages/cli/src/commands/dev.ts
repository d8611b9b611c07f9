import type { Command } from "commander";
import type { CommandContext, GlobalOptions } from "../command-context.ts";
import { openEmbeddedDatabase } from "../database.ts";
import { enginesToTranslateWith } from "../engines.ts";
import { asService, runMember } from "../fleet-member.ts";
import { examples } from "../options.ts";
import { readSettings } from "../session.ts";

export function define(command: Command, context: CommandContext): void {
  command
    .description("Run the embedded PostgreSQL, migrations and a worker in one process, until Ctrl-C.")
    .action(() => develop(command, context));
  examples(command, "dev", "dev --json");
  command.addHelpText(
    "after",
    `
Prints the database's URL: set it as TH_DATABASE_URL in your application. If TH_ENGINES is not set, the engine pseudo
translates.`,
  );
}

/** Always uses the embedded database: users of another database have workers for it. */
async function develop(command: Command, context: CommandContext): Promise<void> {
  const settings = readSettings(context);
  const globals = command.optsWithGlobals<GlobalOptions>();
  const engines = await enginesToTranslateWith(settings, context, { ...globals, embedded: true });
  await asService(context, settings, async (signal, logger) => {
    const database = await openEmbeddedDatabase({ ...context, signal }, settings, globals);
    const { databaseUrl } = database;
    try {
      await database.prepare();
      await context.output.result({ databaseUrl }, () => databaseUrl);
      await runMember({ name: "dev", database, settings, engines, logger, until: "stopped", signal });
    } finally {
      await database.close();
    }
  });
}
