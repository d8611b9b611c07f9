import type { StoreStatus } from "@trans-hub/core";
import type { Command } from "commander";
import { describeBudgets } from "../budgets.ts";
import type { CommandContext } from "../command-context.ts";
import { examples, onlyProjectOption } from "../options.ts";
import { type Output, printable } from "../output.ts";
import { describePaused } from "../pause-target.ts";
import { describeLimit } from "../reasons-to-wait.ts";
import { describeRefused } from "../refused-items.ts";
import { type Session, withSession } from "../session.ts";
import { tableOf } from "../table.ts";

export function define(command: Command, context: CommandContext): void {
  command.addOption(onlyProjectOption()).action((options: { project?: string }) => status(command, context, options));
  examples(command, "status", "status --project shop --json");
}

async function status(command: Command, context: CommandContext, { project }: { project?: string }): Promise<void> {
  await withSession(command, context, {}, async ({ hub }) => {
    const [status, cost] = await Promise.all([hub.status({ project: project ?? null }), costOf(hub, project)]);
    await context.output.result({ ...status, cost }, () => describe(status, cost, context.output));
  });
}

/** What engine calls cost, in UTC. Amounts are decimal numbers. */
interface RecentCost {
  today: string;
  /** Since the first of the month. */
  month: string;
  /** The most that providers may bill beyond `month`. */
  unconfirmed: string;
  currency: string;
}

/** Null: no call of this month had a price. Of several currencies the first; `usage` has all. */
async function costOf(hub: Session["hub"], project: string | undefined): Promise<RecentCost | null> {
  const now = new Date();
  const [year, month, day] = [now.getUTCFullYear(), now.getUTCMonth(), now.getUTCDate()];
  const [ofMonth, ofDay] = await Promise.all([
    hub.usage({ project, from: new Date(Date.UTC(year, month, 1)) }),
    hub.usage({ project, from: new Date(Date.UTC(year, month, day)) }),
  ]);
  const [found] = ofMonth.totals;
  if (found === undefined) return null;
  const today = ofDay.totals.find(({ currency }) => currency === found.currency)?.cost ?? "0";
  return { today, month: found.cost, unconfirmed: found.unconfirmed, currency: found.currency };
}

function describe(status: StoreStatus, cost: RecentCost | null, output: Output): string {
  const { flagged, jobs, inbox, refused, oldestReadySeconds, workers, paused, limits, budgets, lastCollectionAt } =
    status;
  const locales = [...Object.entries(status.locales), ["all", status.translations] as const];
  const oldest = oldestReadySeconds === null ? "" : `, the oldest ready for ${duration(oldestReadySeconds)}`;
  return [
    tableOf(
      output,
      ["locale", "pending", "translated", "approved", "failed"],
      locales.map(([locale, count]) => [locale, count.pending, count.translated, count.approved, count.failed]),
    ),
    `batches: ${jobs.ready} ready, ${jobs.running} running, ${jobs.scheduled} scheduled${oldest}`,
    ...(Object.keys(flagged).length > 0 ? [`stored with a warning: ${describeFlagged(flagged)}`] : []),
    ...(inbox > 0 ? [`inbox: ${inbox} items to be registered`] : []),
    ...(Object.keys(refused).length > 0 ? [`inbox: ${describeRefused(refused)}`] : []),
    ...(paused.length > 0 ? [describePaused(paused)] : []),
    ...(workers.length === 0
      ? ["workers: none"]
      : [
          tableOf(
            output,
            ["worker", "host", "pid", "locales", "running", "last beat"],
            workers.map(({ id, host, pid, locales: own, running, beatSecondsAgo }) => [
              id,
              host,
              pid,
              own?.join(",") ?? "all",
              running,
              `${duration(beatSecondsAgo)} ago`,
            ]),
          ),
        ]),
    ...(budgets.length > 0 ? [describeBudgets(output, budgets)] : []),
    ...(cost === null
      ? []
      : [
          `cost: ${cost.today} ${cost.currency} today, ${cost.month} this month` +
            (cost.unconfirmed === "0" ? "" : `, and at most ${cost.unconfirmed} unconfirmed`),
        ]),
    ...limits.flatMap((limit) => describeLimit(limit) ?? []),
    `last collection: ${lastCollectionAt?.toISOString() ?? "never"}`,
  ].join("\n");
}

/** Such as `12 length, 3 same`. */
function describeFlagged(flagged: StoreStatus["flagged"]): string {
  return Object.entries(flagged)
    .sort(([, one], [, other]) => other - one)
    .map(([check, texts]) => `${texts} ${printable(check)}`)
    .join(", ");
}

function duration(seconds: number): string {
  if (seconds < 120) return `${Math.max(0, Math.round(seconds))} s`;
  if (seconds < 7_200) return `${Math.round(seconds / 60)} min`;
  return seconds < 172_800 ? `${Math.round(seconds / 3_600)} h` : `${Math.round(seconds / 86_400)} days`;
}
