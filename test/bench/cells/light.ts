/** The waiting time of a light producer's requests beside four busy workers. */
import { setTimeout as wait } from "node:timers/promises";
import { startOpenaiServer } from "@trans-hub/test-support/openai-server";
import { makeTexts } from "@trans-hub/test-support/strings";
import pg from "pg";
import { quantile } from "../figures.ts";
import { connect, registerOurs } from "../ours.ts";
import { openFleet } from "../process.ts";
import type { BenchDatabase, Stage } from "../stage.ts";
import type { Family } from "./cell.ts";

const WORKERS = 4;
const REQUESTS = 600;
/** More than the workers finish during the measurement. */
const BACKLOG = 800_000;
/** Before measuring: the requests that make plans and compile code, and the batches that each worker settles. */
const WARM_REQUESTS = 200;
const WARM_BATCHES = 50;
const ANSWER_MS = 400;

export const light: Family = {
  name: "light",
  what: `one request at a time while ${WORKERS} workers drain`,
  isQuick: false,
  async measure(stage) {
    await stage.database(async (database) => {
      await database.pool.query(
        "create table public.bare (id bigint generated always as identity primary key, text text)",
      );
      const idle = await sample(database, 1);
      stage.progress(`  registering ${BACKLOG.toLocaleString("en")} texts`);
      await registerOurs(database.url, makeTexts(BACKLOG, 3_000), 1_000);
      const server = await startOpenaiServer({ rules: [{ fault: { kind: "slow", ms: ANSWER_MS } }] });
      const engine = { TH_ENGINES: "openai", TH_OPENAI_ENDPOINT: server.url, TH_OPENAI_MODEL: "test-model" };
      const waiting = await sampleBeside(stage, database, 2, engine).finally(() => server.close());
      const working = await sampleBeside(stage, database, 3, { TH_ENGINES: "pseudo" });
      const [free, slow] = ["an engine that answers at once", `an engine of ${ANSWER_MS} ms`];
      const row = (state: string, against: string, ours: Samples, theirs: number[], reach: number) =>
        stage.record({
          family: "light",
          cell: `light producer, one request at a time ${state}, p99`,
          against,
          unit: "ms",
          better: "less",
          ours: [p99(ours.ours)],
          theirs: [p99(theirs)],
          reach,
          phase: "a backlog just registered; checkpoints as they come",
          note: `${REQUESTS} requests, each in turn with an INSERT over a connection of its own; p50 ${quantile(ours.ours, 0.5).toFixed(1)} ms, of the INSERT ${quantile(ours.theirs, 0.5).toFixed(1)}`,
        });
      const [busy, halfBusy] = [
        `while ${WORKERS} workers drain with ${free}`,
        `while ${WORKERS} workers drain with ${slow}`,
      ];
      row(busy, "a bare INSERT's commit at the same time", working, working.theirs, 3);
      row(busy, "the same when nothing else runs", working, idle.ours, 2);
      row(halfBusy, "a bare INSERT's commit at the same time", waiting, waiting.theirs, 3);
      row(halfBusy, "the same when nothing else runs", waiting, idle.ours, 2);
      row("when nothing else runs", "a bare INSERT's commit at the same time", idle, idle.theirs, 2);
    });
  },
};

/** Milliseconds of each request to Trans-Hub, and of each INSERT. */
interface Samples {
  ours: number[];
  theirs: number[];
}

async function sampleBeside(
  stage: Stage,
  database: BenchDatabase,
  seed: number,
  engine: Record<string, string>,
): Promise<Samples> {
  const fleet = openFleet({ TH_DATABASE_URL: database.url, TH_MAX_CONNECTIONS: "5", ...engine });
  for (let each = 0; each < WORKERS; each += 1) fleet.start();
  try {
    await fleet.ready();
    const before = await batches(database);
    while ((await batches(database)) > before - WORKERS * WARM_BATCHES) await wait(50);
    const samples = await sample(database, seed);
    const left = await batches(database);
    stage.progress(
      `  ${engine.TH_ENGINES}: p99 ${p99(samples.ours)} ms, INSERT ${p99(samples.theirs)} ms; ${left} batches still wait`,
    );
    if (left < 10) throw new Error("the workers had nothing left to do before the measurement was over");
    return samples;
  } finally {
    fleet.kill();
    await Promise.all(fleet.all.map(({ exited }) => exited));
  }
}

async function batches({ pool }: BenchDatabase): Promise<number> {
  const { rows } = await pool.query<{ n: number }>("select count(*)::int as n from trans_hub.batch");
  return rows[0]?.n ?? 0;
}

async function sample({ url }: BenchDatabase, seed: number): Promise<Samples> {
  const samples: Samples = { ours: [], theirs: [] };
  const hub = await connect(url);
  const bare = new pg.Client({ connectionString: url });
  await bare.connect();
  for (const [at, text] of makeTexts(REQUESTS + WARM_REQUESTS, 3_000 + seed).entries()) {
    const asked = performance.now();
    await hub.request({ text: `${text} (${seed})`, targetLocales: ["fr"] });
    const answered = performance.now();
    await bare.query({ name: "bare", text: "insert into public.bare (text) values ($1)", values: [text] });
    if (at < WARM_REQUESTS) continue;
    samples.ours.push(answered - asked);
    samples.theirs.push(performance.now() - answered);
  }
  await bare.end();
  await hub.close();
  return samples;
}

function p99(figures: readonly number[]): number {
  return quantile(figures, 0.99);
}
