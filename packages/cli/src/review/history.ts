/** `trans-hub review history`: the acts of people on one translation, and the texts that machines replaced. */
import type { HistoryEntry, PageRequest } from "@trans-hub/core";
import type { Command } from "commander";
import type { CommandContext } from "../command-context.ts";
import { examples, parseWhole } from "../options.ts";
import { withSession } from "../session.ts";
import { tableOf } from "../table.ts";
import { type TargetOptions, targetsOf, withTarget } from "./targets.ts";

export function defineHistory(parent: Command, context: CommandContext): void {
  const command = withTarget(parent.command("history"), { isBulk: false })
    .description("List the acts of people on a translation, and the texts that a machine replaced, latest first.")
    .option("--limit <number>", "largest number of entries (default: 100)", parseWhole(1, 1_000))
    .option("--cursor <cursor>", "continue after a page: the nextCursor of that page")
    .action((id: string | undefined, options: TargetOptions & PageRequest) => history(command, context, id, options));
  examples(command, "review history 17-0 --to fr", "review history --business-id shop.cart.add --to fr --json");
}

async function history(
  command: Command,
  context: CommandContext,
  id: string | undefined,
  { limit, cursor, ...options }: TargetOptions & PageRequest,
): Promise<void> {
  const { names } = await targetsOf(id === undefined ? [] : [id], options, context);
  const [name] = names;
  if (name === undefined) return;
  const { output } = context;
  await withSession(command, context, { project: options.project }, async ({ hub }) => {
    const page = await hub.history({ ...name, limit, cursor });
    await output.result(page, () => {
      if (page.items.length === 0)
        return "no person has acted on this translation, and no machine has replaced its text";
      const more = page.nextCursor === null ? [] : [`more: --cursor ${page.nextCursor}`];
      return [tableOf(output, HEAD, page.items.map(rowOf)), ...more].join("\n");
    });
  });
}

const HEAD = ["at", "by", "action", "revision", "before", "after", "note", ""];

function rowOf(entry: HistoryEntry): string[] {
  const { at, by, action, revisionBefore, revisionAfter, textBefore, textAfter, note, undoneBy, engine } = entry;
  return [
    at.toISOString(),
    by ?? (action === "replace" ? (engine ?? "") : ""),
    action,
    `${revisionBefore} → ${revisionAfter}`,
    textBefore ?? "",
    textAfter ?? "",
    note ?? "",
    undoneBy === null ? "" : "undone",
  ];
}
