/** The drain as it is, beside the drain of a hub whose feed of events is on, and of one whose project has a budget. */
import { setTimeout as wait } from "node:timers/promises";
import type { Engine } from "@trans-hub/core/engine";
import { PostgresPersistenceHandler, translateBatch } from "@trans-hub/core/store";
import { makeTexts } from "@trans-hub/test-support/strings";
import { inTurn, median, rate } from "../figures.ts";
import { drainOurs, registerOurs } from "../ours.ts";
import { type BenchDatabase, FRESH, POOL, type Stage } from "../stage.ts";
import type { Family } from "./cell.ts";

/** Of the engine behind a budget. */
const CALL_MS = 400;
/** Calls at once to an engine of 400 ms, so that it can take 4,000 texts a second. */
const CALLS = 32;

export const conditions: Family = {
  name: "conditions",
  what: "the drain with the feed of events on, and under a budget, beside the plain one",
  isQuick: false,
  async measure(stage) {
    const count = 150_000;
    const hot: number[] = [];
    const echoed = await inTurn(
      stage.options.rounds,
      {
        plain: (round) => drained(stage, count, round, async (_, drain) => drain()),
        followed: (round) =>
          drained(stage, count, round, async ({ url, pool }, drain) => {
            const reader = await PostgresPersistenceHandler.connect({ databaseUrl: url, maxConnections: 2 });
            await reader.events();
            const leave = reader.watchEvents(() => undefined);
            const ms = await drain();
            leave();
            await reader.close();
            hot.push(await hotShare(pool));
            return ms;
          }),
      },
      (line) => stage.progress(line),
    );
    const texts = 16_000;
    const priced = await inTurn(
      Math.min(3, stage.options.rounds),
      {
        plain: (round) => drained(stage, texts, round, ({ url }) => drainSlowly(url)),
        budgeted: (round) =>
          drained(stage, texts, round, async ({ url }) => {
            const handler = await PostgresPersistenceHandler.connect({ databaseUrl: url, maxConnections: 2 });
            await handler.setBudget({ project: "default", per: "day", amount: "1000000", currency: "USD" });
            await handler.close();
            return drainSlowly(url);
          }),
      },
      (line) => stage.progress(line),
    );
    stage.facts["HOT share of the rows settled with the feed on"] = median(hot);
    const common = { family: "conditions", unit: "translations/s", better: "more", phase: FRESH } as const;
    stage.record(
      {
        ...common,
        cell: "drain with the feed of events on, one reader in the process",
        against: "the same drain with the feed off",
        ours: echoed.followed,
        theirs: echoed.plain,
        reach: 0.95,
        note: `${count} texts a round; ${(median(hot) * 100).toFixed(1)} % of the settled rows HOT`,
      },
      {
        ...common,
        cell: `drain under a budget, an engine of ${CALL_MS} ms`,
        against: "the same drain without price and budget",
        ours: priced.budgeted,
        theirs: priced.plain,
        reach: 0.9,
        note: `${texts} texts a round, ${CALLS} calls at once`,
      },
    );
  },
};

/** Registers texts in a database of their own and gives the rate at which `use` drains them. `use` gives milliseconds. */
function drained(
  stage: Stage,
  count: number,
  round: number,
  use: (database: BenchDatabase, drain: () => Promise<number>) => Promise<number>,
): Promise<number> {
  return stage.database(async (database) => {
    await registerOurs(database.url, makeTexts(count, round), 1_000);
    await stage.checkpoint();
    return rate(count, await use(database, () => drainOurs(database.url)));
  });
}

/**
 * Answers after {@link CALL_MS} with each text and a word: a text that comes back as it was would be asked for again. Its
 * calls have a price and a bound.
 */
const slow: Engine = {
  name: "slow",
  version: "1",
  processor: "local",
  maxItemsPerCall: 50,
  maxBytesPerCall: 1_000_000,
  detectsSource: true,
  takesContext: true,
  model: "slow-1",
  bound: ({ items }) => ({ characters: items.reduce((sum, { text }) => sum + text.length, 0) }),
  async translate({ items }) {
    await wait(CALL_MS);
    return {
      model: "slow-1",
      results: new Map(items.map(({ id, text }) => [id, { text: `${text} fr` }])),
      usage: {
        inputTokens: 0,
        outputTokens: 0,
        cachedTokens: 0,
        characters: items.reduce((sum, { text }) => sum + text.length, 0),
      },
    };
  },
};

async function drainSlowly(databaseUrl: string): Promise<number> {
  const handler = await PostgresPersistenceHandler.connect({ databaseUrl, maxConnections: POOL });
  const translate = translateBatch({
    engines: [slow],
    maxAttempts: 5,
    engineTimeoutMs: 60_000,
    gate: handler.engineGate,
    prices: {
      currency: "USD",
      asOf: "2026-01-01",
      engines: { slow: { "*": { charactersPerMillion: 20 } } },
    },
  });
  let firstAt = Number.POSITIVE_INFINITY;
  let lastAt = 0;
  await handler.work(
    {
      until: "ready",
      concurrency: CALLS,
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
    translate,
  );
  await handler.close();
  return lastAt - firstAt;
}

async function hotShare(pool: BenchDatabase["pool"]): Promise<number> {
  const { rows } = await pool.query<{ hot: number }>(
    "select n_tup_hot_upd::float8 / nullif(n_tup_upd, 0) as hot from pg_stat_user_tables where relname = 'translation'",
  );
  return rows[0]?.hot ?? Number.NaN;
}
