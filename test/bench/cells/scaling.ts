/** The cost of a row as the tables grow from ten thousand stored translations on, and the final size on the disk. */
import { PostgresPersistenceHandler } from "@trans-hub/core/store";
import { makeTexts } from "@trans-hub/test-support/strings";
import { median, significant, timed } from "../figures.ts";
import { drainOurs, registerOurs } from "../ours.ts";
import type { BenchDatabase, Stage } from "../stage.ts";
import { fillStored } from "../stored.ts";
import type { Family } from "./cell.ts";

const CHUNK = 1_000;
const TIMED = 50_000;

interface Costs {
  register: number;
  drain: number;
  status: number;
}

export const scaling: Family = {
  name: "scaling",
  what: "the cost of a row, and of the status, from ten thousand stored translations on",
  isQuick: false,
  async measure(stage) {
    const { stored } = stage.options;
    const sizes = [10_000, 100_000, 1_000_000].filter((size) => size < stored);
    const costs = new Map<number, Costs>();
    for (const size of sizes) {
      await stage.database(async (database) => {
        await fillStored(database.pool, size);
        costs.set(size, await costsAt(stage, database, size));
      });
    }
    const grown = await stage.grown();
    await tellSizes(stage, grown, stored);
    costs.set(stored, await costsAt(stage, grown, stored));
    const points = (what: keyof Costs) => [...costs].map(([size, cost]): [number, number] => [size, cost[what]]);
    stage.curves.push(
      {
        name: "scaling",
        title: "The cost of a row, by stored translations, after the first checkpoint cycle",
        x: "stored translations",
        y: "µs",
        isXLogarithmic: true,
        series: [
          { name: "register", points: points("register") },
          { name: "drain", points: points("drain") },
        ],
      },
      {
        name: "status",
        title: "The status, by stored translations",
        x: "stored translations",
        y: "ms",
        isXLogarithmic: true,
        series: [{ name: "status", points: points("status") }],
      },
    );
    const [least, most] = [costs.get(sizes[0] ?? stored), costs.get(stored)] as [Costs, Costs];
    const common = {
      family: "scaling",
      better: "less",
      phase: "after the first checkpoint cycle",
      note: `of ${TIMED.toLocaleString("en")} rows, after as many that warmed the tables`,
    } as const;
    const label = `at ${stored / 1e6} M stored translations`;
    stage.record(
      // The bounds of the grown tables, inverted: 1 / 0.55 and 1 / 0.80.
      {
        ...common,
        cell: `register, cost of a row ${label}`,
        against: "at 10,000",
        unit: "µs",
        ours: [most.register],
        theirs: [least.register],
        reach: 1.82,
      },
      {
        ...common,
        cell: `drain, cost of a row ${label}`,
        against: "at 10,000",
        unit: "µs",
        ours: [most.drain],
        theirs: [least.drain],
        reach: 1.25,
      },
      {
        ...common,
        cell: `status ${label}`,
        against: "–",
        unit: "ms",
        ours: [most.status],
        theirs: [],
        reach: 200,
        bound: "ours",
        note: `${TIMED.toLocaleString("en")} and more texts waiting`,
      },
    );
  },
};

async function costsAt(stage: Stage, { url }: BenchDatabase, size: number): Promise<Costs> {
  const warming = Math.min(size, 100_000);
  const texts = makeTexts(warming + TIMED, 9_000).map((text) => `scaling: ${text}`);
  await stage.checkpoint();
  await registerOurs(url, texts.slice(0, warming), CHUNK);
  const register = ((await registerOurs(url, texts.slice(warming), CHUNK)) * 1_000) / TIMED;
  const status = await statusMs(url);
  let settled = 0;
  let warmAt = 0;
  const end = await drainOurs(url, (count, ms) => {
    settled += count;
    if (settled <= warming) warmAt = ms;
  });
  const drain = ((end - warmAt) * 1_000) / TIMED;
  stage.progress(
    `  at ${size.toLocaleString("en")}: register ${significant(register)} µs, drain ${significant(drain)} µs, status ${significant(status)} ms`,
  );
  return { register, drain, status };
}

async function statusMs(databaseUrl: string): Promise<number> {
  const handler = await PostgresPersistenceHandler.connect({ databaseUrl });
  const times: number[] = [];
  for (let each = 0; each < 9; each += 1) times.push(await timed(() => handler.status()));
  await handler.close();
  return median(times);
}

/** Bytes on the disk, indexes included, for a million stored translations into one locale. */
async function tellSizes(stage: Stage, { pool }: BenchDatabase, stored: number): Promise<void> {
  const { rows } = await pool.query<{ table: string; bytes: number }>(`
    select c.relname as table, pg_total_relation_size(c.oid)::float8 as bytes
    from pg_class as c
    where c.relnamespace = 'trans_hub'::regnamespace and c.relname in ('content', 'source', 'translation')
    order by 1`);
  for (const { table, bytes } of rows) {
    stage.facts[`MB on disk for a million rows of ${table}`] = bytes / stored;
  }
  const { rows: indexes } = await pool.query<{ bytes: number }>(
    "select pg_relation_size('trans_hub.content_is_stored_once')::float8 as bytes",
  );
  stage.facts["MB of the index by text identity, for a million texts"] = (indexes[0]?.bytes ?? Number.NaN) / stored;
}
