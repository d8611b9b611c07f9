/** Drains a backlog in one process, whose engine answers at once. */
import { makeTexts } from "@trans-hub/test-support/strings";
import { CHUNKS, drainCeiling, listBatches, registerCeiling } from "../ceiling.ts";
import { bestOf, inTurn, rate } from "../figures.ts";
import { drainOurs, registerOurs, SLOTS } from "../ours.ts";
import { bullmq } from "../peers/bullmq.ts";
import { addFifties, addTexts, BATCHED, drainJobs, fiftyTask, UNBATCHED, withUtils } from "../peers/graphile-worker.ts";
import { drainTexts, insertTexts, withBoss } from "../peers/pg-boss.ts";
import { FRESH, type Stage } from "../stage.ts";
import type { Family } from "./cell.ts";

/**
 * Concurrent connections of the ceiling. Trans-Hub reads over one connection, settles over another, claims and
 * completes over others; some two to four are active at a time. The ceiling has as many lanes as the worker has engine
 * slots.
 */
const CONNECTIONS = SLOTS;

const CELL = "drain, echo engine, one process";

type Measure = (round: number) => Promise<number>;

export const drain: Family = {
  name: "drain",
  what: "a backlog drained by one process",
  isQuick: true,
  async measure(stage) {
    const count = stage.options.isQuick ? 12_000 : 60_000;
    const contestants = { ...ourContestants(stage, count), ...ceilings(stage, count), ...peers(stage, count) };
    const figures = await inTurn(stage.options.rounds, contestants, (line) => stage.progress(line));
    const best = bestOf(
      Object.fromEntries(CHUNKS.map((chunk) => [`in ${chunk}s`, figures[`ceiling in ${chunk}s`] ?? []])),
    );
    const common = {
      family: "drain",
      cell: CELL,
      unit: "translations/s",
      better: "more",
      ours: figures.ours ?? [],
      phase: FRESH,
      note: `${count} texts a round`,
    } as const;
    const lanes = `over ${CONNECTIONS} connections`;
    stage.record(
      {
        ...common,
        against: `bare SQL ceiling in chunks of 50, ${lanes}`,
        theirs: figures["ceiling in 50s"] ?? [],
        reach: 0.8,
      },
      { ...common, against: `bare SQL ceiling, the best: ${best.name}, ${lanes}`, theirs: best.figures, reach: 0.45 },
      { ...common, against: "bare SQL in chunks of 50, over one connection", theirs: figures["one lane in 50s"] ?? [] },
      {
        ...common,
        against: "graphile-worker, 50 items a payload, same UPDATE",
        theirs: figures["graphile-worker fifties"] ?? [],
        reach: 1,
      },
      {
        ...common,
        against: "graphile-worker, local queue and batched completion, singles",
        theirs: figures["graphile-worker singles"] ?? [],
        reach: 2.5,
      },
      { ...common, against: "pg-boss 12, batches of 500", theirs: figures["pg-boss"] ?? [], reach: 6 },
      {
        ...common,
        against: "pg-boss 12, batches of 500, four workers in the process",
        theirs: figures["pg-boss of four"] ?? [],
      },
    );
    const unbatched = figures["graphile-worker unbatched"];
    if (unbatched !== undefined) {
      stage.record({ ...common, against: "graphile-worker, neither of the two, singles", theirs: unbatched });
    }
    if (figures.bullmq !== undefined) {
      stage.record({ ...common, against: "BullMQ on a local Redis, singles", theirs: figures.bullmq });
    }
  },
};

function ourContestants(stage: Stage, count: number): Record<string, Measure> {
  return {
    ours: (round) =>
      stage.database(async (database) => {
        await registerOurs(database.url, makeTexts(count, round), 1_000);
        await stage.checkpoint();
        return stage.profiled("drain", database, async () => rate(count, await drainOurs(database.url)));
      }),
  };
}

function ceilings(stage: Stage, count: number): Record<string, Measure> {
  const ceiling =
    (chunk: number, connections: number): Measure =>
    (round) =>
      stage.database(async ({ url, pool }) => {
        await registerCeiling(url, makeTexts(count, round), 1_000);
        const batches = await listBatches(pool);
        await stage.checkpoint();
        return rate(count, await drainCeiling(url, batches, chunk, connections));
      });
  return {
    ...Object.fromEntries(CHUNKS.map((chunk) => [`ceiling in ${chunk}s`, ceiling(chunk, CONNECTIONS)])),
    "one lane in 50s": ceiling(50, 1),
  };
}

function peers(stage: Stage, count: number): Record<string, Measure> {
  const singles =
    (shape: typeof BATCHED, jobs = count): Measure =>
    (round) =>
      stage.database(async ({ pool }) => {
        await withUtils(pool, (utils) => addTexts(utils, makeTexts(jobs, round), 1_000));
        await stage.checkpoint();
        return rate(jobs, await drainJobs(pool, shape, jobs, { text: () => undefined }));
      });
  const boss =
    (workers: number): Measure =>
    (round) =>
      stage.database(({ url }) =>
        withBoss(url, async (boss) => {
          await insertTexts(boss, makeTexts(count, round), 1_000);
          await stage.checkpoint();
          return rate(count, await drainTexts(boss, count, 500, workers));
        }),
      );
  return {
    "graphile-worker fifties": (round) =>
      stage.database(async ({ url, pool }) => {
        await registerCeiling(url, makeTexts(count, round), 1_000, false);
        const jobs = await withUtils(pool, (utils) => addFifties(utils, pool));
        await stage.checkpoint();
        const shape = { concurrentJobs: 8, localQueue: 100 };
        return rate(count, await drainJobs(pool, shape, jobs, { fifty: fiftyTask(pool) }));
      }),
    "graphile-worker singles": singles(BATCHED),
    // Ten times slower, and so with fewer jobs.
    ...(!stage.options.isQuick && { "graphile-worker unbatched": singles(UNBATCHED, count / 10) }),
    "pg-boss": boss(1),
    "pg-boss of four": boss(4),
    ...(stage.options.withBullmq && { bullmq: (round: number) => bullmq(makeTexts(count, round)) }),
  };
}
