/** One text at a time through an idle fleet: from the request to the stored translation. */
import { setTimeout as wait } from "node:timers/promises";
import { PostgresPersistenceHandler } from "@trans-hub/core/store";
import { makeTexts } from "@trans-hub/test-support/strings";
import { run } from "graphile-worker";
import { quantile } from "../figures.ts";
import { connect, echo, SLOTS } from "../ours.ts";
import { silent, withUtils } from "../peers/graphile-worker.ts";
import { type BenchDatabase, FRESH } from "../stage.ts";
import type { Family } from "./cell.ts";

/** Number of first requests that are not measured: they open connections, each of which plans its statements. */
const WARM_UP = 100;

export const latency: Family = {
  name: "latency",
  what: "one text at a time through an idle worker",
  isQuick: true,
  async measure(stage) {
    const count = stage.options.isQuick ? 100 : 400;
    const rounds = Math.min(3, stage.options.rounds);
    const [ours, theirs] = [[], []] as [number[][], number[][]];
    for (let round = 1; round <= rounds; round += 1) {
      const texts = makeTexts(count + WARM_UP, 2_000 + round);
      const both = [
        async () => ours.push(await stage.database((database) => throughUs(database, texts))),
        async () => theirs.push(await stage.database((database) => throughGraphile(database, texts))),
      ];
      for (const measure of round % 2 === 1 ? both : both.toReversed()) await measure();
      const said = [ours, theirs].map(
        (each) =>
          `p50 ${quantile(each.at(-1) ?? [], 0.5).toFixed(1)} p99 ${quantile(each.at(-1) ?? [], 0.99).toFixed(1)} ms`,
      );
      stage.progress(`  round ${round} of ${rounds}: ours ${said[0]}, graphile-worker ${said[1]}`);
    }
    for (const [share, reach] of [
      [0.5, 4],
      [0.99, 3],
    ] as const) {
      stage.record({
        family: "latency",
        cell: `latency, idle, one text at a time, request → stored, p${share * 100}`,
        against: "graphile-worker add → run",
        unit: "ms",
        better: "less",
        ours: ours.map((each) => quantile(each, share)),
        theirs: theirs.map((each) => quantile(each, share)),
        reach,
        phase: FRESH,
        note: `${count} texts a round, after ${WARM_UP} that warm up; worker and producer in one process`,
      });
    }
  },
};

async function throughUs({ url }: BenchDatabase, texts: readonly string[]): Promise<number[]> {
  const hub = await connect(url);
  const handler = await PostgresPersistenceHandler.connect({ databaseUrl: url });
  const ending = new AbortController();
  const claiming = Promise.withResolvers<void>();
  let stored = Promise.withResolvers<void>();
  const work = handler.work(
    {
      until: "stopped",
      concurrency: SLOTS,
      maxItems: 50,
      signal: ending.signal,
      observer: { ready: () => claiming.resolve(), settled: () => stored.resolve() },
    },
    echo,
  );
  await claiming.promise;
  const times = await eachAlone(texts, async (text) => {
    stored = Promise.withResolvers();
    await hub.request({ text, targetLocales: ["fr"] });
    await stored.promise;
  });
  ending.abort();
  await work;
  await Promise.all([handler.close(), hub.close()]);
  return times;
}

async function throughGraphile({ pool }: BenchDatabase, texts: readonly string[]): Promise<number[]> {
  return withUtils(pool, async (utils) => {
    let ran = Promise.withResolvers<void>();
    const runner = await run({
      pgPool: pool,
      logger: silent,
      noHandleSignals: true,
      parsedCronItems: [],
      taskList: { text: () => ran.resolve() },
      preset: { worker: { concurrentJobs: SLOTS } },
    });
    const times = await eachAlone(texts, async (text) => {
      ran = Promise.withResolvers();
      await utils.addJob("text", { text });
      await ran.promise;
    });
    await runner.stop();
    return times;
  });
}

/** Sends each text after a pause, so that everything is idle again. */
async function eachAlone(texts: readonly string[], go: (text: string) => Promise<void>): Promise<number[]> {
  const times: number[] = [];
  for (const [at, text] of texts.entries()) {
    const startedAt = performance.now();
    await go(text);
    if (at >= WARM_UP) times.push(performance.now() - startedAt);
    await wait(5);
  }
  return times;
}
