/** The plans at millions of rows: no statement over a batch or a list of texts reads a large table from end to end. */

import { setTimeout as wait } from "node:timers/promises";
import { Coordinator } from "@trans-hub/core";
import { PostgresPersistenceHandler } from "@trans-hub/core/store";
import { LARGE_TABLES, scannedTables } from "@trans-hub/test-support/plans";
import pg from "pg";
import { collectRange } from "../../../packages/core/src/postgres/collect/collect.sql.ts";
import { loadBatches } from "../../../packages/core/src/postgres/queue/load-batches.ts";
import { readByBusinessId, readByKey, readByText } from "../../../packages/core/src/postgres/read/read.sql.ts";
import { bury, handOver } from "../../../packages/core/src/postgres/settle/remainder.sql.ts";
import { lockRows, storeLocked } from "../../../packages/core/src/postgres/settle/store.sql.ts";
import { countJobs, countTranslations } from "../../../packages/core/src/postgres/status/status.sql.ts";
import { workLeft } from "../../../packages/core/src/postgres/work/claim/left.sql.ts";
import { drainOurs } from "../ours.ts";
import type { BenchDatabase } from "../stage.ts";
import type { Family } from "./cell.ts";

/** Rows of the large tables that an action over a thousand items may read: a hundred an item. A scan reads millions. */
const MOST_ROWS = 100_000;

const STATEMENTS = [
  loadBatches,
  lockRows,
  storeLocked({ isHeld: false, isReplacing: false }),
  handOver,
  bury,
  workLeft,
  readByText,
  readByBusinessId,
  readByKey,
  countTranslations,
  countJobs,
  collectRange,
];

export const plans: Family = {
  name: "plans",
  what: "plans on grown tables: which statements read a large table from end to end",
  isQuick: false,
  async measure(stage) {
    const grown = await stage.grown();
    const planned = await plannedScans(grown.pool, stage.options.stored);
    const most = Math.min(MOST_ROWS, stage.options.stored / 2);
    const acts = await rowsReadBy(grown);
    const bad = Object.entries(acts).flatMap(([act, rows]) =>
      typeof rows === "string"
        ? [`${act}: ${rows}`]
        : rows > most
          ? [`${act}: ${rows.toLocaleString("en")} rows read`]
          : [],
    );
    for (const each of [...planned, ...bad]) stage.progress(`  reads too much: ${each}`);
    const common = {
      family: "plans",
      against: "–",
      better: "less",
      theirs: [] as number[],
      reach: 0,
      bound: "ours",
      phase: "any",
    } as const;
    const size = `at ${stage.options.stored / 1e6} M stored translations`;
    stage.record(
      {
        ...common,
        cell: `plans ${size}: statements that read a large table from end to end`,
        unit: "statements",
        ours: [planned.length],
        note: [`of ${STATEMENTS.length}`, ...planned].join(", "),
      },
      {
        ...common,
        cell: `plans ${size}: acts with a thousand items that read more than ${most.toLocaleString("en")} rows, or do not answer`,
        unit: "acts",
        ours: [bad.length],
        note: [`of ${Object.keys(acts).join(", ")}`, ...bad].join("; "),
      },
    );
  },
};

async function plannedScans(pool: pg.Pool, stored: number): Promise<string[]> {
  const client = await pool.connect();
  try {
    const found: string[] = [];
    for (const statement of STATEMENTS) {
      // For few contexts, a scan is the best plan.
      const tables = (await scannedTables(client, statement)).filter(
        (table) => table !== "context" || stored >= 2_500_000,
      );
      if (tables.length > 0) found.push(`${statement.name} (${tables.join(", ")})`);
    }
    return found;
  } finally {
    client.release(true);
  }
}

/**
 * The number of rows of the large tables that each action really reads, functions included; or the reason why it did
 * not finish.
 */
async function rowsReadBy({ url, pool }: BenchDatabase): Promise<Record<string, number | string>> {
  const { rows: some } = await pool.query<{ text: string }>(
    // Texts without a context: every fifth one has one.
    "select text from trans_hub.content where content_no between 5001 and 5600 and content_no % 5 <> 0",
  );
  const known = some.map(({ text }) => ({ text }));
  const fresh = Array.from({ length: 500 }, (_, at) => ({ text: `Of the plans ${at}`, businessId: `plans.${at}` }));
  const hub = (use: (hub: Coordinator) => Promise<unknown>) => async () => {
    const opened = await Coordinator.connect({ databaseUrl: url, sourceLocale: "en", cacheSize: 0 });
    await use(opened).finally(() => opened.close());
  };
  const store = (use: (store: PostgresPersistenceHandler) => Promise<unknown>) => async () => {
    const opened = await PostgresPersistenceHandler.connect({ databaseUrl: url });
    await use(opened).finally(() => opened.close());
  };
  const acts: Record<string, () => Promise<unknown>> = {
    register: hub((each) => each.request([...fresh, ...known], { targetLocales: ["fr"] })),
    "register again": hub((each) => each.request([...fresh, ...known], { targetLocales: ["fr"] })),
    "count while it waits": store((each) => each.status()),
    "claim and store": () => drainOurs(url),
    read: hub((each) => each.getTranslations([...fresh, ...known], { targetLocale: "fr" })),
    "read by business id": hub((each) =>
      each.getTranslations(
        fresh.map(({ businessId }) => ({ businessId })),
        { targetLocale: "fr" },
      ),
    ),
    count: store((each) => each.status()),
    collect: () => collectSome(url),
  };
  const read: Record<string, number | string> = {};
  for (const [name, act] of Object.entries(acts)) {
    const before = await rowsReadSoFar(pool);
    const failure = await act().then(
      () => undefined,
      (error) => `failed (${error instanceof Error ? error.message : error})`,
    );
    read[name] = failure ?? (await rowsReadSoFar(pool)) - before;
  }
  return read;
}

/** Collects ranges of old and of new texts, and rolls back. */
async function collectSome(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query("begin");
  for (const after of [0, 1_000, 2_000, 4_000_000]) {
    await client.query("select from trans_hub.collect_range($1, 1000, now() - interval '90 days', false, null)", [
      after,
    ]);
  }
  await client.query("rollback");
  await client.end();
}

/** A session reports its statistics at its end at the latest, so this waits for all other sessions. */
async function rowsReadSoFar(pool: pg.Pool): Promise<number> {
  for (;;) {
    const { rows } = await pool.query<{ others: number }>(
      `select count(*)::int as others from pg_stat_activity
       where datname = current_database() and pid <> pg_backend_pid() and backend_type = 'client backend'
         and application_name <> 'bench'`,
    );
    if (rows[0]?.others === 0) break;
    await wait(20);
  }
  const { rows } = await pool.query<{ n: number }>(
    `select (
       (select sum(t.seq_tup_read) from pg_stat_user_tables as t where t.schemaname = 'trans_hub' and t.relname = any ($1))
       + (select sum(i.idx_tup_read) from pg_stat_user_indexes as i where i.schemaname = 'trans_hub' and i.relname = any ($1))
     )::float8 as n`,
    [LARGE_TABLES],
  );
  return rows[0]?.n ?? 0;
}
