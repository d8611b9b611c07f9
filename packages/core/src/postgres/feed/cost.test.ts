/** The price of the feed for a settlement, by PostgreSQL's own counts. */
import { startPostgres, type TestPostgres } from "@trans-hub/test-support/postgres";
import { drain, item } from "@trans-hub/test-support/store";
import pg from "pg";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { applyMigrations } from "../database/migrate.ts";
import { PostgresPersistenceHandler } from "../postgres-persistence-handler.ts";

let postgres: TestPostgres;
beforeAll(async () => {
  postgres = await startPostgres(["shared_preload_libraries=pg_stat_statements", "pg_stat_statements.track=all"]);
});
afterAll(() => postgres?.stop());

interface Ran {
  /** The same with and without its constants. */
  id: string;
  query: string;
  calls: number;
  isTop: boolean;
}

/** A store on a database of its own, and the statements that a piece of work runs there, nested ones included. */
async function open(name: string) {
  const admin = new pg.Client(postgres.url);
  await admin.connect();
  await admin.query(`create database ${name} template template0 encoding 'UTF8'`);
  await admin.end();
  const databaseUrl = postgres.url.replace(/postgres$/, name);
  await applyMigrations({ databaseUrl });
  const db = new pg.Pool({ connectionString: databaseUrl, max: 1 });
  await db.query("create extension pg_stat_statements");
  const store = await PostgresPersistenceHandler.connect({ databaseUrl });
  onTestFinished(async () => {
    await store.close();
    await db.end();
  });
  const ranBy = async (work: () => Promise<unknown>): Promise<Ran[]> => {
    await db.query("select pg_stat_statements_reset()");
    await work();
    const { rows } = await db.query<Ran>(`
      select queryid::text as id, query, calls::int, toplevel as "isTop" from pg_stat_statements
      where dbid = (select oid from pg_database where datname = current_database()) and query !~ 'pg_stat_statements'`);
    return rows;
  };
  const settle = () => ranBy(() => drain(store));
  const register = (from: number) =>
    store.register(Array.from({ length: 500 }, (_, at) => item(`Text number ${from + at}`)));
  return { db, store, settle, register };
}

/** The statement that stores the texts of a batch. */
const isSettlement = ({ query, isTop }: Ran) => isTop && /update trans_hub\.translation\b/.test(query);
const ofFeed = ({ query }: Ran) => /event_queue|event_position|feed_head|write_events/.test(query);
/** Members of the fleet give positions at their beats, whether there are events or not. */
const isBeat = ({ query }: Ran) => /sequence_events|from event_queue\s*\)?$/.test(query.trim());

test("a settlement with the feed off runs no statement of the feed, and the feed adds none to it but its rows", async () => {
  const { db, store, settle, register } = await open("cost_statements");
  await register(0);
  const off = await settle();
  expect(off.filter(isSettlement)).toHaveLength(1);
  expect(off.filter((ran) => ofFeed(ran) && !isSettlement(ran) && !isBeat(ran))).toEqual([]);
  const { rows } = await db.query("select count(*)::int as events from trans_hub.event");
  expect(rows).toEqual([{ events: 0 }]);
  await store.events({ after: "now" });
  await register(500);
  const on = await settle();
  const top = (ran: Ran[]) =>
    new Set(
      ran
        .filter(({ query, isTop }) => isTop && /update trans_hub|delete from trans_hub/.test(query))
        .map(({ id }) => id),
    );
  expect(top(on)).toEqual(top(off));
  // A NOTIFY makes commits wait for each other.
  for (const ran of [off, on]) expect(ran.filter(({ query }) => /\bnotify\b/i.test(query))).toEqual([]);
  expect((await store.events({ limit: 1_000 })).events.flatMap(({ ids }) => ids)).toHaveLength(500);
});

test("every update of a settlement stays HOT with the feed on", async () => {
  const { db, store, settle, register } = await open("cost_hot");
  await store.events({ after: "now" });
  await register(0);
  await settle();
  const updates = async () => {
    const { rows } = await db.query<{ all: number; hot: number }>(`
      select n_tup_upd::int as all, n_tup_hot_upd::int as hot from pg_stat_user_tables
      where schemaname = 'trans_hub' and relname = 'translation'`);
    return rows[0];
  };
  await expect.poll(async () => (await updates())?.all).toBe(500);
  expect(await updates()).toEqual({ all: 500, hot: 500 });
});
