/** Plans must not depend on statistics: the first import of every database runs on tables that were never analyzed. */

import { LARGE_TABLES, scannedTables } from "@trans-hub/test-support/plans";
import { drain, item, reference, test, value } from "@trans-hub/test-support/store";
import pg from "pg";
import { describe, expect } from "vitest";
import { loadBatches, loadBatchesById } from "../queue/load-batches.ts";
import { readByKey } from "../read/read.sql.ts";
import { listForReview, listTranslations, readTranslations, touchTranslations } from "../read/read-store.ts";
import { appendToInbox, listInbox } from "../register/register.sql.ts";
import { Registrar } from "../register/register-store.ts";
import { approve } from "../review/review.ts";
import { bury, handOver } from "../settle/remainder.sql.ts";
import { settleBatches } from "../settle/settle-batches.ts";
import { lockRows, storeInPlace, storeLocked } from "../settle/store.sql.ts";
import { Voice } from "../settle/voice.ts";
import { reconcileBatches } from "../work/upkeep/reconcile.ts";
import { ConnectionPool } from "./pool.ts";
import type { Statement } from "./statement.ts";

const TEXTS = 20_000;

/**
 * Texts with the lengths of real catalogs: half within 20 characters, nine in ten within 80, one in a hundred over 225.
 */
function realisticText(at: number): string {
  const place = ((at * 7_919) % 1_000) / 1_000;
  const length =
    place < 0.5
      ? 4 + place * 32
      : place < 0.9
        ? 20 + (place - 0.5) * 150
        : place < 0.992
          ? 80 + (place - 0.9) * 1_611
          : 400;
  return `${at} ${"word and word, ".repeat(40)}`.slice(0, Math.max(`${at} `.length + 2, Math.round(length)));
}

const KINDS = [false, true].flatMap((isHeld) => [false, true].map((isReplacing) => ({ isHeld, isReplacing })));

const STATEMENTS = [
  loadBatches,
  lockRows,
  ...KINDS.map(storeLocked),
  ...KINDS.map(storeInPlace),
  handOver,
  bury,
  readByKey,
  listInbox,
  appendToInbox,
] as Statement<unknown>[];

const BATCHES = { batchSize: 50, batchBytes: 32_768 };

const byId = (businessId: string) => ({ project: "default", targetLocale: "fr", businessId });

async function stopAnalyzing(db: pg.Pool): Promise<void> {
  for (const table of [...LARGE_TABLES, "batch", "dead_letter"]) {
    await db.query(`alter table trans_hub.${table} set (autovacuum_enabled = false)`);
  }
}

/**
 * Waits for the statistics of this number of sessions, each of which ended by reading `public.mark`: a session reports
 * its statistics at its end at the latest, in the order in which it used the tables. An earlier report can be requested
 * only from PostgreSQL 15 on.
 */
async function numbersOf(sessions: number, db: pg.Pool): Promise<void> {
  const marks = () => value(db, "select seq_scan::int from pg_stat_user_tables where relname = 'mark'");
  await expect.poll(marks).toBe(sessions);
}

/** Fills the tables like a first import. */
async function fill(db: pg.Pool): Promise<void> {
  await db.query(
    `select sum((r ->> 'registered')::int) from (
       select trans_hub.request(
         (select jsonb_agg(jsonb_build_object('text', 'Text ' || n, 'businessId', 'id.' || n, 'context', case when n % 5 = 0 then jsonb_build_object('n', n) end))
          from generate_series(chunk * 2000 + 1, chunk * 2000 + 2000) as n),
         '{"sourceLocale": "en", "targetLocales": ["fr"]}') as r
       from generate_series(0, $1 / 2000 - 1) as chunk) as r`,
    [TEXTS],
  );
  await db.query("select trans_hub.open_lanes(null)");
}

