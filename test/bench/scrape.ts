/**
 * The cost of the fleet's metrics for a database of five million rows: a scrape of `/metrics` from its request to the
 * last byte, the statement behind it, and the scaler's functions. Scrapes come every six seconds, so that each triggers
 * a new look, as rarer ones do.
 *
 *     npm run bench:scrape [-- --rows 5000000] [-- --json]
 *
 * Three databases in turn: everything translated; a fifth pending; everything pending. Rows are written by SQL, because
 * the store would take an hour.
 */
import { setTimeout as wait } from "node:timers/promises";
import { parseArgs } from "node:util";
import { applyMigrations } from "@trans-hub/core";
import { PostgresPersistenceHandler } from "@trans-hub/core/store";
import { WorkerMetrics } from "@trans-hub/metrics";
import { startPostgres } from "@trans-hub/test-support/postgres";
import pg from "pg";
import { startHealthServer } from "../../packages/metrics/src/health.ts";

const { values: options } = parseArgs({
  options: { rows: { type: "string", default: "5000000" }, json: { type: "boolean", default: false } },
});
const ROWS = Number(options.rows);
const LOOKS = 21;
const LOCALES = ["fr", "de", "es", "ja", "pt-BR"];

const server = await startPostgres(["shared_buffers=1GB", "max_wal_size=8GB"]);
try {
  const pool = new pg.Pool({ connectionString: server.url, max: 1 });
  await applyMigrations({ databaseUrl: server.url });
  await pool.query(
    `insert into trans_hub.content (content_id, source_locale, text)
     select gen_random_uuid(), 'en', 'Text number ' || n from generate_series(1, $1::int) as n`,
    [ROWS / LOCALES.length],
  );
  await pool.query(
    `insert into trans_hub.translation (content_no, target_locale, context_no, project, status, text, engine)
     select c.content_no, l, 0, 'shop', 'translated', 'Texte', 'pseudo'
     from trans_hub.content as c, unnest($1::text[]) as l`,
    [LOCALES],
  );
  await pool.query("insert into trans_hub.count_delta values ('shop', 'fr', 'translated', $1)", [ROWS]);
  const cells = [];
  for (const share of [0, 0.2, 1]) {
    await pool.query("delete from trans_hub.batch");
    await pool.query(
      `insert into trans_hub.batch (project, source_locale, target_locale, content_nos, context_nos, revisions, priority, created_at)
       select 'shop', 'en', ($2::text[])[1 + n % 5], array(select generate_series(n * 50, n * 50 + 49)),
         array_fill(0, array[50]), array_fill(1, array[50]), n % 3 - 1, now() - n * interval '1 ms'
       from generate_series(1, $1::int) as n`,
      [(ROWS * share) / 50, LOCALES],
    );
    await pool.query("vacuum analyze trans_hub.batch");
    const handler = await PostgresPersistenceHandler.connect({ databaseUrl: server.url });
    const metrics = new WorkerMetrics({ slots: 4, engines: [], isReady: () => true });
    metrics.store = handler;
    const health = await startHealthServer(0, metrics.scrape);
    const scrape = async () => {
      const response = await fetch(`http://127.0.0.1:${health.port}/metrics`);
      if (!(await response.text()).includes("trans_hub_database_up 1")) throw new Error("the look failed");
    };
    const firstScrapeMs = await median(scrape, 1);
    cells.push({
      firstScrapeMs,
      scrapeMs: await median(scrape, LOOKS, () => wait(6_000)),
      pendingTexts: ROWS * share,
      measureMs: await median(() => handler.measure()),
      statusMs: await median(() => handler.status()),
      readyTextsMs: await median(() => pool.query("select trans_hub.ready_texts()")),
      oldestReadyMs: await median(() => pool.query("select trans_hub.oldest_ready_seconds()")),
    });
    await health.close();
    await handler.close();
  }
  await pool.end();
  if (options.json) process.stdout.write(`${JSON.stringify({ rows: ROWS, cells })}\n`);
  else console.table(cells);
} finally {
  await server.stop();
}

async function median(
  look: () => Promise<unknown>,
  times = LOOKS,
  before: () => Promise<unknown> = async () => undefined,
): Promise<number> {
  const figures: number[] = [];
  for (let at = 0; at < times; at += 1) {
    await before();
    const startedAt = performance.now();
    await look();
    figures.push(performance.now() - startedAt);
  }
  return Math.round((figures.sort((one, other) => one - other)[Math.floor(times / 2)] ?? 0) * 10) / 10;
}
