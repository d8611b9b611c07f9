/** A light producer beside four busy workers: what its requests wait for. */
import pg from "pg";
import { Fleet } from "../../chaos/fleet.ts";
import { makeTexts } from "../../support/strings.ts";
import { quantile } from "../figures.ts";
import { connect, registerOurs } from "../ours.ts";
import type { BenchDatabase } from "../stage.ts";
import type { Family } from "./cell.ts";

const WORKERS = 4;

export const light: Family = {
  name: "light",
  what: `one request at a time while ${WORKERS} workers drain`,
  isQuick: false,
  async measure(stage) {
    const count = 600;
    const backlog = 500_000;
    await stage.database(async (database) => {
      await database.pool.query(
        "create table public.bare (id bigint generated always as identity primary key, text text)",
      );
      const before = await sample(database, count, 1);
      stage.progress(`  registering ${backlog.toLocaleString("en")} texts`);
      await registerOurs(database.url, makeTexts(backlog, 3_000), 1_000);
      const fleet = new Fleet({
        env: { TH_DATABASE_URL: database.url, TH_ENGINES: "pseudo", TH_MAX_CONNECTIONS: "5" },
      });
      for (let each = 0; each < WORKERS; each += 1) fleet.start();
      let busy: Samples;
      try {
        await fleet.ready();
        busy = await sample(database, count, 2);
        const { rows } = await database.pool.query<{ n: number }>("select count(*)::int as n from trans_hub.batch");
        stage.progress(`  ${rows[0]?.n} batches were still waiting at the end of the measurement`);
        if ((rows[0]?.n ?? 0) < 10)
          throw new Error("the workers had nothing left to do before the measurement was over");
      } finally {
        fleet.kill();
      }
      const p99 = (figures: number[]) => [quantile(figures, 0.99)];
      stage.progress(`  p99: busy ${p99(busy.ours)} ms, INSERT ${p99(busy.theirs)} ms, idle ${p99(before.ours)} ms`);
      const row = {
        family: "light",
        cell: `light producer, one request at a time while ${WORKERS} workers drain, p99`,
        unit: "ms",
        better: "less",
        ours: p99(busy.ours),
        phase: "a backlog just registered; checkpoints as they come",
        note: `${count} requests, each in turn with an INSERT over another connection of the same process; p50 ${quantile(busy.ours, 0.5).toFixed(1)} ms`,
      } as const;
      stage.record(
        { ...row, against: "a bare INSERT's commit at the same time", theirs: p99(busy.theirs), reach: 3 },
        { ...row, against: "the same when nothing else runs", theirs: p99(before.ours), reach: 2 },
      );
    });
  },
};

interface Samples {
  ours: number[];
  theirs: number[];
}

async function sample({ url }: BenchDatabase, count: number, seed: number): Promise<Samples> {
  const samples: Samples = { ours: [], theirs: [] };
  const hub = await connect(url);
  const bare = new pg.Client({ connectionString: url });
  await bare.connect();
  for (const [at, text] of makeTexts(count + 20, 3_000 + seed).entries()) {
    const asked = performance.now();
    await hub.request({ text: `${text} (${seed})`, targetLocales: ["fr"] });
    const answered = performance.now();
    await bare.query({ name: "bare", text: "insert into public.bare (text) values ($1)", values: [text] });
    if (at < 20) continue; // the first prepare statements
    samples.ours.push(answered - asked);
    samples.theirs.push(performance.now() - answered);
  }
  await bare.end();
  await hub.close();
  return samples;
}
