/** The plans at millions of rows: no statement over a batch or a list of texts reads a large table from end to end. */
import { Coordinator, PostgresPersistenceHandler } from "@trans-hub/core";
import type pg from "pg";
import { collectRange } from "../../../packages/core/src/garbage/garbage.sql.ts";
import { countJobs, countTranslations } from "../../../packages/core/src/status/status.sql.ts";
import { readByBusinessId, readByKey, readByText } from "../../../packages/core/src/translation/translation.sql.ts";
import {
  bury,
  handOver,
  loadBatches,
  lockRows,
  storeTranslations,
  workLeft,
} from "../../../packages/core/src/work/batch.sql.ts";
import { LARGE_TABLES, scannedTables } from "../../support/plans.ts";
import { drainOurs } from "../ours.ts";
import type { BenchDatabase } from "../stage.ts";
import type { Family } from "./cell.ts";

const STATEMENTS = [
  loadBatches,
  lockRows,
  storeTranslations,
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
    const planned = await plannedScans(grown.pool);
    const read = await rowsScanned(grown);
    for (const each of [...planned, ...Object.entries(read).map(([act, rows]) => `${act}: ${rows} rows`)]) {
      stage.progress(`  reads a table from end to end: ${each}`);
    }
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
        cell: `plans ${size}: rows read so by registering, claiming, storing, reading, counting and collecting`,
        unit: "rows",
        ours: [Object.values(read).reduce((sum, rows) => sum + rows, 0)],
        note: Object.keys(read).join(", ") || "as the server counts them",
      },
    );
  },
};

async function plannedScans(pool: pg.Pool): Promise<string[]> {
  const client = await pool.connect();
  try {
    const found: string[] = [];
    for (const statement of STATEMENTS) {
      const tables = await scannedTables(client, statement);
      if (tables.length > 0) found.push(`${statement.name} (${tables.join(", ")})`);
    }
    return found;
  } finally {
    client.release(true);
  }
}

/** What each of them reads so in fact, functions included. Those that read nothing are left out. */
async function rowsScanned({ url, pool }: BenchDatabase): Promise<Record<string, number>> {
  const { rows: some } = await pool.query<{ text: string }>(
    // Without a context: those with one are five apart.
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
  const read: Record<string, number> = {};
  let before = await scannedSoFar(pool);
  for (const [name, act] of Object.entries(acts)) {
    await act();
    const after = await scannedSoFar(pool);
    if (after > before) read[name] = after - before;
    before = after;
  }
  return read;
}

/** Ranges of old and of new texts, as a collection goes through them, and taken back. */
async function collectSome(url: string): Promise<void> {
  const { Client } = (await import("pg")).default;
  const client = new Client({ connectionString: url });
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

/** A session tells its numbers at its end at the latest: so all others are waited for. */
async function scannedSoFar(pool: pg.Pool): Promise<number> {
  for (;;) {
    const { rows } = await pool.query<{ others: number }>(
      `select count(*)::int as others from pg_stat_activity
       where datname = current_database() and pid <> pg_backend_pid() and backend_type = 'client backend' and application_name <> 'bench'`,
    );
    if (rows[0]?.others === 0) break;
  }
  const { rows } = await pool.query<{ n: number }>(
    "select sum(seq_tup_read)::float8 as n from pg_stat_user_tables where schemaname = 'trans_hub' and relname = any ($1)",
    [LARGE_TABLES],
  );
  return rows[0]?.n ?? 0;
}
