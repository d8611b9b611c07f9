import type { Command } from "commander";
import type { CommandContext } from "../command-context.ts";
import { examples } from "../options.ts";
import { defineAct } from "../review/acts.ts";
import { defineHistory } from "../review/history.ts";
import { defineList } from "../review/list.ts";

export function define(command: Command, context: CommandContext): void {
  command.description("List translations for review, decide about them, and take decisions back.");
  defineList(command, context);
  for (const kind of ["approve", "reject", "reopen", "undo"] as const) defineAct(kind, command, context);
  defineHistory(command, context);
  examples(
    command,
    "review list --to fr --queue",
    "review approve 17-0 --to fr",
    'review reject 17-0 --to fr --note "this is a button"',
    "review undo 17-0 --to fr",
    "review history 17-0 --to fr",
  );
}
