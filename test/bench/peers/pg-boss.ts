/** pg-boss 12: jobs inserted and taken by the batch, as its documentation advises for throughput. */
import { PgBoss } from "pg-boss";
import { timed } from "../figures.ts";
import { POOL } from "../stage.ts";

const QUEUE = "texts";

export async function withBoss<Result>(url: string, use: (boss: PgBoss) => Promise<Result>): Promise<Result> {
  // None of its maintenance falls into a measurement.
  const boss = new PgBoss({ connectionString: url, max: POOL, supervise: false, schedule: false });
  boss.on("error", () => undefined);
  await boss.start();
  await boss.createQueue(QUEUE);
  try {
    return await use(boss);
  } finally {
    await boss.stop({ graceful: false });
  }
}

export function insertTexts(boss: PgBoss, texts: readonly string[], chunk: number): Promise<number> {
  return timed(async () => {
    for (let at = 0; at < texts.length; at += chunk) {
      await boss.insert(
        QUEUE,
        texts.slice(at, at + chunk).map((text) => ({ data: { text } })),
      );
    }
  });
}

/** Milliseconds until the last of `count` jobs was handled. Full batches are fetched without a pause in between. */
export async function drainTexts(boss: PgBoss, count: number, batchSize: number, workers: number): Promise<number> {
  let left = count;
  const done = Promise.withResolvers<void>();
  const startedAt = performance.now();
  await boss.work<{ text: string }>(
    QUEUE,
    { batchSize, localConcurrency: workers, burstWhenBatchFull: true, pollingIntervalSeconds: 0.5 },
    async (jobs) => {
      left -= jobs.length;
      if (left <= 0) done.resolve();
    },
  );
  await done.promise;
  return performance.now() - startedAt;
}
