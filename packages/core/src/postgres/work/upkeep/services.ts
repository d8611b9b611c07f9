/**
 * The services of a fleet member beside translating, each one entry: a name, the moments at which it runs, and its act.
 * A new scheduled task is an entry here and its payload in `queue/task-map.ts`.
 *
 * | service           | a job asks for it             | after a beat        | crontab, once in the fleet |
 * |-------------------|-------------------------------|---------------------|----------------------------|
 * | `register_inbox`  | an item was put into the inbox | each                |                            |
 * | `open_lanes`      | a first batch of a locale     | once a minute       |                            |
 * | `collect_garbage` | the crontab                   |                     | `TH_GC_CRON`               |
 * | `fold_counts`     | the crontab                   |                     | every minute               |
 * | `sequence_events` |                               | each                |                            |
 * | `key_memory`      | the crontab                   |                     | every minute               |
 *
 * `register_inbox` also runs when the next row of the inbox that was put off is due.
 */
import type { CollectOptions, CollectReport } from "../../../contract/collect.ts";
import type { RefusedInboxItem, WorkOptions } from "../../../contract/work.ts";
import { foldBudgets } from "../../budget/budget.sql.ts";
import { loseStrays, unparkAffordable } from "../../budget/budget-store.ts";
import { unpark } from "../../control/pause.ts";
import type { ConnectionPool } from "../../database/pool.ts";
import { rows } from "../../database/statement.ts";
import { sequenceEvents } from "../../feed/feed.sql.ts";
import { markAllStale } from "../../glossary/glossary-store.ts";
import { keyMemoryTexts } from "../../memory/key-texts.ts";
import { parseTaskPayload, type TaskName } from "../../queue/task-map.ts";
import { registerInbox, untilNextInboxRow } from "../../register/inbox.ts";
import { openLanes } from "../../register/register.sql.ts";
import type { FleetView } from "../fleet/fleet-view.ts";
import { foldCounts } from "../fleet/node.sql.ts";
import { reconcileBatches } from "./reconcile.ts";

export interface Service {
  /** The graphile-worker task whose jobs ask for it. */
  readonly task: TaskName;
  /** Whether its jobs may be claimed before the node is in the fleet. Default: no. */
  readonly isEarly?: boolean;
  /** Milliseconds between its runs after beats; 0: after each. Undefined: it does not run after beats. */
  readonly everyMs?: number;
  /** When graphile-worker's crontab asks for it. Every member of a fleet is to have the same entry. */
  readonly cron?: { match: string; payload?: Record<string, unknown> };
  /** Gives the milliseconds after which it is to run again without a job or a beat. Undefined: it is not. */
  run(payload: unknown): Promise<number | undefined>;
}

export interface ServicesOptions {
  pool: ConnectionPool;
  view: FleetView;
  /** Undefined: no collection and no folding. */
  upkeep: WorkOptions["upkeep"];
  collect(options: CollectOptions): Promise<CollectReport>;
  onCollected(report: CollectReport): void;
  onRefused(item: RefusedInboxItem): void;
  onFault(error: Error): void;
}

/** How often batches without a job are looked for. Milliseconds. The first time is after the first beat. */
const RECONCILE_MS = 60_000;

/** Milliseconds. New locales are asked for at most this often while the inbox is busy. */
const LOCALES_MS = 500;

export function servicesOf({
  pool,
  view,
  upkeep,
  collect,
  onCollected,
  onRefused,
  onFault,
}: ServicesOptions): Service[] {
  const always: Service[] = [
    {
      task: "register_inbox",
      isEarly: true,
      // Also after beats, for items that were behind a lock when their job ran.
      everyMs: 0,
      async run() {
        await registerInbox(pool, { refused: onRefused, fault: onFault });
        await view.learnLocales(LOCALES_MS);
        return untilNextInboxRow(pool);
      },
    },
    {
      task: "open_lanes",
      isEarly: true,
      everyMs: RECONCILE_MS,
      async run() {
        await rows(pool, openLanes, [null]);
        // Locales are learned before their jobs are announced; otherwise the jobs wait for the next poll.
        await view.learnLocales(0);
        await reconcileBatches(pool);
        // Batches left parked by a resume that was cut off.
        await unpark(pool, true);
        await loseStrays(pool);
        await unparkAffordable(pool);
        return undefined;
      },
    },
    {
      // Events of a fleet whose feed nobody tails get their positions here; without events it is one look at an empty table.
      task: "sequence_events",
      everyMs: 0,
      async run() {
        await rows(pool, sequenceEvents);
        return undefined;
      },
    },
  ];
  if (upkeep === undefined) return always;
  const { gcCron, retentionDays, eventRetentionDays } = upkeep;
  return [
    ...always,
    {
      task: "collect_garbage",
      cron: {
        match: gcCron,
        payload: { retentionDays, ...(eventRetentionDays !== undefined && { eventRetentionDays }) },
      },
      async run(payload) {
        onCollected(await collect(parseTaskPayload("collect_garbage", payload)));
        return undefined;
      },
    },
    {
      task: "key_memory",
      cron: { match: "* * * * *" },
      async run() {
        // In the present release's keys; mostly there is nothing to do.
        return (await keyMemoryTexts(pool)) ? 0 : undefined;
      },
    },
    {
      task: "fold_counts",
      cron: { match: "* * * * *" },
      async run() {
        await rows(pool, foldCounts);
        await rows(pool, foldBudgets);
        await markAllStale(pool);
        return undefined;
      },
    },
  ];
}
