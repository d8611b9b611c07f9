/** `trans-hub review list`: a page of translations for a person to look at. */
import type { Coordinator, StoredStatus } from "@trans-hub/core";
import { type Command, InvalidArgumentError, Option } from "commander";
import type { CommandContext } from "../command-context.ts";
import { examples, parseTime, parseWhole, projectOption, required, toOption } from "../options.ts";
import { withSession } from "../session.ts";
import { tableOf } from "../table.ts";
import { UsageError } from "../usage-error.ts";

interface ListOptions {
  to?: string;
  status?: StoredStatus;
  flag?: string;
  engine?: string;
  prefix?: string;
  changedSince?: Date;
  search?: string;
  queue?: boolean;
  sample?: number;
  limit?: number;
  cursor?: string;
  project?: string;
}

const STATUSES: readonly StoredStatus[] = ["pending", "translated", "failed", "approved"];

export function defineList(parent: Command, context: CommandContext): void {
  const command = parent
    .command("list")
    .description(
      "List translations of one locale, in the order of their business ids, or the queue of those to review.",
    )
    .addOption(toOption())
    .option("--queue", "those to review: with a warning, changed since a decision, then a sample")
    .option("--sample <percent>", "of the queue: the share of all other texts (default: 10)", parseShare)
    .addOption(new Option("--status <status>", "only texts in this status").choices(STATUSES))
    .option("--flag <check>", "only texts that were stored with this warning, such as length")
    .option("--engine <name>", "only texts of this engine; human: of a person")
    .option("--prefix <prefix>", "only texts with a business id that begins so")
    .addOption(
      new Option("--changed-since <time>", "only texts that changed at this time or later").argParser(parseTime),
    )
    .option("--search <words>", "only texts with these words in the source or in the translation")
    .option("--limit <number>", "largest number of texts (default: 100)", parseWhole(1, 1_000))
    .option("--cursor <cursor>", "continue after a page: the nextCursor of that page")
    .addOption(projectOption())
    .action((options: ListOptions) => list(command, context, options));
  examples(
    command,
    "review list --to fr --queue",
    "review list --to fr --status translated --search cart",
    "review list --to fr --flag length --json",
  );
}

async function list(
  command: Command,
  context: CommandContext,
  { to, prefix, project, ...options }: ListOptions,
): Promise<void> {
  const targetLocale = required(to, "--to");
  if (options.sample !== undefined && !options.queue) throw new UsageError("--sample belongs to --queue");
  const { output } = context;
  await withSession(command, context, { project }, async ({ hub }) => {
    const page = await hub.listForReview({ ...options, targetLocale, businessIdPrefix: prefix });
    await output.result(page, () => {
      const head = ["id", "revision", "status", "source", "translation", "warnings", ...(options.queue ? ["why"] : [])];
      const rows = page.items.map((each) => [
        ...[each.id ?? "", each.revision, each.status, each.sourceText, each.text ?? "", each.flags.join(", ")],
        ...(options.queue ? [each.reason ?? ""] : []),
      ]);
      return rows.length === 0 ? "" : tableOf(output, head, rows);
    });
    if (!output.json) output.note(endOf(page, options.queue));
  });
}

function endOf(
  { items, nextCursor, lookedAt }: Awaited<ReturnType<Coordinator["listForReview"]>>,
  isQueue = false,
): string {
  if (nextCursor !== null) return `looked at ${lookedAt} texts; more: --cursor ${nextCursor}`;
  if (items.length > 0) return "this is the end of the list";
  return isQueue
    ? "nothing is left to review; --sample 100 has every text that nobody has decided about"
    : "no text fits";
}

function parseShare(value: string): number {
  const share = Number(value);
  if (/^\d+(\.\d+)?$/.test(value) && share <= 100) return share;
  throw new InvalidArgumentError("Must be a number of percent from 0 to 100.");
}
