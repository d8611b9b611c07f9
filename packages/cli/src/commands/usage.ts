import type { UsageGroup, UsageReport, UsageRow } from "@trans-hub/core";
import { closestName, USAGE_GROUPS } from "@trans-hub/core/rules";
import { type Command, InvalidArgumentError, Option } from "commander";
import type { CommandContext } from "../command-context.ts";
import { examples, onlyProjectOption } from "../options.ts";
import type { Output } from "../output.ts";
import { readSettings, withSession } from "../session.ts";
import { tableOf } from "../table.ts";
import { UsageError } from "../usage-error.ts";

interface UsageOptions {
  by?: UsageGroup[];
  project?: string;
  from?: Date;
  to?: Date;
}

interface Report extends UsageReport {
  /** The day of the prices by which new calls are booked. Null: no prices are set. */
  pricesAsOf: string | null;
}

const DAY_MS = 86_400_000;

export function define(command: Command, context: CommandContext): void {
  command
    .addOption(new Option("--by <groups>", `split by these: ${USAGE_GROUPS.join(", ")}`).argParser(parseGroups))
    .addOption(onlyProjectOption())
    .addOption(new Option("--from <date>", "from this day on, in UTC: 2026-11-01").argParser(parseDay))
    .addOption(new Option("--to <date>", "up to this day, with it, in UTC").argParser(parseDay))
    .action((options: UsageOptions) => usage(command, context, options));
  examples(command, "usage --by engine,locale", "usage --by tag,day --project shop --from 2026-11-01 --json");
  command.addHelpText(
    "after",
    `
"cost" is what providers have confirmed, "unconfirmed" the most that they may bill beyond it: for calls that were aborted,
timed out or lost their answers. Costs are exact decimal numbers, with --json as strings. "unpriced" calls have no known price:
name your prices with TH_PRICES_FILE. Records of calls are kept for TH_GC_RETENTION_DAYS, and for 90 days at least.`,
  );
}

async function usage(command: Command, context: CommandContext, options: UsageOptions): Promise<void> {
  const { by = [], project, from, to } = options;
  if (from !== undefined && to !== undefined && from > to) throw new UsageError("--from is a later day than --to");
  const settings = readSettings(context);
  const until = to === undefined ? undefined : new Date(to.getTime() + DAY_MS);
  await withSession(command, context, { settings }, async ({ hub }) => {
    const found = await hub.usage({ by, project, from, to: until });
    const report: Report = { ...found, pricesAsOf: settings.prices?.asOf ?? null };
    await context.output.result(report, () => describe(report, by, context.output));
  });
}

function describe({ rows, totals, pricesAsOf }: Report, by: readonly UsageGroup[], output: Output): string {
  if (rows.length === 0) return "no engine calls";
  const head = [...by, "calls", "texts", "input", "cached", "output", "characters", "unpriced", "cost", "unconfirmed"];
  const unpriced = rows.reduce((sum, row) => sum + row.unpriced, 0);
  const cure = pricesAsOf === null ? ": name prices with TH_PRICES_FILE" : "";
  return [
    tableOf(
      output,
      head,
      rows.map((row) => [...by.map((group) => row[group] ?? "-"), ...countsOf(row)]),
    ),
    ...totals.map(({ currency, cost, unconfirmed }) => `total: ${cost} ${currency}${orMore(unconfirmed, currency)}`),
    ...(unpriced > 0 ? [`${unpriced} calls have no known price${cure}`] : []),
    ...(pricesAsOf === null ? [] : [`new calls are booked by prices of ${pricesAsOf}`]),
  ].join("\n");
}

function countsOf(row: UsageRow): (string | number)[] {
  const money = (amount: string | null) => (amount === null ? "-" : `${amount} ${row.currency}`);
  return [
    ...[row.calls, row.items, row.inputTokens, row.cachedTokens, row.outputTokens, row.characters, row.unpriced],
    ...[money(row.cost), money(row.unconfirmed)],
  ];
}

function orMore(unconfirmed: string, currency: string): string {
  return unconfirmed === "0" ? "" : `, and at most ${unconfirmed} ${currency} unconfirmed`;
}

function parseGroups(value: string, before: readonly UsageGroup[] = []): UsageGroup[] {
  const names = value
    .split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "");
  const unknown = names.find((name) => !(USAGE_GROUPS as readonly string[]).includes(name));
  if (unknown === undefined) return [...new Set([...before, ...(names as UsageGroup[])])];
  const meant = closestName(unknown, [...USAGE_GROUPS]);
  const question = meant === undefined ? "" : ` Did you mean "${meant}"?`;
  throw new InvalidArgumentError(`"${unknown}" is no group.${question} Groups are: ${USAGE_GROUPS.join(", ")}.`);
}

function parseDay(value: string): Date {
  const day = new Date(/^\d{4}-\d\d-\d\d$/.test(value) ? `${value}T00:00:00Z` : Number.NaN);
  if (!Number.isNaN(day.getTime()) && day.toISOString().startsWith(value)) return day;
  throw new InvalidArgumentError("It must be a day such as 2026-11-28.");
}
