import type { DeadLetterFilter, DeadLetterPageRequest } from "@trans-hub/core";
import { type Command, Option } from "commander";
import type { CommandContext } from "../command-context.ts";
import { confirm } from "../confirm.ts";
import { examples, onlyProjectOption, parseTime, parseWhole, targetLocaleOption } from "../options.ts";
import { type Session, withSession } from "../session.ts";
import { tableOf } from "../table.ts";
import { UsageError } from "../usage-error.ts";

interface FilterOptions {
  project?: string;
  id?: string;
  engine?: string;
  locale?: string;
  code?: string;
  since?: Date;
}

interface ActOptions extends FilterOptions {
  all?: boolean;
  yes?: boolean;
}

export function define(command: Command, context: CommandContext): void {
  command.description("List failed texts, translate them again, or remove them.");
  const list = withFilters(command.command("list").description("List dead letters, oldest first."))
    .option("--limit <number>", "largest number of rows (default: 100)", parseWhole(1, 1_000))
    .option("--cursor <cursor>", "continue after a page: the nextCursor of that page")
    .option("--with-best-try", "the translation that came nearest, and the checks that it failed")
    .action((options: FilterOptions & DeadLetterPageRequest) => listLetters(list, context, options));
  const replay = withFilters(command.command("replay").description("Make dead letters pending again, each one once."))
    .option("--all", "all dead letters")
    .action((options: ActOptions) => replayLetters(replay, context, options));
  const purge = withFilters(command.command("purge").description("Remove dead letters and their failed translations."))
    .option("--all", "all dead letters")
    .option("--yes", "do not ask")
    .action((options: ActOptions) => purgeLetters(purge, context, options));
  examples(
    command,
    "dead-letters list --locale fr",
    "dead-letters list --with-best-try --json",
    "dead-letters replay --code TH_ENGINE_REFUSED --since 2026-01-31",
    "dead-letters purge --all --yes",
  );
}

function withFilters(command: Command): Command {
  return command
    .addOption(targetLocaleOption())
    .option("--engine <name>", "only those that failed with this engine")
    .option("--code <code>", "only those that failed with this code, such as TH_ENGINE_REFUSED")
    .option("--id <id>", "only this dead letter")
    .addOption(new Option("--since <time>", "only those that failed at or after this time").argParser(parseTime))
    .addOption(onlyProjectOption());
}

async function listLetters(
  command: Command,
  context: CommandContext,
  { limit, cursor, withBestTry, ...options }: FilterOptions & DeadLetterPageRequest,
): Promise<void> {
  await withSession(command, context, {}, async ({ handler }) => {
    const page = await handler.listDeadLetters(filterOf(options), { limit, cursor, withBestTry });
    await context.output.result(page, () => {
      if (page.items.length === 0) return "no dead letters";
      const rows = page.items.map((letter) => [
        letter.id,
        letter.project,
        letter.targetLocale,
        letter.code,
        letter.engine ?? "",
        letter.attempts.length,
        letter.failedAt.toISOString(),
        shortened(letter.sourceText),
        letter.message,
        ...(withBestTry ? [shortened(letter.bestTry?.text ?? ""), letter.bestTry?.failedChecks.join(", ") ?? ""] : []),
      ]);
      const head = ["id", "project", "locale", "code", "engine", "attempts", "failed at", "text", "message"];
      if (withBestTry) head.push("best try", "failed checks");
      const more = page.nextCursor === null ? [] : [`more: --cursor ${page.nextCursor}`];
      return [tableOf(context.output, head, rows), ...more].join("\n");
    });
  });
}

async function replayLetters(command: Command, context: CommandContext, options: ActOptions): Promise<void> {
  requireChoice(options);
  await withSession(command, context, {}, async ({ handler }) => {
    const replayed = await handler.replayDeadLetters(filterOf(options));
    await context.output.result({ replayed }, () => `${replayed} replayed`);
  });
}

async function purgeLetters(command: Command, context: CommandContext, options: ActOptions): Promise<void> {
  requireChoice(options);
  await withSession(command, context, {}, async (session) => {
    if (!(await confirm(context, `purge ${await found(session, filterOf(options))}`, options.yes))) return;
    const purged = await session.handler.purgeDeadLetters(filterOf(options));
    await context.output.result({ purged }, () => `${purged} purged`);
  });
}

/** An omitted filter must not act on every dead letter. */
function requireChoice({ all, yes: _, ...filters }: ActOptions): void {
  const isFiltered = Object.values(filters).some((value) => value !== undefined);
  if (all === true || isFiltered) return;
  throw new UsageError("no selection was given: use --all, --id, --engine, --locale, --code, --since or --project");
}

async function found({ handler }: Session, filter: DeadLetterFilter): Promise<string> {
  const { items, nextCursor } = await handler.listDeadLetters(filter, { limit: 1_000 });
  return nextCursor === null ? `${items.length} dead letters` : `more than ${items.length} dead letters`;
}

function filterOf({ project, id, engine, locale, code, since }: FilterOptions): DeadLetterFilter {
  return { project, id, engine, targetLocale: locale, code, since };
}

function shortened(text: string): string {
  return text.length > 60 ? `${text.slice(0, 59)}…` : text;
}
