/**
 * The benchmark: ours and the others in turn, in one run, on one PostgreSQL 18 with durable commits, on the same texts.
 * Ratios are what counts; absolute figures are of this machine, in this minute.
 *
 *     npm run bench                    five rounds of 20,000 texts
 *     npm run bench -- --quick         three rounds of 4,000
 *     npm run bench -- --json          {machine, cells: [{cell, against, ours, theirs, ratio}]} on one line
 */
import { cpus, totalmem } from "node:os";
import { parseArgs } from "node:util";
import { applyMigrations, Coordinator, type TranslateWork, version } from "@trans-hub/core";
import { Logger, makeWorkerUtils, run } from "graphile-worker";
import pg from "pg";
import { startPostgres } from "../support/postgres.ts";
import { makeTexts } from "../support/strings.ts";
import { createCeilingTables, drainCeiling, registerCeiling } from "./ceiling.ts";

const { values: options } = parseArgs({
  options: { quick: { type: "boolean", default: false }, json: { type: "boolean", default: false } },
});
const ROUNDS = options.quick ? 3 : 5;
const TEXTS = options.quick ? 4_000 : 20_000;
const CHUNK = 1_000;
const STORM = options.quick ? 4_000 : 10_000;
const POOL = 20;

interface Cell {
  cell: string;
  against: string;
  /** Per second: every round's figure. */
  ours: number[];
  theirs: number[];
}

/** Its line a job would cost it time and us the screen. */
const silent = new Logger(() => () => undefined);
const progress = (line: string) => process.stderr.write(`${line}\n`);

const server = await startPostgres(["fsync=on", "synchronous_commit=on", "shared_buffers=128MB"]);
try {
  await main(server.url);
} finally {
  await server.stop();
}

async function main(serverUrl: string): Promise<void> {
  const cells: Cell[] = [
    { cell: `register, chunks of ${CHUNK}`, against: "bare SQL", ours: [], theirs: [] },
    { cell: `register, chunks of ${CHUNK}`, against: "graphile-worker addJobs", ours: [], theirs: [] },
    {
      cell: `${STORM} concurrent single requests, pool of ${POOL}`,
      against: "graphile-worker addJob",
      ours: [],
      theirs: [],
    },
    { cell: "drain, echo engine, one process", against: "bare SQL in 50s", ours: [], theirs: [] },
    {
      cell: "drain, echo engine, one process",
      against: "graphile-worker, 50 items a job, same update",
      ours: [],
      theirs: [],
    },
  ];
  const [registerBare, registerJobs, storm, drainBare, drainJobs] = cells as [Cell, Cell, Cell, Cell, Cell];
  for (let round = 1; round <= ROUNDS; round += 1) {
    progress(`round ${round} of ${ROUNDS}`);
    const texts = makeTexts(TEXTS, round);
    await withDatabase(serverUrl, async (databaseUrl, pool) => {
      await createCeilingTables(pool);
      const bare = rate(TEXTS, await timed(() => registerCeiling(pool, texts, CHUNK)));
      const bareDrained = rate(TEXTS, await timed(() => drainCeiling(pool, 50)));
      const utils = await makeWorkerUtils({ pgPool: pool, logger: silent });
      const jobs = rate(TEXTS, await timed(() => addJobs(utils, texts)));
      await pool.query("delete from graphile_worker._private_jobs");
      const jobsDrained = rate(TEXTS, await drainFiftyItemJobs(pool, utils, texts));

      const hub = await Coordinator.connect({ databaseUrl, sourceLocale: "en", maxConnections: POOL });
      const ours = rate(TEXTS, await timed(() => registerOurs(hub, texts)));
      await hub.close();
      const drained = rate(TEXTS, await drainOurs(databaseUrl));
      for (const [cell, figure] of [
        [registerBare, bare],
        [registerJobs, jobs],
      ] as const) {
        cell.ours.push(ours);
        cell.theirs.push(figure);
      }
      for (const [cell, figure] of [
        [drainBare, bareDrained],
        [drainJobs, jobsDrained],
      ] as const) {
        cell.ours.push(drained);
        cell.theirs.push(figure);
      }
      await utils.release();
    });
    await withDatabase(serverUrl, async (databaseUrl, pool) => {
      const stormTexts = makeTexts(STORM, 1_000 + round);
      const utils = await makeWorkerUtils({ pgPool: pool, logger: silent });
      storm.theirs.push(
        rate(STORM, await timed(() => Promise.all(stormTexts.map((text) => utils.addJob("storm", { text }))))),
      );
      await utils.release();
      const hub = await Coordinator.connect({ databaseUrl, sourceLocale: "en", maxConnections: POOL });
      storm.ours.push(
        rate(
          STORM,
          await timed(() => Promise.all(stormTexts.map((text) => hub.request({ text, targetLocales: ["fr"] })))),
        ),
      );
      await hub.close();
    });
  }
  report(cells, await serverSettings(serverUrl));
}

async function registerOurs(hub: Coordinator, texts: string[]): Promise<void> {
  for (let at = 0; at < texts.length; at += CHUNK) {
    await hub.request(texts.slice(at, at + CHUNK), { targetLocales: ["fr"] });
  }
}

