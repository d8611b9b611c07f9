/** Fills tables as after years of use, by direct SQL: registering five million texts would take minutes. */
import type pg from "pg";

/** Share of all texts, from the first on, that have been unused for longer than any retention. */
export const AGED_SHARE = 0.2;

/**
 * A distinct text for each number, with the lengths of `packages/test-support/src/strings.ts`. None of the texts there
 * begins with `#`.
 */
const TEXT = `
  left(
    '#' || n || repeat(' order your product page', 70),
    greatest(
      8,
      case
        when u < 0.5 then 6 + u * 28
        when u < 0.9 then 20 + (u - 0.5) * 150
        when u < 0.99 then 80 + (u - 0.9) * 1611
        else 225 + (u - 0.99) * 40000
      end::int
    )
  )`;

/** One text in five has a context; a hundred texts share each context. */
const CONTEXT = "case when n % 5 = 0 then 1 + n / 5 % greatest(1, $1::bigint / 500) else 0 end::int";

/** Stores this many translations from English into French, by the product's own rules of identity. */
export async function fillStored(pool: pg.Pool, count: number): Promise<void> {
  const client = await pool.connect();
  try {
    for (const setting of ["synchronous_commit = off", "maintenance_work_mem = '1GB'"]) {
      await client.query(`set ${setting}`);
    }
    // Built at the end, keys cost a sort instead of five million descents.
    const keys = await dropKeys(client);
    await client.query(
      `insert into trans_hub.content (content_no, content_id, source_locale, text) overriding system value
       select n, trans_hub.content_id('en', text), 'en', text
       from (
         select n, ${TEXT} as text
         from (select n, (hashint8(n) & 1048575) / 1048576.0 as u from generate_series(1, $1::bigint) as n) as n
       ) as made`,
      [count],
    );
    await client.query("select setval(pg_get_serial_sequence('trans_hub.content', 'content_no'), $1)", [count]);
    await client.query(
      `insert into trans_hub.context (context_no, context_id, canonical, format) overriding system value
       select n, trans_hub.context_id(canonical, 'auto'), canonical, 'auto'
       from (
         select n, trans_hub.canonical_json(jsonb_build_object('note', 'on page ' || n)) as canonical
         from generate_series(1, greatest(1, $1::bigint / 500)) as n
       ) as made`,
      [count],
    );
    await client.query(
      "select setval(pg_get_serial_sequence('trans_hub.context', 'context_no'), greatest(1, $1::bigint / 500))",
      [count],
    );
    await client.query(
      `insert into trans_hub.source (project, business_id, content_no, context_no, last_seen_at)
       select 'default', '', n, ${CONTEXT}, now() - make_interval(days => case when n <= $1::bigint * ${AGED_SHARE} then 400 else 1 end)
       from generate_series(1, $1::bigint) as n`,
      [count],
    );
    await client.query(
      `insert into trans_hub.translation
         (content_no, target_locale, context_no, project, status, text, engine, model, updated_at)
       select c.n, 'fr', ${CONTEXT}, 'default', 'translated', c.text || left(c.text, length(c.text) / 5), 'echo', 'echo-1',
         now() - interval '1 day'
       from (select c.content_no as n, c.text from trans_hub.content as c where c.content_no <= $1::bigint) as c`,
      [count],
    );
    await client.query(
      `insert into trans_hub.count_delta (project, target_locale, status, delta)
       values ('default', 'fr', 'translated', $1)`,
      [count],
    );
    for (const make of keys) await client.query(make);
    await client.query(
      "vacuum (analyze) trans_hub.content, trans_hub.context, trans_hub.source, trans_hub.translation, trans_hub.count_delta",
    );
  } finally {
    client.release(true);
  }
}

/** Drops the keys and indexes of the large tables; returns the statements that make them again. */
async function dropKeys(client: pg.ClientBase): Promise<string[]> {
  const { rows } = await client.query<{ table: string; name: string; constraint: string | null; index: string }>(`
    select i.indrelid::regclass::text as table, c.relname as name, pg_get_constraintdef(k.oid) as constraint,
      pg_get_indexdef(i.indexrelid) as index
    from pg_index as i
    join pg_class as c on c.oid = i.indexrelid
    left join pg_constraint as k on k.conindid = i.indexrelid and k.contype in ('p', 'u')
    where i.indrelid in ('trans_hub.content'::regclass, 'trans_hub.source'::regclass, 'trans_hub.translation'::regclass)`);
  const makers: string[] = [];
  for (const { table, name, constraint, index } of rows) {
    if (constraint === null) {
      await client.query(`drop index trans_hub.${name}`);
      makers.push(index);
      continue;
    }
    await client.query(`alter table ${table} drop constraint ${name}`);
    // Random keys leave pages that are filled to some 70 %; a sort would fill them to 90 %, and every insert would
    // split one.
    const isRandom = name === "content_is_stored_once";
    makers.push(
      `alter table ${table} add constraint ${name} ${constraint}${isRandom ? " with (fillfactor = 70)" : ""}`,
    );
    if (isRandom) makers.push(`alter index trans_hub.${name} reset (fillfactor)`);
  }
  return makers;
}
