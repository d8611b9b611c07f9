/** Garbage collection: in bounded steps, each its own transaction, so that it delays no session for long and may be cut off. */
import { setTimeout as wait } from "node:timers/promises";
import type { CollectOptions, CollectReport } from "../../contract/collect.ts";
import { CancelledError } from "../../contract/errors.ts";
import type { ConnectionPool } from "../database/pool.ts";
import { rows, run } from "../database/statement.ts";
import { pruneOldEvents } from "../feed/feed.ts";
import type { Voice } from "../settle/voice.ts";
import {
  collectContexts,
  collectRange,
  collectRecords,
  countCollectable,
  finishCollection,
  startCollection,
} from "./collect.sql.ts";

/**
 * Milliseconds that one transaction should take: well under register's lock_timeout, and little WAL, because the next
 * commit waits for its flush. After a step that removed rows, it rests for twice as long. Steps of 1,000 texts without
 * rests took 100 ms each, and registering beside them took four times as long (p99).
 */
const STEP_MS = 10;
/** Bounds of the texts looked at in one transaction. */
const MIN_RANGE = 50;
const MAX_RANGE = 1_000;

/** Rows of each table of records that one transaction removes. */
const RECORDS = 10_000;

/** Default age of events of the feed that are removed. */
const EVENT_DAYS = 7;

const SECONDS_A_DAY = 86_400;

/** Days for which accounts of engine calls are kept at least, however short the retention: a bill may come late. */
const ACCOUNTS_DAYS = 90;

export async function collect(pool: ConnectionPool, voice: Voice, options: CollectOptions): Promise<CollectReport> {
  const retentionSeconds = options.retentionDays * SECONDS_A_DAY;
  const includeApproved = options.includeApproved ?? false;
  const project = options.project ?? null;
  if (options.dryRun) {
    const [counts] = await pool.unhurried((db) =>
      rows(db, countCollectable, [retentionSeconds, includeApproved, project]),
    );
    if (counts === undefined) throw new Error("counting gave no row");
    return { dryRun: true, ...counts };
  }
  const [start] = await rows(pool, startCollection, [retentionSeconds, includeApproved]);
  if (start === undefined) throw new Error("gc_run gave no row");
  const report: CollectReport = { dryRun: false, sources: 0, translations: 0, contents: 0, contexts: 0 };
  let after: string | null = "0";
  let range = MIN_RANGE;
  while (after !== null) {
    if (options.signal?.aborted) throw new CancelledError("The collection was cut off; removed rows stay removed");
    const startedAt = performance.now();
    const [step]: { reached: string | null; sources: number; translations: number; contents: number }[] = await rows(
      pool,
      collectRange,
      [after, range, start.cutoff, includeApproved, project],
    );
    if (step === undefined) throw new Error("collect_range gave no row");
    const elapsedMs = performance.now() - startedAt;
    range = Math.round(Math.min(Math.max((range * STEP_MS) / elapsedMs, range / 2, MIN_RANGE), range * 2, MAX_RANGE));
    report.sources += step.sources;
    report.translations += step.translations;
    report.contents += step.contents;
    voice.changed({
      ...{ kind: "collected", project: options.project, targetLocale: undefined },
      count: step.translations,
    });
    after = step.reached;
    if (step.sources + step.translations + step.contents > 0) await wait(2 * elapsedMs);
  }
  const [last] = await pool.unhurried((db) => rows(db, collectContexts, [start.cutoff]));
  report.contexts = last?.contexts ?? 0;
  for (let removed = 1; removed > 0; ) {
    const values = [start.cutoff, ACCOUNTS_DAYS, project, RECORDS];
    const [step] = await pool.unhurried((db) => rows(db, collectRecords, values));
    removed = step?.removed ?? 0;
  }
  if (project === null) await pruneOldEvents(pool, options.eventRetentionDays ?? EVENT_DAYS, options.signal);
  await run(pool, finishCollection, [start.id, report.sources, report.translations, report.contents, report.contexts]);
  return report;
}
