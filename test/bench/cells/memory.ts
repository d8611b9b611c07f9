/** Memory use with a million texts: of the command that registers them, and of a worker with all of them waiting. */
import { createWriteStream, existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { setTimeout as wait } from "node:timers/promises";
import { startOpenaiServer } from "@trans-hub/test-support/openai-server";
import { makeTexts } from "@trans-hub/test-support/strings";
import { openFleet, runCommand, watchRss } from "../process.ts";
import type { Family } from "./cell.ts";

const MIB = 2 ** 20;
const LINES = 1_000_000;
const SECONDS = 20;
const ANSWER_MS = 400;

export const memory: Family = {
  name: "memory",
  what: "memory of a worker with a million texts waiting, and of the command registering them",
  isQuick: false,
  cannotRun: () =>
    existsSync("/proc/self/status") ? undefined : "this system has no /proc to tell the memory of a process",
  async measure(stage) {
    const folder = await mkdtemp(join(tmpdir(), "bench-lines-"));
    try {
      const file = join(folder, "items.jsonl");
      await pipeline(Readable.from(lines()), createWriteStream(file));
      await stage.database(async ({ url }) => {
        const env = { TH_DATABASE_URL: url, TH_LOG_LEVEL: "warn" };
        // The first run from sources compiles them, and keeps a compiler in memory; the published packages are
        // compiled.
        await runCommand(["request", "Add to cart", "--from", "en", "--to", "fr"], env);
        const registered = await runCommand(["request", "--file", file, "--from", "en", "--to", "fr", "--json"], env);
        stage.progress(`  registered in ${Math.round(registered.ms / 1_000)} s: ${registered.stdout.trim()}`);
        const server = await startOpenaiServer({ rules: [{ fault: { kind: "slow", ms: ANSWER_MS } }] });
        const engine = { TH_ENGINES: "openai", TH_OPENAI_ENDPOINT: server.url, TH_OPENAI_MODEL: "test-model" };
        const waiting = await highestRss({ ...env, ...engine }).finally(() => server.close());
        // The fastest possible flow of texts through a worker.
        const draining = await highestRss({ ...env, TH_ENGINES: "pseudo" });
        stage.progress(
          `  worker ${Math.round(waiting / MIB)} MiB, with a free engine ${Math.round(draining / MIB)} MiB`,
        );
        const common = {
          family: "memory",
          against: "–",
          unit: "MiB",
          better: "less",
          theirs: [] as number[],
          bound: "ours",
        } as const;
        stage.record(
          {
            ...common,
            cell: "memory of a worker with 1 million translations waiting, highest RSS",
            ours: [waiting / MIB],
            reach: 200,
            phase: "checkpoints as they come",
            note: `over ${SECONDS} s with an engine of ${ANSWER_MS} ms a call`,
          },
          {
            ...common,
            cell: "memory of a worker with 1 million translations waiting and an engine that answers at once, highest RSS",
            ours: [draining / MIB],
            reach: 200,
            phase: "checkpoints as they come",
            note: `over ${SECONDS} s with the engine pseudo`,
          },
          {
            ...common,
            cell: "memory of the command registering 1 million lines, highest RSS",
            ours: [registered.peakRss / MIB],
            reach: 150,
            phase: "checkpoints as they come",
            note: `in ${Math.round(registered.ms / 1_000)} s`,
          },
        );
      });
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
};

async function highestRss(env: Record<string, string>): Promise<number> {
  const fleet = openFleet({ ...env, TH_LOG_LEVEL: "info" });
  const worker = fleet.start();
  const rss = watchRss(worker.child);
  await worker.ready;
  await wait(SECONDS * 1_000);
  const highest = rss.stop();
  fleet.kill();
  await worker.exited;
  return highest;
}

function* lines(): Generator<string> {
  // In portions: a million strings at once would fill this process's memory, and slow it down.
  for (let part = 0; part < LINES / 10_000; part += 1) {
    yield makeTexts(10_000, 6_000 + part)
      .map((text) => `${JSON.stringify({ text: `${part}: ${text}` })}\n`)
      .join("");
  }
}
