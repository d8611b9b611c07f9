/** graphile-worker 0.18 alone, configured as in its own performance test. */
import { randomUUID } from "node:crypto";
import { Logger, makeWorkerUtils, run, type Task, type WorkerUtils } from "graphile-worker";
import type pg from "pg";
import { readTexts, STORE } from "../ceiling.ts";
import { timed } from "../figures.ts";

/** A log line per job would cost it time and fill the screen. */
export const silent = new Logger(() => () => undefined);

export interface Shape {
  concurrentJobs: number;
  /**
   * Number of jobs claimed at once into the process; undefined: one at a time, each completed by a statement of its
   * own.
   */
  localQueue?: number;
}

/** Values of its performance test: many concurrent tasks, a local queue, completion in batches. */
export const BATCHED: Shape = { concurrentJobs: 24, localQueue: 500 };
export const UNBATCHED: Shape = { concurrentJobs: 24 };

export async function withUtils<Result>(pool: pg.Pool, use: (utils: WorkerUtils) => Promise<Result>): Promise<Result> {
  const utils = await makeWorkerUtils({ pgPool: pool, logger: silent });
  try {
    return await use(utils);
  } finally {
    await utils.release();
  }
}

/** Adds one job per text, `chunk` jobs a statement. Returns milliseconds. */
export function addTexts(utils: WorkerUtils, texts: readonly string[], chunk: number): Promise<number> {
  return timed(async () => {
    for (let at = 0; at < texts.length; at += chunk) {
      await utils.addJobs(texts.slice(at, at + chunk).map((text) => ({ identifier: "text", payload: { text } })));
    }
  });
}

/** Runs `count` jobs, and returns the milliseconds until the last has run. */
export async function drainJobs(pool: pg.Pool, shape: Shape, count: number, tasks: Record<string, Task>) {
  let left = count;
  const done = Promise.withResolvers<void>();
  const counting: Record<string, Task> = {};
  for (const [name, task] of Object.entries(tasks)) {
    counting[name] = async (payload, helpers) => {
      await task(payload, helpers);
      left -= 1;
      if (left === 0) done.resolve();
    };
  }
  const { concurrentJobs, localQueue } = shape;
  const runner = await run({
    pgPool: pool,
    logger: silent,
    noHandleSignals: true,
    parsedCronItems: [],
    taskList: counting,
    preset: {
      worker: {
        concurrentJobs,
        ...(localQueue !== undefined && {
          localQueue: { size: localQueue },
          completeJobBatchDelay: 0,
          failJobBatchDelay: 0,
        }),
      },
    },
  });
  const startedAt = performance.now();
  await done.promise;
  const elapsed = performance.now() - startedAt;
  await runner.stop();
  return elapsed;
}

/** The fair rival: jobs of 50 keys. */
export async function addFifties(utils: WorkerUtils, pool: pg.Pool): Promise<number> {
  const { rows } = await pool.query<{ keys: string[] }>(`
    select array_agg(content_no::text) as keys
    from (select content_no, (row_number() over (order by content_no) - 1) / 50 as part from trans_hub.translation) as t
    group by part order by part`);
  for (let at = 0; at < rows.length; at += 500) {
    await utils.addJobs(rows.slice(at, at + 500).map((payload) => ({ identifier: "fifty", payload })));
  }
  return rows.length;
}

/**
 * Its task: reads the texts, stores the results with Trans-Hub's own update, and books the call, without Trans-Hub's
 * guards.
 */
export function fiftyTask(pool: pg.Pool): Task {
  return async (payload) => {
    const { numbers, texts } = await readTexts(pool, (payload as { keys: string[] }).keys);
    await pool.query({
      name: "rival.store",
      text: `
        with booked as (
          insert into trans_hub.usage (
            call_id, engine, model, project, source_locale, target_locale, items, input_tokens, output_tokens,
            cached_tokens, latency_ms, outcome
          ) values ($3, 'echo', 'echo-1', 'default', 'en', 'fr', cardinality($1::bigint[]), 0, 0, 0, 0, 'ok')
        ) ${STORE}`,
      values: [numbers, texts, randomUUID()],
    });
  };
}