describe(`with ${TEXTS} texts on tables that were never analyzed`, () => {
  test("no statement over a batch or a list of texts reads a large table from end to end", async ({ db }) => {
    await stopAnalyzing(db);
    await fill(db);
    expect(await value(db, "select count(*)::int from trans_hub.translation")).toBe(TEXTS);
    expect(
      await value(
        db,
        "select count(*)::int from pg_class where oid = 'trans_hub.translation'::regclass and reltuples > 1000",
      ),
    ).toBe(0);
    const client = await db.connect();
    try {
      const found: Record<string, string[]> = {};
      for (const each of STATEMENTS) {
        found[each.name] = await scannedTables(client, each);
      }
      expect(Object.entries(found).filter(([, tables]) => tables.length > 0)).toEqual([]);
    } finally {
      client.release(true);
    }
  });

  test("registering, reading, noting reads and approving touch rows, not tables", async ({ database, db }) => {
    await db.query("create table public.mark as select 1 as n");
    const url = new URL(database.url);
    url.searchParams.set("options", "-c plan_cache_mode=force_generic_plan");
    let sessions = 0;
    const readInSession = async (act: (pool: ConnectionPool) => Promise<unknown>) => {
      const pool = new ConnectionPool({ databaseUrl: url.href, maxConnections: 1 });
      try {
        // Without the setting that prevents it: an index read from end to end would not show.
        await pool.raw.query("set enable_seqscan = on");
        await act(pool);
        await pool.raw.query("select from public.mark");
      } finally {
        await pool.end();
      }
      sessions += 1;
      await numbersOf(sessions, db);
      return value<number>(
        db,
        "select sum(seq_tup_read)::int from pg_stat_user_tables where schemaname = 'trans_hub' and relname = any ($1)",
        [LARGE_TABLES],
      );
    };
    const settings = { batchSize: 50, batchBytes: 32_768, touchAfterSeconds: 86_400 };
    const again = Array.from({ length: 500 }, (_, at) => item(`Text ${at + 1}`, { businessId: `id.${at + 1}` }));
    const fresh = Array.from({ length: 500 }, (_, at) => item(`New ${at}`, { context: { n: at } }));
    const references = Array.from({ length: 200 }, (_, at) => reference(`Text ${at + 1}`));
    const named = references.map((_, at) => byId(`id.${at + 1}`));
    const acts: Record<string, (pool: ConnectionPool) => Promise<unknown>> = {
      registering: (pool) => new Registrar(pool, settings, new Voice()).register([...again, ...fresh]),
      "registering again": (pool) => new Registrar(pool, settings, new Voice()).register([...again, ...fresh]),
      hastening: (pool) =>
        new Registrar(pool, settings, new Voice()).register(fresh.map((each) => ({ ...each, priority: -1 }))),
      reading: (pool) => readTranslations(pool, [...references, ...named]),
      "noting reads": (pool) => touchTranslations(pool, [...references, ...named], 86_400),
      approving: (pool) => approve(pool, new Voice(), BATCHES, { reference: references[0] as never, text: "Mine" }),
      "a page": (pool) => listTranslations(pool, { project: "default", targetLocale: "fr" }, { limit: 50 }),
      "a page by the beginning of ids": (pool) =>
        listTranslations(pool, { project: "default", targetLocale: "fr", businessIdPrefix: "id.1" }, { limit: 50 }),
      "a search": (pool) => listForReview(pool, { project: "default", targetLocale: "fr" }, { limit: 50 }),
      "a search without a hit": (pool) =>
        listForReview(pool, { project: "default", targetLocale: "fr", search: "none", businessIdPrefix: "id." }),
      "the SQL request": (pool) =>
        pool.raw.query(
          `select trans_hub.request('[{"text": "Text 7"}, {"text": "Newer"}]', '{"sourceLocale": "en", "targetLocales": ["fr"]}')`,
        ),
      "the SQL read": (pool) =>
        pool.raw.query(
          `select trans_hub.get_translations(
             (select jsonb_agg(jsonb_build_object('text', 'Text ' || n, 'sourceLocale', 'en')) from generate_series(1, 200) n), 'fr'
           ), trans_hub.get_translations('[{"businessId": "id.5"}]', 'fr')`,
        ),
    };
    const reads: Record<string, number> = {};
    let before = await readInSession(async ({ raw }) => {
      await stopAnalyzing(raw);
      await raw.query(`
        do $$
        declare
          of_ours regprocedure;
        begin
          for of_ours in select oid from pg_proc where pronamespace = 'trans_hub'::regnamespace and proconfig::text like '%enable_seqscan%' loop
            execute format('alter function %s reset enable_seqscan', of_ours);
          end loop;
        end
        $$`);
      await fill(raw);
      await raw.query("update trans_hub.source set last_seen_at = now() - interval '3 days'");
    });
    for (const [name, act] of Object.entries(acts)) {
      const after = await readInSession(act);
      if (after > before) reads[name] = after - before;
      before = after;
    }
    expect(reads).toEqual({});
  });
});

