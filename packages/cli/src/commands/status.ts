import type { StoreStatus } from "@trans-hub/core";
import type { Command } from "commander";
import type { CommandContext } from "../command-context.ts";
import { examples, onlyProjectOption } from "../options.ts";
import { type Output, printable } from "../output.ts";
import { describePaused } from "../pause-target.ts";
import { describeLimit } from "../reasons-to-wait.ts";
import { describeRefused } from "../refused-items.ts";
import { withSession } from "../session.ts";
import { tableOf } from "../table.ts";

export function define(command: Command, context: CommandContext): void {
  command.addOption(onlyProjectOption()).action((options: { project?: string }) => status(command, context, options));
  examples(command, "status", "status --project shop --json");
}

async function status(command: Command, context: CommandContext, { project }: { project?: string }): Promise<void> {
  await withSession(command, context, {}, async ({ hub }) => {
    const found = await hub.status({ project: project ?? null });
    await context.output.result(found, () => describe(found, context.output));
  });
}

function describe(status: StoreStatus, output: Output): string {
  const { flagged, jobs, inbox, refused, oldestReadySeconds, workers, paused, limits, lastCollectionAt } = status;
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
