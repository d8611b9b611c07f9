/** What PostgreSQL itself can do: the same columns written into the same tables, no queue, no guard. */
import { createHash } from "node:crypto";
import type pg from "pg";

/** Copies of our tables with their keys and storage, so that neither side finds the other's rows. */
export async function createCeilingTables(pool: pg.Pool): Promise<void> {
  for (const table of ["content", "source", "translation", "batch"]) {
    await pool.query(`create table ceiling_${table} (like trans_hub.${table} including all)`);
  }
  await pool.query("alter table ceiling_translation set (fillfactor = 40)");
  await pool.query("alter table ceiling_batch set (fillfactor = 60)");
}

/** One transaction a chunk: content, source, translation, and a batch for each 50. */
export async function registerCeiling(pool: pg.Pool, texts: string[], chunk: number): Promise<void> {
  for (let at = 0; at < texts.length; at += chunk) {
    const part = texts.slice(at, at + chunk);
    const ids = part.map((text) => createHash("sha256").update(`en\0${text}`).digest("hex").slice(0, 32));
    await pool.query({
      name: "ceiling.register",
      text: `
        with made as (
          insert into ceiling_content (content_id, source_locale, text)
          select id, 'en', text from unnest($1::uuid[], $2::text[]) as i (id, text)
          returning content_no
        ), used as (
          insert into ceiling_source (project, business_id, content_no, context_no)
          select 'default', '', content_no, 0 from made
        ), pending as (
          insert into ceiling_translation (content_no, target_locale, context_no, project, status)
          select content_no, 'fr', 0, 'default', 'pending' from made
        )
        insert into ceiling_batch (project, source_locale, target_locale, content_nos, context_nos, revisions, priority)
        select 'default', 'en', 'fr', array_agg(content_no), array_agg(0), array_agg(1), 0
        from (select content_no, (row_number() over () - 1) / 50 as part from made) as made
        group by part`,
      values: [ids, part],
    });
  }
}

/** Reads texts and stores results, so many at a time; by key when keys are given. */
export async function drainCeiling(pool: pg.Pool, chunk: number, keys?: string[]): Promise<void> {
  let all = keys;
  if (all === undefined) {
    const { rows } = await pool.query<{ content_no: string }>(
      "select content_no from ceiling_translation where status = 'pending' order by content_no",
    );
    all = rows.map((row) => row.content_no);
  }
  for (let at = 0; at < all.length; at += chunk) {
    const part = all.slice(at, at + chunk);
    const { rows } = await pool.query<{ content_no: string; text: string }>({
      name: "ceiling.read",
      text: "select content_no, text from ceiling_content where content_no = any ($1::bigint[])",
      values: [part],
    });
    await pool.query({
      name: "ceiling.store",
      text: `
        update ceiling_translation as t
        set status = 'translated', text = r.text, engine = 'echo', updated_at = now()
        from unnest($1::bigint[], $2::text[]) as r (content_no, text)
        where t.content_no = r.content_no and t.target_locale = 'fr' and t.context_no = 0 and t.project = 'default'`,
      values: [rows.map((row) => row.content_no), rows.map((row) => row.text)],
    });
  }
}
