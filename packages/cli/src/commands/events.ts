import type { EventPage, EventsQuery, FeedEvent } from "@trans-hub/core";
import type { Command } from "commander";
import type { CommandContext } from "../command-context.ts";
import { examples, onlyProjectOption, onlyToOption, parseWhole } from "../options.ts";
import { printable } from "../output.ts";
import { withSession } from "../session.ts";

interface EventsOptions {
  after?: string;
  follow?: boolean;
  limit?: number;
  project?: string;
  to?: string;
}

const PAGE = 1_000;

export function define(command: Command, context: CommandContext): void {
  command
    .description(
      "Print what changed in the store, oldest first: texts that were translated, failed, approved, removed.",
    )
    .option("--after <cursor>", 'only what came after this cursor, or "now"')
    .option("--follow", "go on with what comes, until Ctrl-C")
    .option("--limit <n>", "the most events", parseWhole(1))
    .addOption(onlyProjectOption())
    .addOption(onlyToOption())
    .action((options: EventsOptions) => events(command, context, options));
  examples(command, "events --after now --follow", "events --project shop --to fr --json > events.jsonl");
  command.addHelpText(
    "after",
    `
The first reader switches the feed on: changes before have no event. With --json each line is an event; its "cursor" is a value
for --after. Events are kept for TH_EVENT_RETENTION_DAYS. They name translations by their ids, and hold no text.`,
  );
}

/** Writes line by line at the reader's pace. */
async function events(command: Command, context: CommandContext, options: EventsOptions): Promise<void> {
  const { after, follow = false, limit = Number.POSITIVE_INFINITY, project = null, to: targetLocale } = options;
  await withSession(command, context, {}, async ({ hub }) => {
    const query: EventsQuery = { after, project, targetLocale };
    const pages = follow
      ? hub.followEvents({ ...query, signal: context.signal })
      : pagesOf((from) => hub.events({ ...query, after: from, limit: Math.min(limit, PAGE) }), after);
    let left = limit;
    for await (const page of pages) {
      for (const event of page.events.slice(0, left)) {
        context.signal.throwIfAborted();
        await context.output.line(context.output.json ? JSON.stringify(event) : describe(event));
      }
      left -= page.events.length;
      if (left <= 0) break;
    }
    context.signal.throwIfAborted();
  });
}

async function* pagesOf(
  read: (after: string | undefined) => Promise<EventPage>,
  after: string | undefined,
): AsyncGenerator<EventPage, void, undefined> {
  for (let cursor = after, isLast = false; !isLast; ) {
    const page = await read(cursor);
    yield page;
    ({ next: cursor, isLast } = page);
  }
}

/** Such as `2026-11-30T01:02:03.000Z  translated  shop  fr  50 texts  3f2a….1234`. */
function describe({ at, kind, project, targetLocale, ids, cursor }: FeedEvent): string {
  const texts = ids.length === 1 ? "1 text" : `${ids.length} texts`;
  return printable([at.toISOString(), kind, project, targetLocale ?? "all", texts, cursor].join("  "));
}
