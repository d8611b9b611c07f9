/**
 * PostgreSQL's own ceiling: the same rows and columns into the same tables with the same indexes, in a database of its
 * own. One transaction a chunk, no queue, no guard, no receipt, no other load.
 */
import { createHash, randomUUID } from "node:crypto";
import pg from "pg";
import { timed } from "./figures.ts";

/** Texts of one transaction. The best of these is the ceiling. */
export const CHUNKS = [50, 500, 1_000] as const;

/** Texts of one batch row. */
const BATCH = 50;

/**
 * Inserts content, source, translation, and a batch for each 50 texts. One connection, like a caller that registers
 * chunk after chunk.
 *
 * @returns Milliseconds.
 * @param withBatches False: without the batch rows, for rivals that keep them elsewhere.
 */
export async function registerCeiling(
  url: string,
  texts: readonly string[],
  chunk: number,
  withBatches = true,
): Promise<number> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const elapsed = await timed(async () => {
    for (let at = 0; at < texts.length; at += chunk) {
      const part = texts.slice(at, at + chunk);
      const ids = part.map((text) => createHash("sha256").update(`en\0${text}`).digest("hex").slice(0, 32));
      await client.query({
        name: `ceiling.register.${withBatches}`,
        text: `
          with made as (
            insert into trans_hub.content (content_id, source_locale, text)
            select id, 'en', text from unnest($1::uuid[], $2::text[]) as i (id, text)
            returning content_no
          ), used as (
            insert into trans_hub.source (project, business_id, content_no, context_no)
            select 'default', '', content_no, 0 from made
          ), pending as (
            insert into trans_hub.translation (content_no, target_locale, context_no, project, status)
            select content_no, 'fr', 0, 'default', 'pending' from made
            returning content_no, revision
          )
          ${
            withBatches
              ? `insert into trans_hub.batch
                   (project, source_locale, target_locale, content_nos, context_nos, revisions, priority)
                 select 'default', 'en', 'fr', array_agg(content_no), array_agg(0), array_agg(revision), 0
                 from (select p.*, (row_number() over () - 1) / ${BATCH} as part from pending as p) as p
                 group by part`
              : "select from pending limit 0"
          }`,
        values: [ids, part],
      });
    }
  });
  await client.end();
  return elapsed;
}

export interface PendingBatch {
  batch_id: string;
  content_nos: string[];
}

export async function listBatches(pool: pg.Pool): Promise<PendingBatch[]> {
  const { rows } = await pool.query<PendingBatch>("select batch_id::text, content_nos::text[] from trans_hub.batch");
  return rows;
}

/**
 * Reads the texts, stores results, removes the batches, counts, and books a call for each 50: the writes of a
 * settlement.
 *
 * @param connections Number of concurrent connections. Any free connection takes the next chunk.
 */
export async function drainCeiling(
  url: string,
  batches: readonly PendingBatch[],
  chunk: number,
  connections: number,
): Promise<number> {
  const step = Math.max(1, chunk / BATCH);
  const parts = Array.from({ length: Math.ceil(batches.length / step) }, (_, at) =>
    batches.slice(at * step, (at + 1) * step),
  )[Symbol.iterator]();
  const lane = (client: pg.Client) => async () => {
    for (const part of parts) {
      const { numbers, texts } = await readTexts(
        client,
        part.flatMap(({ content_nos }) => content_nos),
      );
      await client.query({
        name: "ceiling.settle",
        text: SETTLE,
        values: [
          numbers,
          texts,
          part.map(({ batch_id }) => batch_id),
          part.map(() => randomUUID()),
          part.map(({ content_nos }) => content_nos.length),
        ],
      });
    }
  };
  const clients = Array.from({ length: connections }, () => new pg.Client({ connectionString: url }));
  await Promise.all(clients.map((client) => client.connect()));
  const elapsed = await timed(() => Promise.all(clients.map((client) => lane(client)())));
  await Promise.all(clients.map((client) => client.end()));
  return elapsed;
}

export async function readTexts(client: pg.ClientBase | pg.Pool, keys: readonly string[]) {
  const { rows } = await client.query<{ content_no: string; text: string }>({
    name: "ceiling.read",
    text: `
      select c.content_no, c.text
      from unnest($1::bigint[]) as k (content_no)
      cross join lateral (select c.* from trans_hub.content as c where c.content_no = k.content_no offset 0) as c`,
    values: [keys],
  });
  return { numbers: rows.map((row) => row.content_no), texts: rows.map((row) => row.text) };
}

/**
 * The update alone, by key. The look-up is forced to be one, because a table without statistics could get another plan.
 */
export const STORE = `
  update trans_hub.translation as t
  set status = 'translated', text = r.text, engine = 'echo', model = 'echo-1', updated_at = now()
  from (
    select r.text, t.ctid
    from unnest($1::bigint[], $2::text[]) as r (content_no, text)
    cross join lateral (
      select t.ctid from trans_hub.translation as t
      where t.content_no = r.content_no and t.target_locale = 'fr' and t.context_no = 0 and t.project = 'default'
      offset 0
    ) as t
  ) as r
  where t.ctid = r.ctid`;

const SETTLE = `
  with stored as (${STORE} returning 1), counted as (
    insert into trans_hub.count_delta (project, target_locale, status, delta)
    select 'default', 'fr', 'translated', count(*) from stored
  ), booked as (
    insert into trans_hub.usage (
      call_id, engine, model, project, source_locale, target_locale, items, input_tokens, output_tokens, cached_tokens,
      latency_ms, outcome
    )
    select id, 'echo', 'echo-1', 'default', 'en', 'fr', items, 0, 0, 0, 0, 'ok' from unnest($4::uuid[], $5::int[]) as u (id, items)
  )
  delete from trans_hub.batch where batch_id = any ($3::uuid[])`;