/** Counted for this session; may include earlier statements. */
async function readsOf(table: string, client: pg.ClientBase): Promise<number> {
  const { rows } = await client.query<{ reads: string }>(
    `select coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0) as reads
     from pg_stat_xact_user_tables where schemaname = 'trans_hub' and relname = $1`,
    [table],
  );
  return Number(rows[0]?.reads);
}

test("no statement planned on nearly empty tables reads a large table from end to end", async ({ database, db }) => {
  const pool = new ConnectionPool({ databaseUrl: database.url, maxConnections: 1 });
  const found: Record<string, string[]> = {};
  try {
    for (const rows of [0, 20]) {
      await db.query(
        `insert into trans_hub.translation (content_no, target_locale, context_no, project, status)
         select n, 'fr', 0, 'default', 'pending' from generate_series(1, $1::integer) as n`,
        [rows],
      );
      const client = await pool.raw.connect();
      try {
        for (const each of STATEMENTS) found[`${each.name} among ${rows}`] = await scannedTables(client, each);
        await client.query("deallocate all");
      } finally {
        client.release();
      }
    }
  } finally {
    await pool.end();
  }
  expect(Object.entries(found).filter(([, tables]) => tables.length > 0)).toEqual([]);
});

test("a plan made while the tables were empty finds rows by their keys once they are full", async ({
  database,
  db,
}) => {
  await db.query("create table public.mark as select 1 as n");
  const early = new ConnectionPool({ databaseUrl: database.url, maxConnections: 1 });
  const importing = new ConnectionPool({ databaseUrl: database.url });
  const elsewhere = new pg.Client({ connectionString: database.url });
  await elsewhere.connect();
  const settings = { batchSize: 50, batchBytes: 32_768, touchAfterSeconds: 86_400 };
  const work = async (texts: string[]) => {
    // First the texts are new, then existing.
    for (let time = 0; time < 2; time += 1) {
      await new Registrar(early, settings, new Voice()).register(
        texts.map((text) => item(text, { businessId: text, context: { text } })),
      );
    }
    await readTranslations(early, [...texts.map((text) => reference(text)), ...texts.map(byId)]);
    await touchTranslations(early, texts.map(byId), 86_400);
    const { rows } = await early.raw.query<{ id: string }>(
      "select batch_id::text as id from trans_hub.batch order by created_at desc limit 2",
    );
    const loaded = await loadBatchesById(
      early,
      rows.map(({ id }) => id),
    );
    for (const batch of loaded.values()) {
      const outcome = { kind: "translated", text: "fr", engine: "test", model: null } as const;
      await settleBatches(early, [{ batch, outcomes: batch.items.map(() => outcome) }], []);
    }
  };
  // From a program that speaks SQL and nothing else, or through a pooler.
  const ask = (text: string) =>
    elsewhere.query(
      `select trans_hub.request(jsonb_build_array(jsonb_build_object('text', $1::text, 'businessId', $1)),
         '{"sourceLocale": "en", "targetLocales": ["fr"]}'),
       trans_hub.get_translations(
         jsonb_build_array(jsonb_build_object('text', $1, 'sourceLocale', 'en'), jsonb_build_object('businessId', $1)), 'fr'
       )`,
      [text],
    );
  try {
    // Before this: analyzing would make everything be planned anew.
    await stopAnalyzing(db);
    await work(["First"]);
    // Plans are kept from the sixth execution on.
    for (let time = 0; time < 10; time += 1) await ask("Second");
    await fill(importing.raw);
    await work(Array.from({ length: 50 }, (_, at) => `Later ${at}`));
    for (let at = 0; at < 50; at += 1) await ask(`Latest ${at}`);
    for (const session of [early.raw, elsewhere]) await session.query("select from public.mark");
  } finally {
    await importing.end();
    await early.end();
    await elsewhere.end();
  }
  await numbersOf(2, db);
  const reads = await value<number>(
    db,
    "select sum(seq_tup_read)::int from pg_stat_user_tables where schemaname = 'trans_hub' and relname = any ($1)",
    [LARGE_TABLES],
  );
  expect(reads).toBeLessThan(TEXTS);
}, 60_000);