/** The whole worker with all its guards; only the engine is free. */
async function drainOurs(databaseUrl: string): Promise<number> {
  const { PostgresPersistenceHandler } = await import("@trans-hub/core");
  const handler = await PostgresPersistenceHandler.connect({ databaseUrl, maxConnections: POOL });
  const echo: TranslateWork = async ({ items }) => ({
    outcomes: items.map(({ text }) => ({ kind: "translated", text, engine: "echo", model: null })),
    calls: [],
  });
  let firstAt = Number.POSITIVE_INFINITY;
  let lastAt = 0;
  await handler.work(
    {
      until: "ready",
      concurrency: 4,
      maxItems: 50,
      observer: {
        ready: () => {
          firstAt = Math.min(firstAt, performance.now());
        },
        settled: () => {
          lastAt = performance.now();
        },
      },
    },
    echo,
  );
  await handler.close();
  return lastAt - firstAt;
}

async function addJobs(utils: Awaited<ReturnType<typeof makeWorkerUtils>>, texts: string[]): Promise<void> {
  for (let at = 0; at < texts.length; at += CHUNK) {
    await utils.addJobs(texts.slice(at, at + CHUNK).map((text) => ({ identifier: "register", payload: { text } })));
  }
}

/** The fair rival: jobs of 50 keys, whose task reads the texts and writes the results as the ceiling does. */
async function drainFiftyItemJobs(
  pool: pg.Pool,
  utils: Awaited<ReturnType<typeof makeWorkerUtils>>,
  texts: string[],
): Promise<number> {
  await pool.query("update ceiling_translation set status = 'pending', text = null");
  const { rows } = await pool.query<{ content_no: string }>(
    "select content_no from ceiling_translation order by content_no",
  );
  const keys = rows.map((row) => row.content_no);
  for (let at = 0; at < keys.length; at += 50) {
    await utils.addJob("drain", { keys: keys.slice(at, at + 50) });
  }
  let left = Math.ceil(texts.length / 50);
  const done = Promise.withResolvers<void>();
  const startedAt = performance.now();
  const runner = await run({
    pgPool: pool,
    logger: silent,
    noHandleSignals: true,
    parsedCronItems: [],
    taskList: {
      drain: async (payload) => {
        await drainCeiling(pool, 50, (payload as { keys: string[] }).keys);
        left -= 1;
        if (left === 0) done.resolve();
      },
    },
    preset: {
      worker: { concurrentJobs: 8, localQueue: { size: 100 }, completeJobBatchDelay: 0, failJobBatchDelay: 0 },
    },
  });
  await done.promise;
  const elapsed = performance.now() - startedAt;
  await runner.stop();
  return elapsed;
}

async function withDatabase(serverUrl: string, use: (url: string, pool: pg.Pool) => Promise<void>): Promise<void> {
  const admin = new pg.Client({ connectionString: serverUrl });
  await admin.connect();
  const name = `bench_${process.pid}_${Math.floor(performance.now())}`;
  await admin.query(`create database ${name} template template0 encoding 'UTF8'`);
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  const pool = new pg.Pool({ connectionString: url.href, max: POOL });
  pool.on("error", () => undefined).on("connect", () => undefined);
  try {
    await applyMigrations({ databaseUrl: url.href });
    await use(url.href, pool);
  } finally {
    await pool.end();
    await admin.query(`drop database ${name} with (force)`);
    await admin.end();
  }
}

async function serverSettings(serverUrl: string): Promise<Record<string, string>> {
  const client = new pg.Client({ connectionString: serverUrl });
  await client.connect();
  const { rows } = await client.query<{ name: string; setting: string }>(
    "select name, current_setting(name) as setting from pg_settings where name in " +
      "('server_version', 'shared_buffers', 'wal_compression', 'synchronous_commit', 'fsync', 'full_page_writes', 'max_wal_size')",
  );
  await client.end();
  return Object.fromEntries(rows.map(({ name, setting }) => [name, setting]));
}

function report(cells: Cell[], server: Record<string, string>): void {
  const machine = {
    cpu: cpus()[0]?.model ?? "unknown",
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    node: process.version,
    transHub: version,
    rounds: ROUNDS,
    texts: TEXTS,
    server,
  };
  const rows = cells.map(({ cell, against, ours, theirs }) => {
    const ratios = ours.map((figure, round) => figure / (theirs[round] ?? Number.NaN));
    return {
      cell,
      against,
      ours: Math.round(median(ours)),
      theirs: Math.round(median(theirs)),
      ratio: round2(median(ratios)),
    };
  });
  if (options.json) {
    process.stdout.write(`${JSON.stringify({ machine, cells: rows })}\n`);
    return;
  }
  process.stdout.write(`${JSON.stringify(machine, null, 2)}\n\n`);
  for (const [at, row] of rows.entries()) {
    const spread = (figures: number[]) => `${Math.round(Math.min(...figures))} to ${Math.round(Math.max(...figures))}`;
    const { ours, theirs } = cells[at] as Cell;
    process.stdout.write(
      `${row.cell}\n  against ${row.against}: ${row.ratio} ×   ours ${row.ours}/s (${spread(ours)}), theirs ${row.theirs}/s (${spread(theirs)})\n`,
    );
  }
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await work();
  return performance.now() - startedAt;
}

function rate(count: number, elapsedMs: number): number {
  return (count * 1_000) / elapsedMs;
}

function median(figures: number[]): number {
  const sorted = [...figures].sort((one, other) => one - other);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? (sorted[middle] ?? 0) : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2;
}

function round2(figure: number): number {
  return Math.round(figure * 100) / 100;
}