test("a business id is found by its index where hardly any text has one", async ({ db }) => {
  await db.query(
    `select trans_hub.request(
       (select jsonb_agg(jsonb_build_object('text', 'Text ' || n, 'businessId', case when n % 10000 = 0 then 'id.' || n end))
        from generate_series(chunk * 2000 + 1, chunk * 2000 + 2000) as n),
       '{"sourceLocale": "en", "targetLocales": ["fr"]}')
     from generate_series(0, $1 / 2000 - 1) as chunk`,
    [TEXTS],
  );
  await db.query("update trans_hub.source set last_seen_at = now() - interval '3 days'");
  await db.query("analyze trans_hub.source, trans_hub.content, trans_hub.translation");
  const acts = {
    "reading by id": `select count(*) from trans_hub.read_by_business_id(array['default'], array['fr'], array['id.10000'])`,
    "registering again": `select trans_hub.request(
      (select jsonb_agg(jsonb_build_object('text', 'Text ' || n, 'businessId', case when n % 10000 = 0 then 'id.' || n end))
       from generate_series(19801, 20000) as n),
      '{"sourceLocale": "en", "targetLocales": ["fr"]}')`,
  };
  const client = await db.connect();
  try {
    for (const [name, act] of Object.entries(acts)) {
      await client.query("begin; set local plan_cache_mode = force_generic_plan");
      const before = await readsOf("source", client);
      await client.query(act);
      const reads = (await readsOf("source", client)) - before;
      await client.query("rollback");
      expect(reads, name).toBeLessThan(2_000);
    }
  } finally {
    client.release(true);
  }
});

test("reading, forcing or approving a text looks at its own dead letters only, among any number of open ones", async ({
  database,
  db,
}) => {
  const pool = new ConnectionPool({ databaseUrl: database.url, maxConnections: 1 });
  const settings = { batchSize: 50, batchBytes: 32_768, touchAfterSeconds: 86_400 };
  const texts = Array.from({ length: 20 }, (_, at) => `Text ${at}`);
  await db.query("create table public.mark as select 1 as n");
  const acts: (() => Promise<unknown>)[] = [
    () =>
      readTranslations(
        pool,
        texts.map((text) => reference(text)),
      ),
    () => readTranslations(pool, texts.map(byId)),
    () =>
      pool.raw.query(
        `select trans_hub.get_translations(
           (select jsonb_agg(jsonb_build_object('text', 'Text ' || n, 'sourceLocale', 'en')) from generate_series(0, 19) as n), 'fr')`,
      ),
    () => listTranslations(pool, { project: "default", targetLocale: "fr" }, { limit: 20 }),
    () =>
      new Registrar(pool, settings, new Voice()).register(
        texts.map((text) => item(text, { businessId: text, force: true })),
      ),
    () => approve(pool, new Voice(), BATCHES, { reference: reference("Text 7"), text: "Mine" }),
  ];
  try {
    await stopAnalyzing(db);
    await new Registrar(pool, settings, new Voice()).register(texts.map((text) => item(text, { businessId: text })));
    await db.query("update trans_hub.translation set status = 'translated', text = 'fr', engine = 'test'");
    // Planned when there was no dead letter at all.
    for (const act of acts) await act();
    await db.query(`
      insert into trans_hub.dead_letter
        (content_no, target_locale, context_no, project, revision, priority, code, message, history, kept_text)
      select n, 'de', 0, 'default', 1, 0, 'TH', 'failed', '[]', false from generate_series(1, 2000) as n`);
    for (const act of acts) await act();
    await pool.raw.query("select from public.mark");
  } finally {
    await pool.end();
  }
  await numbersOf(1, db);
  const reads = await value<number>(
    db,
    "select (seq_tup_read + idx_tup_fetch)::int from pg_stat_user_tables where schemaname = 'trans_hub' and relname = 'dead_letter'",
  );
  expect(reads).toBeLessThan(100);
});

test("a page of a search reads a bounded number of rows, whatever it finds, among any number of them", async ({
  database,
  db,
}) => {
  await db.query("create table public.mark as select 1 as n");
  const reads: number[] = [];
  const rowsRead = () =>
    value<number>(
      db,
      `select sum(seq_tup_read + idx_tup_fetch)::int from pg_stat_user_tables
       where schemaname = 'trans_hub' and relname in ('source', 'translation', 'content', 'review_act')`,
    );
  let sessions = 0;
  let before = 0;
  for (const filter of [
    undefined,
    {},
    { search: "none" },
    { status: "failed" as const },
    { businessIdPrefix: "none" },
    { queue: { sample: 0 } },
  ]) {
    const pool = new ConnectionPool({ databaseUrl: database.url, maxConnections: 1 });
    const named = { project: "default", targetLocale: "fr", ...filter };
    // The first session fills the tables, and its reads are reported at its end.
    if (filter === undefined) {
      await stopAnalyzing(pool.raw);
      await fill(pool.raw);
    } else await listForReview(pool, named, { limit: 50 });
    await pool.raw.query("select from public.mark");
    await pool.end();
    sessions += 1;
    await numbersOf(sessions, db);
    const after = await rowsRead();
    if (filter !== undefined) reads.push(after - before);
    before = after;
  }
  const [page = 0, ...others] = reads;
  expect(page).toBeLessThan(600);
  for (const read of others) expect(read).toBeLessThan(21_000);
});

test("registering looks at no jobs but its own, and reconciling at one for each batch, among any number of waiting jobs", async ({
  database,
  db,
}) => {
  await db.query("create table public.mark as select 1 as n");
  const pool = new ConnectionPool({ databaseUrl: database.url, maxConnections: 1 });
  const settings = { batchSize: 50, batchBytes: 32_768, touchAfterSeconds: 86_400 };
  try {
    // The usual state of a queue, empty most of the time, and planned then.
    await db.query("vacuum (analyze) graphile_worker._private_jobs");
    await reconcileBatches(pool);
    await new Registrar(pool, settings, new Voice()).register([item("First")]);
    await db.query(
      "select count(*) from graphile_worker.add_jobs(array(select row('other', null, null, null, null, n, 0, null)::graphile_worker.job_spec from generate_series(1, 2000) as n))",
    );
    for (let at = 0; at < 20; at += 1) await new Registrar(pool, settings, new Voice()).register([item(`Later ${at}`)]);
    expect(await reconcileBatches(pool)).toBe(0);
    await pool.raw.query("select from public.mark");
  } finally {
    await pool.end();
  }
  await numbersOf(1, db);
  const reads = await value<number>(
    db,
    "select (seq_tup_read + idx_tup_fetch)::int from pg_stat_user_tables where relname = '_private_jobs'",
  );
  expect(reads).toBeLessThan(500);
});

test("nearly every translation is stored without touching an index", async ({ db, openStore }) => {
  const store = await openStore();
  const texts = Array.from({ length: 5_000 }, (_, at) => realisticText(at));
  const lengths = texts.map((text) => text.length).sort((a, b) => a - b);
  expect([0.5, 0.9, 0.99].map((part) => lengths[part * 5_000])).toEqual([
    expect.closeTo(20, -1),
    expect.closeTo(80, -1.5),
    expect.closeTo(225, -2.5),
  ]);
  for (let at = 0; at < texts.length; at += 1_000) {
    await store.register(texts.slice(at, at + 1_000).map((text) => item(text, { targetLocales: ["fr", "de"] })));
  }
  await drain(store, async (batch) => ({
    // A fifth longer, as translations are.
    outcomes: batch.items.map(({ text }) => ({
      kind: "translated",
      engine: "test",
      model: "a-model-of-today",
      text: text + text.slice(0, text.length / 5),
    })),
    calls: [],
  }));
  await store.close(); // a session reports its statistics at its end, at the latest
  const stats = async () =>
    (
      await db.query<{ updates: number; hot: number }>(
        "select n_tup_upd::int as updates, n_tup_hot_upd::int as hot from pg_stat_user_tables " +
          "where schemaname = 'trans_hub' and relname = 'translation'",
      )
    ).rows[0] as { updates: number; hot: number };
  await expect.poll(async () => (await stats()).updates).toBe(10_000);
  const { updates, hot } = await stats();
  expect(hot / updates).toBeGreaterThanOrEqual(0.95);
});
